"""A night with telephones: who is on the rota, what rings where, and what people press."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from devices.event import EventType
from rules.domain.notices import Answer, Purpose
from rules.domain.sending import Kind, Way
from rules.engine.outbox import Letter, OutboxPass, Outcome, Sent
from store.alarms import Accepted
from store.answers import answered
from store.delivery import DeliveryStore
from tests.story.centre_at_night import Night, night_in
from tests.town import CENTRE, Home

_numbers: Final = itertools.count(1)
#: How long the invented provider waits for a key.
ANSWER_WAIT_S: Final = 40.0


@dataclass(kw_only=True)
class Provider:
    """An invented provider of calls or texts: takes everything, unless a story says otherwise."""

    name: str
    kind: Kind
    per_minute_most: int = 600
    reserve_p1: int = 0
    taken: list[Letter] = field(default_factory=list)
    answers_with: Callable[[Letter], Outcome] | None = None
    hangs: asyncio.Event | None = None  #: nothing is answered until it is set

    @property
    def way(self) -> Way:
        return Way(name=self.name, kind=self.kind, per_minute_most=self.per_minute_most, reserve_p1=self.reserve_p1)

    async def send(self, letter: Letter) -> Outcome:
        if self.hangs is not None:
            await self.hangs.wait()
        self.taken.append(letter)
        if self.answers_with is not None:
            return self.answers_with(letter)
        waits_s = ANSWER_WAIT_S if self.kind is Kind.VOICE and letter.key_press else None
        return Sent(reference=f"{self.name}-{letter.id}-{len(self.taken)}", answer_within_s=waits_s)

    def of(self, purpose: Purpose = Purpose.ESCALATION, *, to: str | None = None) -> list[Letter]:
        """What it was given for this purpose: by default the calls of the desk chain."""
        return [one for one in self.taken if one.purpose is purpose and to in (None, one.to)]


@dataclass(kw_only=True)
class Telephones:
    """The centre through one night, with its rota and its providers."""

    night: Night
    voice: Provider
    sms: Provider
    outbox: OutboxPass
    others: list[Provider] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.night.now

    async def user(
        self, role: str = "supervisor", *, phone: str | None = None, duty: str = "off", shift: str | None = "on_call",
        rank: int = 1,
    ) -> int:  # fmt: skip
        """Somebody with an account, a telephone, and a place on the rota from now on for a day."""
        hand = await self.night.town.user(role, duty=duty)
        await self._run("UPDATE app_user SET phone = $2 WHERE id = $1", hand.user_id, phone)
        if shift is not None:
            await self.on_shift(hand.user_id, shift, rank=rank)
        return hand.user_id

    async def on_shift(self, user_id: int, role: str, *, rank: int = 1, hours: int = 24) -> None:
        await self._run(
            "INSERT INTO shift (role, user_id, from_at, to_at, rank) VALUES ($1, $2, $3, $4, $5)",
            role, user_id, self.now, self.now + timedelta(hours=hours), rank,
        )  # fmt: skip

    async def contact(
        self, home: Home, phone: str | None, *, role: str = "attends", consent: bool = True, quiet: Any = (),
        time_zone: str = "Asia/Shanghai",
    ) -> int:  # fmt: skip
        """Family of the home's resident."""
        contact_id: int = await self.night.town.db.pool.fetchval(
            "INSERT INTO contact (resident_id, name, role, phone, quiet_hours, time_zone)"
            " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            home.resident_id, f"王亲{next(_numbers)}", role, phone, list(quiet), time_zone,
        )  # fmt: skip
        if consent:
            await self._run(
                "INSERT INTO consent (resident_id, contact_id, purpose, basis, given_by, how, given_at)"
                " VALUES ($1, $2::bigint, 'family_sharing:' || $2::bigint, 'consent', 'self', 'paper', $3)",
                home.resident_id, contact_id, self.now - timedelta(days=1),
            )  # fmt: skip
        return contact_id

    async def press(self, home: Home, type_: EventType = EventType.SOS, *, device: str = "") -> Accepted:
        return await self.night.press(home, type_, device=device)

    async def pass_seconds(self, seconds: int) -> None:
        """Let time pass, a second at a time, with the engine and the outbox awake."""
        for _ in range(seconds):
            await self.night.pass_seconds(1)
            await self.sends()

    async def sends(self) -> None:
        await self.outbox.run_once(self.now)
        await self.outbox.settle()

    async def presses_key(self, letter: Letter, answer: Answer) -> None:
        """The provider reports what was pressed in this call."""
        row = await self.notice(letter.id)
        await self.reports(row["channel"], row["reference"], answer)

    async def reports(self, channel: str, reference: str, answer: Answer) -> None:
        """The provider reports on what it calls so."""
        assert await answered(self.night.town.db, channel, reference, answer, centre=CENTRE, now=self.now)

    async def notice(self, notice_id: int) -> Any:
        return await self.night.town.db.pool.fetchrow("SELECT * FROM outbox WHERE id = $1", notice_id)

    async def notices(self, *, purpose: str = "escalation") -> list[Any]:
        query = "SELECT * FROM outbox WHERE purpose = $1 ORDER BY id"
        return list(await self.night.town.db.pool.fetch(query, purpose))

    async def facts(self, incident_id: int | None, action: str) -> list[dict[str, Any]]:
        """What stands in the case's entries of this action."""
        import msgspec

        rows = await self.night.town.db.pool.fetch(
            "SELECT fixed FROM entry WHERE incident_id = $1 AND action = $2 ORDER BY seq", incident_id, action
        )
        return [msgspec.json.decode(row["fixed"])["facts"] for row in rows]

    async def _run(self, query: str, *arguments: Any) -> None:
        await self.night.town.db.pool.execute(query, *arguments)


@asynccontextmanager
async def telephones_in(dsn: str, *, more: tuple[Provider, ...] = (), **voice: Any) -> AsyncIterator[Telephones]:
    """A night with one provider of calls and one of texts."""
    async with night_in(dsn) as night:
        calls = Provider(name="calls", kind=Kind.VOICE, **voice)
        texts = Provider(name="texts", kind=Kind.SMS)
        store = DeliveryStore(night.town.db, CENTRE)
        async with OutboxPass(store, [calls, texts, *more], night.clock) as outbox:
            yield Telephones(night=night, voice=calls, sms=texts, outbox=outbox, others=list(more))
