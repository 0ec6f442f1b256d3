"""What providers report is kept once, waits for the engine, and is forgotten in its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.domain.callbacks import Answered, Callback, Delivered, Key, NoAnswer, Refused
from store import callbacks
from store.database import Database
from store.opening import Centre
from store.sealing import Keyring

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


async def _notice(db: Database, now: datetime, reference: str | None) -> int:
    """One call that is awaited, as the sender leaves it."""
    return int(
        await db.pool.fetchval(
            "INSERT INTO outbox (recipient, purpose, priority, state, channel, reference, due_at, made_at, begun_at)"
            " VALUES ('user:1', 'information', 3, 'sent', 'voice-a', $1, $2, $2, $2) RETURNING id",
            reference, now,
        )
    )  # fmt: skip


async def _answer(db: Database, notice_id: int) -> str | None:
    answer: str | None = await db.pool.fetchval("SELECT answer FROM outbox WHERE id = $1", notice_id)
    return answer


def _store(db: Database) -> callbacks.CallbackStore:
    return callbacks.CallbackStore(db, Centre(keyring=Keyring(bytes(range(32))), timezone=ZoneInfo("Asia/Shanghai")))


async def _hear(db: Database, reference: str, key: Key, now: datetime) -> None:
    async with db.transaction() as connection:
        await callbacks.hear(connection, "voice-a", [Answered(reference=reference, key=key)], now=now)


async def test_a_key_is_taken_in_once_for_the_call_it_names(db: Database, now: datetime) -> None:
    notice_id = await _notice(db, now, "116^102")
    await _hear(db, "116^102", Key.TAKE, now)
    assert await _store(db).take_in(now) == 1
    assert await _answer(db, notice_id) == "take"
    assert await _store(db).take_in(now) == 0


async def test_a_call_whose_answer_was_lost_is_named_by_the_id_we_gave_it(db: Database, now: datetime) -> None:
    notice_id = await _notice(db, now, None)
    await _hear(db, str(notice_id), Key.CANNOT, now)
    assert await _store(db).take_in(now) == 1
    assert await _answer(db, notice_id) == "cannot"


async def test_a_telephone_picked_up_before_the_call_was_recorded_is_heard_after(db: Database, now: datetime) -> None:
    await _hear(db, "116^102", Key.TAKE, now)
    assert await _store(db).take_in(now) == 0
    notice_id = await _notice(db, now, "116^102")
    assert await _store(db).take_in(now + timedelta(seconds=1)) == 1
    assert await _answer(db, notice_id) == "take"


async def test_a_report_of_no_call_of_ours_does_not_wait_for_ever(db: Database, now: datetime) -> None:
    await _hear(db, "nobody's", Key.TAKE, now)
    assert await _store(db).take_in(now + callbacks.UNCLAIMED_AFTER + timedelta(seconds=1)) == 1


async def test_one_that_cannot_be_taken_in_holds_no_other_up(
    db: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice_id = await _notice(db, now, "116^102")
    await _hear(db, "broken", Key.TAKE, now)
    await _hear(db, "116^102", Key.TAKE, now)
    as_it_is = callbacks.answers.answered

    async def breaks(database: Database, channel: str, reference: str, *more: Any, **other: Any) -> bool:
        if reference == "broken":
            raise RuntimeError("an error of ours")
        return await as_it_is(database, channel, reference, *more, **other)

    monkeypatch.setattr(callbacks.answers, "answered", breaks)
    assert await _store(db).take_in(now) == 1
    assert await _answer(db, notice_id) == "take"
