"""What the embedded database needs once: a role that is no superuser, and a database it owns."""

from __future__ import annotations

from typing import Final

import asyncpg

_ROLE: Final = "shouwang"

#: What a database that does not answer looks like to a caller.
AWAY: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def provision(superuser_dsn: str, password: str) -> None:
    """Make the role and the database if they are not there, and give the role this password; safe to run twice."""
    connection = await asyncpg.connect(superuser_dsn)
    try:
        # DDL takes no parameters: the server quotes the password itself, and it is never in the log.
        await connection.execute("SET log_statement = 'none'; SET log_min_error_statement = 'panic'")
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", _ROLE):
            await connection.execute(f"CREATE ROLE {_ROLE} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB")
        quoted = await connection.fetchval("SELECT quote_literal($1::text)", password)
        await connection.execute(f"ALTER ROLE {_ROLE} PASSWORD {quoted}")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", _ROLE):
            await connection.execute(f"CREATE DATABASE {_ROLE} OWNER {_ROLE}")
    finally:
        await connection.close()


async def answers(dsn: str) -> bool:
    """Whether a server takes this address and password now."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except AWAY:
        return False
    await connection.close()
    return True
