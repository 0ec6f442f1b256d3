"""The import of an estate already in use: good rows are kept, bad rows named, people never merged silently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

import asyncpg
import msgspec

from store.adoption import adopt
from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.registers.areas import make_area
from store.registers.devices import Holder, put_device, reissue
from store.registers.errors import RegisterError
from store.registers.premises import insert_premises
from store.registers.residents import insert_resident
from store.registers.search import search_text
from store.registers.table import Row, read_table
from store.sealing import Keyring
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("registers")

#: Rows in one transaction: a row costs 10 to 20 ms, and a stranger's alarm waits for the file that registers it. Well
#: under the time at which the alarm gives up waiting and tries again.
ROWS_AT_ONCE: Final = 25


class RowError(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was not imported."""

    line: int
    error: str


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A row whose person has the name and address of somebody known: kept apart until a person decides."""

    line: int
    device: str
    resident_id: str
    like_resident_ids: Sequence[str]


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file."""

    imported: int
    errors: Sequence[RowError]
    proposals: Sequence[Proposal]
    unknown_columns: Sequence[str]


async def import_devices(db: Database, keyring: Keyring, text: str, *, by: int | None, now: datetime) -> ImportReport:
    """Import a file of devices, people and homes; TableUnreadable where it is none.

    The same file twice changes nothing. Errors of the database leave what was committed before: import it again.
    """
    table = read_table(text)
    errors = [RowError(line=line, error=error) for line, error in table.errors]
    proposals: list[Proposal] = []
    imported = 0
    for batch in _batches(table.rows):
        async with db.transaction() as connection:
            kept = [await _import_alone(connection, keyring, row, errors, proposals, by, now) for row in batch]
            changes = [change for of_row in kept if of_row is not None for change in of_row]
            rows = sum(of_row is not None for of_row in kept)
            imported += rows
            await note_look(connection, by, "devices_imported", f"devices:{rows}", now=now)
            await record(connection, changes, now=now)
    return ImportReport(
        imported=imported,
        errors=sorted(errors, key=lambda error: error.line),
        proposals=proposals,
        unknown_columns=table.unknown_columns,
    )


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, ROWS_AT_ONCE)):
        yield batch


async def _import_alone(
    connection: Connection,
    keyring: Keyring,
    row: Row,
    errors: list[RowError],
    proposals: list[Proposal],
    by: int | None,
    now: datetime,
) -> list[Change] | None:
    """One row in its savepoint: whatever is wrong with it stays with it and is reported by its line."""
    try:
        async with connection.transaction():
            known = await connection.fetchrow(Q.lock_device_named, row.device)
            device_id, proposal = await _import_row(connection, keyring, row, known, now)
            adopted: list[Change] = []
            if known is None or not known["registered"]:
                # Once: what a registered device says has its person, and letters that were tried stay as they are.
                adopted = await adopt(connection, device_id, row.device, keyring=keyring, by=by, now=now)
    except (RegisterError, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        errors.append(RowError(line=row.line, error=_reason(error)))
        return None
    if proposal is not None:
        proposals.append(proposal)
    return [Change(kind="device", object_id=device_id, area=row.area), *adopted]


async def _import_row(
    connection: Connection, keyring: Keyring, row: Row, known: asyncpg.Record | None, now: datetime
) -> tuple[int, Proposal | None]:
    premises_id = await _premises(connection, row, now)
    resident_id, alike = await _resident(connection, keyring, row, premises_id, known["id"] if known else None, now)
    fields = row.fields if known is None or not known["registered"] else _named(row)
    device_id = await put_device(connection, row.device, fields, known_id=known["id"] if known else None, now=now)
    holder = Holder(resident_id=resident_id, premises_id=premises_id)
    if holder:
        await reissue(connection, device_id, holder, now=now)
    if not alike:
        return device_id, None
    likes = [str(like) for like in alike]
    return device_id, Proposal(line=row.line, device=row.device, resident_id=str(resident_id), like_resident_ids=likes)


def _named(row: Row) -> dict[str, object]:
    return {name: value for name, value in row.fields.items() if name in row.named}


async def _premises(connection: Connection, row: Row, now: datetime) -> int | None:
    if row.address is None:
        return None
    if row.area:
        await make_area(connection, row.area)
    found = await connection.fetchrow(Q.premises_at, row.address, row.area)
    if found is None:
        fields = {"address": row.address, "area": row.area, "lat": row.lat, "lon": row.lon}
        return await insert_premises(connection, fields, now=now)
    await connection.execute(Q.place_premises, found["id"], row.area, row.lat, row.lon)
    premises_id: int = found["id"]
    return premises_id


async def _resident(
    connection: Connection,
    keyring: Keyring,
    row: Row,
    premises_id: int | None,
    device_id: int | None,
    now: datetime,
) -> tuple[int | None, Sequence[int]]:
    """Who the row speaks of, and who is alike but kept apart (centre.md, 13)."""
    if row.resident is None:
        by_ref = await connection.fetchval(Q.resident_by_ref, row.resident_ref) if row.resident_ref else None
        return by_ref, ()
    certain = await _certain(connection, row, premises_id, device_id)
    if certain is not None:
        await _fill(connection, row, certain, premises_id)
        return certain, ()
    fields = {**row.person, "name": row.resident, "ref": row.resident_ref, "premises_id": premises_id}
    made = await insert_resident(connection, keyring, fields, now=now)
    # A number of the buyer's own says for certain that this is somebody else.
    if row.resident_ref is not None or premises_id is None:
        return made, ()
    alike = [found["id"] for found in await connection.fetch(Q.residents_alike, row.resident, premises_id, made)]
    return made, alike


async def _certain(connection: Connection, row: Row, premises_id: int | None, device_id: int | None) -> int | None:
    found: int | None = None
    if row.resident_ref is not None:
        found = await connection.fetchval(Q.resident_by_ref, row.resident_ref)
    birth_date = row.person["birth_date"]
    if found is None and birth_date is not None and premises_id is not None:
        found = await connection.fetchval(Q.resident_certain, row.resident, birth_date, premises_id, row.resident_ref)
    if found is None and device_id is not None and row.resident_ref is None:
        # The device itself says so: it was theirs before, by the same name at the same address.
        found = await connection.fetchval(Q.resident_with_device, device_id, row.resident, premises_id, birth_date)
    return found


async def _fill(connection: Connection, row: Row, resident_id: int, premises_id: int | None) -> None:
    person = row.person
    search = search_text(name=row.resident or "", phone=person["phone"], address=row.address)
    await connection.execute(
        Q.fill_resident,
        resident_id,
        row.resident_ref,
        person["birth_date"],
        premises_id,
        person["ability"],
        person["phone"],
        person["phone_typed"],
        person["tags"],
        search,
    )


def _reason(error: Exception) -> str:
    if isinstance(error, asyncpg.PostgresError):
        return f"the database refuses it: {error.message}"[:300]
    return str(error)
