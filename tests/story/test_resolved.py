"""After resolved: a wrap-up, a follower for a new press, and what is still reported is raised again."""

from __future__ import annotations

import pytest

from devices.event import EventType
from rules.domain.vocabulary import Step
from store.steps import StepRefused
from tests.story.centre_at_night import night_in


async def test_a_file_nobody_finishes_comes_back_to_the_supervisors_every_day(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        await night.town.resolve(call, desk, now=night.now)
        await night.outage(24 * 3600 + 1)
        assert (await night.actions(call))[-1] == "wrap_up_overdue"
        await night.outage(24 * 3600)
        assert (await night.actions(call)).count("wrap_up_overdue") == 2
        assert (await night.case(call))["state"] == "resolved"


async def test_a_press_after_resolved_opens_a_case_that_follows(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        await night.town.resolve(call, desk, now=night.now)
        await night.pass_seconds(5)
        again = await night.press(home)
        assert again.rang
        follower = await night.case(again.incident_id)
        assert (follower["follows"], follower["state"], follower["unattended"]) == (call, "open", True)
        with pytest.raises(StepRefused):
            await night.step(call, Step.REOPEN, desk)


async def test_smoke_still_reported_ten_minutes_after_resolved_is_raised_again(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        detector = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        fire = (await night.press(home, EventType.SMOKE, device=detector)).incident_id
        await night.town.resolve(fire, desk, now=night.now)
        await night.pass_seconds(30)
        told = await night.press(home, EventType.SMOKE, device=detector)
        assert told.incident_id == fire, "the same episode opens nothing yet"
        with pytest.raises(StepRefused):
            await night.step(fire, Step.CLOSE, desk, if_match=(await night.case(fire))["version"])
        await night.outage(601)
        assert "still_reported" in await night.actions(fire)
        raised = [case for case in await night.town.incidents_of(detector) if case["follows"] == fire]
        assert [(case["class"], case["state"]) for case in raised] == [("smoke", "open")]


async def test_a_clear_is_a_note_and_the_case_goes_on_ringing(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        await night.town.user()
        detector = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        fire = (await night.press(home, EventType.SMOKE, device=detector)).incident_id
        before = await night.case(fire)
        await night.press(home, EventType.SMOKE_CLEAR, device=detector)
        after = await night.case(fire)
        told = ("state", "priority", "next_due_at", "sounded_at", "unattended")
        assert [after[name] for name in told] == [before[name] for name in told]
        assert (await night.actions(fire))[-1] == "noted"
        await night.pass_seconds(46)
        assert (await night.actions(fire))[-1] == "escalated"
