"""What providers report is kept once, waits for the engine, and is forgotten in its time."""

from __future__ import annotations

from datetime import datetime, timedelta

from rules.domain.callbacks import Answered, Callback, Delivered, Key, NoAnswer, Refused
from store import callbacks
from store.database import Database

SAID: list[Callback] = [
    Answered(reference="4711", key=Key.TAKE),
    Answered(reference="4711", key=None),
    NoAnswer(reference="4712", detail="200002"),
    Delivered(reference="4713"),
    Refused(reference="4714", detail="MK:0001"),
]


async def test_what_is_reported_waits_as_it_was_said_until_it_is_taken(db: Database, now: datetime) -> None:
    async with db.transaction() as connection:
        assert await callbacks.hear(connection, "voice-a", SAID, now=now) == len(SAID)
        found = await callbacks.waiting(connection, 100)
        assert {repr(each.said) for each in found} == {repr(each) for each in SAID}
        await callbacks.taken(connection, [each.id for each in found], now=now)
        assert await callbacks.waiting(connection, 100) == []


async def test_a_provider_that_says_it_again_is_heard_once(db: Database, now: datetime) -> None:
    async with db.transaction() as connection:
        await callbacks.hear(connection, "voice-a", [*SAID, *SAID], now=now)
        assert await callbacks.hear(connection, "voice-a", SAID, now=now + timedelta(seconds=5)) == 0
        assert await callbacks.hear(connection, "voice-b", SAID, now=now) == len(SAID)


async def test_what_was_taken_long_ago_is_forgotten_and_what_waits_is_not(db: Database, now: datetime) -> None:
    async with db.transaction() as connection:
        await callbacks.hear(connection, "voice-a", SAID, now=now)
        first, *_ = await callbacks.waiting(connection, 1)
        await callbacks.taken(connection, [first.id], now=now)
        await callbacks.forget(connection, now + timedelta(days=1), 100)
        assert await connection.fetchval("SELECT count(*) FROM callback") == len(SAID) - 1
