"""A connection that failed leaves nothing behind, and one that was given up changes nothing any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from gateway.lane import BACKOFF_FIRST_S, Lane, LaneContext
from gateway.mqtt import codec
from gateway.mqtt.codec import ConnAckPacket, ConnAckReasonCode, PublishPacket
from gateway.mqtt.connection import BrokerAddress, ConnectionFailed, MqttConnection
from gateway.sources import LaneSettings
from rules.clock import FakeClock
from tests.waiting import until

HOST = "127.0.0.1"
ACCEPTED = ConnAckPacket().write()
REFUSED = ConnAckPacket(reason_code=ConnAckReasonCode.SERVER_UNAVAILABLE).write()


@dataclass(kw_only=True)
class Broker:
    """Answers each CONNECT with the same bytes, or with none; counts who came and who left."""

    answer: bytes
    port: int = 0
    came: int = 0
    left: int = 0
    lines: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append(writer)
        await reader.read(1000)
        self.came += 1
        writer.write(self.answer)
        try:
            while await reader.read(1000):
                pass
        except ConnectionResetError:
            pass
        self.left += 1
        writer.transport.abort()

    @property
    def address(self) -> BrokerAddress:
        return BrokerAddress.parse(f"mqtt://{HOST}:{self.port}")


@asynccontextmanager
async def broker_saying(answer: bytes) -> AsyncIterator[Broker]:
    broker = Broker(answer=answer)
    server = await asyncio.start_server(broker.serve, HOST, 0)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        for line in broker.lines:
            line.transport.abort()


@dataclass(kw_only=True)
class Hearer:
    """Notes what it is told."""

    closed: list[str] = field(default_factory=list)

    def on_packets(
        self, connection: MqttConnection, packets: list[codec.PublishPacket | codec.UnreadablePacket]
    ) -> None: ...

    def on_closed(self, connection: MqttConnection, reason: str) -> None:
        self.closed.append(reason)


async def test_a_connect_that_is_cancelled_ends_its_connection() -> None:
    async with broker_saying(b"") as broker, asyncio.TaskGroup() as group:
        opening = group.create_task(MqttConnection(Hearer()).open(broker.address, client_id="c", receive_max=1))
        await until(lambda: broker.came, "the broker has the CONNECT")
        opening.cancel()
        await until(lambda: broker.left, "the connection is ended", within_s=5)


async def test_a_connect_that_is_never_answered_ends_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.mqtt.connection.CONNECT_TIMEOUT_S", 0.3)
    async with broker_saying(b"") as broker:
        with pytest.raises(ConnectionFailed):
            await MqttConnection(Hearer()).open(broker.address, client_id="c", receive_max=1)
        await until(lambda: broker.left, "the connection is ended", within_s=5)


async def test_of_a_connection_never_accepted_only_open_tells() -> None:
    hearer = Hearer()
    async with broker_saying(REFUSED) as broker:
        with pytest.raises(ConnectionFailed):
            await MqttConnection(hearer).open(broker.address, client_id="c", receive_max=1)
        await until(lambda: broker.left, "the connection is ended", within_s=5)
    assert hearer.closed == []


def lane_at(broker: Broker, clock: FakeClock) -> Lane:
    """A lane that is asked nothing of its database."""
    nothing: object = None
    context = LaneContext(
        database=nothing, clock=clock, centre=nothing, broker=broker.address, holder="us", version="0"  # type: ignore[arg-type]  # never asked
    )  # fmt: skip
    return Lane(LaneSettings(name="t", filters=("sw/v1/+/alarm",)), context)


async def test_a_broker_that_refuses_is_asked_ever_more_seldom() -> None:
    async with broker_saying(REFUSED) as broker:
        lane = lane_at(broker, FakeClock())
        for _ in range(3):
            await lane._connect(None)  # type: ignore[arg-type]  # refused before the lease is asked for
        await until(lambda: broker.left == 3, "all of them ended", within_s=5)
        assert lane._backoff_s == BACKOFF_FIRST_S * 8
        assert not lane.is_connected


async def test_a_connection_that_was_given_up_changes_nothing_any_more() -> None:
    async with broker_saying(ACCEPTED) as broker:
        clock = FakeClock()
        lane = lane_at(broker, clock)
        old = lane._connection = MqttConnection(lane)
        await old.open(broker.address, client_id="c", receive_max=1)
        new = lane._connection = MqttConnection(lane)
        await new.open(broker.address, client_id="c", receive_max=1)
        clock.advance(60)
        before = lane._retry_at_s, lane._backoff_s
        lane.on_packets(old, [PublishPacket("sw/v1/d/alarm", b"{}")])
        assert len(lane._window) == 0, "a packet id of another connection would be acknowledged on this one"
        old.close("test")
        await until(lambda: broker.left, "the old one is gone", within_s=5)
        assert lane.is_connected
        assert (lane._retry_at_s, lane._backoff_s) == before
        new.close("test")
        await until(lambda: not lane.is_connected, "the new one is gone", within_s=5)
