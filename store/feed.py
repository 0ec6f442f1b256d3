"""Reading the change feed: the number a snapshot stands at, what came after it, and a wake-up when more comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from store.chain_end import ChainEnd, chain_end
from store.database import Database, open_connection
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("feed")

#: The wake-up that `store.changes.record` sends; it says "look", never what.
CHANNEL: Final = "shouwang_change"

#: What asyncpg raises when the database is away or cuts us off: trying again can help.
DATABASE_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    OSError,
)

CLOSE_SECONDS: Final = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeRow:
    """One committed change; numbers are without gaps and in the order of commit."""

    seq: int
    at: datetime
    kind: str
    object_id: int
    part: int | None  #: an entry's seq
    area: str | None  #: where it was when it changed
    received_at: datetime | None  #: of the alarm that caused it


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One lane as a desk sees it."""

    name: str
    connected: bool
    holder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """What an `alive` frame says beside the head; ages in seconds, None where a part has never spoken."""

    head: int
    lanes: Sequence[Lane]
    engine_age_s: float | None
    canary_age_s: float | None
    chain_end: ChainEnd = ChainEnd.UNTESTED


@asynccontextmanager
async def snapshot(db: Database) -> AsyncIterator[tuple[Connection, int]]:
    """A connection that sees one moment, and the feed's number at that moment: lists carry both."""
    async with (
        db.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        yield connection, await head(connection)


async def head(connection: Connection) -> int:
    """The number of the newest change."""
    seq: int = await connection.fetchval(Q.head)
    return seq


async def changes_after(connection: Connection, seq: int, *, limit: int) -> list[ChangeRow]:
    """What came after `seq`, oldest first, at most `limit`."""
    return [_change(row) for row in await connection.fetch(Q.after, seq, limit)]


async def changes_between(db: Database, after: int, upto: int, *, limit: int) -> list[ChangeRow] | None:
    """What a stream missed between two numbers; None where it is too much or partly pruned: it must begin anew."""
    if after >= upto:
        return []
    async with db.pool.acquire() as connection:
        rows = [_change(row) for row in await connection.fetch(Q.between, after, upto, limit + 1)]
    whole = len(rows) == upto - after and rows[0].seq == after + 1
    return rows if whole and len(rows) <= limit else None


async def read_health(connection: Connection, now: datetime) -> Health:
    """The head and who is awake, for `alive`; raises when the database does not answer."""
    lanes = [Lane(**dict(row)) for row in await connection.fetch(Q.lanes, now)]
    ages = {row["name"]: row["age_s"] for row in await connection.fetch(Q.parts, now)}
    return Health(
        head=await head(connection), lanes=lanes, engine_age_s=ages.get("engine"), canary_age_s=ages.get("canary"),
        chain_end=await chain_end(connection, now),
    )  # fmt: skip


@asynccontextmanager
async def listening(dsn: str, wake: Callable[[], None]) -> AsyncIterator[Connection]:
    """A connection of its own that calls `wake` on each wake-up, and when it is lost."""
    connection = await open_connection(dsn, application_name="shouwang console feed")

    def on_notify(*_: Any) -> None:
        wake()

    try:
        connection.add_termination_listener(on_notify)
        await connection.add_listener(CHANNEL, on_notify)
        yield connection
    finally:
        connection.remove_termination_listener(on_notify)
        await _close(connection)


async def _close(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Close in order, or cut it off: a line that is dead must not hold up the next."""
    try:
        await connection.close(timeout=CLOSE_SECONDS)
    except (*DATABASE_AWAY, TimeoutError):
        connection.terminate()


def _change(row: asyncpg.Record) -> ChangeRow:
    return ChangeRow(**dict(row))
