"""A database of each test's own, as the program connects to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from store.database import Database, connect
from store.sealing import Keyring

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


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
