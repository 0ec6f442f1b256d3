"""Real servers for the tests: one PostgreSQL a test process, and brokers on free ports."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from rules.clock import SharedClock
from shouwang.embedded.broker import EmbeddedBroker
from shouwang.embedded.postgres import EmbeddedPostgres
from store.migrate import migrate
from tests.servers import Mosquitto, free_port

# A deadline, or a limit to how long examples take to make, would be a timed assertion on a machine that others use as
# well. A gate names a seed and answers alike each time (.ci/run); without one, each run looks at other examples.
settings.register_profile(
    "shouwang", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="LIFE_SEED" in os.environ
)
settings.load_profile("shouwang")

MEMORY: Final = Path("/dev/shm")  # noqa: S108  # what is made there has a random name and is closed to others
MEMORY_LEAST_BYTES: Final = 6 << 30
TEMPLATE: Final = "shouwang_template"


@pytest.fixture(scope="session")
def reachable_tmp() -> Iterator[Path]:
    """A folder that the database's user can reach also where we are root: pytest's own are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="sw-", dir=_in_memory()))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def embedded_postgres(reachable_tmp: Path) -> Iterator[EmbeddedPostgres]:
    """One running server for this test process (one for each worker of xdist)."""
    data_dir = reachable_tmp / "var"
    data_dir.mkdir(mode=0o711)
    server = EmbeddedPostgres(data_dir, SharedClock())
    asyncio.run(server.start())
    # What is killed here are processes, and what they wrote survives them; only a machine that loses power needs fsync.
    hasty = ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
    asyncio.run(_execute(server.superuser_dsn, *hasty))
    yield server
    asyncio.run(server.stop())


def _in_memory() -> str | None:
    """Linux's folder in memory where it has room: a database of its own for each test is a thousand files made and
    removed, an eighth of the time there. None for the usual place."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_LEAST_BYTES:
        return None
    return str(MEMORY)


def _in_database(dsn: str, name: str) -> str:
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def with_template(server: EmbeddedPostgres) -> str:
    """The name of a database with the whole schema and no rows on this server, made where it is not there yet.

    No fixture of a session's length: a folder may have a server of its own, and each server needs its template.
    """
    asyncio.run(_make_template(server))
    return TEMPLATE


async def _make_template(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.superuser_dsn)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", TEMPLATE):
            return
        await connection.execute(f"CREATE DATABASE {TEMPLATE} OWNER shouwang")
    finally:
        await connection.close()
    await migrate(_in_database(server.dsn, TEMPLATE))


def _fresh_database(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"t_{secrets.token_hex(6)}"
    # Copied as files: a third of the time that writing each page through the log takes, here and when it is dropped.
    create = f"CREATE DATABASE {name} TEMPLATE {template} OWNER shouwang STRATEGY FILE_COPY"
    asyncio.run(_execute(server.superuser_dsn, create))
    yield _in_database(server.dsn, name)
    asyncio.run(_execute(server.superuser_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def postgres_dsn(embedded_postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database of this test module's own."""
    yield from _fresh_database(embedded_postgres, with_template(embedded_postgres))


@pytest.fixture
def fresh_dsn(embedded_postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database of this one test's own."""
    yield from _fresh_database(embedded_postgres, with_template(embedded_postgres))


@pytest.fixture
def empty_dsn(embedded_postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database without a schema, for this one test."""
    yield from _fresh_database(embedded_postgres, "template1")


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    broker = Mosquitto(folder=tmp_path_factory.mktemp("mosquitto"), port=free_port())
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """The broker that comes with the program: MQTT 3.1.1 on `.port`, MQTT 5 on the next."""
    broker = EmbeddedBroker(tmp_path_factory.mktemp("broker"), free_port(pair=True), SharedClock())
    asyncio.run(broker.start())
    yield broker
    asyncio.run(broker.stop())
