"""Reading the feed: a list and its number are of one moment, and what was missed is told whole or not at all."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from store.changes import Change, record
from store.database import Database
from store.feed import changes_after, changes_between, listening, snapshot


async def _write(db: Database, now: datetime, *ids: int) -> None:
    async with db.transaction() as connection:
        await record(connection, [Change(kind="device", object_id=one, area="a.b") for one in ids], now=now)


async def test_a_snapshot_does_not_see_what_is_committed_after_its_number(db: Database, now: datetime) -> None:
    await _write(db, now, 1)
    async with snapshot(db) as (connection, seq):
        await _write(db, now, 2)
        assert seq == 1
        assert [change.seq for change in await changes_after(connection, 0, limit=10)] == [1]


@pytest.mark.parametrize(
    ("after", "upto", "limit", "told"),
    [(0, 3, 10, [1, 2, 3]), (2, 3, 10, [3]), (3, 3, 10, []), (5, 3, 10, []), (0, 3, 2, None), (0, 9, 10, None)],
)
async def test_what_was_missed_is_told_whole_or_not_at_all(
    db: Database, now: datetime, after: int, upto: int, limit: int, told: list[int] | None
) -> None:
    await _write(db, now, 1, 2, 3)
    found = await changes_between(db, after, upto, limit=limit)
    assert (None if found is None else [change.object_id for change in found]) == told


async def test_a_commit_wakes_the_listener(db: Database, now: datetime) -> None:
    woken = asyncio.Event()
    async with listening(db.dsn, woken.set) as connection:
        await _write(db, now, 7)
        await asyncio.wait_for(woken.wait(), timeout=10)
        (change,) = await changes_after(connection, 0, limit=10)
    assert (change.kind, change.object_id, change.area) == ("device", 7, "a.b")
