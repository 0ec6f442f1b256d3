"""The pass that ends claims nobody renews (invariant 8)."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from rules.domain.lease import LEASE_S, lapsed_before
from rules.engine import metrics

BATCH_SIZE: Final = 100
#: Two good passes further apart than this mean that we, or the database, were away: nobody could renew meanwhile.
OUTAGE_AFTER_S: Final = LEASE_S / 2


class LeaseStore(Protocol):
    """The store's side of the pass."""

    async def lapse_claims(self, valid_until: datetime, now: datetime, limit: int) -> int:
        """Take the step `lease_lost` on up to `limit` incidents whose lease ended by `valid_until`; say on how many.

        Each in its own savepoint, with its entry and its deadlines (`deadlines.on_step`); locked rows are skipped.
        """
        ...


class LeasePass:
    """Ends claims whose lease has run out, but not in the first term after an outage of ours."""

    name: Final = "leases"
    every_s: Final = 1.0
    batch_size: Final = BATCH_SIZE

    def __init__(self, store: LeaseStore) -> None:
        self._store = store
        self._resumed_at: datetime | None = None
        self._last_good_at: datetime | None = None

    async def run_once(self, now: datetime) -> int:
        """End one batch of claims and return how many."""
        if self._last_good_at is None or (now - self._last_good_at).total_seconds() > OUTAGE_AFTER_S:
            self._resumed_at = now
        before = lapsed_before(now, resumed_at=self._resumed_at)
        # Asked for even when none can lapse: only an answer shows that the database is there.
        lapsed = await self._store.lapse_claims(before or self._nobody(now), now, BATCH_SIZE)
        self._last_good_at = now
        metrics.claims_lapsed_total.inc(lapsed)
        return lapsed

    @staticmethod
    def _nobody(now: datetime) -> datetime:
        return datetime.min.replace(tzinfo=now.tzinfo)
