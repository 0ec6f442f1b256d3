"""What a gateway runs beside its lanes: it ends no lane, and one thing that fails stops no other."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from devices.event import EventType
from devices.report import report
from gateway import unruly
from gateway.broker_watch import AGAIN_S, BrokerWatch
from gateway.mqtt.connection import BrokerAddress
from gateway.standing import FORGET_S, Standing
from gateway.unruly import LOOK_S, Unruly
from rules.clock import FakeClock
from rules.domain.clones import FAST
from tests.town import CENTRE

NO_DATABASE = cast("Any", None)


async def _turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)  # noqa: TID251  # only lets the other task run


async def test_a_fault_of_ours_in_the_brokers_count_ends_no_lane() -> None:
    class Faulty(BrokerWatch):
        tries = 0

        def _connected(self) -> Any:
            self.tries += 1
            raise LookupError("ours")

    clock = FakeClock()
    watch = Faulty(BrokerAddress.parse("mqtt://127.0.0.1:1"), database=NO_DATABASE, clock=clock, centre=CENTRE)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(watch.run())
        await _turns()
        clock.advance(AGAIN_S)
        await _turns()
        running.cancel()
    assert watch.tries == 2


async def test_a_device_that_cannot_be_told_of_keeps_no_other_waiting() -> None:
    told: list[str] = []

    class Told(Unruly):
        async def _report(self, report: unruly._Report) -> bool:
            told.append(report.device)
            return report.device != "a"

    clock = FakeClock()
    noticing = Told(database=NO_DATABASE, clock=clock, centre=CENTRE)
    for device in ("a", "b"):
        for _ in range(FAST[0]):
            noticing.arrived(device, seen_by="online")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(noticing.run())
        for _ in range(2):
            await _turns()
            clock.advance(LOOK_S)
        await _turns()
        running.cancel()
    assert "b" in told


def test_what_another_wrote_about_a_device_is_asked_for_within_minutes() -> None:
    standing, end = Standing(), report(EventType.SMOKE_CLEAR, is_state=True)
    standing.learn("d-1", frozenset(), 0.0)
    assert standing.ends_nothing("d-1", end, FORGET_S)
    assert not standing.ends_nothing("d-1", end, 601.0)
