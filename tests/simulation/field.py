"""Those who are asked to go: most answer by their link and go; some decline, do not look, do not move or arrive."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from rules.domain.assignments import Word
from rules.domain.lifecycle import RulesError
from rules.domain.notices import Purpose
from rules.engine.outbox import Letter
from store.assignments import Said
from store.database import Database, StoreError
from store.field_words import say
from store.opening import Centre
from tests.simulation.agenda import Agenda

ACCEPTS: Final = 0.62
DECLINES: Final = 0.15
NEVER_MOVES: Final = 0.05
NEVER_ARRIVES: Final = 0.03
NEVER_SAYS_DONE: Final = 0.1
REASONS: Final = ("away", "ill", "afraid", "no_transport")


@dataclass(kw_only=True)
class Goers:
    """Every responder of the county, by chance of their own for each offer."""

    db: Database
    centre: Centre
    agenda: Agenda
    seed: int
    said: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def told(self, letter: Letter, now: datetime) -> None:
        """An offer or a question has reached somebody."""
        if letter.purpose is Purpose.OFFER:
            self.agenda.at(now + timedelta(seconds=5), lambda at: self._offered(letter, at))
        elif letter.purpose is Purpose.CHECK_BACK:
            self.agenda.at(now + timedelta(seconds=40), lambda at: self._asked_back(letter, at))

    async def _offered(self, letter: Letter, now: datetime) -> None:
        found = await self._assignment(letter)
        if found is None:
            return
        assignment_id, actor = found
        rng = Random(f"{self.seed}:{assignment_id}")
        chance, answers_at = rng.random(), now + timedelta(seconds=rng.lognormvariate(3.0, 0.5))
        if chance < ACCEPTS:
            self._plan(assignment_id, actor, rng, answers_at)
        elif chance < ACCEPTS + DECLINES:
            self._later(answers_at, assignment_id, Said(word=Word.DECLINE, actor=actor, reason=rng.choice(REASONS)))

    def _plan(self, assignment_id: int, actor: str, rng: Random, at: datetime) -> None:
        self._later(at, assignment_id, Said(word=Word.ACCEPT, actor=actor))
        if rng.random() < NEVER_MOVES:
            return
        at += timedelta(seconds=rng.uniform(20, 150))
        self._later(at, assignment_id, Said(word=Word.EN_ROUTE, actor=actor, eta_s=rng.randrange(180, 720)))
        if rng.random() < NEVER_ARRIVES:
            return
        at += timedelta(seconds=rng.uniform(120, 840))
        self._later(at, assignment_id, Said(word=Word.ARRIVE, actor=actor))
        at += timedelta(seconds=rng.uniform(120, 420))
        self._later(at, assignment_id, Said(word=Word.REPORT, actor=actor, report={"condition": "well"}))
        if rng.random() >= NEVER_SAYS_DONE:
            at += timedelta(seconds=rng.uniform(120, 900))
            self._later(at, assignment_id, Said(word=Word.COMPLETE, actor=actor))

    async def _asked_back(self, letter: Letter, now: datetime) -> None:
        found = await self._assignment(letter)
        if found is not None and Random(f"{self.seed}:{letter.id}").random() < 0.9:
            await self._say(found[0], Said(word=Word.REPORT, actor=found[1], report={"condition": "well"}), now)

    async def _assignment(self, letter: Letter) -> tuple[int, str] | None:
        row = await self.db.pool.fetchrow("SELECT assignment_id, recipient FROM outbox WHERE id = $1", letter.id)
        return None if row is None or row["assignment_id"] is None else (row["assignment_id"], row["recipient"])

    def _later(self, when: datetime, assignment_id: int, said: Said) -> None:
        self.agenda.at(when, lambda at: self._say(assignment_id, said, at))

    async def _say(self, assignment_id: int, said: Said, now: datetime) -> None:
        try:
            await say(self.db, assignment_id, said, centre=self.centre, now=now)
        except (StoreError, RulesError) as refusal:
            self.refused[f"{said.word}: {type(refusal).__name__}"] += 1
        else:
            self.said[str(said.word)] += 1
