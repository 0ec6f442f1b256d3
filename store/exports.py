"""Exports: a reason, an end, a second person where many are told of, and a file that is locked and marked."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import msgspec

from store.audit import note_look
from store.database import Connection, Database
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown, RegisterError
from store.sealing import FILE_ITERATIONS, lock_file
from store.sql import queries

_Q: Final = queries("exports")

#: Beyond so many people a second person agrees (centre.md, 35).
ALONE_MOST: Final = 50
#: Rows of one file; a county fits.
_ROWS_MOST: Final = 200_000
_OPENED_BY: Final = f"openssl enc -d -aes-256-cbc -pbkdf2 -iter {FILE_ITERATIONS} -a -in FILE -out FILE.csv"


class ExportKind(StrEnum):
    """What may leave as a file."""

    RESIDENTS = "residents"
    DEVICES = "devices"
    INCIDENTS = "incidents"


class ExportState(StrEnum):
    WAITING = "waiting"  #: for a second person
    READY = "ready"
    REFUSED = "refused"
    ENDED = "ended"


class ExportRefused(RegisterError):
    """What was asked for does not stand: it waits, was refused, has ended, is another's, or one agreed to oneself."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, for what, until when, and who agreed; nobody is named whom it tells of."""

    id: str
    kind: str
    area: str | None
    reason: str
    people: int
    state: ExportState
    asked_by: str
    asked_by_name: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    until: datetime
    taken_at: datetime | None
    takings: int
    version: int


class ExportFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file, locked under the passphrase that was given, in base64."""

    name: str
    rows: int
    watermark: str
    opened_by: str
    content: str


_PEOPLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        ExportKind.RESIDENTS: _Q.people_residents,
        ExportKind.DEVICES: _Q.people_devices,
        ExportKind.INCIDENTS: _Q.people_incidents,
    }
)
_ROWS: Final[Mapping[str, str]] = MappingProxyType(
    {ExportKind.RESIDENTS: _Q.residents, ExportKind.DEVICES: _Q.devices, ExportKind.INCIDENTS: _Q.incidents}
)


async def list_exports(db: Database, *, after: int, limit: int, now: datetime) -> tuple[list[Export], int]:
    """Every export that was ever asked for, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        return [_export(row, now) for row in await connection.fetch(f"{_Q.export} {_Q.listed}", after, limit)], seq


