"""One embedded database for every command with the same settings: who starts it, and how the others find it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from rules.clock import Clock
from shouwang.embedded.places import prepare_data_dir
from shouwang.embedded.postgres import EmbeddedPostgres
from shouwang.errors import DatabaseNotRunning
from store.provision import answers

LOCK_FILE: Final = "postgres.lock"
DSN_FILE: Final = "postgres.dsn"

#: A neighbour that holds the lock may be in the middle of recovery; after this we say so instead of waiting on.
NEIGHBOUR_READY_S: Final = 120.0
LOOK_S: Final = 0.1


class DatabaseSettings(Protocol):
    """What of the settings is needed here."""

    @property
    def data_dir(self) -> Path: ...

    @property
    def database_address(self) -> str | None: ...


@asynccontextmanager
async def database(settings: DatabaseSettings, clock: Clock) -> AsyncIterator[str]:
    """The address of the database: the one in the settings; a running embedded one; or one started for as long.

    Raises DatabaseNotRunning or DataDirUnusable.
    """
    if settings.database_address is not None:
        yield settings.database_address
        return
    data_dir = prepare_data_dir(settings.data_dir)
    lock = take_lock(data_dir)
    if lock is None:
        yield await neighbours_dsn(data_dir, clock)
        return
    with held(lock):
        server = EmbeddedPostgres(data_dir, clock)
        try:
            dsn = await server.start()
            with announced(data_dir, dsn):
                yield dsn
        finally:
            await server.stop()


def take_lock(data_dir: Path) -> int | None:
    """The data folder's lock, or None where another command holds it. The kernel lets go of it when we die."""
    handle = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


@contextmanager
def held(lock: int) -> Iterator[None]:
    """Keep the lock for as long as the block runs."""
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def announced(data_dir: Path, dsn: str) -> Iterator[None]:
    """Let other commands of the same user find the server for as long as the block runs."""
    path = data_dir / DSN_FILE
    fresh = data_dir / f"{DSN_FILE}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(dsn + "\n")
    fresh.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


async def neighbours_dsn(data_dir: Path, clock: Clock) -> str:
    """The address that the lock's holder announced, once its server answers."""
    until = clock.monotonic() + NEIGHBOUR_READY_S
    while clock.monotonic() < until:
        dsn = _announced_dsn(data_dir)
        if dsn is not None and await answers(dsn):
            return dsn
        await clock.sleep(LOOK_S)
    raise DatabaseNotRunning(
        f"another shouwang holds {data_dir / LOCK_FILE} but its database does not answer; stop that one, or wait"
    )


def _announced_dsn(data_dir: Path) -> str | None:
    try:
        return (data_dir / DSN_FILE).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
    except PermissionError:
        raise DatabaseNotRunning(
            f"the embedded database of {data_dir} is run by another user; run this command as that user"
        ) from None
