"""A broker that drops messages past its own limits says so nowhere but in its count: the desk has to hear of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiomqtt
import pytest
from prometheus_client import REGISTRY

from gateway.broker_watch import BrokerWatch
from gateway.mqtt.connection import BrokerAddress
from rules.clock import SharedClock
from tests.servers import Mosquitto, free_port
from tests.town import CENTRE, Town, town_in
from tests.waiting import until

QUEUE = 5


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto whose queues hold five messages, and which counts each second."""
    broker = Mosquitto(folder=tmp_path, port=free_port())
    broker._run(
        f"listener {broker.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages {QUEUE}\n"
        "max_inflight_messages 1\nsys_interval 1\n" + ("user root\n" if os.geteuid() == 0 else "")
    )
    yield broker
    broker.stop()


@pytest.fixture
async def town(fresh_dsn: str) -> AsyncIterator[Town]:
    async with town_in(fresh_dsn) as town:
        yield town


def _counted() -> float:
    return REGISTRY.get_sample_value("shouwang_broker_dropped_messages") or 0.0


async def _said(town: Town) -> list[int]:
    rows = await town.db.pool.fetch("SELECT id FROM incident WHERE subject = 's:broker:dropped'")
    return [row["id"] for row in rows]


async def test_a_queue_limit_that_drops_in_silence_is_told_at_the_desk(narrow: Mosquitto, town: Town) -> None:
    away = {"identifier": "away", "protocol": aiomqtt.ProtocolVersion.V311, "clean_session": False}
    async with aiomqtt.Client(narrow.host, narrow.port, **away) as client:
        await client.subscribe("sw/v1/+/alarm", qos=1)
    watch = BrokerWatch(BrokerAddress.parse(narrow.url), database=town.db, clock=SharedClock(), centre=CENTRE)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch.run())
        await until(lambda: watch._counted is not None, "the broker's first count")
        async with aiomqtt.Client(narrow.host, narrow.port) as client:
            for number in range(4 * QUEUE):
                await client.publish("sw/v1/b/alarm", str(number), qos=1)
        await until(lambda: _counted() > 0, "the broker counts what it dropped")
        await until(lambda: _said(town), "and the desk hears of it")
        watching.cancel()
    assert _counted() >= 1
    assert len(await _said(town)) == 1


@pytest.fixture
def watch(town: Town) -> BrokerWatch:
    return BrokerWatch(BrokerAddress.parse("mqtt://127.0.0.1:1"), database=town.db, clock=SharedClock(), centre=CENTRE)


async def test_what_was_dropped_before_we_looked_and_a_brokers_new_start_are_no_loss_of_now(
    watch: BrokerWatch, town: Town
) -> None:
    for payload in (b"7", b"7", b"0", b"x", b"-1", b""):
        await watch.heard(payload)
    assert await _said(town) == []
    await watch.heard(b"3")
    await watch.heard(b"9")
    assert len(await _said(town)) == 1
