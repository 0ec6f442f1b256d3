"""What docs/brokers.md says of the two brokers, seen through the lane's own connection."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiomqtt
import pytest

from gateway.mqtt import codec
from gateway.mqtt.connection import BrokerAddress, MqttConnection
from tests.broker.field import HOST, Broker, lane_name
from tests.waiting import until, while_passing

FILTER: Final = "differ/+/x"


@dataclass(kw_only=True)
class Session:
    """One persistent session that acknowledges only what it is told to."""

    packets: list[codec.PublishPacket] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def on_packets(
        self, connection: MqttConnection, packets: list[codec.PublishPacket | codec.UnreadablePacket]
    ) -> None:
        self.packets += [packet for packet in packets if isinstance(packet, codec.PublishPacket)]

    def on_closed(self, connection: MqttConnection, reason: str) -> None:
        self.closed.append(reason)


@asynccontextmanager
async def opened(
    broker: Broker, client_id: str, topics: str = FILTER, *, receive_max: int = 8_192
) -> AsyncIterator[tuple[Session, MqttConnection, bool]]:
    session = Session()
    connection = MqttConnection(session)
    present = await connection.open(BrokerAddress.parse(broker.url), client_id=client_id, receive_max=receive_max)
    await connection.subscribe((topics,))
    try:
        yield session, connection, present
    finally:
        connection.close("the test is over")


async def send(broker: Broker, topic: str, count: int, *, qos: int = 1) -> None:
    async with aiomqtt.Client(HOST, broker.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        for number in range(count):
            await client.publish(topic, str(number), qos=qos)


async def test_the_dup_flag_of_a_redelivery(broker: Broker) -> None:
    name = lane_name()
    async with opened(broker, name, f"differ/{name}/x") as (session, _, _):
        await send(broker, f"differ/{name}/x", 1)
        await until(lambda: session.packets, "the first delivery")
    async with opened(broker, name, f"differ/{name}/x") as (session, _, present):
        await until(lambda: session.packets, "the second delivery")
        assert present
        assert session.packets[0].duplicate is broker.is_mosquitto


async def test_receive_maximum(broker: Broker) -> None:
    name = lane_name()
    async with opened(broker, name, f"differ/{name}/x", receive_max=10) as (session, _, _):
        await send(broker, f"differ/{name}/x", 40)
        if broker.is_mosquitto:
            await until(lambda: len(session.packets) == 10, "as many as we take")
            await while_passing(0.5, lambda: len(session.packets) > 10, "more than we take")
        else:
            await until(lambda: len(session.packets) == 40, "all of them, whatever we said")


async def test_pubacks_out_of_order(broker: Broker) -> None:
    name = lane_name()
    async with opened(broker, name, f"differ/{name}/x") as (session, connection, _):
        await send(broker, f"differ/{name}/x", 3)
        await until(lambda: len(session.packets) == 3, "three messages")
        ids = [packet.packet_id for packet in session.packets]
        connection.acknowledge([one for one in (ids[2], ids[0]) if one is not None], [], expiry_s=1)
        if broker.is_mosquitto:
            await while_passing(0.5, lambda: session.closed, "it was closed for it")
        else:
            await until(lambda: session.closed, "it closes the connection")


async def test_qos_0_for_a_session_that_is_away(broker: Broker) -> None:
    name = lane_name()
    async with opened(broker, name, f"differ/{name}/x"):
        pass
    await send(broker, f"differ/{name}/x", 1, qos=0)
    await send(broker, f"differ/{name}/x", 1, qos=1)
    async with opened(broker, name, f"differ/{name}/x") as (session, _, _):
        expected = 1 if broker.is_mosquitto else 2
        await until(lambda: len(session.packets) >= expected, "what was kept")
        await while_passing(0.3, lambda: len(session.packets) > expected, "more than that")


async def test_the_retain_flag(broker: Broker) -> None:
    name = lane_name()
    topic = f"differ/{name}/x"
    async with aiomqtt.Client(HOST, broker.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.publish(topic, b"old", qos=1, retain=True)
        async with opened(broker, name, topic) as (session, _, _):
            await until(lambda: session.packets, "what was retained")
            assert session.packets[0].retain
            await client.publish(topic, b"live", qos=1, retain=True)
            await until(lambda: len(session.packets) == 2, "what is live")
            assert not session.packets[1].retain
        await client.publish(topic, b"", qos=1, retain=True)


async def test_a_restart_of_the_broker_with_an_unacknowledged_message(broker: Broker) -> None:
    name = lane_name()
    async with opened(broker, name, f"differ/{name}/x") as (session, _, _):
        await send(broker, f"differ/{name}/x", 1)
        await until(lambda: session.packets, "the message")
    if broker.is_mosquitto:
        broker.server.stop(signal.SIGTERM)
        broker.server.start()
    else:
        await broker.server.stop()
        await broker.server.start()
    async with opened(broker, name, f"differ/{name}/x") as (session, _, present):
        assert present is broker.is_mosquitto
        if present:
            await until(lambda: session.packets, "the message again")


@pytest.mark.parametrize("size_bytes", [200_000, 300_000])
async def test_large_messages(broker: Broker, size_bytes: int) -> None:
    name = lane_name()
    async with opened(broker, name, f"differ/{name}/x") as (session, _, _):
        passes = broker.is_mosquitto or size_bytes < 256 * 1024
        try:
            async with aiomqtt.Client(HOST, broker.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
                # Whoever refuses it says nothing: that is not waited for as long as an answer that must come.
                wait_s = 10 if passes else 3
                await client.publish(f"differ/{name}/x", b"x" * size_bytes, qos=1, timeout=wait_s)
        except aiomqtt.MqttError:
            assert not passes
        else:
            assert passes
            await until(lambda: session.packets, "the large message")
