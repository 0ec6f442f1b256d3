"""What the policy promises in seconds happens, while devices, desks, responders and telephones go on doing things.

On a real database with a moved clock. Nights are drawn from one number, printed with every run; `PATIENCE_NIGHTS` and
`PATIENCE_STEPS` make a long run, `PATIENCE_SEED` repeats one. The promises: `tests/properties/patience/promises.py`.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from typing import Final

import pytest

from shouwang.embedded.postgres import EmbeddedPostgres
from store.migrate import migrate
from tests.conftest import _execute, _in_database
from tests.properties.centre.world import Cast
from tests.properties.patience.life import NightLife, drawn, live_through
from tests.properties.patience.night import cast_at_night, night_in
from tests.town import record_faults

NIGHTS: Final = int(os.environ.get("PATIENCE_NIGHTS", "3"))
STEPS: Final = int(os.environ.get("PATIENCE_STEPS", "60"))
SEED: Final = int(os.environ.get("PATIENCE_SEED", "1"))


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def town(embedded_postgres: EmbeddedPostgres, runner: asyncio.Runner) -> Iterator[tuple[str, Cast]]:
    """The template of every night, and who is in it."""
    name = f"patience_{secrets.token_hex(4)}"
    dsn = _in_database(embedded_postgres.dsn, name)

    async def prepare() -> Cast:
        await _execute(embedded_postgres.superuser_dsn, f"CREATE DATABASE {name} OWNER shouwang")
        await migrate(dsn)
        return await cast_at_night(dsn)

    cast = runner.run(prepare())
    yield name, cast
    runner.run(_execute(embedded_postgres.superuser_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


async def _night(server: EmbeddedPostgres, template: str, cast: Cast, number: int) -> None:
    name = f"patience_{secrets.token_hex(6)}"
    copy = f"CREATE DATABASE {name} TEMPLATE {template} OWNER shouwang STRATEGY FILE_COPY"
    await _execute(server.superuser_dsn, copy)
    try:
        async with night_in(_in_database(server.dsn, name), cast) as world:
            await live_through(NightLife(world=world), *drawn(number, STEPS))
            async with world.db.pool.acquire() as connection:
                assert await record_faults(connection) == [], "the record at the end"
    finally:
        await _execute(server.superuser_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("number", range(SEED, SEED + NIGHTS))
def test_what_the_policy_promises_in_seconds_happens(
    embedded_postgres: EmbeddedPostgres, runner: asyncio.Runner, town: tuple[str, Cast], number: int
) -> None:
    command = f"PATIENCE_SEED={number} PATIENCE_NIGHTS=1 PATIENCE_STEPS={STEPS}"
    try:
        runner.run(_night(embedded_postgres, *town, number))
    except BaseException as error:
        error.add_note(f"to repeat: {command} python -m pytest -n 0 tests/properties/test_patience.py")
        raise
