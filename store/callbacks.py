"""What providers report of messages sent earlier: kept at once, taken by the engine in its own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog

from rules.domain.callbacks import Answered, Callback, Delivered, Key, NoAnswer, Refused, Replied, answer_of
from rules.domain.sending import ASKS_FOR_A_KEY
from store import answers
from store.database import Connection, Database
from store.opening import Centre
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("callbacks")
_log: Final = structlog.get_logger(__name__)


#: Taken in in one turn; more wait for the next, which follows at once.
BATCH: Final = 200
#: A telephone can be picked up before the answer that named the call was recorded; one without a notice for so long
#: belongs to none of ours.
UNCLAIMED_AFTER: Final = timedelta(minutes=10)
#: A text sent back answers a question of these last hours; links to assignments live as long (centre.md, 20).
REPLIES_TO: Final = timedelta(hours=12)
#: A trail for whoever asks what a provider said; the case's record keeps what followed.
KEPT: Final = timedelta(days=30)


class Heard(StrEnum):
    """Which callback it was."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    DELIVERED = "delivered"
    REFUSED = "refused"


_WORDS: Final[dict[type[Callback], Heard]] = {
    Answered: Heard.ANSWERED,
    NoAnswer: Heard.NO_ANSWER,
    Delivered: Heard.DELIVERED,
    Refused: Heard.REFUSED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """One callback with the channel it came by and when."""

    id: int
    channel: str
    said: Callback
    received_at: datetime


async def hear(connection: Connection, channel: str, said: Sequence[Callback | Replied], *, now: datetime) -> int:
    """Keep what a provider reports; what it said before is left out. Return how many are new."""
    found = [await _of_a_reply(connection, channel, each, now) if isinstance(each, Replied) else each for each in said]
    known = [each for each in found if each is not None]
    rows = await connection.fetch(
        _Q.hear, channel, [each.reference for each in known], [str(_WORDS[type(each)]) for each in known],
        [_key_of(each) for each in known], [getattr(each, "detail", "") for each in known], now,
    )  # fmt: skip
    return len(rows)


async def _of_a_reply(connection: Connection, channel: str, said: Replied, now: datetime) -> Answered | None:
    """What somebody was last asked by this channel is what their text answers; None where nothing was asked of them."""
    purposes = [str(purpose) for purpose in ASKS_FOR_A_KEY]
    reference = await connection.fetchval(_Q.reply_to, channel, said.number, purposes, now - REPLIES_TO)
    if reference is None:
        _log.info("reply_answers_nothing", channel=channel)
        return None
    return Answered(reference=reference, key=said.key)


async def waiting(connection: Connection, limit: int) -> list[Waiting]:
    """What nobody has taken in yet, oldest first."""
    return [
        Waiting(id=row["id"], channel=row["channel"], said=_said(row), received_at=row["received_at"])
        for row in await connection.fetch(_Q.waiting, limit)
    ]


async def taken(connection: Connection, ids: Sequence[int], *, now: datetime) -> None:
    """These were taken in: called after what follows from them has been committed.

    One whose reference no notice has yet is left waiting.
    """
    await connection.execute(_Q.taken, list(ids), now)


async def forget(connection: Connection, before: datetime, limit: int) -> None:
    """Delete what was taken before then, at most so many."""
    await connection.execute(_Q.forget, before, limit)


class CallbackStore:
    """The engine's side: what waits is taken in, each in transactions of its own, and marked after they committed."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre
        self._guard = RowGuard("callbacks")

    async def take_in(self, now: datetime) -> int:
        """Take in what waits; return how many were. Taking one in twice changes nothing the second time."""
        async with self._database.pool.acquire() as connection:
            found = await waiting(connection, BATCH)
        done = [each.id for each in found if await self._took_or_says_why(each, now)]
        if done:
            async with self._database.transaction() as connection:
                await taken(connection, done, now=now)
                await forget(connection, now - KEPT, BATCH)
        return len(done)

    async def _took_or_says_why(self, one: Waiting, now: datetime) -> bool:
        # Nobody's key press may wait behind another's.
        if not self._guard.waits(one.id, now):
            with self._guard.row(one.id, now):
                return await self._took(one, now)
        return one.received_at < now - UNCLAIMED_AFTER

    async def _took(self, one: Waiting, now: datetime) -> bool:
        answer, reference = answer_of(one.said), one.said.reference
        known = await answers.answered(self._database, one.channel, reference, answer, centre=self._centre, now=now)
        return known or one.received_at < now - UNCLAIMED_AFTER


def _key_of(said: Callback) -> str | None:
    return said.key if isinstance(said, Answered) else None


def _said(row: Any) -> Callback:
    reference: str = row["reference"]
    match Heard(row["outcome"]):
        case Heard.ANSWERED:
            return Answered(reference=reference, key=Key(row["key"]) if row["key"] is not None else None)
        case Heard.NO_ANSWER:
            return NoAnswer(reference=reference, detail=row["detail"])
        case Heard.DELIVERED:
            return Delivered(reference=reference)
        case Heard.REFUSED:
            return Refused(reference=reference, detail=row["detail"])
