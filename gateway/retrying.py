"""Trying again in place: a failed commit is never passed over, because a broker sends again only on reconnect."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from gateway import metrics
from rules.clock import Clock
from store.lanes import LeaseLost

log: Final = structlog.get_logger()

FIRST_WAIT_S: Final = 0.05
LONGEST_WAIT_S: Final = 2.0
#: One line at the first failure and then at every tenth: an outage must not drown its own beginning.
LOG_EVERY: Final = 10

Result = TypeVar("Result")


class Retrying:
    """Calls until a call succeeds, waiting longer each time. A lost lease leaves at once."""

    def __init__(self, clock: Clock, *, lane: str) -> None:
        self._clock = clock
        self._lane = lane

    async def until_done(self, go: Callable[[], Awaitable[Result]]) -> Result:
        """The result of the first call that succeeds; LeaseLost and cancellation pass through."""
        wait_s, tries = FIRST_WAIT_S, 0
        while True:
            try:
                return await go()
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001  # counted, said and tried again
                # Any type: what a message could be to blame for was set apart by `go` itself; this is ours.
                self._note(error, tries)
            tries += 1
            await self._clock.sleep(wait_s * (0.5 + random.random()))  # noqa: S311  # spreads retries, guards nothing
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _note(self, error: Exception, tries: int) -> None:
        metrics.lane_failures_total.labels(self._lane, type(error).__name__).inc()
        if tries % LOG_EVERY == 0:
            # Only the kind of error: its text can hold what a device sent.
            log.warning("transaction_failed", lane=self._lane, error=type(error).__name__, tries=tries + 1)
