"""The one place that knows the time: every other module is given `now` or a `Clock`."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

#: A step of the database's own time larger than this holds the passes for a while (architecture.md, Ingest, Time).
#: Time).
STEP_SUSPECT_S: Final = 5.0

#: A slower answer says too little about the moment at which the time was read.
ROUND_TRIP_LIMIT_S: Final = 1.0


class Clock(Protocol):
    """What workers know of time. `now()` is zone-aware UTC; `monotonic()` and `sleep()` are in seconds."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SharedClock:
    """Monotonic time plus the measured offset to the database's clock, so that all processes share one time.

    A step of the local wall clock does nothing: the wall clock is read once, at construction, and serves only until
    the first measurement.
    """

    def __init__(self) -> None:
        self._epoch_at_zero = time.time() - time.monotonic()
        self._measured = False

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._epoch_at_zero + time.monotonic(), UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def measure(self, read: Callable[[], Awaitable[datetime]]) -> float:
        """Take the database's time from `read` and return by how many seconds it stepped against monotonic time.

        Half the round trip is the error of the measurement: one over a second is not used. The first call sets the
        offset and returns 0.0. Whoever calls decides what a step larger than `STEP_SUSPECT_S` means. Errors of `read`
        leave the offset unchanged.
        """
        before = time.monotonic()
        read_at = await read()
        after = time.monotonic()
        if self._measured and after - before > ROUND_TRIP_LIMIT_S:
            return 0.0
        middle = (before + after) / 2
        epoch_at_zero = read_at.timestamp() - middle
        stepped_s = epoch_at_zero - self._epoch_at_zero if self._measured else 0.0
        self._epoch_at_zero = epoch_at_zero
        self._measured = True
        return stepped_s


class FakeClock:
    """A clock that moves only when told to: an hour of deadlines passes in milliseconds.

    `sleep()` parks the caller until `advance()` reaches its time; sleepers wake in the order of their times.
    """

    def __init__(self, start: datetime = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, seconds: float) -> None:
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed_s + max(0.0, seconds), next(self._order), wake))
        await wake

    def advance(self, seconds: float) -> None:
        """Move time on and wake whoever's time has come."""
        if seconds < 0:
            raise ValueError("time only moves on")
        self._elapsed_s += seconds
        while self._sleepers and self._sleepers[0][0] <= self._elapsed_s:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
