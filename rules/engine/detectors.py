"""The passes of the detectors: who is watched, what came of them, what time brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from rules.engine import metrics

#: Devices of one look at what came, and rows of one look at what is due: some tens of milliseconds each.
BATCH_SIZE: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Detected:
    """What one look did; `lag_s` is the longest anything had been due."""

    rows: int = 0
    found: int = 0
    failed: int = 0
    is_full: bool = False
    lag_s: float = 0.0


class DetectorStore(Protocol):
    """The store's side. Every finding is one transaction with the state it was found in: told once, or not yet."""

    async def plan(self, now: datetime) -> int:
        """Settle who is watched; return how many devices came or went."""
        ...

    async def take_inputs(self, now: datetime, limit: int) -> Detected:
        """Judge what came of up to `limit` watched devices."""
        ...

    async def look_due(self, now: datetime, limit: int) -> Detected:
        """Look at up to `limit` things that time has made due."""
        ...

    async def lag_s(self, now: datetime) -> float:
        """How long the oldest input has waited; a plain read."""
        ...


class DetectorInputPass:
    """Looks at what watched devices said, twice a second; any number may run."""

    name: Final = "detector_inputs"
    every_s: Final = 0.5
    batch_size: Final = BATCH_SIZE

    def __init__(self, store: DetectorStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Plan where something changed, then judge one batch; a full batch says that more waits."""
        await self._store.plan(now)
        metrics.detector_lag_seconds.set(await self._store.lag_s(now))
        return _counted(await self._store.take_inputs(now, BATCH_SIZE), "input")


class DetectorDuePass:
    """Looks at what time brings to detectors."""

    name: Final = "detectors_due"
    every_s: Final = 1.0
    batch_size: Final = BATCH_SIZE

    def __init__(self, store: DetectorStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look at one batch of what is due."""
        looked = await self._store.look_due(now, BATCH_SIZE)
        metrics.detector_due_lag_seconds.set(looked.lag_s)
        return _counted(looked, "due")


def _counted(detected: Detected, by: str) -> int:
    metrics.detector_findings_total.labels(by=by).inc(detected.found)
    metrics.detector_failures_total.labels(by=by).inc(detected.failed)
    return BATCH_SIZE if detected.is_full else min(detected.rows, BATCH_SIZE - 1)
