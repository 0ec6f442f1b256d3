"""States behind a bridge on a real broker: across restarts, kills and takeovers, in each device's order."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from devices.topics import is_device_id
from gateway.lane import Lane
from tests.broker.field import Broker, Field, field_on, gateway_on, gateway_process, lane_name
from tests.broker.gateway_process import BRIDGES
from tests.town import Town, town_in
from tests.waiting import until

FILTERS = ("zigbee/#",)
KITCHEN, BRIDGE = "home7-kitchen", "home7-bridge"


@asynccontextmanager
async def home_on(broker: Broker, dsn: str) -> AsyncIterator[tuple[Town, Field]]:
    """A home with a bridge and a smoke alarm in the kitchen."""
    async with town_in(dsn) as town, field_on(broker) as field:
        home = await town.home()
        for name, kind in ((KITCHEN, "smoke_alarm"), (BRIDGE, "hub")):
            given = await town.device(kind, premises_id=home.premises_id)
            await town.db.pool.execute("UPDATE device SET device = $2 WHERE device = $1", given, name)
        yield town, field


def lane_on(broker: Broker, dsn: str, name: str) -> Any:
    return gateway_on(broker.url, dsn, name=name, filters=FILTERS, sources=(BRIDGES,))


async def says(field: Field, topic: str = "home7/kitchen", *, retain: bool = False, **values: Any) -> None:
    await field.client.publish(f"zigbee/{topic}", json.dumps(values), qos=1, retain=retain)


async def state_of(town: Town, device: str) -> Any:
    return await town.db.pool.fetchrow(
        "SELECT s.*, d.hub_id FROM device_state AS s JOIN device AS d ON d.id = s.device_id WHERE d.device = $1", device
    )


async def types(town: Town, device: str = KITCHEN) -> list[str]:
    return [event["type"] for event in await town.events_of(device)]


async def heard(town: Town, lane: Lane, device: str = KITCHEN, **state: Any) -> Any:
    """The device's state once everything that was sent is settled and it says this."""

    async def found() -> Any:
        row = await state_of(town, device)
        return row if not len(lane._window) and all(row[key] == value for key, value in state.items()) else None

    return await until(found, f"{device} is {state}")


async def test_an_end_of_nothing_said_every_hour_writes_no_event(broker: Broker, fresh_dsn: str) -> None:
    async with home_on(broker, fresh_dsn) as (town, field), lane_on(broker, fresh_dsn, lane_name()) as lane:
        for battery in (90, 80, 70):
            await says(field, smoke=False, tamper=False, battery=battery)
            await heard(town, lane, battery_pct=battery)
        assert await types(town) == []
        assert lane._alarms._standing._open.keys() == {KITCHEN}, "asked once, then known"
        assert await town.incidents_of(KITCHEN) == []


async def test_an_end_right_behind_its_alarm_does_not_overtake_it(broker: Broker, fresh_dsn: str) -> None:
    async with home_on(broker, fresh_dsn) as (town, field), lane_on(broker, fresh_dsn, lane_name()) as lane:
        await says(field, smoke=False, battery=50)
        await heard(town, lane, battery_pct=50)
        for battery, smoke in ((49, True), (48, False), (47, True), (46, True), (45, False)):
            await says(field, smoke=smoke, battery=battery)
        await heard(town, lane, battery_pct=45, open=[])
        assert await types(town) == ["smoke", "smoke_clear", "smoke", "smoke_clear"]
        (incident,) = await town.incidents_of(KITCHEN)
        assert incident["state"] == "open", "an end resolves nothing"


async def test_a_restart_between_two_reports_of_one_smoke_makes_no_second_one(broker: Broker, fresh_dsn: str) -> None:
    name = lane_name()
    async with home_on(broker, fresh_dsn) as (town, field):
        async with lane_on(broker, fresh_dsn, name) as lane:
            await says(field, smoke=True, battery=50)
            await heard(town, lane, battery_pct=50, open=["smoke"])
        await says(field, smoke=True, battery=49)
        async with lane_on(broker, fresh_dsn, name) as lane:
            await heard(town, lane, battery_pct=49)
            await says(field, smoke=False, battery=48)
            await heard(town, lane, battery_pct=48, open=[])
        assert await types(town) == ["smoke", "smoke_clear"]
        assert len(await town.incidents_of(KITCHEN)) == 1
        assert await town.faults() == []


async def test_a_killed_gateway_s_smoke_is_counted_on_by_the_one_that_takes_over(
    broker: Broker, fresh_dsn: str
) -> None:
    name = lane_name()
    async with home_on(broker, fresh_dsn) as (town, field):
        with gateway_process(broker.url, fresh_dsn, name=name, filters=FILTERS) as process:

            async def first() -> Any:
                await says(field, smoke=True, battery=50)
                return await town.incidents_of(KITCHEN)

            await until(first, "the incident")
            process.kill()
            process.wait(10)
        await says(field, smoke=True, battery=49)
        async with lane_on(broker, fresh_dsn, name) as lane:
            await heard(town, lane, battery_pct=49, open=["smoke"])
        assert await types(town) == ["smoke"]
        (incident,) = await town.incidents_of(KITCHEN)
        assert incident["alert_count"] == 1


