"""The daily test of every channel: who is rung, and whether somebody heard it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rules.domain.channel_tests import AGAIN_S, ANSWER_LIMIT_S, Last, due
from rules.domain.notices import Answer, Notice, Purpose
from rules.domain.sending import Kind, Way
from rules.domain.vocabulary import Class, Priority
from store import outbox, technical
from store.canary import last_round
from store.database import Connection, Database
from store.row_guard import RowGuard
from store.sql import queries

if TYPE_CHECKING:
    from store.opening import Centre

_Q: Final = queries("channel_tests")

#: A press of the canary that has not come the whole way for so long concerns everybody (centre.md, part 3).
CANARY_OLD_S: Final = 180


@dataclass(frozen=True, kw_only=True, slots=True)
class Tested:
    """A channel's last test; `age_s` since it last passed, None where it never did."""

    channel: str
    passed: bool | None
    age_s: float | None


class ChannelTests:
    """The store's side of the test pass."""

    def __init__(self, database: Database, centre: Centre, ways: Sequence[Way]) -> None:
        self._database = database
        self._centre = centre
        self._guard = RowGuard("channel_tests")
        self._ways = tuple(way for way in ways if way.kind is not Kind.CATCHER)

    async def run(self, now: datetime) -> int:
        """Begin what is due, end what was not answered, and look at the canary; return how many tests were touched."""
        touched = 0
        with self._guard.row("overdue", now):
            touched += await self._end_overdue(now)
        last = await self._last()
        for way in self._ways:
            with self._guard.row(("way", way.name), now):
                if due(last.get(way.name), now=now, timezone=self._centre.timezone):
                    await self._begin(way, now)
                    touched += 1
        with self._guard.row("canary", now):
            await self._look_at_canary(now)
        return touched

    async def ages(self, now: datetime) -> list[Tested]:
        """Every channel of the settings, tested or not."""
        rows = {row["channel"]: row for row in await self._database.pool.fetch(_Q.last)}
        found = []
        for way in self._ways:
            row = rows.get(way.name)
            passed_at = row["passed_at"] if row is not None else None
            age_s = (now - passed_at).total_seconds() if passed_at is not None else None
            found.append(Tested(channel=way.name, passed=row["passed"] if row is not None else None, age_s=age_s))
        return found

    async def _last(self) -> dict[str, Last]:
        rows = await self._database.pool.fetch(_Q.last)
        return {
            row["channel"]: Last(begun_at=row["begun_at"], passed=row["passed"] if row["ended_at"] else None)
            for row in rows
        }

    async def _begin(self, way: Way, now: datetime) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(_Q.one_at_a_time)
            if await connection.fetchval(_Q.begun_since, way.name, now - timedelta(seconds=AGAIN_S)):
                return  # another engine was first
            recipient = await self._whom(connection, way, now)
            key = f"test:{way.name}:{now:%Y%m%dT%H%M%S}"
            if recipient is None:
                reason = "nobody_to_reach"
                await connection.execute(_Q.begun, way.name, way.kind, None, None, now, now, False, reason)
                await _report(connection, way.name, way.kind, reason, centre=self._centre, now=now)
                return
            notice = Notice(
                purpose=Purpose.CHANNEL_TEST, recipient=recipient, priority=Priority.NOTICE, key=key,
                not_after=now + timedelta(seconds=ANSWER_LIMIT_S), facts=(("channel", way.name),),
            )  # fmt: skip
            await outbox.put(connection, [notice], now=now)
            await connection.execute(_Q.begun, way.name, way.kind, key, recipient, now, None, None, "")

    async def _whom(self, connection: Connection, way: Way, now: datetime) -> str | None:
        """The on-call number itself for a voice; a group or a receiver stands for itself."""
        if way.kind is Kind.VOICE:
            recipient: str | None = await connection.fetchval(_Q.whom_to_ring, now)
            return recipient
        if way.kind in (Kind.ROBOT, Kind.WEBHOOK):
            return f"{way.kind}:{way.name}"
        told: str | None = await connection.fetchval(_Q.whom_to_tell, now, str(way.kind))
        return told

    async def _end_overdue(self, now: datetime) -> int:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_Q.overdue, now - timedelta(seconds=ANSWER_LIMIT_S))
            if row is None:
                return 0
            await _end(connection, row, passed=False, reason="no_answer", centre=self._centre, now=now)
            return 1

    async def _look_at_canary(self, now: datetime) -> None:
        """No full round for three minutes: everybody must know, by a channel that does not need that way."""
        ended_at = await last_round(self._database)
        if ended_at is None:
            return
        age_s = int((now - ended_at).total_seconds())
        async with self._database.transaction() as connection:
            if age_s > CANARY_OLD_S:
                if await technical.is_open(connection, _CANARY):
                    return
                facts = (("age_s", age_s),)
                await technical.report(
                    connection, Class.CHANNEL_FAILED, _CANARY, facts=facts, centre=self._centre, now=now
                )
            elif await technical.is_open(connection, _CANARY):
                await technical.ended(connection, _CANARY, facts=(), centre=self._centre, now=now)


_CANARY: Final = "canary"


async def sent(connection: Connection, notice_id: int, word: str, *, centre: Centre, now: datetime) -> None:
    """A test went out, or could not. A voice is judged by its answer alone. Ends with the change feed."""
    row = await connection.fetchrow(_Q.of_notice, notice_id)
    if row is None:
        return
    if word not in ("sent", "uncertain"):
        await _end(connection, row, passed=False, reason=word, centre=centre, now=now)
    elif row["kind"] != Kind.VOICE:
        await _end(connection, row, passed=True, reason="", centre=centre, now=now)


async def answered(connection: Connection, notice_id: int, answer: Answer, *, centre: Centre, now: datetime) -> None:
    """Somebody heard the test, or nobody did. Ends with the change feed."""
    row = await connection.fetchrow(_Q.of_notice, notice_id)
    if row is None or answer is Answer.DELIVERED:
        return
    passed = answer in (Answer.TAKE, Answer.CANNOT, Answer.HEARD)
    await _end(connection, row, passed=passed, reason="" if passed else str(answer), centre=centre, now=now)


async def _end(
    connection: Connection, row: object, *, passed: bool, reason: str, centre: Centre, now: datetime
) -> None:
    test_id, channel, kind = row["id"], row["channel"], row["kind"]  # type: ignore[index]  # an asyncpg.Record
    await connection.execute(_Q.end_test, test_id, now, passed, reason)
    if not passed:
        await _report(connection, channel, kind, reason, centre=centre, now=now)
    elif await technical.is_open(connection, f"channel:{channel}"):
        await technical.ended(connection, f"channel:{channel}", facts=(), centre=centre, now=now)


async def _report(
    connection: Connection, channel: str, kind: str, reason: str, *, centre: Centre, now: datetime
) -> None:
    """A voice that reaches nobody is everybody's trouble at once; another channel's shows in its metric."""
    if kind == Kind.VOICE:
        facts = (("channel", channel), ("reason", reason))
        about = f"channel:{channel}"
        await technical.report(connection, Class.CHANNEL_FAILED, about, facts=facts, centre=centre, now=now)
