"""A database of each test's own, as the program connects to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules.clock import SharedClock
from shouwang.embedded.postgres import EmbeddedPostgres
from store.database import Database, connect
from store.sealing import Keyring
from tests.oldest_postgres import NotFetched, programs_in

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def embedded_postgres(request: pytest.FixtureRequest, reachable_tmp: Path) -> Iterator[EmbeddedPostgres]:
    """The server; modules that name versions (`parametrize("embedded_postgres", …, indirect=True)`) run on each."""
    version = getattr(request, "param", "18")
    data_dir = reachable_tmp / f"store-{version}"
    data_dir.mkdir(mode=0o711, exist_ok=True)
    server = EmbeddedPostgres(data_dir, SharedClock())
    if version == "17":
        try:
            server.places = replace(server.places, binaries=programs_in(reachable_tmp))
        except NotFetched as reason:
            pytest.skip(f"PostgreSQL 17 is not here: {reason}")
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
async def db(fresh_dsn: str) -> AsyncIterator[Database]:
    database = await connect(fresh_dsn, application_name="shouwang tests", max_size=4)
    yield database
    await database.close()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(bytes(range(32)))


@pytest.fixture
def now() -> datetime:
    return NOW
