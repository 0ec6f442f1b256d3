"""The mistake: five thousand homes lose power in a minute, each is a row, and fifty fires stand among them unseen."""

from __future__ import annotations

import asyncio

from devices.event import EventType
from store.cases import lock_subject
from store.outages import read_outage
from store.views.items import QueueFilter, read_queue
from tests.story.holding_town import AREA, holding_in


async def test_the_first_few_open_their_own_and_the_others_are_one_outage(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        devices = [await town.device() for _ in range(20)]
        for device in devices:
            await town.says(device, EventType.POWER_LOST)
        assert len(await town.open_cases("power_lost")) == 5
        (outage,) = await town.open_cases("area_outage")
        assert outage["area"] == AREA
        assert await town.decision_of(devices[-1]) == "behind_outage"
        await town.later(2)
        assert (await town.night.case(outage["id"]))["alert_count"] >= 15
        seen = await read_outage(town.db, outage["id"], sight=[])
        assert seen is not None
        assert (seen.kind, seen.devices, len(seen.people)) == ("power", 15, 15)


async def test_whoever_needs_power_to_breathe_is_never_behind_the_outage(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        for _ in range(12):
            await town.says(await town.device(), EventType.POWER_LOST)
        breathes = await town.device(tags=("oxygen",))
        accepted = await town.says(breathes, EventType.POWER_LOST)
        case = await town.night.case(accepted.incident_id)
        assert (case["class"], case["priority"]) == ("power_lost_dependent", 2)


async def test_fires_stand_above_everything_the_storm_brings(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        areas = [f"320681.32068110{n % 4}.32068110{n % 4}00{n}" for n in range(8)]
        homes = [await town.device(area=areas[n % 8]) for n in range(120)]
        fires = [await town.device(area=areas[n]) for n in range(8)]

        async def all_of(devices: list[str], type_: EventType) -> None:
            for device in devices:
                await town.says(device, type_)

        await asyncio.gather(
            *(all_of(homes[n::3], EventType.POWER_LOST) for n in range(3)), all_of(fires, EventType.FIRE)
        )  # fmt: skip
        await town.later(1)
        technical = [case for case in await town.open_cases() if case["family"] == "technical"]
        assert len(technical) <= 20
        queue, _ = await read_queue(town.db, QueueFilter(), limit=100, after=None, user_id=0)
        assert [item.class_ for item in queue[:8]] == ["fire"] * 8
        told = await town.db.pool.fetchval("SELECT count(*) FROM event WHERE type IN ('power_lost', 'fire')")
        assert told == 128, "nothing is lost"
        behind = await town.db.pool.fetchval("SELECT count(*) FROM held WHERE kind = 'outage'")
        own = len([case for case in technical if case["class"] == "power_lost"])
        assert behind + own == 120


async def test_power_that_is_back_ends_the_outage_and_one_home_without_is_its_own_case(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        devices = [await town.device() for _ in range(60)]
        for device in devices:
            await town.says(device, EventType.POWER_LOST)
        (outage,) = await town.open_cases("area_outage")
        town.night.clock.advance(600)
        for device in devices[:-1]:
            await town.says(device, EventType.POWER_RESTORED)
        assert await town.open_cases("power_lost") == []
        await town.later(5)
        assert (await town.night.case(outage["id"]))["state"] == "resolved"
        (left,) = await town.open_cases("power_lost")
        assert left["device_id"] == await town.device_id(devices[-1])
        assert await town.night.actions(left["id"]) == ["opened"]


async def test_one_home_without_power_is_one_case_as_ever(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        device = await town.device()
        case = (await town.says(device, EventType.POWER_LOST)).incident_id
        await town.says(device, EventType.POWER_RESTORED)
        assert (await town.night.case(case))["state"] == "resolved"


async def test_a_home_waits_for_nobody_while_another_is_being_folded(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        devices = [await town.device() for _ in range(12)]
        async with town.db.transaction() as elsewhere:
            await lock_subject(elsewhere, "s:power_lost")
            for device in devices:
                await town.says(device, EventType.POWER_LOST)
            assert await town.open_cases("power_lost", "area_outage") == []
            assert await town.decision_of(devices[0]) == "being_folded"
        await town.later(2)
        assert len(await town.open_cases("power_lost")) == 5
        (outage,) = await town.open_cases("area_outage")
        assert await town.decision_of(devices[-1]) == "behind_outage"
        assert (await town.night.town.events_of(devices[-1]))[-1]["incident_id"] == outage["id"]
        held = await town.db.pool.fetch("SELECT kind, count(*) FROM held WHERE ended_at IS NULL GROUP BY kind")
        assert [tuple(row) for row in held] == [("outage", 7)], "nothing is lost, and nothing waits any more"


async def test_power_that_is_back_before_it_was_folded_opens_nothing(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        device = await town.device()
        async with town.db.transaction() as elsewhere:
            await lock_subject(elsewhere, "s:power_lost")
            await town.says(device, EventType.POWER_LOST)
            await town.says(device, EventType.POWER_RESTORED)
        await town.later(2)
        assert await town.open_cases() == []
