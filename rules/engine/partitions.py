"""The pass that makes room for the days to come: readings have no default partition to fall into."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

import structlog

from rules.engine import metrics

#: Fewer days than this ahead is an alert.
ALERT_BELOW_DAYS: Final = 7

_log = structlog.get_logger(__name__)


class PartitionStore(Protocol):
    """The store's side of the pass."""

    async def make_days_ahead(self, now: datetime) -> int:
        """Make the missing days, 14 ahead; return how many were made. Safe to run from several processes."""
        ...

    async def days_ahead(self, now: datetime) -> int:
        """For how many days after today there is room without a gap."""
        ...


class PartitionPass:
    """Makes days ahead, and says so when there are too few."""

    name: Final = "partitions"
    every_s: Final = 3600.0
    batch_size: Final = 0

    def __init__(self, store: PartitionStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Make what is missing and return how many days were made."""
        try:
            return await self._store.make_days_ahead(now)
        finally:
            await self._look(now)

    async def _look(self, now: datetime) -> None:
        ahead = await self._store.days_ahead(now)
        metrics.partition_days_ahead.set(ahead)
        if ahead < ALERT_BELOW_DAYS:
            _log.error("partition_days_short", days_ahead=ahead, alert_below=ALERT_BELOW_DAYS)
