"""The mistake: two engines look at what a silence held, and the same trouble is two cases, or none."""

from __future__ import annotations

import asyncio

from devices.event import EventType
from store.holding_passes import HoldingPasses
from tests.story.holding_town import holding_in
from tests.town import CENTRE


async def test_what_is_released_is_released_once_whoever_does_it(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by = await town.night.town.user("supervisor")
        await town.silence(by, types=("fault",), seconds=60)
        devices = [await town.device() for _ in range(6)]
        for device in devices:
            await town.says(device, EventType.FAULT)
        town.night.clock.advance(61)
        engines = [HoldingPasses(town.db, CENTRE) for _ in range(3)]
        await asyncio.gather(*(engine.release(town.night.now, 100) for engine in engines))
        cases = await town.open_cases("fault_life_safety")
        assert sorted(case["device_id"] for case in cases) == sorted([await town.device_id(one) for one in devices])
        assert {case["alert_count"] for case in cases} == {1}


async def test_homes_that_lose_power_at_the_same_moment_open_one_outage(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        devices = [await town.device() for _ in range(24)]
        await asyncio.gather(*(town.says(device, EventType.POWER_LOST) for device in devices))
        engines = [HoldingPasses(town.db, CENTRE) for _ in range(3)]
        # Who found another being folded waits for nobody, and is folded by an engine's next turn.
        await asyncio.gather(*(engine.release(town.night.now, 100) for engine in engines))
        assert len(await town.open_cases("power_lost")) == 5
        assert len(await town.open_cases("area_outage")) == 1
        await asyncio.gather(*(engine.keep(town.night.now) for engine in engines))
        (outage,) = await town.open_cases("area_outage")
        assert outage["alert_count"] == 19, "what is behind it, counted once"


async def test_neighbours_found_by_two_engines_are_linked_once(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        for _ in range(4):
            await town.says(await town.device(), EventType.SMOKE)
        engines = [HoldingPasses(town.db, CENTRE) for _ in range(3)]
        await asyncio.gather(*(engine.combine(town.night.now) for engine in engines))
        assert await town.db.pool.fetchval("SELECT count(*) FROM incident_link") == 3
        for case in await town.open_cases("smoke"):
            said = await town.night.actions(case["id"])
            assert said.count("combined") in (1, 3)
