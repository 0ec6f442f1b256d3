"""The pool, its session settings, and what every part checks before it trusts a database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg
import msgspec

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

#: A connection of its own, or one lent by the pool.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

#: PostgreSQL 17 is the first with `transaction_timeout`, which ends whoever sits on a row.
OLDEST_SERVER: Final = 170000

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
#: The schema this program was written against (the newest *before* step it ships).
SCHEMA_NUMBER: Final = max(int(path.name[:4]) for path in _MIGRATIONS.glob("*_before_*.sql"))

#: So that no one can sit on a row (architecture.md, invariant 6). Milliseconds, as PostgreSQL takes them.
SESSION_SETTINGS: Final = {
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "5000",
    "transaction_timeout": "30000",
    # Whatever the server's default: acknowledged means on disk, and on the standby where there is one.
    "synchronous_commit": "on",
    "timezone": "UTC",
    "jit": "off",
}

#: No double has more digits before its point.
_DIGITS_MAX: Final = 300

CONNECT_TIMEOUT_S: Final = 10.0
COMMAND_TIMEOUT_S: Final = 30.0


#: What a database that is away, or a connection to it that is spoilt, looks like.
DATABASE_AWAY: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
#: A database that is away concerns every row, not one: whoever works rows off one by one stops only for these.
AWAY: Final = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)

#: What the driver says of a number that a column has no room for; its cause is an OverflowError.
VALUE_UNUSABLE: Final = asyncpg.DataError

#: A connection that is nobody else's.
OwnConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class StoreError(Exception):
    """Base of what goes wrong in the store."""


class DatabaseUnsuitable(StoreError):
    """The database answers, but must not be used; the text says why and what to do."""


class SchemaUnknown(DatabaseUnsuitable):
    """The database's schema is not one this program knows: run `shouwang migrate`, or update the program."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """A bounded pool of connections with the session settings above."""

    pool: asyncpg.Pool[asyncpg.Record]
    dsn: str

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside one READ COMMITTED transaction; any exception rolls it back."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    async def close(self) -> None:
        await self.pool.close()


async def connect(dsn: str, *, application_name: str, max_size: int = 8) -> Database:
    """Open a pool of at most `max_size` connections; raises what asyncpg raises when the database is away."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=max_size,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        max_inactive_connection_lifetime=0,
        # Statements stay prepared: after a quiet hour a press would prepare each of its own once more.
        max_cached_statement_lifetime=0,
        server_settings=SESSION_SETTINGS | {"application_name": application_name},
        init=_prepare,
        reset=_as_it_is,
    )
    return Database(pool=pool, dsn=dsn)


async def open_connection(dsn: str, *, application_name: str) -> asyncpg.Connection[asyncpg.Record]:
    """One connection outside any pool, with the same settings: for a lane's lease and for LISTEN."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        dsn,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        server_settings=SESSION_SETTINGS | {"application_name": application_name},
    )
    await _prepare(connection)
    return connection


async def _prepare(connection: Any) -> None:
    # asyncpg hands over text unless told: values go in and come out as plain objects.
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_to_json, decoder=_from_json, format="text")


async def _as_it_is(connection: Any) -> None:
    """Give a connection back without a word: a transaction left open was rolled back by the pool itself.

    What it would ask for beside costs whoever waits for an answer another round trip, and finds nothing to undo: who
    listens has a connection of its own, what a transaction sets or locks ends with it, and the one lock of a session
    that is taken on a connection of the pool is given back by who took it (`replay.alone`).
    """


def _to_json(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _from_json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError:
        # A device may send a number with thousands of digits, and jsonb keeps it: whoever opens the case must see it.
        return json.loads(text, parse_int=_number, parse_float=_number)


def _number(digits: str) -> int | float | str:
    """A number that the language can hold, and any other as the text it came as."""
    if len(digits) > _DIGITS_MAX:
        return digits
    return int(digits) if digits.lstrip("-").isdigit() else float(digits)


async def read_clock(connection: Connection) -> datetime:
    """The database's own time, to which every process keeps its offset."""
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return now


async def check_server(connection: Connection, *, demo: bool = False) -> None:
    """Refuse a server that is too old, or one that says 'committed' before the disk does."""
    number = int(await connection.fetchval("SHOW server_version_num"))
    if number < OLDEST_SERVER:
        raise DatabaseUnsuitable(
            f"SHOUWANG_DATABASE_URL: PostgreSQL {number // 10000} is too old; 17 or later is needed"
        )
    if demo:
        return
    for setting, bad in (("fsync", {"off"}), ("synchronous_commit", {"off"}), ("full_page_writes", {"off"})):
        value = await connection.fetchval("SELECT current_setting($1)", setting)
        if value in bad:
            raise DatabaseUnsuitable(
                f"SHOUWANG_DATABASE_URL: {setting} is {value}; switch it on, or an acknowledged alarm can be lost"
            )


async def check_schema(connection: Connection) -> None:
    """Raise SchemaUnknown unless this program may work on the schema it finds."""
    if await connection.fetchval("SELECT to_regclass('schema_step') IS NULL"):
        raise SchemaUnknown("the database has no schema yet; run `shouwang migrate`")
    row = await connection.fetchrow("SELECT max(number) AS number, max(works_with) AS works_with FROM schema_step")
    if row is None or row["number"] is None or row["number"] < SCHEMA_NUMBER:
        raise SchemaUnknown(f"the database's schema is older than {SCHEMA_NUMBER}; run `shouwang migrate`")
    if row["works_with"] > SCHEMA_NUMBER:
        raise SchemaUnknown(
            f"the database's schema {row['number']} is not known to this program ({SCHEMA_NUMBER}); update the program"
        )
