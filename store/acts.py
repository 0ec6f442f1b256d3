"""A key, an entry or a running call of an owner: proof of the person, where renewal proves only the machine."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rules.domain.deadlines import ACT_LIMIT_S, REMIND_BEFORE_S
from store.database import Database
from store.sql import queries

_Q: Final = queries("acts")


async def note_act(database: Database, user_id: int, now: datetime) -> int:
    """Put off the end of this user's claims for want of a human act; return of how many.

    Neither an entry nor a new version: the case is the same, and whoever decides on it has seen all of it.
    """
    priorities = [int(priority) for priority in ACT_LIMIT_S]
    waits_s = [limit_s - REMIND_BEFORE_S for limit_s in ACT_LIMIT_S.values()]
    async with database.transaction() as connection:
        await connection.execute(_Q.desk_acted, user_id, now)
        rows = await connection.fetch(_Q.claims_acted, user_id, now, priorities, waits_s)
    return len(rows)
