"""The engine's beat: each pass runs in its own time, and none of them stops the others."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

import structlog

from rules.clock import Clock
from rules.engine import metrics

#: A pass that takes longer is given up and begun anew: what it holds, others may need.
PASS_DEADLINE_S: Final = 30.0
#: A failed pass is tried again after this; its rows have their own waits (`firing.RETRY_AFTER_S`).
AFTER_FAILURE_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Pass(Protocol):
    """One kind of work that time brings. `run_once` is idempotent and never raises for one row."""

    @property
    def name(self) -> str: ...

    @property
    def every_s(self) -> float: ...

    @property
    def batch_size(self) -> int:
        """A pass that worked on so many rows is run again at once; 0 where it has no batches."""
        ...

    async def run_once(self, now: datetime) -> int: ...


class Engine:
    """Runs passes until cancelled."""

    def __init__(self, passes: Sequence[Pass], clock: Clock) -> None:
        self._passes = tuple(passes)
        self._clock = clock
        self._held_until_s = 0.0

    def hold(self, seconds: float) -> None:
        """Let no pass begin for so long: the database's time has stepped (architecture.md, Ingest, Time)."""
        self._held_until_s = max(self._held_until_s, self._clock.monotonic() + seconds)
        _log.warning("engine_held", seconds=seconds)

    async def run(self) -> None:
        """Run every pass in a task of its own; returns only by cancellation."""
        async with asyncio.TaskGroup() as group:
            for pass_ in self._passes:
                group.create_task(self._beat(pass_), name=f"pass {pass_.name}")

    async def _beat(self, pass_: Pass) -> None:
        while True:
            await self._clock.sleep(await self.turn(pass_))

    async def turn(self, pass_: Pass) -> float:
        """Run one pass once and return the seconds until its next turn; an error is recorded and counted."""
        held_s = self._held_until_s - self._clock.monotonic()
        if held_s > 0:
            return held_s
        began_s = self._clock.monotonic()
        try:
            async with asyncio.timeout(PASS_DEADLINE_S):
                worked = await pass_.run_once(self._clock.now())
        except Exception as error:  # noqa: BLE001 - the outermost line of this pass: the others go on, it comes again
            metrics.pass_failures_total.labels(name=pass_.name, error=type(error).__name__).inc()
            # Not the message: a database's error may quote a row, and rows hold names.
            _log.error("pass_failed", pass_name=pass_.name, error=type(error).__name__, where=_where(error))
            return AFTER_FAILURE_S
        metrics.pass_seconds.labels(name=pass_.name).observe(self._clock.monotonic() - began_s)
        metrics.pass_rows_total.labels(name=pass_.name).inc(worked)
        metrics.pass_finished_at_seconds.labels(name=pass_.name).set(self._clock.now().timestamp())
        # A full batch means more are waiting: go round again without a pause, letting others run in between.
        return 0.0 if 0 < pass_.batch_size <= worked else pass_.every_s


def _where(error: Exception) -> str:
    """The innermost line that raised, as "file:line"."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
