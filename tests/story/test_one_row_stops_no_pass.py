"""The mistake: one outage, storm, device or desk that cannot be worked on, and everything behind it waits for ever."""

from __future__ import annotations

from typing import Any

import pytest

from devices.event import EventType
from rules.engine.duty import DutyPass
from store.desks import DeskStore
from store.duty import set_duty
from store.outages import Outages
from tests.story.centre_at_night import night_in
from tests.story.holding_town import AREA, Holding, holding_in
from tests.story.watched_town import Watch, watch_in
from tests.town import CENTRE

OTHER = "320681.320681100.320681100002"


async def _spoil(db: Any, incident_id: int) -> None:
    """As a newer release might leave it: its plan cannot be read."""
    await db.pool.execute(
        "UPDATE incident SET plan = '[{}]' WHERE id = $1", incident_id,
    )  # fmt: skip


async def _mend(db: Any, incident_id: int) -> None:
    await db.pool.execute("UPDATE incident SET plan = '[]' WHERE id = $1", incident_id)


async def _states(town: Holding, cases: list[Any]) -> list[str]:
    return [(await town.night.case(case["id"]))["state"] for case in cases]


async def test_a_storm_ends_though_the_one_before_it_cannot(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        await town.device()
        await town.device(area=OTHER)
        by = await town.night.town.user("supervisor")
        for area in (AREA, OTHER):
            await town.storm(by, area=area, seconds=60)
        cases = await town.open_cases("area_outage")
        await _spoil(town.db, cases[0]["id"])
        town.night.clock.advance(61)
        await town.passes.keep(town.night.now)
        assert await _states(town, cases) == ["open", "resolved"]
        await _mend(town.db, cases[0]["id"])
        town.night.clock.advance(6)
        await town.passes.keep(town.night.now)
        assert await _states(town, cases) == ["resolved", "resolved"], "put off, not given up"


async def test_an_outage_ends_though_the_one_before_it_cannot_be_read(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        devices = [await town.device(area=area) for area in (AREA, OTHER) for _ in range(7)]
        for device in devices:
            await town.says(device, EventType.POWER_LOST)
        cases = await town.open_cases("area_outage")
        assert len(cases) == 2
        await _spoil(town.db, cases[0]["id"])
        town.night.clock.advance(600)
        for device in devices:
            await town.says(device, EventType.POWER_RESTORED)
        await town.passes.keep(town.night.now)
        assert await _states(town, cases) == ["open", "resolved"]


async def test_a_cause_calms_down_though_the_one_before_it_cannot_be_read(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        devices = [await town.device("other") for _ in range(2)]
        for _ in range(8):
            for said in (EventType.FAULT, EventType.FAULT_CLEAR):
                for device in devices:
                    await town.says(device, said)
                town.night.clock.advance(20)
        cases = await town.open_cases("fault")
        assert len(cases) == 2
        await _spoil(town.db, cases[0]["id"])
        town.night.clock.advance(1900)
        await town.passes.keep(town.night.now)
        assert await _states(town, cases) == ["open", "resolved"]


async def _silent_homes(watch: Watch, hub: str) -> None:
    await watch.device(hub, "hub", interval_s=60)
    for number in range(3):
        home = await watch.town.home()
        await watch.town.db.pool.execute("DELETE FROM device_holder WHERE resident_id = $1", home.resident_id)
        await watch.device(f"{hub}-{number}", hub=hub, interval_s=60, resident_id=home.resident_id)


async def test_an_outage_rises_with_time_though_the_one_before_it_cannot_be_read(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        hubs = ["hub-1", "hub-2"]
        for hub in hubs:
            await _silent_homes(watch, hub)
        await watch.look()
        await watch.jump(5, *hubs, *(f"{hub}-{number}" for hub in hubs for number in range(3)))
        await watch.jump(150)
        cases = [(await watch.cases(hub))[0] for hub in hubs]
        await _spoil(watch.town.db, cases[0]["id"])
        watch.clock.advance(3601)
        assert await watch.ageing.run_once(watch.now) == 1
        assert (await watch.cases("hub-2"))[0]["priority"] == 3
        await _mend(watch.town.db, cases[0]["id"])
        watch.clock.advance(6)
        assert await watch.ageing.run_once(watch.now) == 1, "put off, not given up"


async def test_devices_are_missed_though_no_outage_can_be_ended(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> bool:
        raise RuntimeError("an outage that cannot be ended")

    async with watch_in(fresh_dsn) as watch:
        names = [f"v-{number}" for number in range(12)]
        for name in [*names, "elsewhere"]:
            await watch.device(name, interval_s=60, area="320000.town" if name == "elsewhere" else "320000.village")
        await watch.look()
        await watch.jump(5, "elsewhere", *names)
        await watch.pass_seconds(150, "elsewhere")
        assert [case["class"] for case in await watch.open_cases()] == ["area_outage"]
        monkeypatch.setattr(Outages, "_end", never)
        await watch.pass_seconds(65, *names)
        await watch.pass_seconds(200, *names)
        assert await watch.status("elsewhere") == "late"


async def test_nobody_on_duty_is_said_though_a_desk_cannot_be_looked_at(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with night_in(fresh_dsn) as night:
        desks = [await night.town.user() for _ in range(2)]
        store = DeskStore(night.town.db, CENTRE)
        await DutyPass(store).run_once(night.now)
        marks = store._mark

        async def never(row: Any, *more: Any) -> bool:
            if row["user_id"] == desks[0].user_id:
                raise RuntimeError("a desk that cannot be looked at")
            return await marks(row, *more)

        monkeypatch.setattr(store, "_mark", never)
        night.clock.advance(3600)
        await DutyPass(store).run_once(night.now)
        await set_duty(night.town.db, desks[1].user_id, "off", now=night.now)
        await set_duty(night.town.db, desks[0].user_id, "off", now=night.now)
        await DutyPass(store).run_once(night.now)
        said = "SELECT count(*) FROM incident WHERE class = 'nobody_on_duty'"
        assert await night.town.db.pool.fetchval(said) == 1
