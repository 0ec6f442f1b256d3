"""The mistake: somebody says that she is with her son for a week, and the smoke in her kitchen is held too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from devices.event import EventType
from store.absences import AbsenceRefused, NewAbsence, add_absence, end_absence, is_absent, read_absence
from tests.story.holding_town import Holding, holding_in
from tests.town import Home


async def away(town: Holding, home: Home, *, whole_home: bool = False, seconds: int = 86_400) -> int:
    by = await town.night.town.user()
    wanted = NewAbsence(
        resident_id=None if whole_home else home.resident_id, premises_id=home.premises_id if whole_home else None,
        from_at=town.night.now, until_at=town.night.now + timedelta(seconds=seconds), reason="去儿子家",
    )  # fmt: skip
    return await add_absence(town.db, wanted, by=by.user_id, now=town.night.now)


@pytest.mark.parametrize("whole_home", [False, True])
async def test_an_absence_holds_inactivity_and_nothing_else(fresh_dsn: str, whole_home: bool) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home(tags=("living_alone",))
        sensor = await town.night.town.device("motion_sensor", premises_id=home.premises_id)
        absence = await away(town, home, whole_home=whole_home)
        assert (await town.says(sensor, EventType.INACTIVITY)).incident_id is None
        assert await town.decision_of(sensor) == "resident_absent"
        assert (await read_absence(town.db, absence, now=town.night.now)).hits == 1
        for type_ in (EventType.SMOKE, EventType.WATER_LEAK, EventType.INTRUSION, EventType.FAULT):
            assert (await town.says(sensor, type_)).incident_id is not None
        for type_ in (EventType.SOS, EventType.FALL, EventType.WANDERING):
            assert (await town.says(home.button, type_)).incident_id is not None


async def test_an_absence_noted_later_quietens_no_case_that_is_open(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home(tags=("living_alone",))
        sensor = await town.night.town.device("motion_sensor", premises_id=home.premises_id)
        case = (await town.says(sensor, EventType.INACTIVITY)).incident_id
        await away(town, home)
        await town.later(301)
        assert "escalated" in await town.night.actions(case), (
            "who says she is away may be wrong: a desk ends it, by safety"
        )


async def test_whoever_stays_at_home_is_watched_as_ever(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        await town.db.pool.execute(
            "INSERT INTO resident (name, premises_id, created_at) VALUES ('李试', $1, now())", home.premises_id
        )
        sensor = await town.night.town.device("motion_sensor", premises_id=home.premises_id)
        await away(town, home)
        assert (await town.says(sensor, EventType.INACTIVITY)).incident_id is not None


async def test_what_was_held_and_has_not_ended_is_a_case_when_the_absence_is_over(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        sensor = await town.night.town.device("motion_sensor", premises_id=home.premises_id)
        await away(town, home, seconds=3600)
        await town.says(sensor, EventType.INACTIVITY)
        await town.later(3599)
        assert await town.open_cases() == []
        await town.later(1)
        (case,) = await town.open_cases("inactivity")
        assert case["premises_id"] == home.premises_id


async def test_whoever_is_active_again_before_the_end_leaves_nothing_behind(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        sensor = await town.night.town.device("motion_sensor", premises_id=home.premises_id)
        absence = await away(town, home)
        await town.says(sensor, EventType.INACTIVITY)
        await town.says(sensor, EventType.INACTIVITY_CLEAR)
        await end_absence(town.db, absence, by=(await town.night.town.user()).user_id, now=town.night.now)
        await town.later(5)
        assert await town.open_cases() == []


async def test_somebody_in_an_empty_home_is_a_low_alarm_told_once(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        door = await town.night.town.device("door_sensor", premises_id=home.premises_id)
        await away(town, home)
        town.night.clock.advance(300)
        await town.reads(door, "door_closed")  # that is she, leaving
        await town.later(1800)
        assert await town.open_cases() == []
        await town.reads(door, "door_open")
        await town.later(60)
        (case,) = await town.open_cases()
        assert (case["class"], case["priority"], case["premises_id"]) == ("activity_while_absent", 5, home.premises_id)
        await town.later(60)
        assert len(await town.open_cases()) == 1


async def test_an_absence_has_an_end_and_says_whose_it_is(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        with pytest.raises(AbsenceRefused):
            await away(town, home, seconds=0)
        await away(town, home)
        async with town.db.pool.acquire() as connection:
            asked: Any = {"resident_id": home.resident_id, "premises_id": None}
            assert await is_absent(connection, **asked, now=town.night.now)
            assert not await is_absent(connection, **asked, now=town.night.now + timedelta(days=2))
