"""The days of readings: made ahead, crossed at midnight, removed while somebody reads a long report."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from store.database import Database, open_connection
from store.partitions import DAYS_AHEAD, day_of, days_ahead, drop_day, make_days_ahead, partition_name
from store.telemetry import Batch, store_readings
from tests.waiting import until

#: The oldest server we support, and the one that comes with the program.
pytestmark = pytest.mark.parametrize("embedded_postgres", ["18", "17"], indirect=True)

MIDNIGHTS = [
    datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC),
    datetime(2027, 5, 1, tzinfo=UTC),
]  # fmt: skip


def one_reading(id_: str, at: datetime) -> Batch:
    batch = Batch()
    batch.add(at, at, 7, 1, False, "reading", id_, "{}")
    return batch


async def days_there(db: Database) -> list[str]:
    rows = await db.pool.fetch("SELECT relid::regclass::text AS name FROM pg_partition_tree('reading') WHERE isleaf")
    return sorted(row["name"] for row in rows)


@pytest.mark.parametrize("midnight", MIDNIGHTS)
async def test_readings_go_on_over_midnight_and_are_known_again_on_the_next_days(
    db: Database, midnight: datetime
) -> None:
    before = midnight - timedelta(microseconds=1)
    async with db.pool.acquire() as connection:
        await make_days_ahead(connection, before)
        stored = [await store_readings(connection, one_reading(f"e{at}", at)) for at in (before, midnight)]
        assert [one.new for one in stored] == [1, 1]
        for later in (midnight, midnight + timedelta(days=1)):
            batch = one_reading(f"e{before}", later)
            assert (await store_readings(connection, batch)).copies == {0}, "a copy within two days is one"
        sums = await connection.fetch("SELECT tableoid::regclass::text AS day, count(*) FROM reading GROUP BY 1")
    assert {row["day"]: row["count"] for row in sums} == {
        partition_name(day_of(before)): 1, partition_name(day_of(midnight)): 1,
    }  # fmt: skip


async def test_days_are_made_ahead_once_by_any_number_of_processes(db: Database, fresh_dsn: str) -> None:
    now = datetime(2030, 6, 1, 12, tzinfo=UTC)
    connections = [await open_connection(fresh_dsn, application_name="tests") for _ in range(4)]
    try:
        await asyncio.gather(*(make_days_ahead(connection, now) for connection in connections))
        assert await make_days_ahead(connections[0], now) == 0
        assert await days_ahead(connections[0], now) == DAYS_AHEAD
    finally:
        for connection in connections:
            await connection.close()


async def test_a_gap_is_seen_and_filled(db: Database) -> None:
    now = datetime(2030, 6, 1, 12, tzinfo=UTC)
    async with db.pool.acquire() as connection:
        await make_days_ahead(connection, now)
        gap = partition_name(date(2030, 6, 4))
        await connection.execute(f"ALTER TABLE reading DETACH PARTITION {gap}")
        await connection.execute(f"DROP TABLE {gap}")
        assert await days_ahead(connection, now) == 2
        assert await make_days_ahead(connection, now) == 1
        assert await days_ahead(connection, now) == DAYS_AHEAD


async def test_a_long_report_stops_neither_readings_nor_the_coming_and_going_of_days(
    db: Database, fresh_dsn: str
) -> None:
    now = datetime(2030, 6, 1, 12, tzinfo=UTC)
    old = day_of(now) - timedelta(days=2)
    report = await asyncpg.connect(fresh_dsn)
    dropper = await asyncpg.connect(fresh_dsn)
    try:
        async with db.pool.acquire() as connection:
            await make_days_ahead(connection, now)
        reading = report.transaction()
        await reading.start()
        await report.execute("LOCK TABLE reading IN ACCESS SHARE MODE")
        await report.fetchval("SELECT count(*) FROM reading")
        async with db.pool.acquire() as connection:
            assert await make_days_ahead(connection, now + timedelta(days=3)) == 3
            async with asyncio.TaskGroup() as group:
                dropping = group.create_task(drop_day(dropper, old))
                waiting = (
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%DETACH%'"
                )
                await until(lambda: connection.fetchval(waiting), "the removal waits for the report")
                assert (await store_readings(connection, one_reading("meanwhile", now))).new == 1
                assert not dropping.done()
                await reading.rollback()
        assert partition_name(old) not in await days_there(db)
    finally:
        await report.close()
        await dropper.close()


@pytest.mark.parametrize("left", ["detaching", "detached", "gone"])
async def test_a_removal_that_was_broken_off_is_finished_by_the_next(db: Database, fresh_dsn: str, left: str) -> None:
    now = datetime(2030, 6, 1, 12, tzinfo=UTC)
    old = day_of(now) - timedelta(days=2)
    report, dropper = await asyncpg.connect(fresh_dsn), await asyncpg.connect(fresh_dsn)
    try:
        async with db.pool.acquire() as connection:
            await make_days_ahead(connection, now)
        if left == "detaching":
            reading = report.transaction()
            await reading.start()
            await report.fetchval("SELECT count(*) FROM reading")
            await dropper.execute("SET lock_timeout = '200ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await drop_day(dropper, old)
            await reading.rollback()
        elif left == "detached":
            await dropper.execute(f"ALTER TABLE reading DETACH PARTITION {partition_name(old)} CONCURRENTLY")
        else:
            await drop_day(dropper, old)
        await drop_day(dropper, old)
        assert partition_name(old) not in await days_there(db)
        async with db.pool.acquire() as connection:
            assert await make_days_ahead(connection, now) == 1, "the day can be made again"
    finally:
        await report.close()
        await dropper.close()
