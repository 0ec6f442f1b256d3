"""Fences as a register: drawn, changed and ended on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.feed import snapshot
from store.registers.areas import make_area
from store.registers.errors import RecordChanged, RecordUnknown, ReferenceUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("fences")

_CHANGED: Final = ("name", "kind", "shape", "hours", "confirm_fixes", "dwell_s")
#: What makes it another fence: what was known of the old one is forgotten.
_DRAWN_ANEW: Final = frozenset({"kind", "shape"})


class FenceListed(msgspec.Struct, frozen=True, kw_only=True):
    """A fence in a list: whose it is, not where."""

    id: str
    name: str
    kind: str
    resident_id: str | None
    device_id: str | None
    area: str | None
    version: int


class Fence(FenceListed, frozen=True, kw_only=True):
    """A whole fence; degrees are WGS-84, hours are minutes of the day in the site's time."""

    shape: Mapping[str, Any]
    hours: Sequence[Mapping[str, Any]]
    confirm_fixes: int
    dwell_s: int
    created_at: datetime
    ended_at: datetime | None


async def list_fences(
    db: Database, *, sight: Sequence[str], resident_id: int | None, device_id: int | None, kind: str | None,
    after: int, limit: int,
) -> tuple[list[FenceListed], int]:  # fmt: skip
    """Fences that stand, in the order they were drawn, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{_Q.fence} {_Q.listed}", after, list(sight), resident_id, device_id, kind, limit
        )  # fmt: skip
    return [FenceListed(**_listed(row)) for row in rows], seq


async def read_fence(db: Database, fence_id: int) -> Fence:
    """One fence, also where it has ended; RecordUnknown otherwise."""
    return _whole(await _row(db.pool, fence_id))


async def add_fence(db: Database, fields: Mapping[str, Any], *, by: int, now: datetime) -> int:
    """Draw a fence; ReferenceUnknown where whose it is does not exist. On record."""
    try:
        async with db.transaction() as connection:
            if fields.get("area"):
                await make_area(connection, fields["area"])
            fence_id: int = await connection.fetchval(
                _Q.add, fields["name"], fields["kind"], fields.get("resident_id"), fields.get("device_id"),
                fields.get("area"), fields["shape"], fields["hours"], fields["confirm_fixes"], fields["dwell_s"], now,
            )  # fmt: skip
            await _on_record(connection, fence_id, "fence_added", by=by, now=now)
    except asyncpg.ForeignKeyViolationError as error:
        raise ReferenceUnknown("no such resident or device") from error
    return fence_id


async def change_fence(
    db: Database, fence_id: int, fields: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Change what is named; RecordUnknown or RecordChanged otherwise. On record."""
    async with db.transaction() as connection:
        await _lock(connection, fence_id, version)
        before = await _row(connection, fence_id)
        wanted = {name: fields.get(name, before[name]) for name in _CHANGED}
        await connection.execute(_Q.change, fence_id, *wanted.values())
        if any(wanted[name] != before[name] for name in _DRAWN_ANEW):
            await connection.execute(_Q.forget_states, fence_id)
        await _on_record(connection, fence_id, "fence_changed", by=by, now=now)


async def end_fence(db: Database, fence_id: int, *, by: int, now: datetime) -> None:
    """End a fence: it stands in the register with its end; RecordUnknown otherwise. On record."""
    async with db.transaction() as connection:
        await _lock(connection, fence_id, None)
        await connection.execute(_Q.end, fence_id, now)
        await connection.execute(_Q.forget_states, fence_id)
        await _on_record(connection, fence_id, "fence_ended", by=by, now=now)


async def _lock(connection: Connection, fence_id: int, version: int | None) -> None:
    locked = await connection.fetchrow(_Q.lock, fence_id)
    if locked is None or locked["ended_at"] is not None:
        raise RecordUnknown(f"no fence {fence_id}")
    if version is not None and version != locked["version"]:
        raise RecordChanged(locked["version"])


async def _row(connection: Any, fence_id: int) -> asyncpg.Record:
    row: asyncpg.Record | None = await connection.fetchrow(f"{_Q.fence} {_Q.one}", fence_id)
    if row is None:
        raise RecordUnknown(f"no fence {fence_id}")
    return row


async def _on_record(connection: Connection, fence_id: int, action: str, *, by: int, now: datetime) -> None:
    row = await _row(connection, fence_id)
    await note_look(connection, by, action, f"fence:{fence_id}", now=now)
    if row["resident_id"] is not None:
        await record(connection, [Change(kind="resident", object_id=row["resident_id"], area=row["area"])], now=now)


def _listed(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": str(row["id"]), "name": row["name"], "kind": row["kind"], "resident_id": _text(row["resident_id"]),
        "device_id": _text(row["device_id"]), "area": row["area"], "version": row["version"],
    }  # fmt: skip


def _whole(row: asyncpg.Record) -> Fence:
    more = ("shape", "hours", "confirm_fixes", "dwell_s", "created_at", "ended_at")
    return Fence(**_listed(row), **{name: row[name] for name in more})


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
