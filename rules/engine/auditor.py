"""The watch over the engine: reads without locks, and shouts about what should have happened and did not.

It runs in other processes than the engine as well; it mends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from rules.domain.vocabulary import Priority, State
from rules.engine import metrics

#: A deadline overdue by this is a fault of ours (invariant 6).
OVERDUE_S: Final = 10
#: Overdue incidents named in the log by one audit; the metric counts them all.
NAMED_LIMIT: Final = 20

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overdue:
    """An incident whose next step is overdue, or that has none although it is not closed."""

    incident_id: int
    priority: Priority
    due_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenCount:
    """How many incidents are not closed, and how many of them nobody attends to."""

    priority: Priority
    state: State
    incidents: int
    unattended: int


class AuditStore(Protocol):
    """The store's side: plain reads without locks, on a connection of their own."""

    async def overdue(self, due_before: datetime) -> Sequence[Overdue]:
        """Every incident that is not closed and whose next step was due before, or is missing; worst first."""
        ...

    async def open_counts(self) -> Sequence[OpenCount]: ...


class AuditPass:
    """Counts and shouts; changes nothing."""

    name: Final = "audit"
    every_s: Final = 5.0
    batch_size: Final = 0

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Audit once and return how many incidents are overdue."""
        overdue = await self._store.overdue(now - timedelta(seconds=OVERDUE_S))
        metrics.deadlines_overdue.set(len(overdue))
        for late in overdue[:NAMED_LIMIT]:
            lag_s = None if late.due_at is None else (now - late.due_at).total_seconds()
            _log.error("deadline_overdue", incident=late.incident_id, priority=late.priority.label, lag_s=lag_s)
        self._show(await self._store.open_counts())
        return len(overdue)

    def _show(self, counts: Sequence[OpenCount]) -> None:
        metrics.incidents_open.clear()
        unattended = dict.fromkeys(Priority, 0)
        for count in counts:
            metrics.incidents_open.labels(priority=count.priority.label, state=count.state).set(count.incidents)
            unattended[count.priority] += count.unattended
        for priority, incidents in unattended.items():
            metrics.incidents_unattended.labels(priority=priority.label).set(incidents)
