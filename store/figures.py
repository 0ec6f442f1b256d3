"""What the report needs from moment to moment: the hour's protection, and clocks that stopped, each counted once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from rules.domain.kpi_clocks import SETTLED_S, Stopped, stopped_between
from store.database import Database
from store.kpi_facts import GUARDS, Q, moved

#: A longer absence of every engine is worked off in pieces.
WINDOW_MOST: Final = timedelta(hours=1)
#: What stopped before is in the report; a metric of last week helps nobody.
BEHIND_MOST: Final = timedelta(days=1)


class FiguresRecord:
    """The store's side of the pass of figures; any number of engines may run it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def desks_on_duty(self) -> int:
        """How many desks are on duty and answer."""
        desks: int = await self._database.pool.fetchval(Q.desks_on_duty)
        return desks

    async def note_protection(self, now: datetime) -> None:
        """Once an hour, whoever comes first: how many residents of each area are protected."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        await self._database.pool.execute(Q.note_protection, hour, GUARDS)

    async def count_clocks(self, now: datetime) -> Sequence[Stopped]:
        """The clocks that stopped since the last look; nothing where another engine looks just now."""
        settled = now - timedelta(seconds=SETTLED_S)
        async with self._database.transaction() as connection:
            last: datetime | None = await connection.fetchval(Q.counted_until)
            if last is None:
                await connection.execute(Q.begin_counting, settled)
                return []
            after = max(last, settled - BEHIND_MOST)
            until = min(settled, after + WINDOW_MOST)
            if until <= after:
                return []
            found = [
                stopped
                async for whole in moved(connection, after, until)
                for stopped in stopped_between(whole.case, after, until, now=now)
            ]
            await connection.execute(Q.count_until, until)
        return found
