"""The store's side of the passes around what is held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from store import absences, callers, calming, combining, power_outages, releasing, storm_records
from store.database import Database
from store.opening import Centre
from store.sql import queries

_Q: Final = queries("holding")
#: Causes and cases that end by themselves, in one turn.
CALM_MOST: Final = 100


class HoldingPasses:
    """Any number of engines may run these over one database: every change is decided again under its lock."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre

    async def combine(self, now: datetime) -> int:
        return await combining.look(self._database, centre=self._centre, now=now)

    async def keep(self, now: datetime) -> int:
        moved = await power_outages.look(self._database, centre=self._centre, now=now)
        moved += await storm_records.look(self._database, centre=self._centre, now=now)
        return moved + await calming.calm(self._database, centre=self._centre, now=now, limit=CALM_MOST)

    async def release(self, now: datetime, limit: int) -> int:
        return (await releasing.release(self._database, centre=self._centre, now=now, limit=limit)).looked_at

    async def held_now(self) -> Mapping[str, int]:
        rows = await self._database.pool.fetch(_Q.held_now)
        return {row["kind"]: row["rows"] for row in rows}

    async def watch(self, now: datetime) -> int:
        found = await storm_records.suggest(self._database, now=now)
        return found + await absences.look_into_empty_homes(self._database, centre=self._centre, now=now)

    async def callers(self, now: datetime) -> int:
        return await callers.look(self._database, centre=self._centre, now=now)