async def read_export(db: Database, export_id: int, *, now: datetime) -> Export:
    """One of them; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{_Q.export} {_Q.one}", export_id)
    if row is None:
        raise RecordUnknown(f"no export {export_id}")
    return _export(row, now)


async def ask(
    db: Database, kind: ExportKind, *, area: str | None, sight: Sequence[str], reason: str, until: datetime, by: int,
    now: datetime,
) -> int:  # fmt: skip
    """Ask for a file: at once ready where it tells of few, else a second person decides. On record."""
    areas = [area] if area is not None else list(sight)
    async with db.transaction() as connection:
        people = await connection.fetchval(_PEOPLE[kind], areas)
        state = ExportState.READY if people <= ALONE_MOST else ExportState.WAITING
        made: int = await connection.fetchval(_Q.add, kind, area, areas, reason, people, state, by, now, until)
        await note_look(connection, by, "export_asked", f"export:{made}", now=now, purpose=reason)
    return made


async def decide(db: Database, export_id: int, *, agrees: bool, version: int | None, by: int, now: datetime) -> None:
    """A second person agrees or refuses. RecordUnknown, RecordChanged, ExportRefused."""
    async with db.transaction() as connection:
        row = await _lock(connection, export_id, version)
        if row["state"] != ExportState.WAITING:
            raise ExportRefused("nobody waits for a decision about it")
        if row["asked_by"] == by:
            raise ExportRefused("a second person decides, not the one who asks")
        state = ExportState.READY if agrees else ExportState.REFUSED
        await connection.execute(_Q.decide, export_id, state, by, now)
        await note_look(connection, by, f"export_{'agreed' if agrees else 'refused'}", f"export:{export_id}", now=now)


async def end(db: Database, export_id: int, *, version: int | None, by: int, now: datetime) -> None:
    """It is not taken any more, from now on; saying it twice changes nothing."""
    async with db.transaction() as connection:
        row = await _lock(connection, export_id, version)
        if row["state"] not in (ExportState.ENDED, ExportState.REFUSED):
            await connection.execute(_Q.end, export_id, now)
        await note_look(connection, by, "export_ended", f"export:{export_id}", now=now)


async def take(db: Database, export_id: int, passphrase: str, *, by: int, now: datetime) -> ExportFile:
    """The file as the records stand now, locked and marked; each taking is a row in the log.

    ExportRefused where it is not ready, is another's or has ended, or where it would tell of more people by now than
    one person may answer for alone.
    """
    async with db.transaction() as connection:
        row = await _lock(connection, export_id, None)
        _refuse(row, by, now)
        people = await connection.fetchval(_PEOPLE[row["kind"]], list(row["areas"]))
        if people > ALONE_MOST and row["decided_by"] is None:
            raise ExportRefused("it tells of more people by now: ask again, for a second person to agree")
        found = await connection.fetch(_ROWS[row["kind"]], list(row["areas"]), _ROWS_MOST)
        await connection.execute(_Q.taken, export_id, now)
        purpose = f"export {export_id}: {row['reason']}"
        await note_look(connection, by, "export_taken", f"export:{export_id}", now=now, purpose=purpose)
    mark = f"E{export_id}-U{by}-{now:%Y%m%dT%H%M%SZ}"
    table = _table(found, mark, row)
    locked = await asyncio.to_thread(lock_file, table.encode("utf-8-sig"), passphrase)
    return ExportFile(
        name=f"{row['kind']}-{mark}.csv.enc", rows=len(found), watermark=mark, opened_by=_OPENED_BY,
        content=base64.encodebytes(locked).decode(),
    )  # fmt: skip


def _refuse(row: Any, by: int, now: datetime) -> None:
    if row["asked_by"] != by:
        raise ExportRefused("it is taken by who asked for it")
    if row["state"] != ExportState.READY:
        raise ExportRefused(f"it is {row['state']}")
    if row["until_at"] <= now:
        raise ExportRefused("its time is over; ask anew")


def _table(rows: Sequence[Any], mark: str, export: Any) -> str:
    """Every line carries the mark: a page that was copied out still says by whom it left, and for what."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["#", mark, export["asked_by_name"], export["reason"], f"until {export['until_at']:%Y-%m-%d}"])
    if rows:
        writer.writerow([*rows[0].keys(), "export"])
    writer.writerows([*_cells(row.values()), mark] for row in rows)
    return text.getvalue()


def _cells(values: Iterable[Any]) -> list[str]:
    """As text; what a spreadsheet would run as a formula is made harmless."""
    texts = ["" if value is None else str(value) for value in values]
    return [f"'{text}" if text[:1] in "=+-@\t\r" and text else text for text in texts]


async def _lock(connection: Connection, export_id: int, version: int | None) -> Any:
    locked = await connection.fetchval(_Q.lock, export_id)
    if locked is None:
        raise RecordUnknown(f"no export {export_id}")
    if version is not None and version != locked:
        raise RecordChanged(locked)
    return await connection.fetchrow(f"{_Q.export} {_Q.one}", export_id)


def _export(row: Any, now: datetime) -> Export:
    is_over = row["state"] in (ExportState.READY, ExportState.WAITING) and row["until_at"] <= now
    return Export(
        id=str(row["id"]), kind=row["kind"], area=row["area"], reason=row["reason"], people=row["people"],
        state=ExportState.ENDED if is_over else ExportState(row["state"]), asked_by=str(row["asked_by"]),
        asked_by_name=row["asked_by_name"], asked_at=row["asked_at"],
        decided_by=str(row["decided_by"]) if row["decided_by"] is not None else None, decided_at=row["decided_at"],
        until=row["until_at"], taken_at=row["taken_at"], takings=row["takings"], version=row["version"],
    )  # fmt: skip
