"""Areas: a tree of official codes, from city to community; what is named and unknown is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from store.audit import note_look
from store.database import Database, StoreError
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("registers")


class AreaThere(StoreError):
    """The area was made before: change it."""


class AreaInUse(StoreError):
    """Something lies in the area; move that first."""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """One area, with the direct numbers of its own control rooms."""

    id: str
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
    return [_area(row) for row in rows], seq


async def read_area(db: Database, area_id: int) -> Area:
    """One area; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(Q.area_of_id, area_id)
    if row is None:
        raise RecordUnknown(f"no area {area_id}")
    return _area(row)


async def add_area(db: Database, path: str, fields: Mapping[str, Any], *, by: int, now: datetime) -> int:
    """Make the area and everything above it; AreaThere where it was made before. On record."""
    async with db.transaction() as connection:
        known = await connection.fetchval(Q.area_id, path)
        if known is not None:
            raise AreaThere(f"area {path} is there already: change it")
        await make_area(connection, path)
        area_id: int = await connection.fetchval(Q.area_id, path)
        await _change(connection, area_id, fields)
        await note_look(connection, by, "area_made", f"area:{area_id}", now=now)
    return area_id


async def change_area(
    db: Database, area_id: int, fields: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Change what is named; RecordUnknown or RecordChanged otherwise. On record."""
    async with db.transaction() as connection:
        await _lock(connection, area_id, version)
        await _change(connection, area_id, fields)
        await note_look(connection, by, "area_changed", f"area:{area_id}", now=now)


async def delete_area(db: Database, area_id: int, *, version: int | None, by: int, now: datetime) -> None:
    """Take an area away that nothing lies in; AreaInUse otherwise."""
    async with db.transaction() as connection:
        await _lock(connection, area_id, version)
        if await connection.fetchval(Q.area_has_children, area_id):
            raise AreaInUse("other areas lie in it")
        try:
            async with connection.transaction():
                await connection.execute(Q.delete_area, area_id)
        except asyncpg.ForeignKeyViolationError as error:
            raise AreaInUse("homes, devices or people lie in it") from error
        await note_look(connection, by, "area_deleted", f"area:{area_id}", now=now)


async def _lock(connection: Connection, area_id: int, version: int | None) -> None:
    locked = await connection.fetchval(Q.lock_area, area_id)
    if locked is None:
        raise RecordUnknown(f"no area {area_id}")
    if version is not None and version != locked:
        raise RecordChanged(locked)


async def _change(connection: Connection, area_id: int, fields: Mapping[str, Any]) -> None:
    before = await connection.fetchrow(Q.area_of_id, area_id)
    assert before is not None, "it is locked, or was just made"
    wanted = {**dict(before), **fields}
    await connection.execute(Q.change_area, area_id, *(wanted[name] for name in _COLUMNS))


def _area(row: asyncpg.Record) -> Area:
    return Area(**{**dict(row), "id": str(row["id"])})


_COLUMNS: Final = ("name", "name_en", "police", "fire", "ambulance", "numbers_tested_at", "is_country")


async def make_area(connection: Connection, path: str) -> None:
    """Make the area and everything above it, where they are not there."""
    await connection.execute(Q.make_area, path)


async def make_areas(connection: Connection, paths: Iterable[str]) -> None:
    """The same of all that people work in or are on call for: they may be entered before the first home is."""
    for path in sorted(set(paths)):
        await make_area(connection, path)
