"""A device that says too much, and two that have one id: told at the desk, and nobody else loses anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiomqtt
import pytest

from devices.topics import online_topic
from gateway import metrics, unruly
from gateway.shedding import Shedder
from gateway.unruly import Unruly
from rules.clock import SharedClock
from tests.broker.field import HOST, Broker, event, field_on, gateway_on, lane_name
from tests.broker.guarded import ADMIN, GuardedMosquitto, door_on
from tests.servers import free_port
from tests.town import CENTRE, Town, town_in
from tests.waiting import ended, until


@pytest.fixture
def told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unruly, "TELL_EVERY_S", 0.0)


async def incident_of(town: Town, device: str, class_: str) -> Any:
    return next((one for one in await town.incidents_of(device) if one["class"] == class_), None)


@pytest.mark.usefixtures("told_at_once")
async def test_a_runaway_device_loses_telemetry_and_no_alarm_and_the_desk_is_told(
    broker: Broker, postgres_dsn: str
) -> None:
    name = lane_name()
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(broker.url, postgres_dsn, name=name) as lane,
        field_on(broker) as field,
    ):
        home = await town.home()
        assert lane._context.unruly is not None
        lane._context.unruly.shedder = Shedder(rate_per_s=0.001, burst=20)
        for number in range(60):
            await field.telemetry(home.button, event(f"r{number}", "reading", value=number))
        await field.telemetry(home.button, event("low", "battery_low"))
        await field.alarm(home.button, event("help"))
        await field.acked(home.button, "help")
        incident = await until(lambda: incident_of(town, home.button, "runaway_device"), "the desk is told")
        assert incident["priority"] == 4

        async def stored() -> int:
            count: int = await town.db.pool.fetchval(
                "SELECT count(*) FROM reading AS r JOIN device AS d ON d.id = r.device_id WHERE d.device = $1",
                home.button,
            )
            return count

        await until(lambda: _is(stored, 20), "what was within the measure is stored")
        assert {one["type"] for one in await town.events_of(home.button)} == {"battery_low", "sos"}
        assert await incident_of(town, home.button, "sos") is not None
        assert metrics.telemetry_shed_total.labels(name, "device_rate")._value.get() == 40
        await until(lambda: len(lane._window) == 0, "what was shed is acknowledged to the broker")


async def _is(look: Any, wanted: int) -> bool:
    return bool(await look() == wanted)


@asynccontextmanager
async def one_of_two(port: int, device: str, account: tuple[str, str] | None = None) -> Any:
    """A device that comes back at once whenever it is thrown out, as many do."""

    async def come_back() -> None:
        name, password = account or (None, None)
        will = aiomqtt.Will(online_topic(device), b"0", qos=1, retain=True)
        while True:
            with suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(
                    HOST, port, identifier=device, username=name, password=password, will=will, timeout=1
                ) as client:
                    await client.publish(online_topic(device), b"1", qos=1, retain=True, timeout=1)
                    async for _ in client.messages:
                        pass
            await SharedClock().sleep(0.05)

    async with asyncio.TaskGroup() as group:
        coming = group.create_task(come_back())
        yield
        await ended(coming, "the device's coming back")


async def test_two_devices_with_one_id_are_told_by_their_own_word(mosquitto: Any, postgres_dsn: str) -> None:
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(mosquitto.url, postgres_dsn, name=lane_name()),
    ):
        home = await town.home()
        async with one_of_two(mosquitto.port, home.button), one_of_two(mosquitto.port, home.button):
            incident = await until(lambda: incident_of(town, home.button, "cloned_device"), "the desk is told")
        assert incident["priority"] == 3


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedMosquitto]:
    broker = GuardedMosquitto(folder=tmp_path_factory.mktemp("cloned"), port=free_port())
    broker.start()
    yield broker
    broker.stop()


async def test_two_clients_with_one_id_are_told_by_the_brokers_log(guarded: GuardedMosquitto, fresh_dsn: str) -> None:
    """Also of devices that never say that they are online: Mosquitto writes down whom it threw out for whom."""
    async with town_in(fresh_dsn) as town:
        home = await town.home()
        noticed = Unruly(database=town.db, clock=SharedClock(), centre=CENTRE)
        async with (
            asyncio.TaskGroup() as group,
            door_on(guarded, town.db, on_takeover=lambda client: noticed.arrived(client, seen_by="broker")),
        ):
            telling = group.create_task(noticed.run())
            async with one_of_two(guarded.port, home.button, ADMIN), one_of_two(guarded.port, home.button, ADMIN):
                await until(lambda: incident_of(town, home.button, "cloned_device"), "the desk is told")
            telling.cancel()
