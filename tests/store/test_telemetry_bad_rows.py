"""One bad row costs itself: the others are stored, and what is our own fault is never blamed on a row."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from store.database import Database
from store.partitions import day_of, make_days_ahead, partition_name
from store.telemetry import Batch, store_isolating, store_readings
from tests.town import NOW

#: The oldest server we support, and the one that comes with the program.
pytestmark = pytest.mark.parametrize("embedded_postgres", ["18", "17"], indirect=True)

ROWS = 100


def batch_with(bad: dict[int, str], *, count: int = ROWS) -> Batch:
    """Readings of one device; those at the given positions hold data that cannot be stored."""
    batch = Batch()
    for position in range(count):
        batch.add(NOW, NOW, position, 1, False, "reading", f"e{position}", bad.get(position, '{"value":1}'))
    return batch


async def ids_stored(db: Database) -> set[str]:
    return {row["event_id"] for row in await db.pool.fetch("SELECT event_id FROM reading")}


@pytest.fixture(autouse=True)
async def days(db: Database) -> None:
    async with db.pool.acquire() as connection:
        await make_days_ahead(connection, NOW)


@pytest.mark.parametrize("data", ['{"a":"\\u0000"}', "{", "", '{"a":1e999999}', '{"a":"\\ud800"}', '{"a":\n1}'])
@pytest.mark.parametrize("positions", [{0}, {99}, {50}, {3, 4}, {0, 33, 66, 99}])
async def test_only_the_bad_rows_are_set_apart(db: Database, data: str, positions: set[int]) -> None:
    batch = batch_with(dict.fromkeys(positions, data))
    async with db.transaction() as connection:
        new, copies, bad = await store_isolating(connection, batch, readings=True)
    assert (new, copies) == (ROWS - len(positions), frozenset())
    assert {row.position for row in bad} == positions
    assert await ids_stored(db) == {f"e{n}" for n in range(ROWS)} - {f"e{n}" for n in positions}


async def test_every_row_may_be_bad(db: Database) -> None:
    async with db.transaction() as connection:
        new, _, bad = await store_isolating(
            connection, batch_with(dict.fromkeys(range(8), "{"), count=8), readings=True
        )
    assert (new, [row.position for row in bad]) == (0, list(range(8)))
    assert await ids_stored(db) == set()


async def test_copies_keep_their_positions_beside_bad_rows(db: Database) -> None:
    async with db.transaction() as connection:
        await store_readings(connection, batch_with({}, count=10))
    later = Batch()
    for position in range(20):
        later.add(
            NOW + timedelta(seconds=1), NOW, position, 1, False, "reading", f"e{position}",
            "{" if position == 15 else "{}",
        )  # fmt: skip
    async with db.transaction() as connection:
        new, copies, bad = await store_isolating(connection, later, readings=True)
    assert (new, copies, [row.position for row in bad]) == (9, frozenset(range(10)), [15])


async def test_where_the_control_row_fails_too_nobody_is_blamed(db: Database) -> None:
    """A trigger of ours that refuses everything, with a code that a bad row would have."""
    today = partition_name(day_of(NOW))
    await db.pool.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'ours' USING ERRCODE = '22000'; END$$"
    )
    await db.pool.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON {today} FOR EACH ROW EXECUTE FUNCTION refuse()")
    with pytest.raises(asyncpg.DataError):
        async with db.transaction() as connection:
            await store_isolating(connection, batch_with({}, count=4), readings=True)
    assert await ids_stored(db) == set()


async def test_an_error_of_ours_is_raised_and_blames_no_row(db: Database) -> None:
    await db.pool.execute(f"ALTER TABLE reading DETACH PARTITION {partition_name(day_of(NOW))}")
    await db.pool.execute(f"DROP TABLE {partition_name(day_of(NOW))}")
    with pytest.raises(asyncpg.UndefinedTableError):
        async with db.transaction() as connection:
            await store_isolating(connection, batch_with({3: "{"}, count=8), readings=True)


async def test_a_lock_that_is_held_blames_no_row(db: Database, fresh_dsn: str) -> None:
    holder = await asyncpg.connect(fresh_dsn)
    try:
        async with holder.transaction():
            await holder.execute(f"LOCK TABLE {partition_name(day_of(NOW))} IN EXCLUSIVE MODE")
            with pytest.raises(asyncpg.LockNotAvailableError):
                async with db.transaction() as connection:
                    await store_isolating(connection, batch_with({3: "{"}, count=8), readings=True)
    finally:
        await holder.close()
