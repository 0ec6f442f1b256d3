"""The watch's rows: touched only when due, planned anew when something changes, safe with several engines."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from store import lane_outages
from store.database import Database
from store.sql import queries
from store.supervision import SupervisionStore
from tests.town import CENTRE

Q = queries("supervision")
ADD = (
    "INSERT INTO device (device, kind, life, interval_s, created_at)"
    " SELECT $1 || n, 'other', 'live', $2, $3 FROM generate_series(1, $4::int) AS n"
)
SPEAK = "UPDATE device_state SET last_seen = $1"


@pytest.fixture
def watch(db: Database) -> SupervisionStore:
    return SupervisionStore(db, CENTRE)


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


async def _rows(db: Database) -> list[Any]:
    return await db.pool.fetch("SELECT *, xmin::text AS written FROM supervision ORDER BY device_id")


async def test_a_device_that_speaks_has_its_row_written_only_when_it_is_due(
    db: Database, watch: SupervisionStore, now: datetime
) -> None:
    await db.pool.execute(ADD, "d", 60, now, 50)
    await watch.watch(now, 100)
    await db.pool.execute(SPEAK, now)
    await watch.watch(now, 100)
    before = [row["written"] for row in await _rows(db)]
    for seconds in range(5, 115, 5):
        await db.pool.execute(SPEAK, later(now, seconds))
        await watch.watch(later(now, seconds), 100)
    assert [row["written"] for row in await _rows(db)] == before
    seen = await watch.watch(later(now, 121), 100)
    assert (seen.put_forward, len(seen.lags_s)) == (50, 0)
    assert {row["due_at"] for row in await _rows(db)} == {later(now, 110 + 120)}


async def test_a_changed_interval_counts_from_the_next_look(
    db: Database, watch: SupervisionStore, now: datetime
) -> None:
    await db.pool.execute(ADD, "d", 86_400, now, 1)
    await watch.watch(now, 100)
    await db.pool.execute(SPEAK, later(now, 1))
    await watch.watch(later(now, 600), 100)
    assert [row["status"] for row in await _rows(db)] == ["live"]
    await db.pool.execute("UPDATE device SET interval_s = 60")
    await watch.watch(later(now, 605), 100)
    assert [row["status"] for row in await _rows(db)] == ["late"]
    await db.pool.execute("UPDATE device SET interval_s = 3600")
    await watch.watch(later(now, 610), 100)
    assert [row["status"] for row in await _rows(db)] == ["live"]
    assert await db.pool.fetchval("SELECT state FROM incident") == "resolved"


async def test_a_release_with_another_table_plans_every_device_anew(
    db: Database, watch: SupervisionStore, now: datetime
) -> None:
    await db.pool.execute(ADD, "d", 60, now, 3)
    await watch.watch(now, 100)
    await db.pool.execute("UPDATE supervision SET by_table = 0, allowed = '1 year'")
    await SupervisionStore(db, CENTRE).watch(later(now, 5), 100)
    assert {row["allowed"] for row in await _rows(db)} == {timedelta(seconds=120)}


async def test_a_lane_that_nobody_ever_held_is_out_from_when_it_was_first_seen(db: Database, now: datetime) -> None:
    await db.pool.execute("INSERT INTO lane (name) VALUES ('telemetry')")
    async with db.transaction() as connection:
        (held,) = await lane_outages.look(connection, now)
    assert (held.from_at, held.seconds) == (now, 1800)


async def test_two_engines_find_one_outage_of_a_lane(db: Database, now: datetime) -> None:
    await db.pool.execute("INSERT INTO lane (name) VALUES ('telemetry')")

    async def look(at: datetime) -> None:
        async with db.transaction() as connection:
            await lane_outages.look(connection, at)

    await asyncio.gather(look(now), look(later(now, 1)))
    assert await db.pool.fetchval("SELECT count(*) FROM lane_outage") == 1
    await db.pool.execute("UPDATE lane SET valid_until = $1", later(now, 100))
    await look(later(now, 6))
    row = await db.pool.fetchrow("SELECT to_at, unseen FROM lane_outage")
    assert row is not None
    assert (row["to_at"], row["unseen"]) == (later(now, 6), False)


async def test_a_device_in_other_hands_is_looked_at_by_whoever_is_free(
    db: Database, watch: SupervisionStore, now: datetime
) -> None:
    await db.pool.execute(ADD, "d", 60, now, 2)
    await watch.watch(now, 100)
    async with db.transaction() as connection:
        await connection.execute("SELECT 1 FROM device WHERE device = 'd1' FOR UPDATE")
        seen = await watch.watch(later(now, 125), 100)
        assert (len(seen.lags_s), seen.failed) == (1, 0)
    seen = await watch.watch(later(now, 130), 100)
    assert len(seen.lags_s) == 1


@pytest.mark.parametrize(
    ("query", "arguments"),
    [(Q.look, (10_000,)), (Q.heard_again, (100,))],
    ids=["look", "heard_again"],
)
async def test_a_look_reads_only_what_is_due(
    db: Database, watch: SupervisionStore, now: datetime, query: str, arguments: tuple[Any, ...]
) -> None:
    await db.pool.execute(ADD, "d", 3600, now, 20_000)
    while (await watch.watch(now, 100)).is_full:
        pass
    for table in ("supervision", "device_state"):
        await db.pool.execute(f"VACUUM ANALYZE {table}")
    plan = await db.pool.fetch(f"EXPLAIN {query}", later(now, 60), *arguments)
    assert "Seq Scan" not in "\n".join(row[0] for row in plan)
