"""The people of the centre by chance: most answer within a minute, some sleep, sometimes nobody is there at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Protocol

from rules.domain.lifecycle import RulesError
from rules.domain.resolution import Safety
from rules.domain.vocabulary import UNRESOLVED, Family, Outcome, Priority, SafetyKind, State, Step
from store.acts import note_act
from store.database import Database, StoreError
from store.opening import Centre
from store.steps import Hand, StepRequest, take_step

#: Hours of the site's day in which one person sits at the desks instead of all.
NIGHT: Final = range(14, 22)  # UTC: 22:00 to 06:00 there
#: Shares of calls on which the desk does not stir at the first ring, and of owners who fall asleep over a case.
MISSES_RING: Final = 0.06
FALLS_ASLEEP: Final = 0.01
PAGE_DIES: Final = 0.005
REOPENS: Final = 0.003
LEAVES_OPEN: Final = 0.2
#: Between two signs of life of somebody who works on a case, so that nobody has to ask.
ACTS_EVERY_S: Final = 100
LEASE_HELD: Final = timedelta(hours=6)
TRIES: Final = 5


class Agenda(Protocol):
    """Where people write down what they will do, and when."""

    def at(self, when: datetime, act: Callable[[datetime], Awaitable[None]]) -> None: ...

    def lapse_soon(self, now: datetime) -> None: ...


@dataclass(kw_only=True)
class People:
    """Dispatchers and a supervisor; whoever is off duty does not hear anything but the telephone."""

    db: Database
    centre: Centre
    agenda: Agenda
    rng: Random
    dispatchers: list[Hand]
    supervisor: Hand
    serious: set[int] = field(default_factory=set)
    said_here: list[int] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    claims: int = 0

    def on_duty(self, now: datetime) -> list[Hand]:
        """One at night, all by day, and in one half hour of a week nobody at all."""
        if (now.isocalendar().week * 7 + now.weekday()) % 7 == 3 and now.hour == 20 and now.minute < 30:
            return []
        return self.dispatchers[:1] if now.hour in NIGHT else self.dispatchers

    async def shift(self, now: datetime) -> None:
        """Say at the desks who is there."""
        here = [hand.user_id for hand in self.on_duty(now)]
        if here == self.said_here:
            return
        self.said_here = here
        await self.db.pool.execute(
            "UPDATE duty SET state = CASE WHEN user_id = ANY ($1) THEN 'on' ELSE 'off' END, since = $2, acted_at = $2",
            here, now,
        )  # fmt: skip

    def hear(self, incident_id: int, now: datetime, *, urgent: bool, phone: bool = False) -> None:
        """It rings: somebody may go to it, in their own time."""
        if not phone and self.rng.random() < MISSES_RING:
            return
        wait_s = self.rng.lognormvariate(3.0, 0.6) if urgent else self.rng.uniform(120, 5400)
        self.agenda.at(now + timedelta(seconds=wait_s), lambda at: self._goes_to(incident_id, at, phone=phone))

    def must_finish(self, incident_id: int, now: datetime) -> None:
        """The file is on the supervisor's list."""
        wait = timedelta(seconds=self.rng.uniform(600, 6 * 3600))
        self.agenda.at(now + wait, lambda at: self._closes(incident_id, self.supervisor, at))

    # -- one case --------------------------------------------------------------------------------------------------

    async def _goes_to(self, incident_id: int, now: datetime, *, phone: bool) -> None:
        row = await self._row(incident_id)
        here = self.on_duty(now) or ([self.supervisor] if phone else [])
        if not here or not row["unattended"]:
            return
        by = here[self.rng.randrange(len(here))]
        if not await self._step(incident_id, StepRequest(step=Step.CLAIM), by, now):
            return
        self.claims += 1
        chance = self.rng.random()
        if chance < PAGE_DIES:
            self.agenda.lapse_soon(now)
            return
        await self.db.pool.execute("UPDATE incident SET lease_until = $2 WHERE id = $1", incident_id, now + LEASE_HELD)
        if chance >= FALLS_ASLEEP:
            self._works_on(incident_id, by, row, now)

    def _works_on(self, incident_id: int, by: Hand, row: Any, now: datetime) -> None:
        def after(seconds: float, request: StepRequest) -> None:
            when = now + timedelta(seconds=seconds)
            self.agenda.at(when, lambda at: self._takes(incident_id, request, by, at))

        technical = row["family"] == Family.TECHNICAL or row["priority"] >= Priority.TECHNICAL
        if technical:
            end_s = self.rng.uniform(60, 1500)
        elif incident_id in self.serious:
            end_s = self.rng.uniform(1200, 2400)
            after(25, StepRequest(step=Step.CALL, text="她说要人来"))
            after(45, StepRequest(step=Step.DISPATCH))
            after(end_s * 0.5, StepRequest(step=Step.ARRIVE))
        else:
            end_s = self.rng.uniform(60, 180)
            after(15, StepRequest(step=Step.CALL, text="她说没事"))
        for number in range(1, 0 if technical else int(end_s // ACTS_EVERY_S) + 1):
            act_at = now + timedelta(seconds=number * ACTS_EVERY_S)
            self.agenda.at(act_at, lambda at: self._stirs(by, at))
        self._will_resolve(incident_id, by, now + timedelta(seconds=end_s), technical=technical, tries=TRIES)

    async def _stirs(self, by: Hand, now: datetime) -> None:
        await note_act(self.db, by.user_id, now)

    async def _takes(self, incident_id: int, request: StepRequest, by: Hand, now: datetime) -> None:
        row = await self._row(incident_id)
        if row["claimed_by"] == by.user_id:
            await self._step(incident_id, request, by, now)

    def _will_resolve(self, incident_id: int, by: Hand, when: datetime, *, technical: bool, tries: int) -> None:
        self.agenda.at(when, lambda at: self._resolves(incident_id, by, at, technical=technical, tries=tries))

    async def _resolves(self, incident_id: int, by: Hand, now: datetime, *, technical: bool, tries: int) -> None:
        row = await self._row(incident_id)
        if row["claimed_by"] != by.user_id or row["state"] not in UNRESOLVED:
            return
        kind = SafetyKind.NO_PERSON_INVOLVED if technical else SafetyKind.SPOKE_WITH_RESIDENT
        outcome = Outcome.TECHNICAL if technical else self._outcome(incident_id)
        # Named in any case: fire, smoke and gas ask for a second person.
        second = next(hand for hand in self.dispatchers if hand.user_id != by.user_id)
        safety = Safety(kind=kind, second_user_id=second.user_id)
        request = StepRequest(step=Step.RESOLVE, if_match=row["version"], outcome=outcome, safety=safety)
        if not await self._step(incident_id, request, by, now):
            if tries:
                again = now + timedelta(seconds=30)
                self._will_resolve(incident_id, by, again, technical=technical, tries=tries - 1)
            return
        if self.rng.random() < REOPENS:
            await self._reopens(incident_id, by, now)
        elif self.rng.random() >= LEAVES_OPEN:
            when = now + timedelta(seconds=self.rng.uniform(660, 3600))
            self.agenda.at(when, lambda at: self._closes(incident_id, by, at))

    def _outcome(self, incident_id: int) -> Outcome:
        if incident_id in self.serious:
            return Outcome.EMERGENCY if self.rng.random() < 0.33 else Outcome.ASSISTANCE
        return Outcome.ACCIDENTAL if self.rng.random() < 0.7 else Outcome.FALSE_ALARM

    async def _reopens(self, incident_id: int, by: Hand, now: datetime) -> None:
        if await self._step(incident_id, StepRequest(step=Step.REOPEN), by, now):
            await self.db.pool.execute(
                "UPDATE incident SET lease_until = $2 WHERE id = $1", incident_id, now + LEASE_HELD
            )
            self._will_resolve(incident_id, by, now + timedelta(seconds=90), technical=False, tries=TRIES)

    async def _closes(self, incident_id: int, by: Hand, now: datetime) -> None:
        row = await self._row(incident_id)
        if row["state"] == State.RESOLVED:
            await self._step(incident_id, StepRequest(step=Step.CLOSE, if_match=row["version"]), by, now)

    async def _step(self, incident_id: int, request: StepRequest, by: Hand, now: datetime) -> bool:
        try:
            await take_step(self.db, incident_id, request, by=by, centre=self.centre, now=now)
        except (StoreError, RulesError) as refusal:
            self.refused[f"{request.step}: {type(refusal).__name__} {refusal}"[:90]] += 1
            return False
        return True

    async def _row(self, incident_id: int) -> Any:
        return await self.db.pool.fetchrow(
            "SELECT state, claimed_by, unattended, priority, family, version FROM incident WHERE id = $1", incident_id
        )
