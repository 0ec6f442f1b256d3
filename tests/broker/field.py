"""Both brokers alike, a gateway of ours on one of them, and the devices' side of the wire."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

import aiomqtt

from devices import ack
from devices.topics import alarm_topic, parse_topic, telemetry_topic
from gateway.lane import Lane
from gateway.run import Gateway
from gateway.sources import LaneSettings, Source
from rules.clock import Clock, SharedClock
from store.database import Database, connect
from tests.town import CENTRE
from tests.waiting import until

ROOT: Final = Path(__file__).parents[2]
HOST: Final = "127.0.0.1"
ALARM_FILTERS: Final = ("sw/v1/+/alarm",)
ALL_FILTERS: Final = ("sw/v1/+/alarm", "sw/v1/+/telemetry", "sw/v1/+/online")
_numbers: Final = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Broker:
    """A broker's MQTT 5 port. What only one of the two does is asked by `kind`."""

    kind: str
    port: int
    server: Any

    @property
    def url(self) -> str:
        return f"mqtt://{HOST}:{self.port}"

    @property
    def is_mosquitto(self) -> bool:
        return self.kind == "mosquitto"


class MovableClock(SharedClock):
    """The real clock, moved ahead by whoever tells it to: a year passes without anybody waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


def lane_name() -> str:
    """A lane, and so a session at the broker, that no other test has."""
    return f"test-{next(_numbers)}"


@asynccontextmanager
async def gateway_on(
    broker_url: str, dsn: str, *, name: str, filters: Sequence[str] = ALL_FILTERS, clock: Clock | None = None,
    sources: Sequence[Source] = (),
) -> AsyncIterator[Lane]:  # fmt: skip
    """A gateway of ours with one lane, held and connected; stopped in order at the end."""
    database: Database = await connect(dsn, application_name="shouwang tests gateway", max_size=20)
    gateway = Gateway(
        [LaneSettings(name=name, filters=tuple(filters), sources=tuple(sources))], database=database,
        clock=clock or SharedClock(), centre=CENTRE, mqtt_url=broker_url, version="0.0-test",
    )  # fmt: skip
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(gateway.run())
            (lane,) = gateway.lanes
            try:
                await until(lambda: lane.is_connected and set(filters) <= set(lane._filters), "the lane is connected")
                yield lane
            finally:
                running.cancel()
    finally:
        await database.close()


@contextmanager
def gateway_process(
    broker_url: str, dsn: str, *, name: str, filters: Sequence[str] = ALL_FILTERS
) -> Iterator[Popen[bytes]]:
    """The same in a process of its own, to be killed; whatever is left of it is killed at the end."""
    arguments = [sys.executable, "-m", "tests.broker.gateway_process", broker_url, dsn, name, *filters]
    process = Popen(arguments, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@dataclass(kw_only=True)
class Field:
    """Every device of a test on one connection: what they send, and which acks they got."""

    client: aiomqtt.Client
    acks: dict[str, list[ack.Ack]] = field(default_factory=lambda: defaultdict(list))

    async def alarm(self, device: str, payload: bytes | dict[str, Any] | list[Any], *, retain: bool = False) -> None:
        await self.client.publish(alarm_topic(device), written(payload), qos=1, retain=retain)

    async def telemetry(self, device: str, payload: bytes | dict[str, Any] | list[Any], *, qos: int = 1) -> None:
        await self.client.publish(telemetry_topic(device), written(payload), qos=qos)

    async def acked(self, device: str, id_: str) -> ack.Ack:
        """The first ack of this event."""

        def found() -> ack.Ack | None:
            return next((one for one in self.acks[device] if one.id == id_), None)

        one = await until(found, f"an ack of {id_} for {device}")
        assert isinstance(one, ack.Ack)
        return one

    async def hear(self) -> None:
        async for message in self.client.messages:
            device, _ = parse_topic(str(message.topic)) or ("", None)
            assert isinstance(message.payload, bytes)
            self.acks[device] += ack.read(message.payload)


@asynccontextmanager
async def field_on(broker: Broker) -> AsyncIterator[Field]:
    """The devices of one test, connected and listening for acks."""
    quiet = logging.getLogger("mqtt.tests")
    quiet.setLevel(logging.CRITICAL)
    async with (
        aiomqtt.Client(
            HOST, broker.port, protocol=aiomqtt.ProtocolVersion.V5, identifier=f"field-{next(_numbers)}", logger=quiet,
            max_inflight_messages=1000,
        ) as client,
        asyncio.TaskGroup() as group,
    ):  # fmt: skip
        await client.subscribe("sw/v1/+/ack", qos=1)
        devices = Field(client=client)
        hearing = group.create_task(devices.hear())
        try:
            yield devices
        finally:
            hearing.cancel()


def written(payload: bytes | dict[str, Any] | list[Any]) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def event(id_: str, type_: str = "sos", **more: Any) -> dict[str, Any]:
    """An event as a device sends it, happening now unless `at` says otherwise."""
    return {"id": id_, "at": (SharedClock().now()).astimezone(UTC).isoformat(), "type": type_, **more}
