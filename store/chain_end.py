"""In what the P1 chain ends: a voice that reached somebody on call within a day, or nothing that wakes anybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rules.domain.channel_tests import KEEPS_S
from store.database import Connection, Database
from store.sql import queries

_Q: Final = queries("channel_tests")


class ChainEnd(StrEnum):
    """What the P1 chain ends in: only `tested` and `demonstration` are well."""

    TESTED = "tested"
    DEMONSTRATION = "demonstration"  #: sends nothing outside
    NOBODY_ON_CALL = "nobody_on_call"  #: with a telephone number
    UNTESTED = "untested"  #: no voice channel that reached a person within the last 25 hours

    @property
    def is_well(self) -> bool:
        return self in (ChainEnd.TESTED, ChainEnd.DEMONSTRATION)


async def chain_end(connection: Connection, now: datetime) -> ChainEnd:
    """In what the P1 chain ends at this moment; read by every process that shows it."""
    row = await connection.fetchrow(_Q.chain_end, now)
    assert row is not None, "it has no condition"
    if row["demonstration"]:
        return ChainEnd.DEMONSTRATION
    if not row["on_call"]:
        return ChainEnd.NOBODY_ON_CALL
    fresh = row["passed_at"] is not None and row["passed_at"] > now - timedelta(seconds=KEEPS_S)
    return ChainEnd.TESTED if fresh else ChainEnd.UNTESTED


async def mark_demonstration(db: Database, *, demo: bool, now: datetime) -> None:
    """Say whether this database is a demonstration's: whoever starts the real work takes the mark away."""
    async with db.pool.acquire() as connection:
        await (connection.execute(_Q.is_demonstration, now) if demo else connection.execute(_Q.is_real))
