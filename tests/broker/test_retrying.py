"""After an error of ours the next try has a connection of its own; who only waited for a row keeps theirs."""

from __future__ import annotations

import pytest

from gateway.retrying import Retrying
from rules.clock import SharedClock
from store.database import connect

REFUSE = "DO $$ BEGIN RAISE EXCEPTION 'a test refuses' USING ERRCODE = '{}'; END $$"


@pytest.mark.parametrize(("sqlstate", "made_anew"), [("XX000", True), ("0A000", True), ("55P03", False)])
async def test_a_try_after_an_error_of_ours_has_a_new_connection(
    postgres_dsn: str, sqlstate: str, made_anew: bool
) -> None:
    database = await connect(postgres_dsn, application_name="shouwang tests", max_size=1)
    pids: list[int] = []

    async def go() -> None:
        async with database.pool.acquire() as connection:
            pids.append(await connection.fetchval("SELECT pg_backend_pid()"))
            if len(pids) == 1:
                await connection.execute(REFUSE.format(sqlstate))

    try:
        await Retrying(database, SharedClock(), lane="t").until_done(go)
    finally:
        await database.close()
    assert len(pids) == 2
    assert (pids[0] != pids[1]) == made_anew
