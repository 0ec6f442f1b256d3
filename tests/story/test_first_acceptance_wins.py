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


async def test_who_goes_on_after_all_is_stood_down_a_second_time(fresh_dsn: str) -> None:
    """The mistake: "not needed any more" had a name that could be said once, and the second time nobody said it."""
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        await field.sent_out()
        await field.says(call, near, Word.ACCEPT)
        await field.is_at(near, metres=0)
        await field.says(call, near, Word.ARRIVE)
        for told in (1, 2):
            await field.night.town.resolve(call, desk, now=field.night.now)
            assert await field.notices(call, "stand_down") == [f"responder:{near}"] * told
            field.night.clock.advance(5)
            await field.night.step(call, Step.REOPEN, desk)
            await field.says(call, near, Word.TAKE_BACK)


async def test_who_was_asked_once_and_not_the_second_time_is_stood_down_all_the_same(fresh_dsn: str) -> None:
    """The mistake: a repeated offer that had not left yet hid the one that had."""
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        await field.sent_out()
        await field.night.town.db.pool.execute(
            "INSERT INTO outbox (incident_id, assignment_id, recipient, purpose, priority, due_at, made_at)"
            " SELECT incident_id, assignment_id, recipient, purpose, priority, due_at, made_at FROM outbox"
            " WHERE purpose = 'offer'"
        )
        await field.night.town.resolve(call, desk, now=field.night.now)
        assert await field.notices(call, "stand_down") == [f"responder:{near}"]


async def test_who_was_never_asked_is_not_told_that_they_are_not_needed(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        await field.responder(metres=300)
        desk = await field.night.town.user()
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        await field.night.town.db.pool.execute(
            "UPDATE outbox SET state = 'cancelled', result = 'no_address' WHERE purpose = 'offer'"
        )
        await field.night.town.resolve(call, desk, now=field.night.now)
        assert await field.notices(call, "stand_down") == []
