"""A wellbeing call that nobody answered is looked at all day and by nobody: in the evening no one has been there.

With no answer by evening one of the staff goes (centre.md, part 3, 平安问候未接); not before, and never at night for
mere waiting. Any contact may answer for them, and then nobody goes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from rules.domain.vocabulary import Class, Step
from store.findings import tell_of_resident
from store.registers.care import check_in
from tests.story.people_who_go import Field, field_in
from tests.town import CENTRE, Home

WAYS = [Class.WELLBEING_UNANSWERED, Class.WELLBEING_UNANSWERED_AT_RISK]


async def _unanswered(field: Field, class_: Class = Class.WELLBEING_UNANSWERED) -> tuple[Home, int]:
    """Two tries had no answer; it is half past two in the afternoon, unless time has passed."""
    home = await field.night.town.home()
    async with field.night.town.db.transaction() as connection:
        case = await tell_of_resident(
            connection, class_, home.resident_id, facts=(), centre=CENTRE, now=field.night.now
        )  # fmt: skip
    return home, case


async def _till(field: Field, hour: int, minute: int = 0) -> None:
    """Let it become this hour at the site, with the engine awake."""
    local = field.night.now.astimezone(CENTRE.timezone)
    until = local.replace(hour=hour, minute=minute, second=0)
    until += timedelta(days=until <= local)
    while field.night.now < until:
        await field.night.outage(min(300, round((until - field.night.now).total_seconds())))


async def _asked_at(field: Field, case: int) -> list[datetime]:
    local = CENTRE.timezone
    return [row["offered_at"].astimezone(local) for row in await field.assignments(case)]


@pytest.mark.parametrize("class_", WAYS)
async def test_with_no_answer_by_evening_one_of_the_staff_goes(fresh_dsn: str, class_: Class) -> None:
    async with field_in(fresh_dsn) as field:
        worker = await field.responder("community_worker", metres=900, agreed_to_nights=True)
        await field.responder("grid_worker", metres=5000, agreed_to_nights=True)
        await field.responder("neighbour", metres=50, agreed_to_nights=True)
        _, case = await _unanswered(field, class_)
        await _till(field, 17, 55)
        assert await field.standing(case) == {}
        await _till(field, 18, 5)
        assert set(await field.standing(case)) == {worker}, "one, and of the staff"


async def test_what_nobody_answered_in_the_evening_waits_for_the_morning(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        await field.responder("community_worker", agreed_to_nights=True)
        await field.pass_to(21)
        field.night.clock.advance(1800)
        _, case = await _unanswered(field)
        await _till(field, 7, 55)
        assert await field.standing(case) == {}, "nobody is knocked up at night for having been waited for"
        await _till(field, 8, 5)
        assert len(await field.standing(case)) == 1


async def test_a_round_that_was_over_at_night_goes_on_in_the_morning(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        await field.responder("community_worker", agreed_to_nights=True)
        _, case = await _unanswered(field)
        await _till(field, 8, 30)
        asked = await _asked_at(field, case)
        assert asked and {8 <= at.hour < 22 for at in asked} == {True}
        assert {at.day for at in asked} == {19, 20}


async def _a_contact(field: Field, home: Home) -> int:
    made: int = await field.night.town.db.pool.fetchval(
        "INSERT INTO contact (resident_id, name, role) VALUES ($1, '王女', 'attends') RETURNING id", home.resident_id
    )
    return made


@pytest.mark.parametrize("told", ["register", "telephone"])
async def test_a_contact_who_answered_for_them_spares_the_way(fresh_dsn: str, told: str) -> None:
    async with field_in(fresh_dsn) as field:
        await field.responder("community_worker")
        home, case = await _unanswered(field)
        desk = await field.night.town.user()
        if told == "register":
            await check_in(
                field.night.town.db, home.resident_id, contact_id=await _a_contact(field, home), note="",
                by=desk.user_id, centre=CENTRE, now=field.night.now,
            )  # fmt: skip
        else:
            await _call(field, case, desk, to="contact", result="spoke_ok")
        await _till(field, 21)
        assert await field.standing(case) == {}
        assert "noted" in await field.night.actions(case)


async def test_a_contact_answers_for_no_call_for_help(fresh_dsn: str) -> None:
    """She pressed as well: what a daughter says in the morning sends nobody home."""
    async with field_in(fresh_dsn) as field:
        worker = await field.responder("community_worker", metres=900)
        home, case = await _unanswered(field)
        desk = await field.night.town.user()
        pressed = await field.night.press(home)
        assert pressed.incident_id == case
        await check_in(
            field.night.town.db, home.resident_id, contact_id=await _a_contact(field, home), note="", by=desk.user_id,
            centre=CENTRE, now=field.night.now,
        )  # fmt: skip
        await field.night.pass_seconds(182)
        assert set(await field.standing(case)) == {worker}


async def test_a_desk_that_was_not_answered_either_sends_in_the_evening(fresh_dsn: str) -> None:
    """Two calls without an answer send at once in every other class; here "by evening" stands."""
    async with field_in(fresh_dsn) as field:
        worker = await field.responder("community_worker")
        _, case = await _unanswered(field)
        desk = await field.night.town.user()
        await field.night.step(case, Step.CLAIM, desk)
        for _ in range(2):
            await _call(field, case, desk, to="resident", result="no_answer")
        await field.night.pass_seconds(3)
        assert await field.standing(case) == {}
        await _till(field, 18, 5)
        assert set(await field.standing(case)) == {worker}


async def _call(field: Field, case: int, desk: Any, *, to: str, result: str) -> None:
    facts = (("to", to), ("result", result), ("verified", "none"))
    await field.night.step(case, Step.CALL, desk, facts=facts)
