"""A claim is a lease: who no longer answers loses it, but not for an outage of ours."""

from __future__ import annotations

from rules.domain.vocabulary import Step
from tests.story.centre_at_night import night_in


async def test_a_lease_nobody_renews_lapses_and_the_case_sounds_at_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        await night.pass_seconds(30)  # the engine has been awake for longer than a term
        call = (await night.press(home)).incident_id
        await night.step(call, Step.CLAIM, desk)
        await night.pass_seconds(19)
        assert (await night.case(call))["claimed_by"] == desk.user_id
        await night.pass_seconds(2)
        case = await night.case(call)
        assert (case["claimed_by"], case["last_owner"], case["state"]) == (None, desk.user_id, "open")
        assert "lease_lost" in await night.actions(call)
        await night.pass_seconds(1)
        assert (await night.actions(call))[-1] == "escalated"


async def test_after_an_outage_of_ours_a_lease_gets_one_more_term(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        await night.pass_seconds(30)
        call = (await night.press(home)).incident_id
        await night.step(call, Step.CLAIM, desk)
        await night.outage(100)
        assert (await night.case(call))["claimed_by"] == desk.user_id
        await night.pass_seconds(19)
        assert (await night.case(call))["claimed_by"] == desk.user_id
        await night.pass_seconds(2)
        assert (await night.case(call))["claimed_by"] is None
