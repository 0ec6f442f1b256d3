"""A case whose row is busy for a moment has its supervisor rung twice, and everybody else's page waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from rules.engine.outbox import Letter, OutboxPass, Outcome
from store.delivery import DeliveryStore
from tests.story.telephones import Telephones, telephones_in
from tests.town import CENTRE
from tests.waiting import until

PHONE, OTHER = "13900000001", "13900000002"


class Hindered(DeliveryStore):
    """A store in which somebody else holds what one notice needs."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.busy = 0  #: recordings that find the case taken
        self.free = asyncio.Event()  #: until then nothing of a refusal or an answer is written

    async def record(self, letter: Letter, outcome: Outcome, now: datetime) -> str:
        if self.busy:
            self.busy -= 1
            raise asyncpg.LockNotAvailableError("canceling statement due to lock timeout")
        return await super().record(letter, outcome, now)

    async def refuse(self, *arguments: Any) -> None:
        await self.free.wait()
        await super().refuse(*arguments)

    async def unanswered(self, now: datetime) -> int:
        await self.free.wait()
        return await super().unanswered(now)


@asynccontextmanager
async def hindered_in(dsn: str) -> AsyncIterator[tuple[Telephones, Hindered]]:
    async with telephones_in(dsn) as phones:
        store = Hindered(phones.night.town.db, CENTRE)
        async with OutboxPass(store, [phones.voice, phones.sms], phones.night.clock) as outbox:
            phones.outbox = outbox
            yield phones, store
            store.free.set()


async def _notice(phones: Telephones, recipient: str, **columns: Any) -> int:
    fields = {"recipient": recipient, "purpose": "escalation", "priority": 1, "due_at": phones.now,
              "made_at": phones.now, **columns}  # fmt: skip
    places = ", ".join(f"${n}" for n in range(1, len(fields) + 1))
    query = f"INSERT INTO outbox ({', '.join(fields)}) VALUES ({places}) RETURNING id"  # noqa: S608 - names of ours
    made: int = await phones.night.town.db.pool.fetchval(query, *fields.values())
    return made


async def test_a_call_whose_case_was_busy_when_it_was_recorded_is_recorded_and_rings_once(fresh_dsn: str) -> None:
    async with hindered_in(fresh_dsn) as (phones, store):
        user = await phones.user(phone=PHONE, shift=None)
        notice = await _notice(phones, f"user:{user}")
        store.busy = 2
        store.free.set()
        for _ in range(4):
            await phones.sends()
            phones.night.clock.advance(35)
        assert len(phones.voice.taken) == 1
        assert (await phones.notice(notice))["state"] == "sent"


async def test_what_may_not_be_sent_and_cannot_be_ended_yet_delays_nobody(fresh_dsn: str) -> None:
    async with hindered_in(fresh_dsn) as (phones, store):
        refused = await _notice(phones, "user:99999")
        user = await phones.user(phone=PHONE, shift=None)
        await _notice(phones, f"user:{user}")
        for _ in range(3):
            await phones.outbox.run_once(phones.now)
        await until(lambda: phones.voice.taken, "the other is rung")
        assert (await phones.notice(refused))["state"] == "waiting"
        store.free.set()
        await phones.outbox.settle()
        assert (await phones.notice(refused))["result"] == "unknown_recipient"


async def test_an_answer_that_never_came_and_cannot_be_written_yet_delays_nobody(fresh_dsn: str) -> None:
    async with hindered_in(fresh_dsn) as (phones, store):
        user, other = await phones.user(phone=PHONE, shift=None), await phones.user(phone=OTHER, shift=None)
        rung = await _notice(phones, f"user:{user}", state="sent", channel="calls", answer_by=phones.now)
        for _ in range(2):
            await phones.outbox.run_once(phones.now)
        await _notice(phones, f"user:{other}")
        await phones.outbox.run_once(phones.now)
        await until(lambda: phones.voice.taken, "the other is rung")
        store.free.set()
        await phones.outbox.settle()
        assert (await phones.notice(rung))["result"] == "no_answer"
