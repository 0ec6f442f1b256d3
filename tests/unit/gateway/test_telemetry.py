"""The telemetry of a lane ends when it is told to, whatever else falls due in that moment."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from gateway import telemetry
from gateway.moves import Move
from gateway.retrying import Retrying
from gateway.telemetry import TelemetryWriter
from rules.clock import FakeClock, SharedClock
from store.database import Database
from store.lanes import LaneLease
from tests.town import CENTRE

LEASE = LaneLease(name="t", holder="us", epoch=1, filters=(), had_session=True, last_seen=None)


async def test_it_ends_also_when_its_own_timer_falls_due_in_the_same_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "HEARTBEAT_FLUSH_S", 0.0)
    clock, loop_turn = FakeClock(), SharedClock()
    database = cast("Database", None)
    writer = TelemetryWriter(database, clock, Retrying(database, clock, lane="t"), CENTRE, lane="t", decoder="0")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(writer.run(LEASE, lambda _messages: None))
        await loop_turn.sleep(0)
        running.cancel()
        for _ in range(5):
            await loop_turn.sleep(0)
        ended = running.done()
        monkeypatch.setattr(telemetry, "HEARTBEAT_FLUSH_S", 60.0)
        await loop_turn.sleep(0.01)
        running.cancel()
    assert ended, "its cancellation was taken for its timer"


def test_heartbeats_that_an_earlier_batch_could_not_write_are_written_with_the_next() -> None:
    clock = FakeClock()
    database = cast("Database", None)
    writer = TelemetryWriter(database, clock, Retrying(database, clock, lane="t"), CENTRE, lane="t", decoder="0")
    earlier = clock.now()
    writer._flushing = {1: Move(earlier, battery_pct=40.0), 2: Move(earlier)}
    clock.advance(telemetry.HEARTBEAT_FLUSH_S)
    writer._heard = {1: Move(clock.now())}
    writer._take_heartbeats()
    assert writer._flushing == {1: Move(clock.now(), battery_pct=40.0), 2: Move(earlier)}
    assert writer._heard == {}
