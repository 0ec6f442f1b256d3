"""The sources in service: whose devices they carry, who is rung about them, and until when they are commissioned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from store.audit import note_look
from store.database import Database
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("source_records")

_COLUMNS: Final = ("vendor", "vendor_phone", "vendor_phone_typed", "commissioning_until")


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A source as the settings name it, and what people know about it."""

    id: str
    name: str
    vendor: str
    vendor_phone: str | None  #: answered at any hour
    commissioning_until: datetime | None  #: its unregistered callers are one case until then
    version: int


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ring about a device that nobody registered (centre.md, 29)."""

    source: str
    vendor: str
    vendor_phone: str | None


async def name_sources(connection: Connection, names: Sequence[str]) -> None:
    """A gateway names the sources of its settings; each has a record from then on."""
    await connection.execute(_Q.name_sources, sorted(set(names)))


async def list_sources(db: Database, *, after: int, limit: int) -> tuple[list[SourceRecord], int]:
    """Every source that was ever named, oldest first, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        return [_record(row) for row in await connection.fetch(_Q.listed, after, limit)], seq


async def change_source(
    db: Database, source_id: int, fields: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> SourceRecord:
    """Change what is named; RecordUnknown or RecordChanged otherwise. On record."""
    async with db.transaction() as connection:
        locked = await connection.fetchval(_Q.lock, source_id)
        if locked is None:
            raise RecordUnknown(f"no source {source_id}")
        if version is not None and version != locked:
            raise RecordChanged(locked)
        before = dict(await connection.fetchrow(_Q.one, source_id) or {})
        wanted = {**before, "vendor_phone_typed": before.get("vendor_phone"), **fields}
        await connection.execute(_Q.change, source_id, *(wanted[name] for name in _COLUMNS))
        await note_look(connection, by, "source_changed", f"source:{source_id}", now=now)
        row = await connection.fetchrow(_Q.one, source_id)
    assert row is not None, "it was locked a moment ago"
    return _record(row)


async def vendors_of_case(connection: Connection, incident_id: int) -> list[Vendor]:
    """Whose devices called in this case without being registered."""
    return [msgspec.convert(dict(row), Vendor) for row in await connection.fetch(_Q.of_unregistered, incident_id)]


def _record(row: asyncpg.Record) -> SourceRecord:
    return SourceRecord(**{**dict(row), "id": str(row["id"])})