async def test_a_door_that_is_still_shut_and_a_room_still_empty_fill_no_table(broker: Broker, fresh_dsn: str) -> None:
    name = lane_name()
    async with home_on(broker, fresh_dsn) as (town, field):
        async with lane_on(broker, fresh_dsn, name) as lane:
            for battery, contact in ((50, True), (49, True), (48, False), (47, False), (46, True)):
                await says(field, contact=contact, occupancy=False, battery=battery)
            await heard(town, lane, battery_pct=46)
        async with lane_on(broker, fresh_dsn, name) as lane:
            await says(field, contact=True, occupancy=False, battery=45)
            await heard(town, lane, battery_pct=45)
        assert sorted(await types(town)) == ["door_closed", "door_closed", "door_open", "vacant"]


async def test_old_buffered_values_do_not_change_what_stands_now(broker: Broker, fresh_dsn: str) -> None:
    """Positions that came late lent their old attributes to the present (field.md, C 19)."""
    async with home_on(broker, fresh_dsn) as (town, field), lane_on(broker, fresh_dsn, lane_name()) as lane:
        await says(field, contact=False, battery=50)
        await heard(town, lane, battery_pct=50)
        await says(field, contact=True, battery=99, last_seen="2026-01-02T03:04:05Z", temperature=3.5)
        await says(field, temperature=20.5)
        await until(lambda: town.db.pool.fetch("SELECT FROM reading WHERE NOT late"), "the newer one is kept")
        await heard(town, lane, battery_pct=50)
        await says(field, contact=False, battery=49)
        await heard(town, lane, battery_pct=49)
        rows = await town.events_of(KITCHEN)
        assert [(row["type"], list(row["marks"])) for row in rows] == [("door_open", []), ("door_closed", ["late"])]


async def test_a_hub_is_heard_by_what_comes_through_it_and_the_register_learns_whom_it_carries(
    broker: Broker, fresh_dsn: str
) -> None:
    async with home_on(broker, fresh_dsn) as (town, field), lane_on(broker, fresh_dsn, lane_name()) as lane:
        hub_id = await town.db.pool.fetchval("SELECT id FROM device WHERE device = $1", BRIDGE)
        await says(field, smoke=False, battery=50)
        await heard(town, lane, hub_id=hub_id, battery_pct=50)
        assert (await state_of(town, BRIDGE))["last_seen"] is not None
        before = (await state_of(town, KITCHEN))["last_seen"]
        await says(field, "home7/kitchen/availability", state="offline")
        await heard(town, lane, online=False)
        assert (await state_of(town, KITCHEN))["last_seen"] == before, "its bridge spoke, not it"
        await says(field, "home7/bridge/state", state="offline")
        bridge = await heard(town, lane, BRIDGE, online=False)
        assert bridge["hub_id"] is None
        assert is_device_id(BRIDGE)
        strangers = await town.db.pool.fetchval("SELECT count(*) FROM device WHERE NOT registered")
        assert strangers == 0


async def test_a_retained_state_is_read_as_state_and_proves_nobody_alive(broker: Broker, fresh_dsn: str) -> None:
    async with home_on(broker, fresh_dsn) as (town, field):
        await says(field, "home7/kitchen/availability", retain=True, state="online")
        await says(field, smoke=False, battery=50, retain=True)
        async with lane_on(broker, fresh_dsn, lane_name()) as lane:
            await until(lambda: town.db.pool.fetchval("SELECT true FROM device_state WHERE online"), "it is read")
            await says(field, "home7/hall", battery=3)
            await until(
                lambda: town.db.pool.fetch("SELECT FROM dead_letter WHERE device = 'home7-hall'"), "the live one"
            )
            state = await heard(town, lane)
            if broker.is_mosquitto:  # the embedded broker hides the flag
                assert state["last_seen"] is None
        await field.client.publish("zigbee/home7/kitchen", b"", qos=1, retain=True)
        await field.client.publish("zigbee/home7/kitchen/availability", b"", qos=1, retain=True)


async def test_a_press_committed_and_not_acknowledged_to_the_broker_is_no_second_one(
    broker: Broker, fresh_dsn: str
) -> None:
    name = lane_name()
    async with home_on(broker, fresh_dsn) as (town, field):
        async with lane_on(broker, fresh_dsn, name) as lane:
            await says(field, battery=50)
            await heard(town, lane, battery_pct=50)
            lane._flush = lambda: None  # no PUBACK leaves any more
            await says(field, action="emergency")
            (incident,) = await until(lambda: town.incidents_of(KITCHEN), "the incident")
        async with lane_on(broker, fresh_dsn, name) as lane:
            await says(field, battery=48)
            await heard(town, lane, battery_pct=48)
        (after,) = await town.incidents_of(KITCHEN)
        assert after["id"] == incident["id"], "it opens nothing"
        if broker.is_mosquitto:  # the embedded broker does not say what it sends again
            assert after["alert_count"] == 1
            assert await types(town) == ["sos"]
