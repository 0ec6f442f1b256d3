"""A second press on a case somebody owns is confirmed, or the case is unattended again."""

from __future__ import annotations

from rules.domain.vocabulary import Step
from tests.story.centre_at_night import night_in


async def test_a_second_press_nobody_confirms_ends_the_claim_and_sounds_for_all(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        await night.step(call, Step.CLAIM, desk)
        await night.holds_on(call)
        await night.pass_seconds(5)
        again = await night.press(home)
        assert again.incident_id == call
        assert (await night.case(call))["alert_count"] == 2
        await night.step(call, Step.NOTE, desk, text="记录:正在通话")  # half typed before it came: confirms nothing
        await night.pass_seconds(60)
        case = await night.case(call)
        assert (case["claimed_by"], case["last_owner"], case["unattended"]) == (None, desk.user_id, True)
        assert (await night.actions(call))[-1] == "unattended_again"
        assert case["sound_to"] == "supervisors"


async def test_a_second_press_that_is_confirmed_leaves_the_case_with_its_owner(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        await night.step(call, Step.CLAIM, desk)
        await night.holds_on(call)
        await night.press(home)
        await night.step(call, Step.CONFIRM, desk)
        await night.pass_seconds(100)
        assert (await night.case(call))["claimed_by"] == desk.user_id


async def test_an_owner_who_does_nothing_is_reminded_and_then_loses_the_case(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        await night.step(call, Step.CLAIM, desk)
        await night.holds_on(call)
        await night.pass_seconds(150)
        assert (await night.actions(call))[-1] == "reminded"
        assert (await night.case(call))["sound_to"] == "owner"
        await night.pass_seconds(30)
        assert "unattended_again" in await night.actions(call)
        assert (await night.case(call))["claimed_by"] is None
