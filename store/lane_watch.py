"""Lanes that nobody holds: one technical incident each, ended by itself once a gateway holds the lane again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from rules.domain.vocabulary import Class
from store import lanes, technical
from store.cases import Facts
from store.database import Database
from store.opening import Centre
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("lane_watch")


class LaneWatch:
    """What one engine has seen of the lanes.

    A lane counts as unheld from when this engine first saw it so, never from before: after an outage of our own all
    parts start together, and a lane that is taken within ten seconds is nobody's business.
    """

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre
        self._guard = RowGuard("lanes")
        self._unheld_since: dict[str, datetime] = {}

    async def run_once(self, now: datetime) -> int:
        """Look at every lane once; return how many incidents were opened or ended."""
        async with self._database.pool.acquire() as connection:
            unheld = {name for name, _ in await lanes.unheld(connection)}
            reported = {row["name"] for row in await connection.fetch(_Q.reported)}
        self._unheld_since = {name: self._unheld_since.get(name, now) for name in unheld}
        long = {name for name in unheld if now - self._unheld_since[name] >= timedelta(seconds=lanes.UNHELD_S)}
        moved = 0
        for name in sorted(long - reported):
            with self._guard.row((name, False), now):
                await self._report(name, now)
                moved += 1
        for name in sorted(reported - unheld):
            with self._guard.row((name, True), now):
                moved += await self._end(name, now)
        return moved

    async def _report(self, name: str, now: datetime) -> None:
        async with self._database.transaction() as connection:
            await technical.report(
                connection, Class.LANE_UNHELD, _about(name), facts=_facts(name), centre=self._centre, now=now
            )

    async def _end(self, name: str, now: datetime) -> bool:
        async with self._database.transaction() as connection:
            return await technical.ended(connection, _about(name), facts=_facts(name), centre=self._centre, now=now)


def _about(name: str) -> str:
    return f"lane:{name}:unheld"


def _facts(name: str) -> Facts:
    return (("lane", name),)
