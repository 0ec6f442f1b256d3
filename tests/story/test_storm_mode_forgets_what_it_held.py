"""The mistake: storm mode swallows what it held; after it nobody knows which homes are still without help."""

from __future__ import annotations

from datetime import timedelta

import pytest

from devices.event import EventType
from store.outages import read_outage
from store.storm_records import NewStorm, StormRefused, end_storm, list_storms, read_storm, switch_on
from tests.story.holding_town import AREA, holding_in
from tests.town import CENTRE


async def test_a_storm_is_one_row_and_what_is_still_bad_at_its_end_is_its_own_case(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by = await town.night.town.user("supervisor")
        storm = await town.storm(by, seconds=3600)
        faulty, well, elsewhere = await town.device(), await town.device(), await town.device(area="320681.320681200")
        breathes = await town.device("other", tags=("oxygen",))
        for device in (faulty, well, elsewhere, breathes):
            await town.says(device, EventType.FAULT)
        fire = (await town.says(faulty, EventType.FIRE)).incident_id
        await town.later(5)
        classes = sorted(case["class"] for case in await town.open_cases())
        assert classes == ["area_outage", "fault_dependent", "fault_life_safety", "fire"]
        await town.says(well, EventType.FAULT_CLEAR)
        report = await read_storm(town.db, storm, now=town.night.now)
        assert (report.held, report.devices, report.standing) == (2, 2, 1)
        assert [(one.class_, one.held, one.cleared) for one in report.by_class] == [("fault_life_safety", 2, 1)]
        assert {one.class_ for one in report.never_held} == {"fire", "fault_dependent"}
        await town.later(3600)
        assert (await read_storm(town.db, storm, now=town.night.now)).ended_why == "time_over"
        open_now = {case["class"]: case for case in await town.open_cases()}
        assert "area_outage" not in open_now
        assert [case["device_id"] for case in await town.open_cases("fault_life_safety")] == [
            await town.device_id(elsewhere), await town.device_id(faulty),
        ]  # fmt: skip
        assert (await town.night.case(fire))["state"] == "open"


async def test_homes_still_without_power_after_a_storm_are_one_outage_and_not_a_thousand_cases(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by = await town.night.town.user("supervisor")
        storm = await town.storm(by, seconds=3600)
        for _ in range(20):
            await town.says(await town.device(), EventType.POWER_LOST)
        (row,) = await town.open_cases()
        behind = await read_outage(town.db, row["id"], sight=[])
        assert behind is not None and (behind.kind, behind.devices, len(behind.people)) == ("storm", 20, 20)
        assert await end_storm(town.db, storm, why="by_person", by=by.user_id, centre=CENTRE, now=town.night.now)
        await town.later(5)
        assert len(await town.open_cases("power_lost")) == 5
        (outage,) = await town.open_cases("area_outage")
        behind = await read_outage(town.db, outage["id"], sight=[])
        assert behind is not None and behind.devices == 15


async def test_a_storm_is_suggested_when_the_rate_passes_its_line_and_taken_by_a_person(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by = await town.night.town.user("supervisor")
        for _ in range(13):
            await town.says(await town.device("other"), EventType.BATTERY_LOW)
        await town.later(15)
        await town.later(15)
        (found,), _ = await list_storms(town.db, state=None, sight=[], before=0, limit=10)
        assert (found.state, found.area, found.rate) == ("suggested", AREA, 13)
        device = await town.device("other")
        assert (await town.says(device, EventType.FAULT)).incident_id is not None, "a suggestion holds nothing"
        wanted = NewStorm(
            area=None, profile="default", classes=frozenset({"fault"}), reason="雷暴",
            until_at=town.night.now + timedelta(hours=2),
        )  # fmt: skip
        await switch_on(town.db, int(found.id), wanted, version=None, by=by.user_id, centre=CENTRE, now=town.night.now)
        await town.says(await town.device("other"), EventType.FAULT)
        assert (await read_storm(town.db, int(found.id), now=town.night.now)).held == 1
        assert await end_storm(
            town.db, int(found.id), why="by_person", by=by.user_id, centre=CENTRE, now=town.night.now
        )
        await town.later(2)
        assert len(await town.open_cases("fault")) == 2


async def test_no_storm_lasts_longer_than_a_day_or_holds_a_call(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by = await town.night.town.user("supervisor")
        with pytest.raises(StormRefused):
            await town.storm(by, seconds=25 * 3600)
