"""Whoever is told to end does so, also where that meets an error of its own: before, a stop then waited for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self, cast

import pytest

from gateway import leaving
from gateway.broker_watch import BrokerWatch
from gateway.canary import Canary
from gateway.door.worker import Door
from gateway.ending import end_if_told
from gateway.lane import Lane, LaneContext
from gateway.leaving import Leavers, LeavingLane, _Retired
from gateway.mqtt.connection import BrokerAddress
from gateway.sources import LaneSettings
from rules.clock import FakeClock
from store.canary import Press
from store.lanes import LaneLease, LeaseLost, Leaving
from tests.town import CENTRE

NOBODY = cast("Any", None)
BROKER = BrokerAddress.parse("mqtt://127.0.0.1:1")
LEASE = LaneLease(name="l", holder="h", epoch=1, filters=(), had_session=True, last_seen=None)


async def _turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)  # noqa: TID251  # only lets the other task run


class _Struggle:
    """Work of two: one fails, the other takes its time to end; the group of both is what a cancellation meets."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self, *_: object) -> Any:
        self.begun += 1
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fails())
            group.create_task(self._takes_its_time())

    async def _fails(self) -> None:
        raise self._error

    async def _takes_its_time(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await self.may_end.wait()


async def _ends_at_once(work: Coroutine[None, None, None], struggle: _Struggle) -> bool:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(work)
        await _turns()
        assert struggle.begun == 1
        running.cancel()
        await _turns()
        struggle.may_end.set()
        await _turns()
        ended = running.done()
        running.cancel()
    return ended and struggle.begun == 1


def _context() -> LaneContext:
    return LaneContext(
        database=NOBODY, clock=FakeClock(), centre=CENTRE, broker=BROKER, holder="h", version="0.0-test"
    )  # fmt: skip


async def _nothing(*_: object) -> None:
    return None


async def _leased(*_: object) -> LaneLease:
    return LEASE


@pytest.mark.parametrize("error", [LeaseLost("theirs"), OSError("away"), LookupError("ours")])
async def test_a_lane_ends_that_fails_as_it_is_told_to(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    struggle = _Struggle(error)
    monkeypatch.setattr(Lane, "_take", _leased)
    monkeypatch.setattr(Lane, "_hold", struggle)
    lane = Lane(LaneSettings(name="l", filters=("sw/v1/+/alarm",)), _context())
    assert await _ends_at_once(lane.run(), struggle)


async def test_whoever_retires_lanes_ends_as_one_is_retired_and_begins_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Two(Leavers):
        async def _look(self) -> list[Leaving]:
            return [Leaving(name=name, filters=(), held=False) for name in ("a", "b")]

    struggle = _Struggle(_Retired())
    monkeypatch.setattr(leaving.lanes, "take_leaving", _leased)
    monkeypatch.setattr(LeavingLane, "_open_link", _nothing)
    monkeypatch.setattr(LeavingLane, "_hold", struggle)
    assert await _ends_at_once(Two((), _context()).run(), struggle)


async def test_whoever_retires_lanes_ends_as_its_look_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    struggle = _Struggle(LookupError("ours"))
    monkeypatch.setattr(Leavers, "_look", struggle)
    assert await _ends_at_once(Leavers((), _context()).run(), struggle)


async def test_the_brokers_door_ends_that_fails_as_it_is_told_to() -> None:
    struggle = _Struggle(LookupError("ours"))

    class Opening(Door):
        @asynccontextmanager
        async def _database_link(self) -> AsyncIterator[Any]:
            yield await struggle()

    door = Opening(
        database=NOBODY, clock=FakeClock(), keyring=NOBODY, admin=BROKER, gateway=BROKER, on_takeover=lambda _: None
    )  # fmt: skip
    assert await _ends_at_once(door.run(), struggle)


async def test_a_canary_ends_whose_round_fails_as_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    struggle = _Struggle(LookupError("ours"))
    monkeypatch.setattr(Canary, "_round", struggle)
    canary = Canary(
        "l", database=NOBODY, clock=FakeClock(), centre=CENTRE, broker=BROKER, on_full=lambda: None
    )  # fmt: skip
    assert await _ends_at_once(canary.run(LEASE, lambda: True), struggle)


class _Forgetful:
    """A client as aiomqtt is before Python 3.12: a cancellation that meets an answer is forgotten."""

    def __init__(self) -> None:
        self.messages = self._listen()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def subscribe(self, *_: object, **__: object) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    async def publish(self, *_: object, **__: object) -> None:
        return None

    async def _listen(self) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield


async def _ends_though_forgotten(work: Coroutine[None, None, None]) -> bool:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(work)
        await _turns()
        running.cancel()
        await _turns()
        ended = running.done()
        running.cancel()
    return ended


async def test_a_canary_ends_though_its_client_forgot_that_it_was_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Canary, "_connected", lambda _: _Forgetful())
    canary = Canary(
        "l", database=NOBODY, clock=FakeClock(), centre=CENTRE, broker=BROKER, on_full=lambda: None
    )  # fmt: skip
    press = Press(device="canary-l", event_id="canary-1", at=FakeClock().now())
    assert await _ends_though_forgotten(canary._press(press))


async def test_the_brokers_watch_ends_though_its_client_forgot_that_it_was_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BrokerWatch, "_connected", lambda _: _Forgetful())
    watch = BrokerWatch(BROKER, database=NOBODY, clock=FakeClock(), centre=CENTRE)
    assert await _ends_though_forgotten(watch.run())


async def test_who_was_not_told_goes_on() -> None:
    end_if_told()
