"""Nobody claims: supervisors, the telephone, the county, and it begins again."""

from __future__ import annotations

from tests.story.centre_at_night import night_in


async def test_a_call_nobody_claims_goes_up_the_ladder_and_begins_again(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        await night.town.user()
        call = (await night.press(home)).incident_id
        await night.pass_seconds(59)
        assert await night.actions(call) == ["opened"]
        heard = []
        for _ in range(900):
            await night.pass_seconds(1)
            case = await night.case(call)
            if case["sounded_at"] == night.now:
                heard.append(((night.now - case["opened_at"]).seconds, case["sound_to"]))
        assert heard[:7] == [
            (60, "supervisors"), (90, "on_call_phone"), (150, "on_call_phone"), (210, "on_call_phone"),
            (270, "on_call_phone"), (300, "county_duty"), (360, "supervisors"),
        ]  # fmt: skip
        assert len(heard) > 14, "it never ends with a list exhausted"
        assert (await night.case(call))["unattended"]


async def test_with_no_desk_on_duty_the_first_stage_comes_at_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        call = (await night.press(await night.town.home())).incident_id
        await night.engine_looks()
        assert await night.actions(call) == ["opened", "escalated"]
        assert (await night.case(call))["sound_to"] == "supervisors"
