"""Two are asked, one says yes, and the other is sent home before anybody has left the table.

The first acceptance wins; the others stay asked until somebody moves, and then they are stood down.
"""

from __future__ import annotations

from rules.domain.assignments import Word
from rules.domain.vocabulary import Step
from store.field_words import Outcome
from tests.story.people_who_go import field_in


async def test_the_second_yes_waits_and_is_stood_down_once_the_first_moves(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near, far = await field.responder(metres=300), await field.responder(metres=900)
        await field.responder(metres=2000)
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        assert await field.standing(call) == {near: "offered", far: "offered"}
        assert await field.notices(call, "offer") == [f"responder:{near}", f"responder:{far}"]
        await field.sent_out()
        assert (await field.says(call, near, Word.ACCEPT)).outcome is Outcome.TAKEN
        assert (await field.says(call, far, Word.ACCEPT)).outcome is Outcome.STANDBY
        await field.night.pass_seconds(90)
        assert await field.standing(call) == {near: "accepted", far: "offered"}, "nobody has moved"
        await field.says(call, near, Word.EN_ROUTE)
        assert await field.standing(call) == {near: "en_route", far: "stood_down"}
        assert await field.notices(call, "stand_down") == [f"responder:{far}"]


async def test_a_volunteers_yes_does_not_end_the_desks_chain(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        await field.night.town.user()
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        await field.says(call, near, Word.ACCEPT)
        await field.says(call, near, Word.EN_ROUTE)
        case = await field.night.case(call)
        assert (case["state"], case["unattended"]) == ("dispatched", True)
        before = await field.night.actions(call)
        await field.night.pass_seconds(130)
        after = (await field.night.actions(call))[len(before) :]
        assert "escalated" in after, "the desk chain ends with a claim and nothing else"


async def test_when_the_case_is_resolved_everybody_on_the_way_is_stood_down(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near, far = await field.responder(metres=300), await field.responder(metres=900)
        desk = await field.night.town.user()
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        await field.sent_out()
        await field.says(call, near, Word.ACCEPT)
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.town.resolve(call, desk, now=field.night.now)
        assert await field.standing(call) == {near: "stood_down", far: "stood_down"}
        assert sorted(await field.notices(call, "stand_down")) == sorted([f"responder:{near}", f"responder:{far}"])
        codes = await field.night.town.db.pool.fetchval("SELECT count(*) FROM outbox WHERE facts ? 'code'")
        assert codes == 0, "a link dies with its assignment"
