"""People looked after: masked in lists, whole for whoever names a purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from rules.domain.masking import mask_name, mask_phone
from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.feed import snapshot
from store.registers import deaths
from store.registers.errors import RecordChanged, RecordTaken, RecordUnknown, ReferenceUnknown
from store.registers.search import literal, search_text
from store.sealing import Keyring
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("registers")

_COLUMNS: Final = (
    *("ref", "name", "search", "also_called", "status", "premises_id", "birth_date", "tags", "ability"),
    *("phone", "phone_typed", "communication", "identity_sealed", "identity_hash", "notes_sealed"),
)
_EMPTY: Final[Mapping[str, Any]] = {"also_called": "", "status": "active", "tags": [], "communication": {}}


class ResidentListed(msgspec.Struct, frozen=True, kw_only=True):
    """A resident in a list: enough to choose, not enough to visit."""

    id: str
    ref: str | None
    masked_name: str
    masked_phone: str | None
    status: str
    premises_id: str | None
    area: str | None
    version: int


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Told or asked in a case; somebody barred is shown as barred."""

    id: str
    name: str
    relation: str
    role: str
    rank: int
    phone: str | None
    phone_typed: str | None
    languages: Sequence[str]
    time_zone: str
    channels: Sequence[str]


class Resident(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record of a person."""

    id: str
    ref: str | None
    name: str
    also_called: str
    status: str
    premises_id: str | None
    address: str | None
    area: str | None
    birth_date: str | None
    tags: Sequence[str]
    ability: int | None
    phone: str | None
    phone_typed: str | None
    communication: Mapping[str, Any]
    notes: str | None
    has_identity: bool
    contacts: Sequence[Contact]
    version: int
    created_at: datetime
    seq: int


class ResidentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of residents asks for; None means "whatever"."""

    sight: Sequence[str] = ()
    area: str | None = None
    text: str | None = None
    status: str | None = None
    premises_id: int | None = None


async def list_residents(
    db: Database, wanted: ResidentFilter, *, after: int, limit: int
) -> tuple[list[ResidentListed], int]:
    """Residents in the order they were made, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{Q.resident} {Q.residents_listed}",
            after,
            list(wanted.sight),
            wanted.area,
            literal(wanted.text),
            wanted.status,
            wanted.premises_id,
            limit,
        )
    return [_listed(row) for row in rows], seq


async def read_resident(db: Database, keyring: Keyring, resident_id: int) -> Resident:
    """One whole record; RecordUnknown otherwise. The caller has put the look on record first."""
    async with snapshot(db) as (connection, seq):
        row = await connection.fetchrow(f"{Q.resident} {Q.resident_one}", resident_id)
        if row is None:
            raise RecordUnknown(f"no resident {resident_id}")
        contacts = await read_contacts(connection, [resident_id])
    return whole_resident(row, contacts, keyring, seq)


async def area_of_resident(db: Database, resident_id: int) -> str | None:
    """Where a resident lives, to judge who may look; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{Q.resident} {Q.resident_one}", resident_id)
    if row is None:
        raise RecordUnknown(f"no resident {resident_id}")
    area: str | None = row["area"]
    return area


async def read_contacts(connection: Connection, resident_ids: Sequence[int]) -> list[Contact]:
    """Everybody to be told or asked for these people, in their order."""
    rows = await connection.fetch(Q.contacts, list(resident_ids))
    return [Contact(**{**dict(row), "id": str(row["id"])}) for row in rows]


async def add_resident(db: Database, keyring: Keyring, fields: Mapping[str, Any], *, by: int, now: datetime) -> int:
    """Make a record; RecordTaken where the `ref` or identity number is another's. On record."""
    try:
        async with db.transaction() as connection:
            is_agreed = await deaths.agreed(connection, None, fields, by=by)
            resident_id = await insert_resident(connection, keyring, fields, now=now)
            await _note_status(connection, resident_id, fields, by=by, now=now)
            if deaths.is_new(None, fields):
                await deaths.follow(connection, resident_id, is_agreed=is_agreed, by=by, now=now)
            await _on_record(connection, resident_id, "resident_added", by=by, now=now)
    except asyncpg.UniqueViolationError as error:
        raise RecordTaken(_what_is_taken(error)) from error
    except asyncpg.ForeignKeyViolationError as error:
        raise ReferenceUnknown("no such premises") from error
    return resident_id


async def insert_resident(connection: Connection, keyring: Keyring, fields: Mapping[str, Any], *, now: datetime) -> int:
    """The bare row, inside the caller's transaction; the caller puts it on record."""
    wanted = {**_EMPTY, **{name: value for name, value in fields.items() if value is not None}}
    wanted.update(_sealed(keyring, fields))
    wanted["search"] = await _search(connection, wanted)
    resident_id: int = await connection.fetchval(Q.add_resident, *(wanted.get(name) for name in _COLUMNS), now)
    return resident_id


async def change_resident(
    db: Database,
    keyring: Keyring,
    resident_id: int,
    fields: Mapping[str, Any],
    *,
    version: int | None,
    by: int,
    now: datetime,
) -> None:
    """Change what is named; RecordUnknown, RecordChanged, RecordTaken or SecondPersonNeeded otherwise. On record; a
    status is dated."""
    try:
        async with db.transaction() as connection:
            before = await _change(connection, keyring, resident_id, fields, version)
            is_agreed = await deaths.agreed(connection, before, fields, by=by)
            await _note_status(connection, resident_id, fields, by=by, now=now)
            if deaths.is_new(before, fields):
                await deaths.follow(connection, resident_id, is_agreed=is_agreed, by=by, now=now)
            await _on_record(connection, resident_id, "resident_changed", by=by, now=now)
    except asyncpg.UniqueViolationError as error:
        raise RecordTaken(_what_is_taken(error)) from error
    except asyncpg.ForeignKeyViolationError as error:
        raise ReferenceUnknown("no such premises") from error


async def _change(
    connection: Connection, keyring: Keyring, resident_id: int, fields: Mapping[str, Any], version: int | None
) -> str:
    """Write it; returns the status before."""
    locked = await connection.fetchrow(Q.lock_resident, resident_id)
    if locked is None:
        raise RecordUnknown(f"no resident {resident_id}")
    if version is not None and version != locked["version"]:
        raise RecordChanged(locked["version"])
    before = await connection.fetchrow(f"{Q.resident} {Q.resident_one}", resident_id)
    assert before is not None, "the row is locked"
    kept = {name: before[name] for name in _COLUMNS if name in before.keys()}  # noqa: SIM118 - a Record is no dict
    wanted = {**kept, **fields, "notes_sealed": None, **_sealed(keyring, fields)}
    wanted["search"] = await _search(connection, wanted)
    await connection.execute(Q.change_resident, resident_id, *(wanted.get(name) for name in _COLUMNS))
    status: str = before["status"]
    return status


async def _search(connection: Connection, fields: Mapping[str, Any]) -> str:
    address = None
    if fields.get("premises_id"):
        home = await connection.fetchrow(f"{Q.premises} {Q.premises_one}", fields["premises_id"])
        address = home["address"] if home else None
    return search_text(
        name=fields["name"], also_called=fields.get("also_called") or "", phone=fields.get("phone"), address=address
    )


def _sealed(keyring: Keyring, fields: Mapping[str, Any]) -> dict[str, bytes]:
    sealed = {}
    if fields.get("identity"):
        sealed["identity_sealed"] = keyring.seal(fields["identity"], context="resident identity")
        sealed["identity_hash"] = keyring.keyed_hash(fields["identity"])
    if fields.get("notes"):
        sealed["notes_sealed"] = keyring.seal(fields["notes"], context="resident notes")
    return sealed


async def _note_status(
    connection: Connection, resident_id: int, fields: Mapping[str, Any], *, by: int, now: datetime
) -> None:
    if fields.get("status"):
        await connection.execute(
            Q.note_status, resident_id, now, fields["status"], fields.get("status_expected_end"), "console", by,
            fields.get("second_user"),
        )  # fmt: skip


async def _on_record(connection: Connection, resident_id: int, action: str, *, by: int, now: datetime) -> None:
    row = await connection.fetchrow(f"{Q.resident} {Q.resident_one}", resident_id)
    await note_look(connection, by, action, f"resident:{resident_id}", now=now)
    change = Change(kind="resident", object_id=resident_id, area=row["area"] if row else None)
    await record(connection, [change], now=now)


def _what_is_taken(error: asyncpg.UniqueViolationError) -> str:
    return "identity" if "identity" in (error.constraint_name or "") else "ref"


def whole_resident(row: asyncpg.Record, contacts: Sequence[Contact], keyring: Keyring, seq: int) -> Resident:
    """The whole record from its row."""
    hidden = {"search", "notes_sealed"}
    fields = {name: value for name, value in row.items() if name not in hidden}
    notes = row["notes_sealed"]
    fields |= {"id": str(row["id"]), "premises_id": _text(row["premises_id"])}
    return Resident(
        **fields,
        notes=keyring.open(notes, context="resident notes") if notes else None,
        contacts=contacts,
        seq=seq,
    )


def _listed(row: asyncpg.Record) -> ResidentListed:
    return ResidentListed(
        id=str(row["id"]),
        ref=row["ref"],
        masked_name=mask_name(row["name"]),
        masked_phone=mask_phone(row["phone"]) if row["phone"] else None,
        status=row["status"],
        premises_id=_text(row["premises_id"]),
        area=row["area"],
        version=row["version"],
    )


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
