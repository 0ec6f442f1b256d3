"""The pass that erases what was kept long enough, and writes down what and how much."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from rules.domain.retention import Kind, Periods
from rules.engine import metrics

#: Rows of one kind in one turn: small transactions, so that nobody waits for them.
BATCH_SIZE: Final = 500


class RetentionStore(Protocol):
    """The store's side of the pass."""

    async def erase(self, kind: Kind, before: datetime, limit: int, *, days: int, now: datetime) -> int:
        """Erase up to about `limit` rows of the kind that are older; return how many. Legal holds are kept.

        What was erased is written down with the rule in the same transaction.
        """
        ...


class RetentionPass:
    """Once an hour, one batch of every kind; again at once while a batch was full. Any number may run at once."""

    name: Final = "retention"
    every_s: Final = 3600.0
    batch_size: Final = BATCH_SIZE

    def __init__(self, store: RetentionStore, periods: Periods) -> None:
        self._store = store
        self._periods = periods

    async def run_once(self, now: datetime) -> int:
        """Erase one batch of each kind; return the size of the largest."""
        largest = 0
        for kind in Kind:
            before = self._periods.before(kind, now)
            erased = await self._store.erase(kind, before, BATCH_SIZE, days=self._periods.days(kind), now=now)
            metrics.erased_total.labels(kind=kind).inc(erased)
            largest = max(largest, erased)
        return largest
