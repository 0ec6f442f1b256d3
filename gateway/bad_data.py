"""How much of a lane's telemetry cannot be stored, and what happens when that is more than devices get wrong."""

from __future__ import annotations

from collections import deque
from typing import Final

import structlog

from rules.clock import Clock
from rules.domain.vocabulary import Class
from store import technical
from store.database import Database
from store.opening import Centre

log: Final = structlog.get_logger()

#: More than this share of a minute's rows failing as bad data is our fault and not theirs (invariant 3).
SHARE_LIMIT: Final = 0.01
LEAST: Final = 20
WINDOW_S: Final = 60.0


class BadDataRateHigh(Exception):
    """More rows fail as bad data than devices could get wrong: burying stops, the batch is held and tried again."""


class BadDataWatch:
    """Counts the rows of the last minute. A batch that is tried again counts once."""

    def __init__(self, database: Database, clock: Clock, centre: Centre, *, lane: str) -> None:
        self._database, self._clock, self._centre, self._lane = database, clock, centre, lane
        self._kept: deque[tuple[float, int, int]] = deque()
        self._rows = self._bad = 0
        self._is_reported = False

    def begin(self, rows: int) -> None:
        """A batch of so many is tried, perhaps again: what an earlier try counted never was."""
        self._rows, self._bad = rows, 0

    def count(self, bad: int) -> None:
        """Count bad rows of the batch in hand; raises BadDataRateHigh where too many of the minute's are."""
        self._bad += bad
        if not bad:
            return
        self._forget_old()
        total = self._rows + sum(kept[1] for kept in self._kept)
        spoiled = self._bad + sum(kept[2] for kept in self._kept)
        if spoiled > LEAST and spoiled > total * SHARE_LIMIT:
            raise BadDataRateHigh(f"{spoiled} of {total} rows of the last minute could not be stored")

    async def keep(self) -> None:
        """The batch is committed; where one was held before, its incident has ended."""
        if self._rows:
            self._forget_old()
            self._kept.append((self._clock.monotonic(), self._rows, self._bad))
        if self._is_reported:
            await self._tell(ended=True)

    async def report(self) -> None:
        """Open the technical incident, once for as long as burying stands still."""
        if not self._is_reported:
            await self._tell(ended=False)

    async def _tell(self, *, ended: bool) -> None:
        about, now = f"lane:{self._lane}:dead_letter_rate", self._clock.now()
        facts = (("lane", self._lane),)
        try:
            async with self._database.transaction() as connection:
                if ended:
                    await technical.ended(connection, about, facts=facts, centre=self._centre, now=now)
                else:
                    await technical.report(
                        connection, Class.DEAD_LETTER_RATE, about, facts=facts, centre=self._centre, now=now
                    )
        except Exception as error:  # noqa: BLE001  # said, and told again with the next try or batch
            # Any type: telling of it must not become what holds the telemetry up.
            log.warning("dead_letter_rate_not_reported", lane=self._lane, error=type(error).__name__)
        else:
            self._is_reported = not ended

    def _forget_old(self) -> None:
        oldest_s = self._clock.monotonic() - WINDOW_S
        while self._kept and self._kept[0][0] < oldest_s:
            self._kept.popleft()
