"""What every part does before and beside its own work: the pool, the schema's number, the shared time, health."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from rules.clock import STEP_SUSPECT_S, Clock, SharedClock
from shouwang.embedded.database import database
from shouwang.errors import DatabaseNotRunning
from shouwang.health import Listen, Readiness, part_health
from shouwang.metrics import canary_age_seconds
from shouwang.settings import Settings
from store.canary import last_round
from store.database import Database, DatabaseUnsuitable, check_schema, check_server, connect, read_clock
from store.provision import AWAY

log = structlog.stdlib.get_logger()

#: Of a part that does few things at a time.
CONNECTIONS_MAX: Final = 8
CLOCK_EVERY_S: Final = 10.0
SCHEMA_EVERY_S: Final = 60.0
CANARY_EVERY_S: Final = 5.0

DATABASE_FACT: Final = "database"
CLOCK_FACT: Final = "database_time"


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a part is started with."""

    settings: Settings
    clock: SharedClock
    db: Database
    readiness: Readiness
    #: Names this process in leases: host, process number, and which part it is.
    holder: str
    demo: bool
    #: Told of a step of the database's time, in seconds.
    stepped: list[Callable[[float], None]]


@asynccontextmanager
async def connected(
    settings: Settings, clock: SharedClock, *, name: str, demo: bool = True, max_size: int = CONNECTIONS_MAX
) -> AsyncIterator[Database]:
    """A pool over the settings' database, its server and schema found fit and the clock measured.

    Raises DatabaseNotRunning, or what the store finds unsuitable.
    """
    async with database(settings, clock) as dsn:
        try:
            db = await connect(dsn, application_name=name, max_size=max_size)
        except AWAY as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DatabaseNotRunning(f"SHOUWANG_DATABASE_URL: the database does not answer: {why}") from None
        try:
            async with db.pool.acquire() as connection:
                await check_server(connection, demo=demo)
                await check_schema(connection)
                await clock.measure(lambda: read_clock(connection))
            yield db
        finally:
            await db.close()


async def run_part(
    part: str,
    work: Callable[[Surroundings], Awaitable[None]],
    settings: Settings,
    *,
    demo: bool,
    health: Listen | None,
    max_size: int = CONNECTIONS_MAX,
) -> None:
    """Run `work` beside the part's watches until cancelled or one of them fails for good."""
    clock = SharedClock()
    readiness = Readiness(part)
    async with connected(settings, clock, name=f"shouwang {part}", demo=demo, max_size=max_size) as db:
        around = Surroundings(
            settings=settings,
            clock=clock,
            db=db,
            readiness=readiness,
            holder=f"{socket.gethostname()}:{os.getpid()}:{part}",
            demo=demo,
            stepped=[],
        )
        async with part_health(health, readiness) if health else nullcontext():
            log.info("part_started", holder=around.holder)
            await _beside(around, work, part)


async def _beside(around: Surroundings, work: Callable[[Surroundings], Awaitable[None]], part: str) -> None:
    async with asyncio.TaskGroup() as tasks:
        watches = [tasks.create_task(watch(around)) for watch in (_keep_time, _watch_schema, _watch_canary)]
        around.readiness.set(part)
        await work(around)
        for watch in watches:
            watch.cancel()


async def _keep_time(around: Surroundings) -> None:
    """Measure the offset to the database's clock every 10 s; a database that is away leaves the offset as it was."""
    while True:
        await around.clock.sleep(CLOCK_EVERY_S)
        try:
            async with around.db.pool.acquire() as connection:
                stepped_s = await around.clock.measure(lambda: read_clock(connection))
        except AWAY as error:
            around.readiness.set(DATABASE_FACT, missing=type(error).__name__)
            log.warning("clock_measurement_failed", error=type(error).__name__)
            continue
        around.readiness.set(DATABASE_FACT)
        if abs(stepped_s) > STEP_SUSPECT_S:
            log.error("database_time_stepped", stepped_s=round(stepped_s, 3))
            for tell in around.stepped:
                tell(stepped_s)


async def _watch_schema(around: Surroundings) -> None:
    """Refuse, within a minute, to work on a schema that this program does not know: the part ends."""
    while True:
        await around.clock.sleep(SCHEMA_EVERY_S)
        try:
            async with around.db.pool.acquire() as connection:
                await check_schema(connection)
        except DatabaseUnsuitable:
            raise
        except AWAY as error:
            log.warning("schema_check_failed", error=type(error).__name__)


async def _watch_canary(around: Surroundings) -> None:
    """Tell the age of the canary's last full round. With the database away it goes on growing: nothing is full then."""
    while True:
        try:
            ended_at = await last_round(around.db)
        except AWAY as error:
            log.warning("canary_not_read", error=type(error).__name__)
        else:
            canary_age_seconds.set_function(partial(_age_s, ended_at, around.clock))
        await around.clock.sleep(CANARY_EVERY_S)


def _age_s(at: datetime | None, clock: Clock) -> float:
    """Seconds since then; NaN where there is no then."""
    return float("nan") if at is None else max(0.0, (clock.now() - at).total_seconds())


def part_listen(settings: Settings, socket_path: Path | None) -> Listen:
    """Where a part's health is: on the socket its supervisor gave it, else on the port of the settings."""
    return socket_path if socket_path is not None else (settings.http_host, settings.metrics_port)
