"""What commands do with the database: open it for as long as they need, once, and close it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from rules.clock import SharedClock
from shouwang.embedded.database import database
from shouwang.errors import DatabaseNotRunning
from shouwang.parts import connected
from shouwang.settings import Settings
from store.database import Database
from store.migrate import migrate
from store.provision import AWAY

Result = TypeVar("Result")


def with_database(settings: Settings, work: Callable[[Database, SharedClock], Awaitable[Result]]) -> Result:
    """Do `work` on the settings' database, starting the embedded one if nobody runs it."""

    async def run() -> Result:
        clock = SharedClock()
        async with connected(settings, clock, name="shouwang command") as db:
            return await work(db, clock)

    return asyncio.run(run())


def migrate_now(settings: Settings) -> list[str]:
    """Migrate, and return the names of the steps that ran."""

    async def run() -> list[str]:
        async with database(settings, SharedClock()) as dsn:
            return await migrated(dsn)

    return asyncio.run(run())


async def migrated(dsn: str) -> list[str]:
    """Migrate the database at `dsn`; a database that is away is one line, naming the setting."""
    try:
        return await migrate(dsn)
    except AWAY as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatabaseNotRunning(f"SHOUWANG_DATABASE_URL: the database does not answer: {why}") from None
