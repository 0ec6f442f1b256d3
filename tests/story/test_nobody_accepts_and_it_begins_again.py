"""The list is used up, the machine falls silent, and an old man lies on his kitchen floor.

Nobody accepts on the whole list: the supervisors hear of it, and it begins again; it never ends by itself. Who said no
is not asked again in that round.
"""

from __future__ import annotations

from rules.domain.assignments import Word
from tests.story.people_who_go import field_in


async def test_a_used_up_list_goes_to_the_supervisors_and_begins_again(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        people = [await field.responder(metres=one) for one in (300, 900, 1500)]
        supervisor = await field.night.town.user("supervisor")
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        await field.says(call, people[0], Word.DECLINE, reason="ill")
        await field.night.pass_seconds(125)
        rows = await field.assignments(call)
        assert [(row["responder_id"], row["state"]) for row in rows] == [
            (people[0], "declined"), (people[1], "timed_out"), (people[2], "timed_out"),
        ]  # fmt: skip
        assert "round_over" in await field.night.actions(call)
        assert f"user:{supervisor.user_id}" in await field.notices(call, "escalation")
        assert (await field.night.case(call))["state"] == "open", "nobody goes"
        await field.night.pass_seconds(61)
        rows = await field.assignments(call)
        assert [row["round"] for row in rows] == [0, 0, 0, 1, 1]
        assert {row["responder_id"] for row in rows[3:]} <= set(people)
        await field.night.pass_seconds(1200)
        asked = [(row["round"], row["responder_id"]) for row in await field.assignments(call)]
        assert len({one for one, _ in asked}) >= 4, "it never ends by itself"
        assert len(asked) == len(set(asked)), "nobody is asked twice in a round"


async def test_with_nobody_to_ask_it_looks_again_and_finds_who_comes_on_shift(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(190)
        assert "nobody_to_send" in await field.night.actions(call)
        late = await field.responder(metres=300)
        await field.night.pass_seconds(70)
        assert await field.standing(call) == {late: "offered"}


async def test_three_refusals_in_thirty_days_are_a_task_and_no_blame(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        tired = await field.responder(metres=300)
        for _ in range(3):
            call = (await field.night.press(await field.night.town.home())).incident_id
            await field.night.pass_seconds(181)
            await field.says(call, tired, Word.DECLINE, reason="afraid")
        tasks = await field.night.town.db.pool.fetch("SELECT kind, responder_id FROM task")
        assert [tuple(row) for row in tasks] == [("responder_refuses", tired)]
