"""Who is at a desk: explicit, since stages count desks (centre.md, 9)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from store.audit import note_look
from store.database import Database
from store.sql import queries

Q: Final = queries("duty")


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """One user's duty, and since when."""

    state: str
    since: datetime | None


class AtDesk(msgspec.Struct, frozen=True, kw_only=True):
    """A colleague who is on duty or on a break, and how many unresolved cases they hold."""

    id: str
    display_name: str
    role: str
    state: str
    since: datetime
    holds: int


async def set_duty(db: Database, user_id: int, state: str, *, now: datetime) -> Duty:
    """Go on duty, on a break or off; saying the same again keeps `since`. On record."""
    async with db.transaction() as connection:
        await connection.execute(Q.set_duty, user_id, state, now)
        await note_look(connection, user_id, f"duty_{state}", f"user:{user_id}", now=now)
    return await duty_of(db, user_id)


async def duty_of(db: Database, user_id: int) -> Duty:
    """This user's duty; `off` where none was ever said."""
    row = await db.pool.fetchrow(Q.duty_of, user_id)
    return Duty(state=row["state"], since=row["since"]) if row else Duty(state="off", since=None)


async def at_desks(db: Database) -> list[AtDesk]:
    """Everybody who has not gone home, those on duty first; at most two hundred."""
    return [AtDesk(**{**dict(row), "id": str(row["id"])}) for row in await db.pool.fetch(Q.at_desks)]


async def stream_answered(db: Database, user_id: int, now: datetime) -> datetime | None:
    """Note that this user's stream has just answered a ping; return since when it is asked "are you there?"."""
    asked_at: datetime | None = await db.pool.fetchval(Q.stream_answered, user_id, now)
    return asked_at
