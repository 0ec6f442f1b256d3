"""The rota: who is on call, on duty and in charge, when; and what is wrong with the week to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from rules.domain import rota
from rules.domain.on_call import ShiftRole
from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.feed import snapshot
from store.registers.areas import make_areas
from store.registers.errors import RecordChanged, RecordUnknown, ReferenceUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("rota")


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's time on the rota; `rank` is the order in which the on-call list is rung."""

    id: str
    role: ShiftRole
    user_id: str | None
    user_name: str
    responder_id: str | None
    from_at: datetime
    to_at: datetime
    areas: Sequence[str]
    rank: int
    has_phone: bool
    cancelled_at: datetime | None
    version: int


class RotaFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with the rota of the next seven days."""

    wrong: rota.Wrong
    role: ShiftRole
    from_at: datetime
    to_at: datetime
    shift_id: str | None
    who: str | None


async def list_shifts(
    db: Database,
    *,
    sight: Sequence[str],
    from_at: datetime | None,
    to_at: datetime | None,
    role: str | None,
    after: int,
    limit: int,
) -> tuple[list[Shift], int]:
    """Shifts that touch this time, in the order they were made, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(f"{Q.shifts} {Q.shifts_listed}", after, from_at, to_at, role, list(sight), limit)
    return [_shift(row) for row in rows], seq


async def read_shift(db: Database, shift_id: int) -> Shift:
    """One shift; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{Q.shifts} {Q.shift_one}", shift_id)
    if row is None:
        raise RecordUnknown(f"no shift {shift_id}")
    return _shift(row)


async def add_shift(db: Database, fields: Mapping[str, Any], *, by: int, now: datetime) -> int:
    """Put somebody on the rota; ReferenceUnknown where there is no such user or responder. On record."""
    responder_id = fields.get("responder_id")
    try:
        async with db.transaction() as connection:
            if responder_id is not None and not await connection.fetchval(Q.responder_exists, responder_id):
                raise ReferenceUnknown("no such responder", "responder_id")
            await make_areas(connection, fields.get("areas") or ())
            shift_id: int = await connection.fetchval(
                Q.add_shift, fields["role"], fields.get("user_id"), responder_id, fields["from_at"],
                fields["to_at"], list(fields.get("areas") or ()), fields.get("rank") or 1,
            )  # fmt: skip
            await _on_record(connection, shift_id, "shift_added", by=by, now=now)
    except asyncpg.ForeignKeyViolationError as error:
        raise ReferenceUnknown("no such user", "user_id") from error
    return shift_id


async def change_shift(
    db: Database, shift_id: int, fields: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Move, narrow or cancel a shift; RecordUnknown or RecordChanged otherwise. Whoever comes instead is a new one."""
    async with db.transaction() as connection:
        before = await connection.fetchrow(Q.lock_shift, shift_id)
        if before is None:
            raise RecordUnknown(f"no shift {shift_id}")
        if version is not None and version != before["version"]:
            raise RecordChanged(before["version"])
        wanted = {name: fields.get(name, before[name]) for name in ("from_at", "to_at", "areas", "rank")}
        cancelled_at = before["cancelled_at"]
        if "cancelled" in fields:
            cancelled_at = (cancelled_at or now) if fields["cancelled"] else None
        await make_areas(connection, fields.get("areas") or ())
        await connection.execute(Q.change_shift, shift_id, *wanted.values(), cancelled_at)
        await _on_record(connection, shift_id, "shift_changed", by=by, now=now)


async def wrong_with(db: Database, now: datetime) -> list[RotaFinding]:
    """What is wrong with the rota of the next seven days, in the order of time."""
    rows = await db.pool.fetch(f"{Q.shifts} {Q.shifts_coming}", now, now + rota.AHEAD)
    shifts = [
        rota.Shift(
            id=row["id"], role=ShiftRole(row["role"]), who=_who(row), from_at=row["from_at"], to_at=row["to_at"],
            has_phone=row["has_phone"], disabled=row["disabled"],
        )
        for row in rows
    ]  # fmt: skip
    return [
        RotaFinding(
            wrong=one.wrong, role=one.role, from_at=one.from_at, to_at=one.to_at, who=one.who,
            shift_id=None if one.shift_id is None else str(one.shift_id),
        )
        for one in rota.findings(shifts, now=now)
    ]  # fmt: skip


def _who(row: asyncpg.Record) -> str:
    return f"user:{row['user_id']}" if row["user_id"] is not None else f"responder:{row['responder_id']}"


async def _on_record(connection: Connection, shift_id: int, action: str, *, by: int, now: datetime) -> None:
    await note_look(connection, by, action, f"shift:{shift_id}", now=now)
    await record(connection, [Change(kind="shift", object_id=shift_id)], now=now)


def _shift(row: asyncpg.Record) -> Shift:
    fields = {name: row[name] for name in Shift.__struct_fields__ if name in row.keys()}  # noqa: SIM118 - a Record
    return Shift(
        **{
            **fields,
            "id": str(row["id"]),
            "role": ShiftRole(row["role"]),
            "user_id": None if row["user_id"] is None else str(row["user_id"]),
            "responder_id": None if row["responder_id"] is None else str(row["responder_id"]),
        }
    )
