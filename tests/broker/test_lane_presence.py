"""What the broker says about a device's connection is a state, and never proves that the device is alive."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import aiomqtt
import pytest

from devices.topics import online_topic
from tests.broker.field import HOST, Broker, event, field_on, gateway_on, lane_name
from tests.town import Town, town_in
from tests.waiting import until


async def state_of(town: Town, device: str) -> Any:
    return await town.db.pool.fetchrow(
        "SELECT s.* FROM device_state AS s JOIN device AS d ON d.id = s.device_id WHERE d.device = $1", device
    )


async def test_online_and_a_will_move_online_and_nothing_else(broker: Broker, postgres_dsn: str) -> None:
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(broker.url, postgres_dsn, name=lane_name()),
        field_on(broker),
    ):
        home = await town.home()
        before = await state_of(town, home.button)
        will = aiomqtt.Will(online_topic(home.button), b"0", qos=1, retain=True)
        with suppress(aiomqtt.MqttError):
            async with aiomqtt.Client(
                HOST, broker.port, protocol=aiomqtt.ProtocolVersion.V5, identifier=home.button, will=will
            ) as device:
                await device.publish(online_topic(home.button), b"1", qos=1, retain=True)
                await until(lambda: _is_online(town, home.button, True), "it is online")
                line = device._client.socket()
                assert isinstance(line, socket.socket)
                line.shutdown(socket.SHUT_RDWR)
                await until(lambda: _is_online(town, home.button, False), "its will says that it is not")
        after = await state_of(town, home.button)
        told = {"online", "version"}
        assert {k: v for k, v in after.items() if k not in told} == {k: v for k, v in before.items() if k not in told}
        assert await town.incidents_of(home.button) == []


async def _is_online(town: Town, device: str, online: bool) -> bool:
    return (await state_of(town, device))["online"] is online


async def test_every_heartbeat_reaches_last_seen_while_batches_are_written(broker: Broker, postgres_dsn: str) -> None:
    """A heartbeat that comes while a batch is being written waits for the next; none is forgotten."""
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(broker.url, postgres_dsn, name=lane_name()),
        field_on(broker) as field,
    ):
        homes = [await town.home() for _ in range(40)]
        for home in homes:
            await field.telemetry(home.button, event("known", "reading", value=1))

        async def unseen_since(at: Any) -> list[str]:
            return [home.button for home in homes if ((await state_of(town, home.button))["last_seen"] or at) <= at]

        start = await town.db.pool.fetchval("SELECT clock_timestamp() - interval '1 hour'")
        await until(lambda: _none(unseen_since, start), "each device is known and seen")
        now = await town.db.pool.fetchval("SELECT clock_timestamp()")
        for home in homes:
            await field.telemetry(home.button, event("beat", "heartbeat"))
            await field.telemetry(homes[0].button, event(f"busy-{home.button}", "reading", value=1))
        await until(lambda: _none(unseen_since, now), "each heartbeat moved last_seen")


async def _none(look: Any, *arguments: Any) -> bool:
    return not await look(*arguments)


async def test_presence_beside_heartbeats_takes_nothing_from_them(broker: Broker, postgres_dsn: str) -> None:
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(broker.url, postgres_dsn, name=lane_name()),
        field_on(broker) as field,
    ):
        home = await town.home()
        await field.telemetry(home.button, event("first", "reading", value=1))
        await until(lambda: _seen(town, home.button), "the device is known")
        seen = (await state_of(town, home.button))["last_seen"]
        await field.telemetry(home.button, event("beat", "heartbeat", battery_pct=41))
        await field.client.publish(online_topic(home.button), b"1", qos=1, retain=True)

        async def both() -> bool:
            state = await state_of(town, home.button)
            return bool(state["last_seen"] > seen and state["online"] and state["battery_pct"] == 41)

        await until(both, "both the heartbeat and the presence are there")


async def _seen(town: Town, device: str) -> bool:
    return (await state_of(town, device))["last_seen"] is not None


@pytest.mark.parametrize("payload", [b"true", b"01", b"online", b"", b"\xff"])
async def test_presence_that_says_neither_is_a_dead_letter(broker: Broker, postgres_dsn: str, payload: bytes) -> None:
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(broker.url, postgres_dsn, name=lane_name()),
        field_on(broker) as field,
    ):
        home = await town.home()
        await field.client.publish(online_topic(home.button), payload, qos=1)
        query = "SELECT count(*) FROM dead_letter WHERE topic = $1"
        await until(lambda: town.db.pool.fetchval(query, online_topic(home.button)), "a dead letter")
        assert (await state_of(town, home.button))["online"] is None
