"""The machine: everything that devices, desks, responders, engines, time and a broken database may do to a centre."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import wraps
from typing import Any, ClassVar, Final, TypeVar

import asyncpg
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
)

from devices.event import LIFE_SAFETY as LIFE_SAFETY_EVENTS
from devices.event import EventType
from rules.domain import correlation
from rules.domain.assignments import Word
from rules.domain.notices import Answer
from rules.domain.vocabulary import LIFE_SAFETY, UNRESOLVED, Mark, Step
from shouwang.embedded.postgres import EmbeddedPostgres
from tests.breaking import Manner
from tests.conftest import _execute, _in_database
from tests.properties.centre.checks import GIVES, Look, compare, fired_once, look, nothing_waits
from tests.properties.centre.payloads import DESK_STEPS, ENDS, THEIR_WORDS, TROUBLES, request_for
from tests.properties.centre.telephones import told_rightly
from tests.properties.centre.world import Cast, World, world_in
from tests.town import record_faults

T = TypeVar("T")


#: Most statements that any one act here sends.
STATEMENTS_MOST: Final = 40

life_safety = st.sampled_from(sorted(LIFE_SAFETY_EVENTS))
numbers = st.integers(0, 199)


def told(act: Callable[..., bool | None]) -> Callable[..., None]:
    """Keep what was done, with its values: engines that race leave nothing that could be shrunk to the same end.

    No act has a condition on what is there, for the same reason: what is drawn must follow from what was drawn before,
    whoever won a race. One that finds nothing to act on says False, and does not count as a step.
    """

    @wraps(act)
    def telling(self: CentreLife, **values: Any) -> None:
        self.story.append(f"{act.__name__}({', '.join(f'{name}={value!r}' for name, value in values.items())})")
        try:
            type(self).steps_taken += act(self, **values) is not False
        except Exception as error:
            error.add_note("the story: " + "\n  ".join(self.story))
            type(self).broke = type(self).broke or error
            raise

    return telling


class CentreLife(RuleBasedStateMachine):
    """One life of the centre, on a copy of the town."""

    server: ClassVar[EmbeddedPostgres]
    template: ClassVar[str]
    cast: ClassVar[Cast]
    runner: ClassVar[asyncio.Runner]
    steps_taken: ClassVar[int] = 0
    broke: ClassVar[BaseException | None] = None  #: what was found first; told again it may go otherwise

    @initialize()
    def wake(self) -> None:
        self.name = f"life_{secrets.token_hex(6)}"
        copy = f"CREATE DATABASE {self.name} TEMPLATE {self.template} OWNER shouwang STRATEGY FILE_COPY"
        self.run(_execute(self.server.superuser_dsn, copy))
        self.open = AsyncExitStack()
        dsn = _in_database(self.server.dsn, self.name)
        self.world: World = self.run(self.open.enter_async_context(world_in(dsn, self.cast)))
        self.seen = Look()
        self.story: list[str] = []

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            faults = self.run(self._faults())
        finally:
            self.run(self.open.aclose())
            deadlocks = self.run(self._deadlocks())
            self.run(_execute(self.server.superuser_dsn, f"DROP DATABASE {self.name} WITH (FORCE)"))
        assert faults == [], "the record at the end"
        assert deadlocks == 0, "two transactions waited for each other"

    async def _deadlocks(self) -> int:
        """Of this life, as the server counted them when its connections had ended."""
        connection = await asyncpg.connect(self.server.superuser_dsn)
        try:
            counted: int = await connection.fetchval(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = $1", self.name
            )
        finally:
            await connection.close()
        return counted

    async def _faults(self) -> list[str]:
        async with self.world.db.pool.acquire() as connection:
            return await record_faults(connection)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def check(self) -> Look:
        """Look again; return what it was before."""
        before, self.seen = self.seen, self.run(self._look())
        compare(before, self.seen)
        return before

    async def _look(self) -> Look:
        async with self.world.db.pool.acquire() as connection:
            return await look(connection, self.seen)

    def some(self, choice: int, *, unresolved: bool = True) -> Any:
        """One of the incidents there are, those somebody may still need help in first."""
        rows = list(self.seen.incidents.values())
        wanted = [row for row in rows if row["state"] in UNRESOLVED] if unresolved else rows
        return (wanted or rows)[choice % len(wanted or rows)]

    # -- what devices say ------------------------------------------------------------------------------------------

    @rule(choice=numbers, type_=life_safety, kept=st.sampled_from([(0, False), (0, False), (7200, False), (30, True)]))
    @told
    def somebody_calls_for_help(self, choice: int, type_: EventType, kept: tuple[int, bool]) -> None:
        world, (age_s, retained) = self.world, kept
        device = world.cast.devices[choice % len(world.cast.devices)]
        accepted = self.run(world.receive(world.alarm(device, type_, age_s=age_s, retained=retained)))
        before = self.check()
        assert not accepted.is_copy or type_ in correlation.STATES, "a new press was taken for a copy"
        self.is_heard(before, accepted.incident_id, counted="counted" in self.seen.acted(accepted.incident_id or 0))

    def is_heard(self, before: Look, incident_id: int | None, *, counted: bool) -> None:
        """The case sounds now, and whoever holds it confirms within a minute; a state still standing is counted."""
        assert incident_id is not None, "a call for help without an incident"
        row, was = self.seen.incidents[incident_id], before.incidents.get(incident_id)
        if counted or Mark.TEST in row["marks"]:
            return
        if self.seen.acted(incident_id) & {"joined", "opened"}:
            assert row["sounded_at"] == self.world.now, f"{incident_id}: a further call was not heard"
        else:
            assert was is not None, "no word of it in the record"
            assert row["version"] == was["version"], "changed without a word"
        if was is None:
            limit = self.world.now + timedelta(seconds=row["first_escalation_s"])
            assert row["next_due_at"] <= limit, "its first stage is too late"
        elif row["claimed_by"] is not None and "joined" in self.seen.acted(incident_id):
            due = dict(zip(row["kinds"], row["dues"], strict=True))
            assert due["confirm"] <= self.world.now + timedelta(seconds=correlation.CONFIRM_LIMIT_S)

    @rule(choice=numbers, type_=st.sampled_from(TROUBLES))
    @told
    def a_device_reports_trouble(self, choice: int, type_: EventType) -> None:
        world = self.world
        device = world.cast.devices[choice % len(world.cast.devices)]
        self.run(world.receive(world.alarm(device, type_)))
        self.check()

    @rule(choice=numbers, type_=st.sampled_from(ENDS))
    @told
    def a_device_takes_it_back(self, choice: int, type_: EventType) -> None:
        world = self.world
        devices = (*world.cast.worn, *world.cast.detectors)
        self.run(world.receive(world.alarm(devices[choice % len(devices)], type_)))
        before = self.check()
        same = ("state", "priority", "claimed_by", "next_due_at", "sounded_at", "kinds", "dues", "class")
        for incident_id, was in before.incidents.items():
            if was["class"] in LIFE_SAFETY:
                row = self.seen.incidents[incident_id]
                assert [row[name] for name in same] == [was[name] for name in same], f"{type_} moved {incident_id}"

    @rule(choice=numbers)
    @told
    def a_message_comes_again(self, choice: int) -> bool:
        world = self.world
        if not world.said:
            return False
        old = world.said[choice % len(world.said)]
        within_a_day = world.now - old.received_at < timedelta(hours=23)
        again = self.run(world.receive(old))
        before = self.check()
        if within_a_day:
            assert again.is_copy, "the same message twice is one event"
            assert {id_: row["version"] for id_, row in before.incidents.items()} == {
                id_: row["version"] for id_, row in self.seen.incidents.items()
            }, "a copy changed something"
        return True

    @rule(choice=numbers, payload=st.sampled_from([b"\x00", b"{", b"help"]))
    @told
    def noise_on_an_alarm_topic(self, choice: int, payload: bytes) -> None:
        world = self.world
        device = world.cast.devices[choice % len(world.cast.devices)]
        accepted = self.run(world.receive_noise(device, payload))
        before = self.check()
        self.is_heard(before, accepted.incident_id, counted=accepted.is_copy)

    # -- what people do --------------------------------------------------------------------------------------------

    @rule(choice=numbers, payload=numbers, who=st.integers(0, 2), step=st.sampled_from(DESK_STEPS))
    @told
    def a_desk_takes_a_step(self, choice: int, payload: int, who: int, step: Step) -> bool:
        if not self.seen.incidents:
            return False
        row = self.some(choice, unresolved=step not in (Step.REOPEN, Step.CLOSE, Step.CORRECT))
        return self.takes(row, step, who, payload)

    @rule(choice=numbers, payload=numbers, step=st.sampled_from(DESK_STEPS))
    @told
    def the_owner_takes_a_step(self, choice: int, payload: int, step: Step) -> bool:
        held = [row for row in self.seen.incidents.values() if row["claimed_by"]]
        if not held:
            return False
        row = held[choice % len(held)]
        who = next(n for n, hand in enumerate(self.world.cast.desks) if hand.user_id == row["claimed_by"])
        return self.takes(row, step, who, payload)

    @rule(choice=numbers, who=st.integers(0, 2))
    @told
    def somebody_claims(self, choice: int, who: int) -> bool:
        waiting = [row for row in self.seen.incidents.values() if row["unattended"]]
        return bool(waiting) and self.takes(waiting[choice % len(waiting)], Step.CLAIM, who, 0)

    def takes(self, row: Any, step: Step, who: int, payload: int) -> bool:
        world = self.world
        request = request_for(step, row, payload, list(self.seen.incidents))
        refusal = self.run(world.step(row["id"], request, world.cast.desks[who]))
        before = self.check()
        if refusal is not None:
            assert not self.seen.fresh, f"a refused {step} is on record: {refusal}"
            assert before.incidents[row["id"]]["version"] == self.seen.incidents[row["id"]]["version"]
        elif step is Step.CLAIM:
            assert row["claimed_by"] is None, "taken from its owner by a claim"
        return True

    @rule(
        choice=numbers, other=numbers, who=st.integers(0, 2), how=st.sampled_from([Step.MERGE, Step.SPLIT, Step.LINK])
    )
    @told
    def a_desk_couples_two(self, choice: int, other: int, who: int, how: Step) -> bool:
        if len(self.seen.incidents) < len(("this", "that")):
            return False
        one, two = self.some(choice), self.some(other, unresolved=how is not Step.SPLIT)
        hand = self.world.cast.desks[who]
        refusal = self.run(self.world.couple(how, one["id"], two["id"], hand, one["version"]))
        self.check()
        assert refusal is None or not self.seen.fresh, f"a refused {how} is on record: {refusal}"
        return True

    @rule(choice=numbers, word=st.sampled_from(THEIR_WORDS))
    @told
    def a_responder_says(self, choice: int, word: Word) -> bool:
        asked = self.run(self.world.asked())
        if not asked:
            return False
        refusal = self.run(self.world.responder_says(asked[-1 - choice % min(len(asked), 8)], word))
        self.check()
        assert refusal is None or not self.seen.fresh, f"a refused {word} is on record: {refusal}"
        return True

    @rule(choice=numbers, answer=st.sampled_from([Answer.TAKE, Answer.CANNOT, Answer.HEARD, Answer.NO_ANSWER]))
    @told
    def somebody_presses_a_key(self, choice: int, answer: Answer) -> bool:
        """In one of the last calls, which may be about a case that is long over."""
        if not self.world.given.calls:
            return False
        self.run(self.world.presses_key(choice, answer))
        self.check()
        return True

    @rule(who=st.integers(0, 2))
    @told
    def a_page_is_closed_or_opened(self, who: int) -> None:
        self.world.awake ^= {self.world.cast.desks[who].user_id}

    @rule(who=st.integers(0, 2), state=st.sampled_from(["on", "on", "break", "off"]))
    @told
    def somebody_goes_off_duty_or_comes(self, who: int, state: str) -> None:
        self.run(self.world.goes(self.world.cast.desks[who], state))

    @rule(choice=numbers, minutes=st.sampled_from([1, 10, 30]))
    @told
    def a_fitter_tests_a_device(self, choice: int, minutes: int) -> None:
        devices = (*self.world.cast.worn, *self.world.cast.detectors)
        self.run(self.world.goes_on_test(devices[choice % len(devices)], minutes))
        self.check()

    # -- what time does --------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 5, 15, 31, 60, 90, 200, 601, 3600, 90_000, 400_000]))
    @told
    def time_passes_unseen(self, seconds: int) -> None:
        self.world.now += timedelta(seconds=seconds)

    @rule(seconds=st.sampled_from([1, 5, 15, 31, 60, 90, 200, 601, 3600, 90_000]), which=st.integers(0, 2))
    @told
    def time_passes_and_an_engine_looks(self, seconds: int, which: int) -> None:
        self.world.now += timedelta(seconds=seconds)
        self.engines_look(which)

    @rule(which=st.integers(0, 2))
    @told
    def an_engine_looks(self, which: int) -> None:
        self.engines_look(which)

    def engines_look(self, which: int) -> None:
        """One of them, or (2) both at once."""
        self.run(self.world.look(*(self.world.engines if which == 2 else [self.world.engines[which]])))
        self.check()
        fired_once(self.seen.fresh)
        nothing_waits(self.seen, self.world.now)
        self.run(self._told_rightly(whole=True))

    async def _told_rightly(self, *, whole: bool) -> None:
        async with self.world.db.pool.acquire() as connection:
            await told_rightly(connection, self.world.given, self.world.now, whole=whole)

    @rule(which=st.integers(0, 1))
    @told
    def an_engine_is_restarted(self, which: int) -> None:
        self.world.restart(which)

    # -- several at once, and what breaks --------------------------------------------------------------------------

    @rule(choice=numbers, type_=life_safety, claims=st.integers(0, 3), seconds=st.sampled_from([0, 1, 60]))
    @told
    def everything_at_once(self, choice: int, type_: EventType, claims: int, seconds: int) -> None:
        world = self.world
        world.now += timedelta(seconds=seconds)
        device = world.cast.devices[choice % len(world.cast.devices)]
        acts: list[Coroutine[Any, Any, Any]] = [world.receive(world.alarm(device, type_))]
        acts += [engine.look(world.now, again=True) for engine in world.engines]
        target = self.some(choice) if self.seen.incidents else None
        if target is not None:
            request = request_for(Step.CLAIM, target, 0, ())
            acts += [world.step(target["id"], request, hand) for hand in world.cast.desks[:claims]]
        results = self.run(_together(acts))
        before = self.check()
        assert not [result for result in results[:3] if isinstance(result, Exception)], results
        self.was_heard(before, results[0].incident_id)
        if target is not None and claims:
            taken = sum(result is None for result in results[3:])
            given = sum(entry.action in GIVES for entry in self.seen.fresh.get(target["id"], ()))
            assert taken <= given + (target["claimed_by"] is None), f"{taken} claims of one case"

    def was_heard(self, before: Look, incident_id: int | None) -> None:
        assert incident_id is not None, "a call for help without an incident"
        heard = self.seen.acted(incident_id) & {"opened", "joined", "counted", "noted"}
        assert heard or incident_id in before.incidents, "a call for help left no word"

    @rule(choice=numbers, type_=life_safety, at=st.integers(1, STATEMENTS_MOST), manner=st.sampled_from(Manner))
    @told
    def a_call_while_the_database_breaks(self, choice: int, type_: EventType, at: int, manner: Manner) -> None:
        world = self.world
        alarm = world.alarm(world.cast.devices[choice % len(world.cast.devices)], type_)
        self.run(self._breaking(at, manner, lambda db: world.receive(alarm, over=db)))
        self.check()
        again = self.run(world.receive(alarm))
        before = self.check()
        self.was_heard(before, again.incident_id)

    @rule(
        choice=numbers, payload=numbers, who=st.integers(0, 2), step=st.sampled_from(DESK_STEPS),
        at=st.integers(1, STATEMENTS_MOST), manner=st.sampled_from(Manner),
    )  # fmt: skip
    @told
    def a_step_while_the_database_breaks(
        self, choice: int, payload: int, who: int, step: Step, at: int, manner: Manner
    ) -> bool:
        if not self.seen.incidents:
            return False
        world, row = self.world, self.some(choice)
        request = request_for(step, row, payload, list(self.seen.incidents))
        hand = world.cast.desks[who]
        self.run(self._breaking(at, manner, lambda db: world.step(row["id"], request, hand, over=db)))
        self.check()
        return True

    @rule(at=st.integers(1, STATEMENTS_MOST * 2), manner=st.sampled_from(Manner), seconds=st.sampled_from([0, 31, 200]))
    @told
    def an_engine_looks_while_the_database_breaks(self, at: int, manner: Manner, seconds: int) -> None:
        world = self.world
        world.now += timedelta(seconds=seconds)
        self.run(self._breaking(at, manner, lambda db: world.engine_over(db).look(world.now)))
        self.check()
        fired_once(self.seen.fresh)
        # What was put off is tried again in 5 s at most, the first time.
        world.now += timedelta(seconds=61)
        self.engines_look(2)

    async def _breaking(self, at: int, manner: Manner, act: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
        async with self.world.broken_at(at, manner) as broken:
            await act(broken)


async def _together(acts: list[Coroutine[Any, Any, Any]]) -> list[Any]:
    return await asyncio.gather(*acts, return_exceptions=True)
