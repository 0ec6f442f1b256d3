"""The register of whoever goes to people: masked in lists, never deleted, off the list once they have left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from rules.domain.masking import mask_name, mask_phone
from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.feed import snapshot
from store.registers.areas import make_areas
from store.registers.errors import RecordChanged, RecordTaken, RecordUnknown, ReferenceUnknown
from store.registers.search import literal
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("responders")
_FIELD: Final = queries("assignments")
#: An id greater than any.
_NEWEST: Final = 2**63 - 1


class LastPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Where they were last."""

    lat: float
    lon: float
    accuracy_m: float | None
    at: datetime


class ResponderListed(msgspec.Struct, frozen=True, kw_only=True):
    """A responder in a list."""

    id: str
    masked_name: str
    masked_phone: str | None
    kind: str
    status: str
    trained: bool
    skills: Sequence[str]
    areas: Sequence[str]
    agreed_to_nights: bool
    means: str
    flagged: bool
    version: int


class ResponderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One responder, whole."""

    id: str
    name: str
    kind: str
    status: str
    user_id: str | None
    phone: str | None
    phone_typed: str | None
    email: str | None
    channels: Sequence[str]
    trained: bool
    skills: Sequence[str]
    areas: Sequence[str]
    residents: Sequence[str]
    agreed_to_nights: bool
    agreed_to_searches: bool
    is_employed: bool
    means: str
    languages: Sequence[str]
    dialects: Sequence[str]
    time_zone: str
    base_lat: float | None
    base_lon: float | None
    position: LastPosition | None
    flagged_at: datetime | None
    version: int
    created_at: datetime
    seq: int


class ResponderAbsence(msgspec.Struct, frozen=True, kw_only=True):
    """When somebody cannot be asked."""

    id: str
    from_at: datetime
    to_at: datetime | None
    reason: str
    cancelled_at: datetime | None


class AssignmentListed(msgspec.Struct, frozen=True, kw_only=True):
    """What a responder is asked, as they may see it before they accept: nothing personal."""

    id: str
    incident: str
    number: str
    class_: str = msgspec.field(name="class")
    priority: str
    area: str | None
    area_name: str | None
    state: str
    offered_at: datetime
    accepted_at: datetime | None
    moving_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    arrive_by: datetime | None
    eta_s: int | None
    distance_m: int | None
    next_due_at: datetime | None
    is_outside_only: bool
    standby_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponderFilter:
    """What a list asks for; None means "whatever"."""

    sight: Sequence[str] = ()
    area: str | None = None
    kind: str | None = None
    status: str | None = None
    text: str | None = None
    flagged: bool | None = None


async def list_responders(
    db: Database, wanted: ResponderFilter, *, after: int, limit: int
) -> tuple[list[ResponderListed], int]:
    """Responders in the order they were made, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{_Q.responder} {_Q.listed}", after, list(wanted.sight), wanted.area, wanted.kind,
            wanted.status or "working", literal(wanted.text), wanted.flagged, limit,
        )  # fmt: skip
    return [_listed(row) for row in rows], seq


async def read_responder(db: Database, responder_id: int) -> ResponderRecord:
    """One responder; RecordUnknown otherwise."""
    return await _read(db, f"{_Q.responder} {_Q.one}", responder_id)


async def responder_of_user(db: Database, user_id: int) -> ResponderRecord:
    """The responder who signs in as this user; RecordUnknown where there is none."""
    return await _read(db, f"{_Q.responder} {_Q.of_user}", user_id)


async def _read(db: Database, query: str, key: int) -> ResponderRecord:
    async with snapshot(db) as (connection, seq):
        row = await connection.fetchrow(query, key)
    if row is None:
        raise RecordUnknown("no such responder")
    return _record(row, seq)


#: In the order of the statements.
_COLUMNS: Final[Mapping[str, Any]] = {
    "name": None, "kind": None, "status": "active", "user_id": None, "phone": None, "phone_typed": None, "email": None,
    "channels": (), "trained": False, "skills": (), "areas": (), "residents": (), "agreed_to_nights": False,
    "agreed_to_searches": False, "is_employed": False, "means": "e_bike", "languages": (), "dialects": (),
    "time_zone": "Asia/Shanghai", "base_lat": None, "base_lon": None,
}  # fmt: skip


async def add_responder(db: Database, fields: Mapping[str, Any], *, by: int, now: datetime) -> int:
    """Make one, on record; RecordTaken where the user is another's, ReferenceUnknown where there is no such user."""
    wanted = {**_COLUMNS, **fields}
    async with _taken(), db.transaction() as connection:
        await make_areas(connection, wanted["areas"] or ())
        made: int = await connection.fetchval(_Q.add, *(wanted[name] for name in _COLUMNS), now)
        await _on_record(connection, made, "responder_added", by=by, now=now)
    return made


