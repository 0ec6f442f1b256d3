"""The pass that fires what is due: escalation, confirmation, acts, wrap-ups, rechecks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from rules.domain.firing import Firing, IncidentView, decide
from rules.engine import metrics

#: Incidents a pass takes: small enough to end within a second, and the loop goes round again at once when full.
BATCH_SIZE: Final = 100

Decide = Callable[[IncidentView, datetime], Firing | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class FiredReport:
    """What a pass did: the firings that are committed, and how many steps failed and were put off."""

    firings: tuple[Firing, ...] = ()
    failed: int = 0


class DueStore(Protocol):
    """The store's side of the pass."""

    async def fire_due(self, now: datetime, limit: int, decide: Decide) -> FiredReport:
        """Fire up to `limit` incidents that are due, highest priority first, then oldest.

        Rows are taken with SKIP LOCKED, each in its own savepoint: lock, read the view, call `decide`, write what it
        says. Where anything of one incident raises, its savepoint is rolled back, its deadline is put off
        (`firing.put_off`) and it counts as failed; the others are not touched. Only what concerns them all, such as a
        database that is away, leaves here.
        """
        ...


class DuePass:
    """Fires due deadlines; idempotent, any number may run at once."""

    name: Final = "due"
    every_s: Final = 1.0
    batch_size: Final = BATCH_SIZE

    def __init__(self, store: DueStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Fire one batch and return how many incidents were worked on."""
        report = await self._store.fire_due(now, BATCH_SIZE, decide)
        for firing in report.firings:
            metrics.deadline_lag_seconds.observe(max(0.0, (now - firing.due_at).total_seconds()))
            metrics.deadlines_fired_total.labels(kind=firing.kind, reason=firing.reason).inc()
        metrics.deadlines_failed_total.inc(report.failed)
        return len(report.firings) + report.failed
