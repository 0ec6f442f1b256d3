"""What a batch of telemetry asks of the database, however many events it holds: each statement is a round trip."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

import pytest

from devices.event import Event, EventType, Location
from gateway.retrying import Retrying
from gateway.sorting import TelemetryArrival
from gateway.telemetry import TelemetryWriter
from gateway.window import Message
from rules.clock import SharedClock
from store import lanes
from store.partitions import make_days_ahead
from tests.statements import Statements
from tests.town import CENTRE, Town, town_in
from tests.waiting import until

#: Once a second a batch looks beside it whether other devices are watched now.
LOOK: Final = "detectors.stands"
KNOWN: Final = ("BEGIN", "lanes.confirm", "INSERT INTO reading", "telemetry.move_states", "COMMIT")
#: The first time that devices are heard, all of them are asked for at once.
MET: Final = (*KNOWN[:2], "telemetry.registered_devices", *KNOWN[2:])
#: Which of them were there before is asked only where fewer were new than came.
SAID_AGAIN: Final = (*KNOWN[:3], "telemetry.readings_before", *KNOWN[3:])

HERE: Final = Location(lat=31.9, lon=121.2)


class Lane:
    """A lane's telemetry on one connection, and what goes over it."""

    def __init__(self, town: Town, clock: SharedClock, statements: Statements) -> None:
        self.writer = TelemetryWriter(
            town.db, clock, Retrying(town.db, clock, lane="t"), CENTRE, lane="t", decoder="0"
        )  # fmt: skip
        self._clock, self._statements, self._settled = clock, statements, 0
        self._at = clock.now()  #: the devices' time, the same however often they say it

    def settle(self, messages: Iterable[Message]) -> None:
        self._settled += len(list(messages))

    async def hears(self, devices: Sequence[str], id_: str) -> Sequence[str]:
        """One batch: a fix of each of these devices under this id; what that took, by name."""
        self._statements.taken()
        now, before = self._clock.now(), self._settled
        for device in devices:
            event = Event(id=id_, at=self._at, type=EventType.LOCATION, location=HERE)
            message = Message(f"sw/v1/{device}/telemetry", 1, 10, 1, 1, device)
            self.writer.take(TelemetryArrival(message, device, event, now, b"{}"))
        await until(lambda: self._settled == before + len(devices), "the batch is committed")
        return tuple(name for name in self._statements.taken() if name != LOOK)


@pytest.fixture
async def lane(fresh_dsn: str) -> AsyncIterator[tuple[Lane, Town]]:
    async with town_in(fresh_dsn, max_size=1) as town:
        clock, statements = SharedClock(), Statements()
        async with town.db.pool.acquire() as connection:
            await make_days_ahead(connection, clock.now())
            await lanes.declare(connection, "t")
            lease = await lanes.take(connection, "t", "tests")
            statements.listen(connection)
        assert lease is not None
        one = Lane(town, clock, statements)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(one.writer.run(lease, one.settle))
            # What the driver asks once a connection, about types that are new to it, is nobody's in particular.
            for _ in range(2):
                await one.hears([await town.device("location_band")] * 2, "warm")
            yield one, town
            running.cancel()


async def test_a_batch_costs_the_same_however_many_spoke(lane: tuple[Lane, Town]) -> None:
    writer, town = lane
    devices = [await town.device("location_band") for _ in range(40)]
    assert await writer.hears(devices, "first") == MET
    assert await writer.hears(devices, "second") == KNOWN
    assert await writer.hears(devices[:1], "third") == KNOWN


async def test_copies_are_looked_for_only_where_there_are_some(lane: tuple[Lane, Town]) -> None:
    writer, town = lane
    devices = [await town.device("location_band") for _ in range(3)]
    await writer.hears(devices, "said")
    # All of them copies: nothing moves.
    assert await writer.hears(devices, "said") == (*SAID_AGAIN[:-2], "COMMIT")
