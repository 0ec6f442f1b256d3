"""A press that fell into a merged case and was heard by nobody."""

from __future__ import annotations

from typing import Any

from devices.event import EventType
from rules.domain.resolution import Safety
from rules.domain.vocabulary import Outcome, SafetyKind, Step
from store import merging
from store.step_types import StepRequest
from tests.story.centre_at_night import Night, night_in


async def _merged(night: Night) -> tuple[Any, Any, str, Any]:
    """The wall button's case, taken into that of the band."""
    home, desk = await night.town.home(), await night.town.user()
    wall = await night.town.device("call_button", premises_id=home.premises_id)
    stays = (await night.press(home)).incident_id
    goes = (await night.press(home, device=wall)).incident_id
    assert stays != goes
    await night.step(stays, Step.CLAIM, desk)
    await night.holds_on(stays)
    version = (await night.case(goes))["version"]
    request = StepRequest(step=Step.MERGE, if_match=version)
    assert goes is not None
    assert stays is not None
    await merging.merge(night.town.db, goes, stays, request, by=desk, centre=night.town.centre, now=night.now)
    return stays, goes, wall, desk


async def test_a_later_alarm_of_the_one_that_went_reaches_the_one_that_stayed(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        stays, _, wall, _ = await _merged(night)
        await night.pass_seconds(5)
        again = await night.town.says(wall, EventType.SOS, now=night.now)
        assert (again.incident_id, again.rang) == (stays, True)
        case = await night.case(stays)
        assert (case["alert_count"], case["sounded_at"]) == (3, night.now)
        assert "joined" in await night.actions(stays)


async def test_a_word_of_the_wearer_is_noted_where_it_is_read(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        stays, goes, wall, _ = await _merged(night)
        before = len(await night.actions(goes))
        await night.town.says(wall, EventType.CANCEL, now=night.now)
        assert (await night.actions(stays))[-1] == "noted"
        assert len(await night.actions(goes)) == before


async def test_after_the_one_that_stayed_is_resolved_a_press_opens_one_that_follows_it(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        stays, _, wall, desk = await _merged(night)
        version = (await night.case(stays))["version"]
        safe = Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT)
        await night.step(stays, Step.RESOLVE, desk, if_match=version, outcome=Outcome.ACCIDENTAL, safety=safe)
        await night.pass_seconds(5)
        again = await night.town.says(wall, EventType.SOS, now=night.now)
        follower = await night.case(again.incident_id)
        assert (follower["follows"], follower["unattended"]) == (stays, True)


async def test_smoke_of_the_one_that_went_still_reported_is_raised_again(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        detector = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        other = await night.town.device("gas_alarm", resident_id=home.resident_id)
        fire = (await night.press(home, EventType.SMOKE, device=detector)).incident_id
        gas = (await night.press(home, EventType.GAS, device=other)).incident_id
        assert fire is not None
        assert gas is not None
        assert fire != gas
        await night.step(gas, Step.CLAIM, desk)
        request = StepRequest(step=Step.MERGE, if_match=(await night.case(fire))["version"])
        await merging.merge(night.town.db, fire, gas, request, by=desk, centre=night.town.centre, now=night.now)
        await night.town.resolve(gas, desk, now=night.now)
        await night.pass_seconds(30)
        await night.press(home, EventType.SMOKE, device=detector)
        await night.outage(601)
        assert "still_reported" in await night.actions(gas)
