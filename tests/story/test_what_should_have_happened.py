"""Nobody came, nobody answered, nobody went back to bed: and nothing rang, because nothing had happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from devices.event import EventType
from store.registers.care import check_in
from store.visits import change_visit, plan_visit
from tests.story.detected_town import Detected, detected_in
from tests.town import CENTRE, Home

WEEK = [1, 2, 3, 4, 5, 6, 7]


async def _visit(town: Detected, home: Home, *, critical: bool) -> tuple[int, int]:
    by = (await town.town.user()).user_id
    fields: dict[str, Any] = {
        "resident_id": home.resident_id, "critical": critical, "from_at": town.now,
        "until_at": town.now + timedelta(minutes=30), "carer": "", "purpose": "",
    }  # fmt: skip
    return await plan_visit(town.town.db, fields, by=by, now=town.now), by


@pytest.mark.parametrize(
    ("critical", "class_", "priority"), [(True, "visit_missed_critical", 2), (False, "visit_missed", 4)]
)
async def test_a_visit_nobody_made_is_missed_an_hour_after_its_window(
    fresh_dsn: str, critical: bool, class_: str, priority: int
) -> None:
    async with detected_in(fresh_dsn) as town:
        home = await town.town.home()
        visit_id, _ = await _visit(town, home, critical=critical)
        await town.pass_time(timedelta(minutes=89))
        assert await town.cases(home) == []
        await town.pass_time(timedelta(minutes=2))
        (case,) = await town.cases(home)
        assert (case["class"], case["priority"]) == (class_, priority)
        row = await town.town.db.pool.fetchrow("SELECT state, incident_id FROM visit WHERE id = $1", visit_id)
        assert tuple(row) == ("missed", case["id"])
        await town.pass_time(timedelta(hours=2))
        assert (await town.cases(home))[0]["alert_count"] == 1


async def test_a_visit_that_began_is_not_missed(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home = await town.town.home()
        visit_id, by = await _visit(town, home, critical=True)
        await town.pass_time(timedelta(minutes=40))
        await change_visit(town.town.db, visit_id, {"state": "started"}, version=None, by=by, now=town.now)
        await town.pass_time(timedelta(hours=2))
        assert await town.cases(home) == []


async def _night(town: Detected) -> tuple[Home, str]:
    """Ten in the evening, somebody in bed."""
    home = await town.town.home(tags=("living_alone",))
    bed = await town.sensor(home, "bed_sensor")
    await town.care(home, "bed_return", [{"from_min": 1320, "to_min": 360, "days": WEEK}])
    town.clock.advance(7.5 * 3600)
    await town.heard(bed)
    await town.word(bed, EventType.OCCUPIED)
    await town.pass_time(timedelta(minutes=30), bed)
    return home, bed


async def test_out_of_bed_at_night_and_not_back_in_half_an_hour_calls(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, bed = await _night(town)
        await town.word(bed, EventType.VACANT)
        await town.pass_time(timedelta(minutes=29), bed)
        assert await town.cases(home) == []
        await town.pass_time(timedelta(minutes=2), bed, step=timedelta(minutes=1))
        (case,) = await town.cases(home)
        assert (case["class"], case["source"]) == ("inactivity", "system")
        await town.pass_time(timedelta(hours=1), bed)
        assert (await town.cases(home))[0]["alert_count"] == 1


async def test_who_is_back_in_bed_is_left_in_peace(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, bed = await _night(town)
        await town.word(bed, EventType.VACANT)
        await town.pass_time(timedelta(minutes=20), bed)
        await town.word(bed, EventType.OCCUPIED)
        await town.pass_time(timedelta(hours=1), bed)
        assert await town.cases(home) == []


async def _wellbeing(town: Detected, *, tags: tuple[str, ...] = (), ability: int | None = None) -> Home:
    """An answer is awaited from two to three in the afternoon; it is half past two."""
    home = await town.town.home(tags=tags)
    await town.town.db.pool.execute("UPDATE resident SET ability = $2 WHERE id = $1", home.resident_id, ability)
    await town.care(home, "wellbeing", [{"from_min": 840, "to_min": 900, "days": WEEK}])
    await town.look()
    return home


@pytest.mark.parametrize(
    ("tags", "ability", "class_"),
    [((), None, "wellbeing_unanswered"), (("living_alone",), 3, "wellbeing_unanswered_at_risk")],
)
async def test_two_tries_ten_minutes_apart_and_then_somebody_is_told(
    fresh_dsn: str, tags: tuple[str, ...], ability: int | None, class_: str
) -> None:
    async with detected_in(fresh_dsn) as town:
        home = await _wellbeing(town, tags=tags, ability=ability)
        await town.pass_time(timedelta(minutes=31), step=timedelta(minutes=1))
        assert (await town.asked(), await town.cases(home)) == ([home.button], [])
        await town.pass_time(timedelta(minutes=10), step=timedelta(minutes=1))
        assert (await town.asked(), await town.cases(home)) == ([home.button] * 2, [])
        await town.pass_time(timedelta(minutes=10), step=timedelta(minutes=1))
        assert [case["class"] for case in await town.cases(home)] == [class_]
        await town.pass_time(timedelta(hours=3))
        assert len(await town.asked()) == 2


async def test_a_contact_may_answer_for_them_and_that_ends_no_other_case(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home = await _wellbeing(town)
        by = (await town.town.user()).user_id
        pressed = await town.town.says(home.button, now=town.now)
        await town.pass_time(timedelta(minutes=35))
        contact = await town.town.db.pool.fetchval(
            "INSERT INTO contact (resident_id, name, role) VALUES ($1, '王女', 'attends') RETURNING id",
            home.resident_id,
        )
        await check_in(town.town.db, home.resident_id, contact_id=contact, note="", by=by, centre=CENTRE, now=town.now)
        await town.pass_time(timedelta(hours=1))
        (case,) = await town.cases(home)
        assert (case["id"], case["class"], case["state"]) == (pressed.incident_id, "sos", "open")


async def test_an_answer_after_it_was_told_stands_in_its_case(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home = await _wellbeing(town)
        by = (await town.town.user()).user_id
        await town.pass_time(timedelta(hours=1))
        await check_in(town.town.db, home.resident_id, contact_id=None, note="", by=by, centre=CENTRE, now=town.now)
        (case,) = await town.cases(home)
        assert (case["state"], await town.town.actions(case["id"])) == ("open", ["opened", "noted"])


async def test_a_press_before_the_call_spares_it(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home = await _wellbeing(town)
        await town.word(home.button, EventType.ANSWERED)
        await town.pass_time(timedelta(hours=1))
        assert (await town.asked(), await town.cases(home)) == ([], [])
