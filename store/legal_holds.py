"""Legal holds: dated, with an author and a reason; each is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from store.audit import note_look
from store.database import Database
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown
from store.sql import queries

_Q: Final = queries("legal_holds")


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """What is not erased, why, and until when (None: until somebody ends it)."""

    id: str
    author: str
    reason: str
    resident: str | None
    incident: str | None
    period_from: datetime | None
    period_until: datetime | None
    from_at: datetime = msgspec.field(name="from")
    until: datetime | None
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NewHold:
    """A hold to be made; one scope."""

    reason: str
    resident_id: int | None = None
    incident_id: int | None = None
    period_from: datetime | None = None
    period_until: datetime | None = None
    until_at: datetime | None = None


async def list_holds(db: Database, *, after: int, limit: int) -> tuple[list[Hold], int]:
    """Every hold there ever was, oldest first, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        return [_hold(row) for row in await connection.fetch(_Q.listed, after, limit)], seq


async def add_hold(db: Database, new: NewHold, *, by: int, now: datetime) -> Hold:
    """Hold from now on; RecordUnknown where the case is not there."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(
            _Q.add, by, new.reason, new.resident_id, new.incident_id, now, new.until_at, new.period_from,
            new.period_until,
        )  # fmt: skip
        if row is None:
            raise RecordUnknown(f"no incident {new.incident_id}")
        await note_look(connection, by, "legal_hold_made", f"legal_hold:{row['id']}", now=now)
    return _hold(row)


async def end_hold(
    db: Database, hold_id: int, until: datetime | None, *, version: int | None, by: int, now: datetime
) -> Hold:
    """Change when it ends; RecordUnknown or RecordChanged otherwise."""
    async with db.transaction() as connection:
        locked = await connection.fetchval(_Q.lock, hold_id)
        if locked is None:
            raise RecordUnknown(f"no legal hold {hold_id}")
        if version is not None and version != locked:
            raise RecordChanged(locked)
        row = await connection.fetchrow(_Q.change, hold_id, until)
        assert row is not None
        await note_look(connection, by, "legal_hold_changed", f"legal_hold:{hold_id}", now=now)
    return _hold(row)


def _hold(row: asyncpg.Record) -> Hold:
    return Hold(
        id=str(row["id"]), author=str(row["author"]), reason=row["reason"],
        resident=str(row["resident_id"]) if row["resident_id"] is not None else None,
        incident=str(row["incident_id"]) if row["incident_id"] is not None else None,
        period_from=row["period_from"], period_until=row["period_until"], from_at=row["from_at"],
        until=row["until_at"], version=row["version"],
    )  # fmt: skip
