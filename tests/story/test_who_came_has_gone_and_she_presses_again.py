"""The mistake: somebody was there an hour ago, and for the case they still are."""

from __future__ import annotations

from rules.domain.assignments import Word
from tests.story.people_who_go import field_in


async def test_a_press_after_the_responder_has_left_sends_again_and_asks_for_the_services(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        came = await field.responder()
        home = await night.town.home()
        call = (await night.press(home)).incident_id
        await night.pass_seconds(182)
        await field.says(call, came, Word.ACCEPT)
        await field.says(call, came, Word.ARRIVE)
        await night.pass_seconds(70)
        await field.says(call, came, Word.COMPLETE)
        assert (await night.case(call))["state"] == "on_scene"
        night.clock.advance(1800)
        assert (await night.press(home)).incident_id == call
        before = (await night.actions(call)).count("services_due")
        await night.pass_seconds(190)
        assert [row["state"] for row in await field.assignments(call)] == ["done", "offered"]
        assert (await night.actions(call)).count("services_due") >= before + 2


async def test_a_press_while_the_responder_is_there_sends_nobody_else(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        came = await field.responder()
        await field.responder(metres=900)
        await field.responder(metres=1500)
        home = await night.town.home()
        call = (await night.press(home)).incident_id
        await night.pass_seconds(182)
        await field.says(call, came, Word.ACCEPT)
        await field.says(call, came, Word.ARRIVE)
        sent = len(await field.assignments(call))
        await night.press(home)
        await night.pass_seconds(190)
        assert len(await field.assignments(call)) == sent
