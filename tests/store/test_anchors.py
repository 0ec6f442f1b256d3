"""Anchors chain all records that grew, and one changed byte shows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from rules.domain.vocabulary import Class
from store import anchors
from store.database import Database, connect
from store.opening import Centre
from store.sealing import Keyring
from store.steps import Hand, Opening, open_by_hand

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
CENTRE = Centre(keyring=Keyring(bytes(range(32))), timezone=ZoneInfo("Asia/Shanghai"))


async def _open_one(db: Database) -> None:
    opening = Opening(source="phone", class_=Class.SOS, note="invented")
    await open_by_hand(db, opening, by=Hand(user_id=1), centre=CENTRE, now=NOW)


@pytest.fixture
async def db(fresh_dsn: str):
    opened = await connect(fresh_dsn, application_name="test")
    yield opened
    await opened.close()


async def test_an_anchor_covers_what_grew_and_nothing_twice(db: Database) -> None:
    assert await anchors.write(db, NOW) is None
    await _open_one(db)
    await _open_one(db)
    first = await anchors.write(db, NOW)
    assert first is not None and (first.no, first.incidents) == (1, 2)
    assert await anchors.write(db, NOW) is None
    await _open_one(db)
    second = await anchors.write(db, NOW)
    assert second is not None and (second.no, second.incidents) == (2, 1)
    assert await anchors.first_broken(db) is None


async def test_a_changed_anchor_is_named(db: Database) -> None:
    for _ in range(3):
        await _open_one(db)
        await anchors.write(db, NOW)
    # Only who may drop triggers can do this at all.
    await db.pool.execute("ALTER TABLE anchor DISABLE TRIGGER ALL")
    await db.pool.execute("GRANT UPDATE ON anchor TO CURRENT_USER")
    await db.pool.execute("UPDATE anchor SET covers = replace(covers, '1', '2') WHERE no = 2")
    assert await anchors.first_broken(db) == 2


async def test_nobody_changes_an_anchor_in_passing(db: Database) -> None:
    await _open_one(db)
    await anchors.write(db, NOW)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.pool.execute("UPDATE anchor SET covers = ''")
