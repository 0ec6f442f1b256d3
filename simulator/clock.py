"""The simulator's own clock: a stranger shares none of ours, so the real clock is read here and nowhere else."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the fleet knows of time. `now()` is zone-aware UTC; `monotonic()` and `sleep()` are in seconds."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class RealClock:
    """The machine's time, read once and carried on by the monotonic clock: a step of the wall clock moves nothing."""

    def __init__(self) -> None:
        # The simulator may not import the one clock of `rules`, so this is the stranger's only look at a real one.
        self._epoch_at_zero = time.time() - time.monotonic()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._epoch_at_zero + time.monotonic(), UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def process_cpu_s() -> float:
    """Seconds of processor time this process has used; for the report only."""
    return time.process_time()
