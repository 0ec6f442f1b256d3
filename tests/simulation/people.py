"""The people of the centre by chance: most answer within a minute, some sleep, sometimes nobody is there at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from rules.domain.lifecycle import RulesError
from rules.domain.notices import Purpose
from rules.domain.resolution import Safety
from rules.domain.vocabulary import UNRESOLVED, Class, Family, Outcome, Priority, SafetyKind, State, Step
from rules.engine.outbox import Letter
from store.acts import note_act
from store.database import Database, StoreError
from store.field_desk import Sending, send_by_desk
from store.opening import Centre
from store.step_types import HandedOver
from store.steps import Hand, StepRequest, take_step
from tests.simulation.agenda import Agenda

#: Hours of the site's day in which one person sits at the desks instead of all.
NIGHT: Final = range(14, 22)  # UTC: 22:00 to 06:00 there
#: Shares of calls on which the desk does not stir at the first ring, and of owners who fall asleep over a case.
MISSES_RING: Final = 0.06
FALLS_ASLEEP: Final = 0.01
PAGE_DIES: Final = 0.005
REOPENS: Final = 0.003
LEAVES_OPEN: Final = 0.2
#: Of quiet hours at night: whoever sits there alone nods off, and no key is pressed for the next two.
NODS_OFF: Final = 0.002
NODS_FOR: Final = timedelta(hours=2)
#: Between two signs of life of somebody who works on a case, so that nobody has to ask.
ACTS_EVERY_S: Final = 100
LEASE_HELD: Final = timedelta(hours=6)
TRIES: Final = 5

_NEWS: Final = """
SELECT id, state, priority, unattended, sounded_at FROM incident
 WHERE id IN (SELECT object_id FROM change WHERE seq > $1 AND kind = 'incident') AND class <> 'canary' ORDER BY id
"""
_KEYS: Final = """
UPDATE duty SET acted_at = $2, asked_at = NULL, away_since = NULL WHERE user_id = ANY ($1)
"""
_THERE: Final = """
UPDATE duty SET state = CASE WHEN user_id = ANY ($1) THEN 'on' ELSE 'off' END, since = $2, acted_at = $2,
                asked_at = NULL, away_since = NULL
