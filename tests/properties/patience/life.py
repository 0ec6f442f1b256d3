"""One night, drawn from a number: what people and devices do, and the time between. No draw depends on what was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from devices.event import EventType
from rules.domain.assignments import Word
from rules.domain.notices import Answer
from rules.domain.policy_table import ROWS
from rules.domain.resolution import Safety
from rules.domain.vocabulary import UNRESOLVED, Class, Outcome, Priority, SafetyKind, Step
from rules.engine.duty import DutyPass
from rules.engine.suppression import CombinationPass
from store import acts
from store.step_types import HandedOver, Offered, Reclassed
from store.steps import StepRequest
from tests.properties.centre.payloads import ENDS
from tests.properties.centre.telephones import told_rightly
from tests.properties.centre.world import World
from tests.properties.patience import promises
from tests.properties.patience.night import STEP_MOST_S, Rung, later, nobody_rung_twice_a_minute
from tests.properties.patience.record import Record

#: What somebody in need sets off, the commonest more often.
_CALLS: Final = (
    EventType.SOS, EventType.SOS, EventType.SOS, EventType.FALL, EventType.FALL, EventType.SMOKE, EventType.SMOKE,
    EventType.GAS, EventType.CARBON_MONOXIDE, EventType.HEAT, EventType.FIRE, EventType.MEDICAL, EventType.WANDERING,
    EventType.INACTIVITY, EventType.INTRUSION,
)  # fmt: skip
_SECONDS: Final = (1, 1, 2, 3, 5, 5, 7, STEP_MOST_S, STEP_MOST_S)
_RECLASSED: Final = (Class.SOS, Class.FALL, Class.FIRE, Class.SMOKE, Class.MEDICAL, Class.INACTIVITY)
_CALL_RESULTS: Final = ("no_answer", "no_answer", "spoke_ok", "spoke_help")
#: The long life lets these look more seldom than the program does.
_EACH_STEP: Final = frozenset({DutyPass.name, CombinationPass.name})
_SERVICES: Final = ("ambulance", "fire", "police")
assert set(_RECLASSED) <= set(ROWS), "classes of the policy"


@dataclass(frozen=True, kw_only=True)
class Act:
    """What is done after so many seconds; the numbers choose among whatever there is then."""

    seconds: int
    name: str
    one: int
    two: int
    three: int
    engines: int  #: whether the second engine looks as well

    def __str__(self) -> str:
        return f"+{self.seconds} s {self.name}({self.one}, {self.two}, {self.three}){' *2' if self.engines else ''}"


#: How often each act is drawn, in a night of some kind; what is not named is drawn as in an ordinary one.
ORDINARY: Final[Mapping[str, int]] = {
    "nothing": 60, "calls": 8, "calls_again": 14, "ends": 3, "noise": 1, "claims": 7, "gives_back": 6, "passes": 4,
    "works": 8, "presses_a_key": 3, "page": 3, "duty": 3, "answers_offer": 12, "answers_telephone": 6, "merges": 2,
    "splits": 2, "links": 1, "reclasses": 2, "resolves": 1, "reopens": 1, "hands_over": 1, "transfers": 1, "tests": 2,
    "restarts": 2,
}  # fmt: skip
KINDS: Final[tuple[Mapping[str, int], ...]] = (
    {},
    # Nobody has time: people press, and nobody claims.
    {"claims": 0, "works": 0, "reopens": 0, "transfers": 0, "duty": 1},
    # Fingers that press for ever, with nobody at a desk.
    {"claims": 0, "works": 0, "calls_again": 60, "duty": 0, "page": 0, "passes": 1, "tests": 0},
    # A desk that takes and gives back.
    {"claims": 30, "gives_back": 40, "works": 1, "presses_a_key": 0, "calls": 4},
    # A desk that falls asleep over its cases.
    {"claims": 14, "gives_back": 1, "works": 2, "page": 6, "calls_again": 10},
    # Responders who say yes and no.
    {"answers_offer": 40, "claims": 2, "calls": 5, "calls_again": 4},
    # One long quiet night.
    {"nothing": 150, "calls": 2, "calls_again": 3, "claims": 2, "resolves": 0, "reclasses": 0},
)


def drawn(number: int, steps: int) -> tuple[int, list[Act]]:
    """The kind of night and everything that is done in it."""
    random = Random(number)
    kind = random.randrange(len(KINDS))
    weights = {**ORDINARY, **KINDS[kind]}
    names = random.choices(list(weights), list(weights.values()), k=steps)
    return kind, [
        Act(
            seconds=random.choice(_SECONDS), name=name, one=random.randrange(200), two=random.randrange(200),
            three=random.randrange(200), engines=random.randrange(4),
        )
        for name in names
    ]  # fmt: skip


@dataclass(kw_only=True)
class NightLife:
    """A world, what is on record of it, and the last thing somebody called by."""

    world: World
    record: Record = field(default_factory=Record)
    last: tuple[str, EventType] | None = None
    story: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.world.now

    async def begin(self, kind: int) -> None:
        """In the third kind of night nobody is at a desk from the start."""
        if kind == 2:
            for hand in self.world.cast.desks:
                await self.world.goes(hand, "off")
        self.last = (self.world.cast.worn[0], EventType.SOS)
        await self.world.look()
        await self._observe()

    async def live(self, act: Act) -> None:
        """One act, then the look of whoever is awake at this moment, then every promise."""
        self.story.append(f"{self.now:%H:%M:%S} {act}")
        later(self.world, act.seconds)
        await self.world.keep_alive()
        await self._observe()
        await getattr(self, f"_{act.name}")(act)
        await self._observe()
        await self._look(act)
        await self._observe()
        await self._judge()

    async def _look(self, act: Act) -> None:
        """Everything that looks at least every few seconds in the program."""
        first, second = self.world.engines
        for one in first.passes:
            if one.name in _EACH_STEP:
                await one.run_once(self.now)
        await self.world.look(*((first, second) if act.engines == 0 else (first,)))

    async def _observe(self) -> None:
        async with self.world.db.pool.acquire() as connection:
            await self.record.read(connection, self.now)

    async def _judge(self) -> None:
        promises.kept(self.record, self.now)
        promises.once_for_each_change(self.record)
        promises.supervisors_hear_of_it(self.record, self.now)
        assert isinstance(self.world.given, Rung), "a night's own"
        nobody_rung_twice_a_minute(self.world.given)
        async with self.world.db.pool.acquire() as connection:
            # What became due in this very look, as the text after a call that nobody answered, goes in the next one.
            before = self.now - timedelta(microseconds=1)
            await told_rightly(connection, self.world.given, before, whole=True)

    # -- devices ---------------------------------------------------------------------------------------------------

    async def _nothing(self, act: Act) -> None:
        pass

    async def _calls(self, act: Act) -> None:
        cast = self.world.cast
        devices = (*cast.worn, *cast.worn, *cast.detectors, *cast.strangers[:1])
        self.last = (devices[act.one % len(devices)], _CALLS[act.two % len(_CALLS)])
        await self._calls_again(act)

    async def _calls_again(self, act: Act) -> None:
        assert self.last is not None, "somebody always has"
        await self.world.receive(self.world.alarm(*self.last))

    async def _ends(self, act: Act) -> None:
        assert self.last is not None, "somebody always has"
        await self.world.receive(self.world.alarm(self.last[0], ENDS[act.one % len(ENDS)]))

    async def _noise(self, act: Act) -> None:
        devices = self.world.cast.devices
        await self.world.receive_noise(devices[act.one % len(devices)], b"help")

    # -- desks -----------------------------------------------------------------------------------------------------

    def _some(self, number: int, *, held: bool | None = None, states: Any = UNRESOLVED) -> Any:
        rows = [
            row for row in self.record.rows.values()
            if row["state"] in states and (held is None or (row["claimed_by"] is not None) is held)
        ]  # fmt: skip
        return rows[number % len(rows)] if rows else None

    async def _step(self, row: Any, step: Step, who: Any, **more: Any) -> None:
        if row is not None:
            await self.world.step(row["id"], StepRequest(step=step, **more), who)

    def _desk(self, number: int) -> Any:
        return self.world.cast.desks[number % len(self.world.cast.desks)]

    def _owner(self, row: Any) -> Any:
        if row is None:
            return None
        return next(hand for hand in self.world.cast.desks if hand.user_id == row["claimed_by"])

    async def _claims(self, act: Act) -> None:
        await self._step(self._some(act.one, held=False), Step.CLAIM, self._desk(act.two))

    async def _gives_back(self, act: Act) -> None:
        row = self._some(act.one, held=True)
        await self._step(row, Step.RELEASE, self._owner(row))

    async def _passes(self, act: Act) -> None:
        row = self._some(act.one)
        owner = self._owner(row) if row is not None and row["claimed_by"] else None
        await self._step(row, Step.PASS, owner if owner is not None and act.three % 2 else self._desk(act.two))

    async def _works(self, act: Act) -> None:
        row = self._some(act.one, held=True)
        if row is None:
            return
        facts = (("to", "resident"), ("result", _CALL_RESULTS[act.three % len(_CALL_RESULTS)]), ("verified", "none"))
        if act.two % 3 == 0:
            await self._step(row, Step.CALL, self._owner(row), text="13900000000", facts=facts)
        elif act.two % 3 == 1:
            await self._step(row, Step.NOTE, self._owner(row), text="她说马上就好")
        else:
            await self._step(row, Step.CONFIRM, self._owner(row))

    async def _presses_a_key(self, act: Act) -> None:
        hand = self._desk(act.one)
        if await acts.note_act(self.world.db, hand.user_id, self.now):
            self.record.acted(hand.user_id, self.now)

    async def _page(self, act: Act) -> None:
        self.world.awake ^= {self._desk(act.one).user_id}

    async def _duty(self, act: Act) -> None:
        await self.world.goes(self._desk(act.one), ("on", "on", "break", "off")[act.two % 4])

    async def _merges(self, act: Act) -> None:
        gone, stays = self._some(act.one), self._some(act.two, held=True)
        if gone is not None and stays is not None:
            await self.world.couple(Step.MERGE, gone["id"], stays["id"], self._owner(stays), gone["version"])

    async def _splits(self, act: Act) -> None:
        row = self._some(act.one)
        if row is not None:
            await self.world.couple(Step.SPLIT, row["id"], 0, self._desk(act.two), row["version"])

    async def _links(self, act: Act) -> None:
        one, two = self._some(act.one), self._some(act.two)
        if one is not None:
            await self.world.couple(Step.LINK, one["id"], two["id"], self._desk(act.three), one["version"])

    async def _reclasses(self, act: Act) -> None:
        row = self._some(act.one)
        if row is None:
            return
        owner = self._owner(row) if row["claimed_by"] else self._desk(act.two)
        by_class = act.three % 3
        given = Reclassed(
            reason="电话里说的", class_=_RECLASSED[act.two % len(_RECLASSED)] if by_class else None,
            priority=None if by_class else (Priority.CRITICAL, Priority.URGENT)[act.two % 2],
        )  # fmt: skip
        await self._step(row, Step.RECLASSIFY, owner, payload=given)

    async def _resolves(self, act: Act) -> None:
        row = self._some(act.one, held=True)
        if row is not None:
            safety = Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT)
            await self._step(row, Step.RESOLVE, self._owner(row), if_match=row["version"], outcome=Outcome.ASSISTANCE,
                             safety=safety)  # fmt: skip

    async def _reopens(self, act: Act) -> None:
        await self._step(self._some(act.one, states=("resolved",)), Step.REOPEN, self._desk(act.two))

    async def _hands_over(self, act: Act) -> None:
        row = self._some(act.one, held=True)
        service = _SERVICES[act.two % len(_SERVICES)]
        given = HandedOver(service=service, number="120", answer=("accepted", None)[act.three % 2])
        await self._step(row, Step.HANDOVER, self._owner(row), payload=given)

    async def _transfers(self, act: Act) -> None:
        row = self._some(act.one, held=True)
        await self._step(row, Step.TRANSFER, self._owner(row), payload=Offered(to_user=self._desk(act.two).user_id))

    # -- responders and telephones -----------------------------------------------------------------------------------

    async def _answers_offer(self, act: Act) -> None:
        asked = [a for a in self.record.assignments if a["ended_at"] is None]
        if asked:
            words = (Word.ACCEPT, Word.ACCEPT, Word.DECLINE, Word.DECLINE, Word.EN_ROUTE, Word.ARRIVE, Word.REPORT,
                     Word.TAKE_BACK)  # fmt: skip
            await self.world.responder_says(asked[act.one % len(asked)], words[act.two % len(words)])

    async def _answers_telephone(self, act: Act) -> None:
        answers = (Answer.TAKE, Answer.CANNOT, Answer.CANNOT, Answer.HEARD, Answer.NO_ANSWER, Answer.NO_ANSWER)
        await self.world.presses_key(act.one, answers[act.two % len(answers)])

    # -- the program and its fitters ---------------------------------------------------------------------------------

    async def _tests(self, act: Act) -> None:
        cast = self.world.cast
        await self.world.goes_on_test((*cast.worn, *cast.detectors)[act.one % 6], 1 + act.two % 20)

    async def _restarts(self, act: Act) -> None:
        self.world.restart(act.one % 2)
        if act.one % 2 == 0:
            self.record.restarted_at = self.now


async def live_through(life: NightLife, kind: int, acts: list[Act]) -> None:
    """A whole night; what breaks a promise carries its story."""
    await life.begin(kind)
    for act in acts:
        try:
            await life.live(act)
        except Exception as error:
            error.add_note(f"a night of kind {kind}; the story:\n  " + "\n  ".join(life.story))
            error.add_note("the record:\n  " + "\n  ".join(told(life)))
            raise


def told(life: NightLife) -> list[str]:
    """The cases as they stand, for whoever reads of a failure."""
    lines = []
    for course in life.record.courses.values():
        lines.append(f"case {course.id} ({course.row['class']}): {course.wait}")
        lines += [f"    {line}" for line in course.log]
    return lines
