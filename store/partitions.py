"""The days of `reading`: made well ahead, removed without a lock that anyone would feel."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    from store.database import Connection

DAYS_AHEAD: Final = 14
#: Fewer days than this ahead is an alert: a week is time enough for a person to look.
DAYS_AHEAD_LEAST: Final = 7

#: Making a day waits for nobody: a long report must not make the readings behind it wait (ATTACH takes a short lock).
_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '2s'"


def partition_name(day: date) -> str:
    """The table of one UTC day; the only place where a table's name is made from a value, and that is a date."""
    return f"reading_{day:%Y%m%d}"


def day_of(received_at: datetime) -> date:
    """The UTC day a reading received then belongs to."""
    return received_at.astimezone(UTC).date()


async def make_days_ahead(connection: Connection, now: datetime, *, days_ahead: int = DAYS_AHEAD) -> int:
    """Make the partitions from two days back to `days_ahead`; return how many were made.

    Two days back because a reading's duplicates are looked for there. Safe beside any other process doing the same.
    """
    first = day_of(now) - timedelta(days=2)
    there = await _existing(connection)
    missing = [day for n in range(days_ahead + 3) if (day := first + timedelta(days=n)) not in there]
    for day in missing:
        await _make(connection, day)
    return len(missing)


async def days_ahead(connection: Connection, now: datetime) -> int:
    """How many whole days after today stand ready without a gap."""
    there = await _existing(connection)
    ahead = 0
    while day_of(now) + timedelta(days=ahead + 1) in there:
        ahead += 1
    return ahead


async def _existing(connection: Connection) -> set[date]:
    rows = await connection.fetch(
        "SELECT relid::regclass::text AS name FROM pg_partition_tree('reading') WHERE isleaf AND level = 1"
    )
    return {datetime.strptime(row["name"][-8:], "%Y%m%d").replace(tzinfo=UTC).date() for row in rows}


async def _make(connection: Connection, day: date) -> None:
    name = partition_name(day)
    try:
        async with connection.transaction():
            await connection.execute(_LOCK_TIMEOUT)
            # LIKE and ATTACH take a weaker lock on the parent than PARTITION OF does: readers and writers go on.
            await connection.execute(f"CREATE TABLE {name} (LIKE reading INCLUDING DEFAULTS INCLUDING STORAGE)")
            await connection.execute(f"CREATE UNIQUE INDEX {name}_once ON {name} (device_id, event_id, digest)")
            await connection.execute(f"CREATE INDEX {name}_device ON {name} USING brin (received_at)")
            await connection.execute(
                f"ALTER TABLE reading ATTACH PARTITION {name}"
                f" FOR VALUES FROM ('{day}T00:00:00Z') TO ('{day + timedelta(days=1)}T00:00:00Z')"
            )
    except (asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        return  # another process made it in the same moment


async def drop_day(connection: asyncpg.Connection[asyncpg.Record], day: date) -> None:
    """Take one day away: DETACH CONCURRENTLY waits for readers without stopping them, then DROP.

    Safe to call again after it was broken off anywhere: a removal half done can only be finished, not begun anew.
    """
    name = partition_name(day)
    half_done = await connection.fetchval(
        "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass($1)", name
    )
    if half_done is not None:
        how = "FINALIZE" if half_done else "CONCURRENTLY"
        await connection.execute(f"ALTER TABLE reading DETACH PARTITION {name} {how}")
    await connection.execute(f"DROP TABLE IF EXISTS {name}")
