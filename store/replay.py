"""Dead letters used again: asked for by a person or by registering a device, one at a time, in the order they came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from store.audit import note_look
from store.database import Connection, Database
from store.sql import queries

_Q: Final = queries("replay")

#: A letter whose replay ended the process so often is not tried again until a person asks.
TRIES_MAX: Final = 2
#: Letters of one device that are asked for at a time: who registers it must not wait for what it said in a year.
ASKED_AT_ONCE: Final = 500


class ReplayResult(StrEnum):
    """What became of a replay."""

    USED = "used"
    NOTHING_LEFT = "nothing_left"  #: all of it was used when it came, or it says nothing that is kept
    SOURCE_UNKNOWN = "source_unknown"  #: no lane of the settings has this source any more
    DEVICE_UNKNOWN = "device_unknown"  #: register the device first
    STILL_UNREADABLE = "still_unreadable"
    UNSTORABLE = "unstorable"
    ENDED_THE_PROCESS = "ended_the_process"
    FAILED = "failed"

    @property
    def is_done(self) -> bool:
        """Whether the letter has nothing more to give."""
        return self in (ReplayResult.USED, ReplayResult.NOTHING_LEFT)


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedLetter:
    """One dead letter in hand, its row locked."""

    id: int
    device: str
    topic: str
    source: str
    reason: str
    payload: bytes
    retained: bool
    first_at: datetime
    replay_tries: int


async def ask(db: Database, letter_id: int, *, by: int, now: datetime) -> bool:
    """Ask for one letter to be used again, on record; whether there is such a letter."""
    async with db.transaction() as connection:
        if await connection.fetchval(_Q.ask, letter_id, now, by) is None:
            return False
        await note_look(connection, by, "dead_letter_replayed", f"dead_letter:{letter_id}", now=now)
    return True


async def ask_for_device(connection: Connection, device: str, *, by: int | None, now: datetime) -> None:
    """The device is registered: what it said before is used now. Inside the transaction that registers it."""
    await connection.execute(_Q.ask_for_device, device, now, by, ASKED_AT_ONCE)


@asynccontextmanager
async def alone(db: Database) -> AsyncIterator[bool]:
    """Whether nobody else is at it, for as long as the block runs: two at once would count each other's tries."""
    async with db.pool.acquire() as connection:
        # Of the session: it holds over the two transactions of a letter, and ends with the connection or here.
        alone = await connection.fetchval(_Q.only_one)
        try:
            yield alone
        finally:
            if alone:
                await connection.execute(_Q.let_another)


async def note_try(db: Database) -> AskedLetter | None:
    """The next letter that is asked for, with this try counted and committed; None where there is none."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(_Q.next)
        letter = None if row is None else AskedLetter(**dict(row))
        if letter is not None:
            await connection.execute(_Q.note_try, letter.id)
    return letter


async def take_back_try(db: Database, letter: AskedLetter) -> None:
    """It was not the letter's doing, and the process lives."""
    await db.pool.execute(_Q.take_back_try, letter.id)


async def take(connection: Connection, letter: AskedLetter) -> bool:
    """Whether it is still asked for, now locked until the caller's commit; not while somebody buries its copy."""
    return await connection.fetchval(_Q.take, letter.id) is not None


async def end(connection: Connection, letter: AskedLetter, result: ReplayResult, *, now: datetime) -> None:
    """Write what became of it; it is asked for no longer. After a device's last one more of its letters are."""
    await connection.execute(_Q.end, letter.id, str(result), result.is_done, now)
    if letter.reason == "unknown_device" and result.is_done:
        await connection.execute(_Q.ask_more, letter.device, now, letter.id, ASKED_AT_ONCE)
