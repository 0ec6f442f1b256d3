"""The store's side of the passes around what is held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from store import absences, callers, calming, combining, power_outages, releasing, storm_records
from store.database import Database
from store.opening import Centre
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("holding")
#: Causes and cases that end by themselves, in one turn.
CALM_MOST: Final = 100


class HoldingPasses:
    """Any number of engines may run these over one database: every change is decided again under its lock."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre
        self._combinations = RowGuard("combinations")
        self._holding = RowGuard("holding")
        self._storm_watch = RowGuard("storm_watch")
        self._callers = RowGuard("callers")

    async def combine(self, now: datetime) -> int:
        return await combining.look(self._database, self._combinations, centre=self._centre, now=now)

    async def keep(self, now: datetime) -> int:
        """Each of the three by itself: what keeps storms from being counted keeps no outage from ending."""
        guard, moved = self._holding, 0
        with guard.row("outages", now):
            moved += await power_outages.look(self._database, guard, centre=self._centre, now=now)
        with guard.row("storms", now):
            moved += await storm_records.look(self._database, guard, centre=self._centre, now=now)
        with guard.row("calm", now):
            moved += await calming.calm(self._database, guard, centre=self._centre, now=now, limit=CALM_MOST)
        return moved

    async def release(self, now: datetime, limit: int) -> int:
        done = await releasing.release(self._database, self._holding, centre=self._centre, now=now, limit=limit)
        return done.looked_at

    async def held_now(self) -> Mapping[str, int]:
        rows = await self._database.pool.fetch(_Q.held_now)
        return {row["kind"]: row["rows"] for row in rows}

    async def watch(self, now: datetime) -> int:
        guard, found = self._storm_watch, 0
        with guard.row("suggestions", now):
            found += await storm_records.suggest(self._database, now=now)
        with guard.row("empty_homes", now):
            found += await absences.look_into_empty_homes(self._database, guard, centre=self._centre, now=now)
        return found

    async def callers(self, now: datetime) -> int:
        return await callers.look(self._database, self._callers, centre=self._centre, now=now)
