"""The database was away for twenty minutes; then every offer times out in one second, and a dozen people are rung.

Whatever they answered meanwhile did not reach us: offers get one more term, and are told once more. What is due of one
case is looked at together, and asks for one sending.
"""

from __future__ import annotations

from rules.domain.assignments import Word
from tests.story.people_who_go import field_in


async def test_offers_get_one_more_term_and_then_one_sending_follows(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        people = [await field.responder(metres=one) for one in (300, 600, 900, 1200, 1500, 1800)]
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        await field.night.outage(1200)
        assert await field.standing(call) == {people[0]: "offered", people[1]: "offered"}
        assert (await field.notices(call, "offer")).count(f"responder:{people[0]}") == 2, "told once more, and once"
        await field.night.pass_seconds(30)
        await field.says(call, people[1], Word.ACCEPT)
        assert (await field.standing(call))[people[1]] == "accepted"


async def test_without_an_answer_the_next_two_are_asked_and_no_more(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        people = [await field.responder(metres=one) for one in (300, 600, 900, 1200, 1500, 1800)]
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        await field.night.outage(1200)
        await field.night.pass_seconds(62)
        standing = await field.standing(call)
        assert [standing.get(one) for one in people] == ["timed_out", "timed_out", "offered", "offered", None, None]
