"""A lane that left the settings is read to the end before its session is given back; nobody else's is touched."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiomqtt
import pytest

from devices.topics import alarm_topic
from gateway.run import Gateway
from gateway.sources import LaneSettings
from store import lanes
from store.database import Database, connect
from tests.broker.field import HOST, Broker
from tests.hurry import HurriedClock
from tests.town import CENTRE
from tests.waiting import until, while_passing

_numbers: Final = itertools.count(1)


@dataclass(kw_only=True)
class Edge:
    """A broker, a database, and gateways with whatever settings a test gives them."""

    db: Database
    broker: Broker
    clock: HurriedClock

    @asynccontextmanager
    async def gateway(self, *named: LaneSettings, names_all_lanes: bool = True) -> AsyncIterator[Gateway]:
        gateway = Gateway(
            named, database=self.db, clock=self.clock, centre=CENTRE, mqtt_url=self.broker.url,
            version="0.0-test", names_all_lanes=names_all_lanes,
        )  # fmt: skip
        async with asyncio.TaskGroup() as group:
            task = group.create_task(gateway.run())
            await until(lambda: all(lane.is_listening for lane in gateway.lanes), "its lanes listen")
            try:
                yield gateway
            finally:
                task.cancel()

    @asynccontextmanager
    async def client(self, name: str, *, clean: bool = True) -> AsyncIterator[aiomqtt.Client]:
        async with aiomqtt.Client(
            HOST, self.broker.port, protocol=aiomqtt.ProtocolVersion.V5, identifier=name,
            clean_start=clean,
        ) as client:  # fmt: skip
            yield client

    async def press(self, *devices: str) -> None:
        async with self.client("field") as client:
            for device in devices:
                payload = f'{{"id": "e1", "at": "{self.clock.now().isoformat()}", "type": "sos"}}'
                await client.publish(alarm_topic(device), payload, qos=1)

    async def row(self, name: str) -> Any:
        return await self.db.pool.fetchrow("SELECT * FROM lane WHERE name = $1", name)

    async def is_retired(self, name: str) -> bool:
        return (await self.row(name))["retired_at"] is not None

    async def stored(self) -> set[str]:
        rows = await self.db.pool.fetch("SELECT d.device FROM event AS e JOIN device AS d ON d.id = e.device_id")
        return {row["device"] for row in rows}


@pytest.fixture
async def edge(broker: Broker, fresh_dsn: str) -> AsyncIterator[Edge]:
    db = await connect(fresh_dsn, application_name="shouwang tests edge", max_size=20)
    yield Edge(db=db, broker=broker, clock=HurriedClock())
    await db.close()


def lane(word: str, filter_: str) -> LaneSettings:
    """A lane, and so a session at the broker, that no other test has."""
    return LaneSettings(name=f"{word}-{next(_numbers)}", filters=(filter_,), source="canonical")


async def test_what_the_broker_kept_for_it_is_stored_before_its_session_ends(edge: Edge) -> None:
    old, new = lane("old", "sw/v1/+/alarm"), lane("new", "sw/v1/+/telemetry")
    async with edge.gateway(old, names_all_lanes=False):
        pass
    devices = [f"button-{number}" for number in range(20)]
    await edge.press(*devices)
    async with edge.gateway(new):
        await until(lambda: edge.is_retired(old.name), "the lane is retired")
    assert await edge.stored() == set(devices)
    row = await edge.row(old.name)
    assert (row["filters"], row["had_session"]) == ([], False)
    # Whoever comes with its name finds nothing that was kept.
    await edge.press("button-late")
    async with edge.client(old.client_id, clean=False) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await anext(aiter(client.messages))


async def test_a_lane_that_comes_back_into_the_settings_is_in_use_again(edge: Edge) -> None:
    old, new = lane("old", "sw/v1/+/alarm"), lane("new", "sw/v1/+/telemetry")
    async with edge.gateway(old, names_all_lanes=False):
        pass
    async with edge.gateway(new):
        await until(lambda: edge.is_retired(old.name), "the lane is retired")
    async with edge.gateway(old, new):
        await edge.press("button-again")
        await until(_holds(edge, "button-again"), "the press is stored")
    assert not await edge.is_retired(old.name)
    # No session was lost: it had been given back.
    assert await edge.db.pool.fetchval("SELECT count(*) FROM incident WHERE class = 'messages_lost'") == 0


async def test_a_lane_that_never_had_a_session_is_retired_at_once(edge: Edge) -> None:
    await edge.db.pool.execute("INSERT INTO lane (name) VALUES ('never-used')")
    async with edge.gateway(lane("new", "sw/v1/+/telemetry")):
        await until(lambda: edge.is_retired("never-used"), "the lane is retired")


async def test_a_lane_that_another_gateway_holds_is_left_to_it(edge: Edge) -> None:
    theirs, ours = lane("theirs", "sw/v1/+/alarm"), lane("ours", "sw/v1/+/telemetry")
    async with edge.gateway(theirs, names_all_lanes=False) as other, edge.gateway(ours):
        # Three looks at the clock's speed.
        await while_passing(1.5, lambda: edge.is_retired(theirs.name), "it was retired in its holder's hands")
        assert other.lanes[0].is_listening


async def test_two_gateways_retire_a_lane_once(edge: Edge) -> None:
    old, new = lane("old", "sw/v1/+/alarm"), lane("new", "sw/v1/+/telemetry")
    async with edge.gateway(old, names_all_lanes=False):
        pass
    epoch = (await edge.row(old.name))["epoch"]
    other = Gateway(
        [new], database=edge.db, clock=edge.clock, centre=CENTRE, mqtt_url=edge.broker.url, version="0.0-test",
        names_all_lanes=True,
    )  # fmt: skip
    async with edge.gateway(new), asyncio.TaskGroup() as group:
        task = group.create_task(other.run())
        await until(lambda: edge.is_retired(old.name), "the lane is retired")
        task.cancel()
    assert (await edge.row(old.name))["epoch"] == epoch + 1
    async with edge.db.pool.acquire() as connection:
        assert await lanes.take_leaving(connection, old.name, "a third") is None


def _holds(edge: Edge, device: str) -> Any:
    async def look() -> bool:
        return device in await edge.stored()

    return look
