"""The second is stood down, and the first is still at table: an acceptance is no movement.

Who accepted shows movement or word within three minutes, else another is asked in addition; the first is not stood
down until somebody has arrived. An arrival that is overdue is raised again, and the next is asked.
"""

from __future__ import annotations

from rules.domain.assignments import Word
from store.field_words import Outcome
from tests.story.people_who_go import Field, field_in


async def _accepted(field: Field, *metres: int) -> tuple[int, list[int]]:
    people = [await field.responder(metres=one) for one in metres]
    call = (await field.night.press(await field.night.town.home())).incident_id
    assert call is not None
    await field.night.pass_seconds(181)
    await field.sent_out()
    await field.says(call, people[0], Word.ACCEPT)
    return call, people


async def test_another_is_asked_beside_and_the_first_stays(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, (near, far, third) = await _accepted(field, 300, 900, 2000)
        await field.night.pass_seconds(60)
        await field.says(call, far, Word.DECLINE, reason="ill")
        await field.night.pass_seconds(121)
        assert "not_moving" in await field.night.actions(call)
        assert await field.standing(call) == {near: "accepted", far: "declined", third: "offered"}
        assert await field.notices(call, "check_back") == [f"responder:{near}"]
        await field.says(call, third, Word.ACCEPT)
        await field.says(call, third, Word.EN_ROUTE)
        assert (await field.standing(call))[near] == "accepted"
        await field.night.pass_seconds(240)
        await field.says(call, third, Word.ARRIVE)
        assert await field.standing(call) == {near: "stood_down", far: "declined", third: "on_scene"}
        assert (await field.night.case(call))["state"] == "on_scene"


async def test_whoever_was_willing_before_is_asked_first(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, (_, far, third) = await _accepted(field, 300, 900, 2000)
        assert (await field.says(call, far, Word.ACCEPT)).outcome is Outcome.STANDBY
        await field.night.pass_seconds(181)
        assert third not in await field.standing(call)
        assert (await field.notices(call, "offer")).count(f"responder:{far}") == 2
        assert (await field.says(call, far, Word.ACCEPT)).outcome is Outcome.TAKEN


async def test_a_word_is_as_good_as_movement(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, (near, _) = await _accepted(field, 300, 900)
        await field.night.pass_seconds(100)
        await field.says(call, near, Word.REPORT, text="在等电梯")
        await field.night.pass_seconds(120)
        assert "not_moving" not in await field.night.actions(call)


async def test_an_arrival_that_is_overdue_is_raised_again_and_the_next_is_asked(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, (near, _, third) = await _accepted(field, 300, 900, 2000)
        await field.says(call, near, Word.EN_ROUTE)
        row = (await field.assignments(call))[0]
        overdue_s = int((row["arrive_by"] - field.night.now).total_seconds())
        assert 300 < overdue_s < 900
        await field.night.pass_seconds(overdue_s + 1)
        assert "arrival_overdue" in await field.night.actions(call)
        case = await field.night.case(call)
        assert case["sounded_at"] == field.night.now or case["stage"] > 0
        assert "offered" in (await field.standing(call)).values()
        assert await field.notices(call, "check_back") == [f"responder:{near}"]
        del third


async def test_a_lower_case_becomes_higher_by_it(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home = await field.night.town.home()
        near = await field.responder(metres=300)
        call = (await field.night.press(home)).incident_id
        await field.night.town.db.pool.execute("UPDATE incident SET priority = 2 WHERE id = $1", call)
        await field.night.pass_seconds(181)
        await field.says(call, near, Word.ACCEPT, eta_s=60)
        await field.says(call, near, Word.EN_ROUTE)
        await field.night.pass_seconds(362)
        assert (await field.night.case(call))["priority"] == 1
