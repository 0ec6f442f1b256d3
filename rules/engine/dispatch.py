"""The pass that watches the field: offers nobody answers, who does not move, who does not arrive, who is silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from rules.domain.assignments import Reason
from rules.engine import metrics

#: Cases a pass takes: each is a transaction of a few milliseconds, and the loop goes round again at once when full.
BATCH_SIZE: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldReport:
    """What a pass did: the reasons of the rulings that are committed, cases looked at, and those put off."""

    reasons: Sequence[Reason] = ()
    cases: int = 0
    failed: int = 0


class FieldStore(Protocol):
    """The store's side of the pass."""

    async def watch_field(self, now: datetime, limit: int) -> FieldReport:
        """Look at up to `limit` cases with an assignment that is due, highest priority first, then oldest.

        Each case is a transaction of its own: lock subject, incident and assignments, rule on all that is due with
        `assignments.on_due`, carry it out. What fails is put off for that case alone; rows in other hands are skipped.
        """
        ...


class DispatchPass:
    """Watches assignments; idempotent, any number may run at once."""

    name: Final = "dispatch"
    every_s: Final = 1.0
    batch_size: Final = BATCH_SIZE

    def __init__(self, store: FieldStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once; return how many cases were looked at."""
        report = await self._store.watch_field(now, BATCH_SIZE)
        for reason in report.reasons:
            metrics.assignments_ruled_total.labels(reason=reason).inc()
        metrics.assignments_failed_total.inc(report.failed)
        return report.cases + report.failed
