"""Trying again in place: a failed commit is never passed over, because a broker sends again only on reconnect."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from gateway import metrics
from rules.clock import Clock
from store.database import DATABASE_AWAY, Database
from store.lanes import LeaseLost

log: Final = structlog.get_logger()

FIRST_WAIT_S: Final = 0.05
LONGEST_WAIT_S: Final = 2.0
#: Doubling further would only overflow.
_DOUBLINGS_MAX: Final = 10
#: One line at the first failure and then at every tenth: an outage must not drown its own beginning.
LOG_EVERY: Final = 10
#: Somebody else had the row, or was in the way: the connection is as good as any.
_IN_THE_WAY: Final = frozenset({"55P03", "40001", "40P01"})

Result = TypeVar("Result")


class Retrying:
    """Calls until a call succeeds, waiting longer each time. A lost lease leaves at once."""

    def __init__(self, database: Database, clock: Clock, *, lane: str) -> None:
        self._database = database
        self._clock = clock
        self._lane = lane

    async def until_done(self, go: Callable[[], Awaitable[Result]]) -> Result:
        """The result of the first call that succeeds; LeaseLost and cancellation pass through."""
        tries = 0
        while True:
            try:
                return await go()
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001  # counted, said and tried again
                # Any type: what a message could be to blame for was set apart by `go` itself; this is ours.
                tries += 1
                wait_s = await self.failed(error, tries)
            await self._clock.sleep(wait_s)

    async def failed(self, error: Exception, tries: int) -> float:
        """Count and say a failure, and return how many seconds to wait. The next try has a connection of its own.

        A connection can be spoilt in ways that only making it anew heals: a plan that no longer fits, a broken type.
        """
        metrics.lane_failures_total.labels(self._lane, type(error).__name__).inc()
        if tries % LOG_EVERY == 1:
            # Only the kind of error: its text can hold what a device sent.
            log.warning("transaction_failed", lane=self._lane, error=type(error).__name__, tries=tries)
        if isinstance(error, DATABASE_AWAY) and getattr(error, "sqlstate", None) not in _IN_THE_WAY:
            await self._database.pool.expire_connections()
        wait_s = min(FIRST_WAIT_S * 2.0 ** min(tries - 1, _DOUBLINGS_MAX), LONGEST_WAIT_S)
        return wait_s * (0.5 + random.random())  # noqa: S311  # spreads retries, guards nothing
