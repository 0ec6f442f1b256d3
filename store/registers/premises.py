"""Homes: the address as typed, its parts, its place and its hazards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from rules.domain.masking import mask_address
from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.feed import snapshot
from store.registers.areas import make_area
from store.registers.errors import RecordChanged, RecordUnknown
from store.registers.search import literal
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("registers")

_COLUMNS: Final = ("address", "parts", "area", "lat", "lon", "hazards")


#: Writes a home's ways in inside the caller's transaction (`store/ways_in.py`).
WritesWays = Callable[["Connection", int], Awaitable[None]]


class Premises(msgspec.Struct, frozen=True, kw_only=True):
    """One home; its ways in are shown inside a case only."""

    id: str
    address: str
    parts: Mapping[str, Any]
    area: str | None
    lat: float | None
    lon: float | None
    hazards: Sequence[str]
    residents: int
    version: int
    created_at: datetime
    ended_at: datetime | None  #: nobody is served there any more
    seq: int


async def list_premises(
    db: Database, *, sight: Sequence[str], area: str | None, text: str | None, after: int, limit: int
) -> tuple[list[Premises], int]:
    """Homes in the order they were made, their numbers masked but for what was typed, and the feed's number."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{Q.premises} {Q.premises_listed}", after, list(sight), area, literal(text), limit
        )
    return [_listed(_premises(row, seq), text or "") for row in rows], seq


def _listed(home: Premises, typed: str) -> Premises:
    """A home in a list: the village, the street and what was typed; where it is, whoever opens it sees."""
    address = mask_address(home.address, typed=typed.strip())
    return msgspec.structs.replace(home, address=address, parts={}, lat=None, lon=None)


async def read_premises(db: Database, premises_id: int) -> Premises:
    """One home; RecordUnknown otherwise."""
    async with snapshot(db) as (connection, seq):
        row = await connection.fetchrow(f"{Q.premises} {Q.premises_one}", premises_id)
    if row is None:
        raise RecordUnknown(f"no premises {premises_id}")
    return _premises(row, seq)


async def add_premises(
    db: Database, fields: Mapping[str, Any], *, ways: WritesWays | None = None, by: int, now: datetime
) -> int:
    """Make a home; its area is made where it is unknown. On record. `ways` writes its ways in, in the same commit."""
    async with db.transaction() as connection:
        premises_id = await insert_premises(connection, fields, now=now)
        if ways is not None:
            await ways(connection, premises_id)
        await _on_record(connection, premises_id, fields.get("area"), "premises_added", by=by, now=now)
    return premises_id


async def insert_premises(connection: Connection, fields: Mapping[str, Any], *, now: datetime) -> int:
    """The bare row, inside the caller's transaction; the caller puts it on record."""
    if fields.get("area"):
        await make_area(connection, fields["area"])
    wanted = {"parts": {}, "hazards": []} | {name: fields[name] for name in _COLUMNS if fields.get(name) is not None}
    premises_id: int = await connection.fetchval(Q.add_premises, *(wanted.get(name) for name in _COLUMNS), now)
    return premises_id


async def change_premises(
    db: Database, premises_id: int, fields: Mapping[str, Any], *, ways: WritesWays | None = None, version: int | None,
    by: int, now: datetime,
) -> None:  # fmt: skip
    """Change what is named; RecordUnknown, or RecordChanged where `version` is not the current one. On record."""
    async with db.transaction() as connection:
        current = await connection.fetchval(Q.lock_premises, premises_id)
        if current is None:
            raise RecordUnknown(f"no premises {premises_id}")
        if version is not None and version != current:
            raise RecordChanged(current)
        before = await connection.fetchrow(f"{Q.premises} {Q.premises_one}", premises_id)
        assert before is not None, "the row is locked"
        wanted = {name: fields.get(name, before[name]) for name in _COLUMNS}
        if wanted["area"]:
            await make_area(connection, wanted["area"])
        await connection.execute(Q.change_premises, premises_id, *wanted.values())
        if ways is not None:
            await ways(connection, premises_id)
        await _on_record(connection, premises_id, wanted["area"], "premises_changed", by=by, now=now)


async def _on_record(
    connection: Connection, premises_id: int, area: str | None, action: str, *, by: int, now: datetime
) -> None:
    await note_look(connection, by, action, f"premises:{premises_id}", now=now)
    await record(connection, [Change(kind="premises", object_id=premises_id, area=area)], now=now)


def _premises(row: asyncpg.Record, seq: int) -> Premises:
    return Premises(**{**dict(row), "id": str(row["id"])}, seq=seq)
