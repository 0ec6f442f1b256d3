"""Whoever is told to end does so, also where that meets an error of its own: before, a stop then waited for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, Self, TypeAlias, cast

import pytest

from gateway import leaving
from gateway.broker_watch import BrokerWatch
from gateway.canary import Canary
from gateway.door import worker
from gateway.door.worker import Door
from gateway.ending import apart, end_if_told
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
LONG_S: Final = 100.0
LEASE = LaneLease(name="l", holder="h", epoch=1, filters=(), had_session=True, last_seen=None)


Work: TypeAlias = Coroutine[None, None, None]


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


Working: TypeAlias = Callable[[FakeClock, _Struggle, pytest.MonkeyPatch], Work]


def _context(clock: FakeClock) -> LaneContext:
    return LaneContext(database=NOBODY, clock=clock, centre=CENTRE, broker=BROKER, holder="h", version="0.0-test")


async def _nothing(*_: object) -> None:
    return None


async def _leased(*_: object) -> LaneLease:
    return LEASE


async def _two(*_: object) -> list[Leaving]:
    return [Leaving(name=name, filters=(), held=False) for name in ("a", "b")]


@asynccontextmanager
async def _link(*_: object) -> AsyncIterator[None]:
    yield


def _lane(clock: FakeClock, struggle: _Struggle, patched: pytest.MonkeyPatch) -> Work:
    patched.setattr(Lane, "_take", _leased)
    patched.setattr(Lane, "_hold", struggle)
    return Lane(LaneSettings(name="l", filters=("sw/v1/+/alarm",)), _context(clock)).run()


def _leavers(clock: FakeClock, struggle: _Struggle, patched: pytest.MonkeyPatch) -> Work:
    patched.setattr(Leavers, "_look", _two)
    patched.setattr(leaving.lanes, "take_leaving", _leased)
    patched.setattr(LeavingLane, "_open_link", _nothing)
    patched.setattr(LeavingLane, "_hold", struggle)
    return Leavers((), _context(clock)).run()


def _door(clock: FakeClock, struggle: _Struggle, patched: pytest.MonkeyPatch) -> Work:
    patched.setattr(Door, "_database_link", _link)
    patched.setattr(worker.credentials, "take_door", _leased)
    patched.setattr(Door, "_keep", struggle)
    return Door(
        database=NOBODY, clock=clock, keyring=NOBODY, admin=BROKER, gateway=BROKER, on_takeover=lambda _: None
    ).run()  # fmt: skip


def _canary(clock: FakeClock, struggle: _Struggle, patched: pytest.MonkeyPatch) -> Work:
    patched.setattr(Canary, "_round", struggle)
    return _a_canary(clock).run(LEASE, lambda: True)


def _a_canary(clock: FakeClock) -> Canary:
    return Canary("l", database=NOBODY, clock=clock, centre=CENTRE, broker=BROKER, on_full=lambda: None)


STRUGGLES: Final = [
    pytest.param(_lane, LeaseLost("theirs"), id="a lane that lost its lease"),
    pytest.param(_lane, OSError("away"), id="a lane without its database"),
    pytest.param(_lane, LookupError("ours"), id="a lane with a fault of ours"),
    pytest.param(_leavers, _Retired(), id="a lane that is retired"),
    pytest.param(_leavers, LookupError("ours"), id="a lane that cannot be retired"),
    pytest.param(_door, LookupError("ours"), id="the broker's door"),
    pytest.param(_canary, LookupError("ours"), id="a canary"),
]


@pytest.mark.parametrize(("working", "error"), STRUGGLES)
async def test_whoever_fails_as_it_is_told_to_end_ends_and_begins_nothing(
    working: Working, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    struggle = _Struggle(error)
    work = working(FakeClock(), struggle, monkeypatch)
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
    assert ended
    assert struggle.begun == 1


@pytest.mark.parametrize(("working", "error"), STRUGGLES)
async def test_whoever_fails_and_is_not_told_to_end_begins_anew(
    working: Working, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    struggle, clock = _Struggle(error), FakeClock()
    struggle.may_end.set()
    work = working(clock, struggle, monkeypatch)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(work)
        for _ in range(3):
            await _turns()
            clock.advance(LONG_S)
        await _turns()
        goes_on = not running.done()
        running.cancel()
    assert goes_on
    assert struggle.begun >= 4


async def test_what_was_told_to_end_ends_before_its_parent_does() -> None:
    struggle = _Struggle(LookupError("ours"))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(apart(struggle()))
        await _turns()
        running.cancel()
        await _turns()
        assert not running.done(), "it is waited for"
        struggle.may_end.set()
    assert running.cancelled()


async def test_apart_is_as_if_it_were_awaited_here() -> None:
    async def says(word: str) -> str:
        if word == "fails":
            raise LookupError(word)
        return word

    assert await apart(says("well")) == "well"
    with pytest.raises(LookupError, match="fails"):
        await apart(says("fails"))


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


async def _ends_though_forgotten(work: Work) -> bool:
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
    press = Press(device="canary-l", event_id="canary-1", at=FakeClock().now())
    assert await _ends_though_forgotten(_a_canary(FakeClock())._press(press))


async def test_the_brokers_watch_ends_though_its_client_forgot_that_it_was_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BrokerWatch, "_connected", lambda _: _Forgetful())
    watch = BrokerWatch(BROKER, database=NOBODY, clock=FakeClock(), centre=CENTRE)
    assert await _ends_though_forgotten(watch.run())


async def test_who_was_not_told_goes_on() -> None:
    end_if_told()
