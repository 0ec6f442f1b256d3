"""The same crossing was told three times, once a packet, and again after each restart."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from devices.event import EventType
from rules.engine.detectors import DetectorInputPass
from store.detectors import DetectorStore
from tests.story.detected_town import Detected, detected_in
from tests.town import CENTRE


def _restarted(town: Detected) -> None:
    town.store = DetectorStore(town.town.db, CENTRE)
    town.inputs = DetectorInputPass(town.store)


async def test_however_many_packets_and_restarts_it_is_one(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for number in range(20):
            town.clock.advance(30)
            fix = town.a_fix(0 if number < 3 else 900)
            await town.says(band, fix)
            await town.says(band, fix)
            _restarted(town)
            await town.look()
        (case,) = await town.cases(home)
        assert (await town.found(band), case["alert_count"]) == (["fence_exit"], 1)


async def test_coming_back_is_a_note_and_going_again_is_told_again(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for north_m in (0, 0, 900, 900, 0, 0, 900, 900):
            town.clock.advance(60)
            await town.fix(band, north_m)
        assert await town.found(band) == ["fence_exit", "fence_enter", "fence_exit"]
        (case,) = await town.cases(home)
        assert (case["state"], case["alert_count"]) == ("open", 2)
        assert await town.town.actions(case["id"]) == ["opened", "noted", "joined"]


async def test_two_engines_tell_it_once(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for _ in range(2):
            town.clock.advance(30)
            await town.says(band, town.a_fix(900))
        other = DetectorInputPass(DetectorStore(town.town.db, CENTRE))
        await asyncio.gather(town.inputs.run_once(town.now), other.run_once(town.now))
        await town.look()
        assert (await town.found(band), len(await town.cases(home))) == (["fence_exit"], 1)


async def test_a_curfew_that_begins_while_somebody_is_out_tells_it_and_only_then(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        # It is half past two in the afternoon; the fence holds from eight at night.
        await town.fence(
            resident_id=home.resident_id, hours=[{"from_min": 1200, "to_min": 360, "days": [*range(1, 8)]}]
        )
        await town.look()
        for _ in range(3):
            town.clock.advance(60)
            await town.fix(band, 900)
        assert await town.found(band) == []
        await town.pass_time(timedelta(hours=5))
        assert await town.found(band) == []
        await town.pass_time(timedelta(minutes=30))
        (case,) = await town.cases(home)
        assert (await town.found(band), case["class"]) == (["fence_exit"], "wandering_at_risk")


async def test_at_the_water_it_is_life_in_danger_by_day_too(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(kind="water", north_m=2_000, radius_m=200)
        await town.look()
        for north_m in (0, 0, 1_950, 1_950):
            town.clock.advance(60)
            await town.fix(band, north_m)
        (case,) = await town.cases(home)
        assert (case["class"], case["priority"]) == ("wandering_at_risk", 1)


async def test_a_band_taken_off_and_then_outside_is_life_in_danger(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        await town.town.says(band, EventType.REMOVED, now=town.now)
        for _ in range(2):
            town.clock.advance(60)
            await town.fix(band, 900)
        (case,) = await town.cases(home)
        assert (case["class"], case["priority"]) == ("wandering_at_risk", 1)


async def test_who_gets_a_band_next_gets_none_of_its_fences(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        town.clock.advance(30)
        await town.fix(band, 900)
        pool, other = town.town.db.pool, await town.town.home()
        device_id = await pool.fetchval("SELECT id FROM device WHERE device = $1", band)
        await pool.execute("UPDATE device_holder SET to_at = $2 WHERE device_id = $1", device_id, town.now)
        await pool.execute(
            "INSERT INTO device_holder (device_id, from_at, resident_id) VALUES ($1, $2, $3)",
            device_id, town.now, other.resident_id,
        )  # fmt: skip
        await town.pass_time(timedelta(minutes=10))
        assert await pool.fetchval("SELECT count(*) FROM detector_state WHERE owner_id = $1", device_id) == 0
        assert (await town.cases(home), await town.cases(other), await town.found(band)) == ([], [], [])
