"""Somebody ended the case of a power cut, or of a storm, that goes on: whoever came behind it afterwards is in no case.

A row holds only what somebody can see: with its case the power cut ends, and who is without power still, or loses it
later, is a case, or a row, again. A storm that a person switched on goes on; what it holds then has a row again.
"""

from __future__ import annotations

from devices.event import EventType
from store.outages import read_outage
from store.storm_records import read_storm
from tests.story.holding_town import Holding, holding_in


async def _power_cut(town: Holding, homes: int = 20) -> tuple[list[str], int]:
    devices = [await town.device() for _ in range(homes)]
    for device in devices:
        await town.says(device, EventType.POWER_LOST)
    (outage,) = await town.open_cases("area_outage")
    return devices, outage["id"]


async def test_a_home_that_loses_power_after_its_row_was_resolved_is_heard(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        _, outage = await _power_cut(town)
        town.night.clock.advance(600)
        await town.night.town.resolve(outage, await town.night.town.user(), now=town.night.now)
        late = await town.device()
        accepted = await town.says(late, EventType.POWER_LOST)
        assert accepted.incident_id not in (None, outage), "behind a case that was over"
        assert (await town.night.case(accepted.incident_id))["state"] == "open"


async def test_who_is_without_power_still_stands_in_a_row_again_and_not_in_a_case_each(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        _, outage = await _power_cut(town, homes=40)
        town.night.clock.advance(600)
        await town.night.town.resolve(outage, await town.night.town.user(), now=town.night.now)
        await town.later(5)
        await town.later(5)
        (again,) = await town.open_cases("area_outage")
        behind = await read_outage(town.db, again["id"], sight=[])
        assert behind is not None
        own = await town.open_cases("power_lost")
        assert (again["id"] != outage, behind.devices + len(own)) == (True, 40)
        assert len(own) <= 10
        held = await town.db.pool.fetchval(
            "SELECT count(*) FROM held WHERE kind = 'outage' AND ref = $1 AND ended_at IS NULL", outage
        )
        assert held == 0


async def test_what_a_storm_holds_after_its_row_was_resolved_has_a_row_again(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        storm = await town.storm(await town.night.town.user("supervisor"), seconds=3600)
        before = await town.device()
        await town.says(before, EventType.FAULT)
        await town.later(2)
        (row,) = await town.open_cases("area_outage")
        await town.night.town.resolve(row["id"], await town.night.town.user(), now=town.night.now)
        await town.later(30)
        assert await town.open_cases() == [], "what somebody has seen and ended is not rung again"
        await town.says(await town.device(), EventType.FAULT)
        await town.later(5)
        (again,) = await town.open_cases("area_outage")
        assert (again["id"] != row["id"], again["follows"]) == (True, row["id"])
        assert (await read_storm(town.db, storm, now=town.night.now)).incident_id == str(again["id"])
        behind = await read_outage(town.db, again["id"], sight=[])
        assert behind is not None and behind.devices == 2
        await town.later(3600)
        assert (await town.night.case(again["id"]))["state"] == "resolved"
        assert len(await town.open_cases("fault_life_safety")) == 2, "at its end each is a case of its own"