"""


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
    answered_calls: int = 0
    _sounded: dict[int, datetime | None] = field(default_factory=dict)
    _nods_until: datetime | None = None

    def on_duty(self, now: datetime) -> list[Hand]:
        """One at night, all by day, and in one half hour of a week nobody at all."""
        if (now.isocalendar().week * 7 + now.weekday()) % 7 == 3 and now.hour == 20 and now.minute < 30:
            return []
        return self.dispatchers[:1] if now.hour in NIGHT else self.dispatchers

    def _awake(self, now: datetime) -> list[Hand]:
        return [] if self._nods_until is not None and now < self._nods_until else self.on_duty(now)

    async def shift(self, now: datetime) -> bool:
        """Say at the desks who is there, and press a key now and then; whether somebody came or went."""
        if now.hour in NIGHT and self.rng.random() < NODS_OFF:
            self._nods_until = now + NODS_FOR
        here = [hand.user_id for hand in self.on_duty(now)]
        if here != self.said_here:
            self.said_here = here
            await self.db.pool.execute(_THERE, here, now)
            return True
        if now.minute == 0:
            await self.db.pool.execute(_KEYS, [hand.user_id for hand in self._awake(now)], now)
        return False

    async def read_news(self, after: int, now: datetime) -> None:
        """What the feed brought: what sounds, what nobody has yet, and what nobody has finished."""
        for row in await self.db.pool.fetch(_NEWS, after):
            is_new = row["id"] not in self._sounded
            before, self._sounded[row["id"]] = self._sounded.get(row["id"]), row["sounded_at"]
            sounds = row["sounded_at"] is not None and row["sounded_at"] != before
            if row["state"] == State.RESOLVED and sounds and not is_new:
                self.must_finish(row["id"], now)
            elif row["unattended"] and row["state"] in UNRESOLVED and (sounds or is_new):
                self.hear(row["id"], now, urgent=sounds and row["priority"] < Priority.NOTICE)

    def told(self, letter: Letter, now: datetime) -> None:
        """Somebody picked up the telephone."""
        if letter.purpose in (Purpose.ESCALATION, Purpose.CALL_SERVICES):
            self.answered_calls += 1
            self.agenda.at(now + timedelta(seconds=1), partial(self._called, letter))

    async def _called(self, letter: Letter, now: datetime) -> None:
        incident_id = await self.db.pool.fetchval("SELECT incident_id FROM outbox WHERE id = $1", letter.id)
        if incident_id is None:
            return
        if letter.purpose is Purpose.ESCALATION:
            self.hear(incident_id, now, urgent=True, phone=True)
            return
        owner = await self.db.pool.fetchval("SELECT claimed_by FROM incident WHERE id = $1", incident_id)
        by = next((hand for hand in self.dispatchers if hand.user_id == owner), self.supervisor)
        await self._step(incident_id, _services("ambulance"), by, now)

    def hear(self, incident_id: int, now: datetime, *, urgent: bool, phone: bool = False) -> None:
        """It rings: somebody may go to it, in their own time."""
        if not phone and self.rng.random() < MISSES_RING:
            return
        wait_s = self.rng.lognormvariate(3.0, 0.6) if urgent else self.rng.uniform(120, 5400)
        self.agenda.at(now + timedelta(seconds=wait_s), partial(self._goes_to, incident_id, phone=phone))

    def must_finish(self, incident_id: int, now: datetime) -> None:
        """The file is on the supervisor's list."""
        wait = timedelta(seconds=self.rng.uniform(600, 6 * 3600))
        self.agenda.at(now + wait, partial(self._closes, incident_id, self.supervisor))

    # -- one case --------------------------------------------------------------------------------------------------

    async def _goes_to(self, incident_id: int, now: datetime, *, phone: bool) -> None:
        row = await self._row(incident_id)
        here = self._awake(now) or ([self.supervisor] if phone else [])
        if not here or not row["unattended"]:
            return
        by = here[self.rng.randrange(len(here))]
        if not await self._step(incident_id, StepRequest(step=Step.CLAIM), by, now):
            return
        self.claims += 1
        chance = self.rng.random()
        if chance < PAGE_DIES:
            return  # the claim lapses within a lease's term
        await self.db.pool.execute("UPDATE incident SET lease_until = $2 WHERE id = $1", incident_id, now + LEASE_HELD)
        if chance >= FALLS_ASLEEP:
            self._works_on(incident_id, by, row, now)

    def _works_on(self, incident_id: int, by: Hand, row: Any, now: datetime) -> None:
        technical = row["family"] == Family.TECHNICAL or row["priority"] >= Priority.TECHNICAL
        serious = incident_id in self.serious and not technical
        end_s = self.rng.uniform(60, 1500) if technical else self.rng.uniform(1200, 2400) if serious else None
        end_s = self.rng.uniform(60, 180) if end_s is None else end_s
        if serious:
            self._after(now, 25, self._takes(incident_id, by, _call("spoke_help")))
            self._after(now, 40, self._takes(incident_id, by, _services(_service_for(row["class"]))))
            self._after(now, 60, partial(self._sends, incident_id, by))
        elif not technical:
            # Of voices that say that all is well, one in five proves nothing.
            verified = "code_word" if self.rng.random() < 0.8 else "none"
            self._after(now, 15, self._takes(incident_id, by, _call("spoke_ok", verified)))
        for number in range(1, 0 if technical else int(end_s // ACTS_EVERY_S) + 1):
            self._after(now, number * ACTS_EVERY_S, partial(self._stirs, by))
        self._will_resolve(incident_id, by, now + timedelta(seconds=end_s), technical=technical, tries=TRIES)

    def _after(self, now: datetime, seconds: float, act: Any) -> None:
        self.agenda.at(now + timedelta(seconds=seconds), act)

    async def _sends(self, incident_id: int, by: Hand, now: datetime) -> None:
        """Somebody is asked to go: whom the machine would ask."""
        row = await self._row(incident_id)
        if row["claimed_by"] == by.user_id:
            asked = send_by_desk(self.db, incident_id, Sending(), by=by, centre=self.centre, now=now)
            await self._tries("send", asked)

    async def _stirs(self, by: Hand, now: datetime) -> None:
        await note_act(self.db, by.user_id, now)

    def _takes(self, incident_id: int, by: Hand, request: StepRequest) -> Any:
        async def takes(now: datetime) -> None:
            row = await self._row(incident_id)
            if row["claimed_by"] == by.user_id:
                await self._step(incident_id, request, by, now)

        return takes

    def _will_resolve(self, incident_id: int, by: Hand, when: datetime, *, technical: bool, tries: int) -> None:
        self.agenda.at(when, partial(self._resolves, incident_id, by, technical=technical, tries=tries))

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
            self.agenda.at(when, partial(self._closes, incident_id, by))

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
        taken = take_step(self.db, incident_id, request, by=by, centre=self.centre, now=now)
        return await self._tries(str(request.step), taken)

    async def _tries(self, what: str, step: Awaitable[object]) -> bool:
        try:
            await step
        except (StoreError, RulesError) as refusal:
            self.refused[f"{what}: {type(refusal).__name__} {refusal}"[:90]] += 1
            return False
        return True

    async def _row(self, incident_id: int) -> Any:
        return await self.db.pool.fetchrow(
            "SELECT state, claimed_by, unattended, priority, family, class, version FROM incident WHERE id = $1",
            incident_id,
        )  # fmt: skip


def _call(result: str, verified: str = "none") -> StepRequest:
    return StepRequest(step=Step.CALL, facts=(("to", "resident"), ("result", result), ("verified", verified)))


def _services(service: str) -> StepRequest:
    return StepRequest(step=Step.HANDOVER, payload=HandedOver(service=service, number="0513-6119", answer="accepted"))


def _service_for(class_: str) -> str:
    return "fire" if class_ in {Class.SMOKE, Class.HEAT, Class.FIRE, Class.GAS, Class.CARBON_MONOXIDE} else "ambulance"
