"""Who looked at what and why: every look at a whole record names its purpose (centre.md, 35)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

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


async def open_case_of(db: Database, resident_id: int) -> str | None:
    """The number of an open case that gives a reason for looking at this resident, if there is one."""
    number: str | None = await db.pool.fetchval(Q.open_case_of, resident_id)
    return number
