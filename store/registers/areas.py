"""Areas: a tree of official codes, from city to community; what is named and unknown is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from store.database import Database
from store.feed import snapshot
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("registers")


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """One area, with the direct numbers of its own control rooms."""

    path: str
    name: str
    name_en: str
    police: str | None
    fire: str | None
    ambulance: str | None
    numbers_tested_at: datetime | None
    is_country: bool
    version: int


async def list_areas(db: Database, *, sight: Sequence[str], after: str, limit: int) -> tuple[list[Area], int]:
    """Areas in the order of their paths, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(Q.areas, after, list(sight), limit)
    return [Area(**dict(row)) for row in rows], seq


async def make_area(connection: Connection, path: str) -> None:
    """Make the area and everything above it, where they are not there."""
    await connection.execute(Q.make_area, path)
