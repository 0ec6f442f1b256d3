"""Who looked at what and why: every look at a whole record names its purpose (centre.md, 35)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from store.database import Database
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("audit")


async def note_look(
    connection: Connection,
    user_id: int | None,
    action: str,
    what: str,
    *,
    now: datetime,
    purpose: str = "",
    source: str = "",
) -> None:
    """Write one row of the audit; `what` is a reference such as `resident:17`, never a name."""
    await connection.execute(Q.note, now, user_id, action, what, purpose, source)


async def note_look_now(
    db: Database, user_id: int, action: str, what: str, *, now: datetime, purpose: str, source: str
) -> None:
    """The same in a transaction of its own, committed before anything is shown."""
    async with db.pool.acquire() as connection:
        await note_look(connection, user_id, action, what, now=now, purpose=purpose, source=source)


class Changer(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed a record."""

    id: str
    display_name: str


class RecordChange(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a record: the names of the fields that changed, never what was in them."""

    version: int
    at: datetime
    by: Changer | None  #: null: the system
    fields: list[str]


#: Columns that no answer shows: what is searched, and how a number was typed.
_INTERNAL: Final = frozenset({"search", "identity_hash", "phone_typed", "vendor_phone_typed", "version"})


async def changed_since(db: Database, what: str, version: int) -> list[RecordChange]:
    """What has changed in a record since a version of it, the oldest first; at most two hundred."""
    return [
        RecordChange(
            version=row["version"], at=row["at"], fields=_shown(row["fields"]),
            by=None if row["user_id"] is None else Changer(id=str(row["user_id"]), display_name=row["display_name"]),
        )
        for row in await db.pool.fetch(Q.changed_since, what, version)
    ]  # fmt: skip


def _shown(columns: list[str]) -> list[str]:
    return sorted({name.removesuffix("_sealed") for name in columns} - _INTERNAL)


async def open_case_of(db: Database, resident_id: int) -> str | None:
    """The number of an open case that gives a reason for looking at this resident, if there is one."""
    number: str | None = await db.pool.fetchval(Q.open_case_of, resident_id)
    return number


async def case_of_responder(db: Database, responder_id: int) -> str | None:
    """The same of a case that this responder is asked for, or goes to."""
    number: str | None = await db.pool.fetchval(Q.case_of_responder, responder_id)
    return number