async def change_responder(
    db: Database, responder_id: int, fields: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Change what is named, on record; RecordUnknown or RecordChanged otherwise. `flagged` False: talked with."""
    async with _taken(), db.transaction() as connection:
        await _lock(connection, responder_id, version)
        before = await connection.fetchrow(f"{_Q.responder} {_Q.one}", responder_id)
        assert before is not None, "the row is locked"
        wanted = {name: fields.get(name, before[name]) for name in _COLUMNS}
        await make_areas(connection, fields.get("areas") or ())
        await connection.execute(_Q.change, responder_id, *wanted.values(), fields.get("flagged") is False)
        await _on_record(connection, responder_id, "responder_changed", by=by, now=now)


async def remove_responder(db: Database, responder_id: int, *, by: int, now: datetime) -> None:
    """They have left: not asked any more, number and position forgotten; RecordTaken while they go to somebody."""
    async with db.transaction() as connection:
        await _lock(connection, responder_id, None)
        if await connection.fetchval(_Q.has_open, responder_id):
            raise RecordTaken("open_assignment")
        await connection.execute(_Q.leave, responder_id)
        await connection.execute(_Q.forget_position, responder_id)
        await connection.execute(_Q.forget_devices, responder_id)
        await _on_record(connection, responder_id, "responder_left", by=by, now=now)


class _taken:  # noqa: N801 - used as a word in `async with`
    """Turn what the database refuses into what is true."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, asyncpg.UniqueViolationError):
            raise RecordTaken("user_id") from error
        if isinstance(error, asyncpg.ForeignKeyViolationError):
            raise ReferenceUnknown("no such user", "user_id") from error


async def _lock(connection: Connection, responder_id: int, version: int | None) -> None:
    current = await connection.fetchval(_Q.lock, responder_id)
    if current is None:
        raise RecordUnknown(f"no responder {responder_id}")
    if version is not None and version != current:
        raise RecordChanged(current)


async def list_absences(
    db: Database, responder_id: int, *, after: int, limit: int
) -> tuple[list[ResponderAbsence], int]:
    """Absences in the order they were written down, ended ones too."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(_Q.absences, responder_id, after, limit)
    return [_absence(row) for row in rows], seq


async def add_absence(
    db: Database, responder_id: int, *, from_at: datetime, to_at: datetime | None, reason: str, by: int, now: datetime
) -> int:
    """From when until when somebody cannot be asked, on record; RecordUnknown otherwise."""
    async with db.transaction() as connection:
        await _lock(connection, responder_id, None)
        made: int = await connection.fetchval(_Q.add_absence, responder_id, from_at, to_at, reason)
        await _on_record(connection, responder_id, "responder_absent", by=by, now=now)
    return made


async def end_absence(db: Database, responder_id: int, absence_id: int, *, by: int, now: datetime) -> None:
    """They can be asked again; saying it twice is RecordUnknown."""
    async with db.transaction() as connection:
        await _lock(connection, responder_id, None)
        if await connection.fetchval(_Q.end_absence, responder_id, absence_id, now) is None:
            raise RecordUnknown(f"no absence {absence_id} that lasts")
        await _on_record(connection, responder_id, "responder_back", by=by, now=now)


async def list_asked(
    db: Database, responder_id: int, *, before: int | None, open_only: bool | None, limit: int
) -> tuple[list[AssignmentListed], int]:
    """What a responder was asked, the newest first."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(_Q.assignments_of, responder_id, before or _NEWEST, open_only, limit)
    return [_asked(row) for row in rows], seq


async def _on_record(connection: Connection, responder_id: int, action: str, *, by: int, now: datetime) -> None:
    await note_look(connection, by, action, f"responder:{responder_id}", now=now)
    await record(connection, [Change(kind="responder", object_id=responder_id)], now=now)


def _listed(row: asyncpg.Record) -> ResponderListed:
    return ResponderListed(
        id=str(row["id"]),
        masked_name=mask_name(row["name"]),
        masked_phone=mask_phone(row["phone"]) if row["phone"] else None,
        flagged=row["flagged_at"] is not None,
        **{name: row[name] for name in _LISTED},
    )


_LISTED: Final = ("kind", "status", "trained", "skills", "areas", "agreed_to_nights", "means", "version")


def _record(row: asyncpg.Record, seq: int) -> ResponderRecord:
    position = None
    if row["lat"] is not None:
        position = LastPosition(lat=row["lat"], lon=row["lon"], accuracy_m=row["accuracy_m"], at=row["position_at"])
    fields = {name: row[name] for name in _COLUMNS if name not in ("user_id", "residents")}
    return ResponderRecord(
        **fields,
        id=str(row["id"]),
        user_id=str(row["user_id"]) if row["user_id"] is not None else None,
        residents=[str(one) for one in row["residents"]],
        position=position,
        flagged_at=row["flagged_at"],
        version=row["version"],
        created_at=row["created_at"],
        seq=seq,
    )


def _absence(row: asyncpg.Record) -> ResponderAbsence:
    fields = {name: row[name] for name in ("from_at", "to_at", "reason", "cancelled_at")}
    return ResponderAbsence(id=str(row["id"]), **fields)


def _asked(row: asyncpg.Record) -> AssignmentListed:
    fields = dict(row)
    incident, class_ = fields.pop("incident_id"), fields.pop("class")
    return AssignmentListed(
        **{**fields, "id": str(row["id"]), "priority": f"P{row['priority']}"}, incident=str(incident), class_=class_
    )
