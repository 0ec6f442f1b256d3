"""The channels of the year: they catch everything, and people pick up, press a key, or do not hear it ring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from rules.domain.callbacks import Answered, Callback, Key, NoAnswer
from rules.domain.notices import Purpose
from rules.domain.sending import Kind, Way
from rules.engine.outbox import Failed, Letter, Outcome, Sent, Uncertain
from store import callbacks
from store.database import Database
from tests.simulation.agenda import Agenda

#: A call rings for about a minute; after this its answer is none.
ANSWER_WAIT_S: Final = 60.0
#: Shares of calls that whoever is on call takes or declines; of sendings that fail, or whose answer is lost.
TAKES: Final = 0.72
CANNOT: Final = 0.08
FAILS: Final = 0.01
ANSWER_LOST: Final = 0.003

Heard = Callable[[Letter, datetime], None]


@dataclass(kw_only=True)
class Telephone:
    """One channel. Chance is drawn for each notice by itself, so that the order of sending changes nothing."""

    db: Database
    agenda: Agenda
    seed: int
    name: str
    kind: Kind
    heard: Heard  #: somebody has been told
    caught: Counter[str] = field(default_factory=Counter)

    @property
    def way(self) -> Way:
        return Way(name=self.name, kind=self.kind, per_minute_most=600, reserve_p1=60)

    async def send(self, letter: Letter) -> Outcome:
        """Keep the count; what the provider would report comes later, as its callback."""
        now, rng = self.agenda.now, Random(f"{self.seed}:{letter.id}:{letter.hold}")
        chance = rng.random()
        if chance < FAILS:
            return Failed(reason="provider_down", retry_helps=True)
        self.caught[letter.purpose] += 1
        if chance < FAILS + ANSWER_LOST:
            return Uncertain(reason="answer_lost")
        reference = f"{self.name}-{letter.id}-{letter.hold}"
        waits = self.kind is Kind.VOICE and (letter.key_press or letter.purpose is Purpose.CHANNEL_TEST)
        if not waits:
            self.heard(letter, now)
            return Sent(reference=reference)
        self._rings(letter, reference, rng, now)
        return Sent(reference=reference, answer_within_s=ANSWER_WAIT_S)

    def _rings(self, letter: Letter, reference: str, rng: Random, now: datetime) -> None:
        chance, picked_up = rng.random(), now + timedelta(seconds=rng.uniform(8, 45))
        # Who is offered a way answers by its link: `field` says so. On the telephone they only pick up.
        if letter.purpose in (Purpose.OFFER, Purpose.CHECK_BACK):
            said: Callback | None = Answered(reference=reference, key=None)
        elif chance < TAKES or letter.purpose is Purpose.CHANNEL_TEST:
            said = Answered(reference=reference, key=Key.TAKE)
        elif chance < TAKES + CANNOT:
            said = Answered(reference=reference, key=Key.CANNOT)
        else:
            said = NoAnswer(reference=reference) if chance < 0.9 else None  # its report never comes

        async def reports(at: datetime) -> None:
            if said is None:
                return
            async with self.db.pool.acquire() as connection:
                await callbacks.hear(connection, self.name, [said], now=at)
            if isinstance(said, Answered) and said.key is not Key.CANNOT:
                self.heard(letter, at)

        self.agenda.at(picked_up, reports)
