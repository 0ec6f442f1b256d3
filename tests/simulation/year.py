"""A year, from one due moment to the next: whatever happens, whoever acts, whatever the engine finds due."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from devices.event import Event, EventType
from rules.domain.vocabulary import Channel
from store import test_mode
from store.absences import NewAbsence, add_absence
from store.alarms import Accepted, Alarm, accept, accept_unreadable
from store.alarms import Unreadable as UnreadableCall
from store.database import Database, StoreError
from store.opening import Centre
from store.silences import NewSilence, add_silence
from store.storm_records import NewStorm, begin_storm
from store.visits import change_visit
from tests.simulation.agenda import Act, Agenda
from tests.simulation.engine import ROUNDS, Engine
from tests.simulation.field import Goers
from tests.simulation.happenings import (
    Away,
    Happening,
    Leaves,
    Quietened,
    Read,
    Said,
    Silenced,
    Stirs,
    Test,
    Visited,
    Weather,
)
from tests.simulation.people import People
from tests.simulation.readings import Readings
from tests.simulation.telephone import Telephone
from tests.simulation.town import Population
from tests.town import letter

#: The devices' own words that prove them alive come so often.
HEARTBEATS: Final = timedelta(hours=24)
#: Everything that hangs on a wall is tested so often, and says so.
MONTH: Final = timedelta(days=28)
_TESTED: Final = """
INSERT INTO event (device_id, event_id, digest, type, at, received_at, last_copy_at, decision, data)
SELECT id, 'tested-' || $1::timestamptz, id, 'test', $1, $1, $1, 'routine', '{}' FROM device WHERE life = 'live'
"""
_HEARD: Final = """
UPDATE device_state SET last_seen = $1, version = version + 1
 WHERE last_seen IS NOT NULL AND NOT (device_id = ANY ($2))
"""
#: After an alarm it is looked whether several are graver together; a fall without a movement after five minutes more.
TOGETHER_AFTER_S: Final = (1, 330)
#: In bad weather, and after it, the passes around what is held look so often, for so long.
WEATHER_LOOKS: Final = timedelta(minutes=5)
WEATHER_LASTS: Final = timedelta(hours=6)
STORM_LASTS: Final = timedelta(hours=5)
#: Of those who are said to be away, so many are there all the same, or somebody is.
SOMEBODY_IS_THERE: Final = 0.1
#: More turns than this at one moment would never end.
TURNS_MOST: Final = 5_000
SHIFT: Final = timedelta(minutes=30)


@dataclass(kw_only=True)
class Figures:
    """What the year came to."""

    events: int = 0
    copies: int = 0
    rings: int = 0
    heartbeats: int = 0
    tests: int = 0
    desk_hours: float = 0.0
    overdue: int = 0  #: found by the auditor while an engine was there
    refused: Counter[str] = field(default_factory=Counter)
    away: list[tuple[datetime, datetime]] = field(default_factory=list)


@dataclass(kw_only=True)
class Year:
    """What happens and what the engine does about it, on one clock that jumps to whatever comes next."""

    db: Database
    centre: Centre
    population: Population
    rng: Random
    agenda: Agenda
    engine: Engine
    people: People
    readings: Readings
    goers: Goers
    phones: Sequence[Telephone]
    figures: Figures = field(default_factory=Figures)

    def __post_init__(self) -> None:
        self._away_until = self._tested_until = self.agenda.now
        self._silent: set[int] = set()
        self._gone: dict[int, datetime] = {}
        self._news_to = 0
        self._moved = True  #: whether anything may have moved what comes next

    # -- time --------------------------------------------------------------------------------------------------------

    async def live(self, happenings: Sequence[Happening], until: datetime) -> None:
        """Everything in its order, until then; each pass has its turn at the moment at which it has something to do."""
        for one in happenings:
            self.agenda.at(one.at, self._act_of(one))
        self.agenda.at(self.agenda.now, self._heartbeats)
        self.agenda.at(self.agenda.now, self._shift)
        for name in ROUNDS:
            self.agenda.at(self.agenda.now, partial(self._round, name))
        self.agenda.at(self.agenda.now + MONTH, self._says_how_far)
        self.agenda.at(until, self._ends)
        turns = 0
        while (when := self.agenda.first()) is not None and when <= until:
            if self._moved and await self.engine.look() != self._news_to:
                await self._hear_news()
            due = self._next_turn()
            self._moved = True
            if due is None or due > when:
                await self.agenda.take()(self.agenda.now)
                continue
            turns = turns + 1 if due <= self.agenda.now else 0
            assert turns < TURNS_MOST, f"{self.agenda.now}: the engine finds no end"
            self.agenda.now = max(self.agenda.now, due)
            await self.engine.take_turns(self.agenda.now)

    def _next_turn(self) -> datetime | None:
        due = self.engine.next_turn()
        return None if due is None else max(due, self._away_until)

    async def _hear_news(self) -> None:
        await self.people.read_news(self._news_to, self.agenda.now)
        self._news_to = self.engine.seq

    async def _round(self, name: str, now: datetime) -> None:
        """A pass that looks for itself; while no engine is there, it looks when one is there again."""
        if now < self._away_until:
            self.agenda.at(self._away_until, partial(self._round, name))
            return
        found = await self.engine.run(name, now)
        self.figures.overdue += found if name == "audit" else 0
        self.agenda.at(now + ROUNDS[name], partial(self._round, name))

    def _soon(self, now: datetime, seconds: float, *names: str) -> None:
        for name in names:
            self.agenda.at(now + timedelta(seconds=seconds), partial(self._look, name))

    async def _look(self, name: str, now: datetime) -> None:
        if now >= self._away_until:
            await self.engine.run(name, now)

    async def _heartbeats(self, now: datetime) -> None:
        """Devices say that they live, and once a month that they were tested."""
        self.figures.heartbeats += len(self.population.devices) - len(self._silent)
        await self.db.pool.execute(_HEARD, now, sorted(self._silent))
        if now >= self._tested_until:
            self._tested_until = now + MONTH
            self.figures.tests += len(self.population.devices)
            await self.db.pool.execute(_TESTED, now)
        self.agenda.at(now + HEARTBEATS, self._heartbeats)

    async def _says_how_far(self, now: datetime) -> None:
        cases = await self.db.pool.fetchval("SELECT count(*) FROM incident")
        print(f"  {now:%m-%d}: {cases:,} incidents, {time.process_time():.0f} s of processor", flush=True)
        self.agenda.at(now + MONTH, self._says_how_far)

    async def _ends(self, now: datetime) -> None:
        """Until here the engine has had every turn that was due."""

    async def _shift(self, now: datetime) -> None:
        if await self.people.shift(now):
            self._soon(now, 1, "duty")
        else:
            self._moved = now.minute == 0  # else nobody did anything
        self.figures.desk_hours += len(self.people.on_duty(now)) / 2
        self.agenda.at(now + SHIFT, self._shift)

    # -- what happens ------------------------------------------------------------------------------------------------

    def _act_of(self, one: Happening) -> Act:
        does: dict[type[Happening], Callable[[Any, datetime], Awaitable[None]]] = {
            Said: self._says, Silenced: self._falls_silent, Away: self._goes_away, Test: self._tests,
            Read: self.readings.of_band, Stirs: self._stir, Visited: self._is_visited, Quietened: self._quietens,
            Leaves: self._leaves, Weather: self._weather,
        }  # fmt: skip
        return partial(does[type(one)], one)

    async def _says(self, said: Said, now: datetime) -> None:
        self.figures.events += 1
        async with self.db.transaction() as connection:
            if said.garbled:
                call = UnreadableCall(letter=letter(said.device, said.id.encode()), received_at=now)
                accepted = await accept_unreadable(connection, None, call, centre=self.centre)
            else:
                accepted = await accept(connection, None, _alarm(said, now), centre=self.centre)
        self._answer(said, accepted, now)

    def _answer(self, said: Said, accepted: Accepted, now: datetime) -> None:
        self.figures.copies += accepted.is_copy
        if accepted.incident_id is None or accepted.is_copy:
            return
        self.figures.rings += accepted.rang
        if said.serious:
            self.people.serious.add(accepted.incident_id)
        if accepted.rang:
            for seconds in TOGETHER_AFTER_S if said.type is EventType.FALL else TOGETHER_AFTER_S[:1]:
                self._soon(now, seconds, "combinations")

    async def _falls_silent(self, one: Silenced, now: datetime) -> None:
        del now
        self._silent.add(one.device.id)
        self.agenda.at(one.until, partial(self._speaks_again, one))

    async def _speaks_again(self, one: Silenced, now: datetime) -> None:
        del now
        self._silent.discard(one.device.id)

    async def _goes_away(self, one: Away, now: datetime) -> None:
        self._away_until = max(self._away_until, one.until)
        self.figures.away.append((now, self._away_until))

    async def _tests(self, one: Test, now: datetime) -> None:
        by = self.population.dispatchers[0].user_id
        length = timedelta(minutes=10)
        await test_mode.begin(self.db, one.device.id, length=length, reason="月检", by=by, now=now)
        press = Said(at=now, device=one.device.name, type=EventType.SOS, id=f"test-{now:%m%d%H%M%S}")
        await self._says(press, now)
        if one.confirmed:
            self.agenda.at(now + timedelta(seconds=20), partial(self._confirms, one))

    async def _confirms(self, one: Test, now: datetime) -> None:
        by = self.population.dispatchers[0].user_id
        with suppress(StoreError):  # a desk was quicker
            await test_mode.confirm(self.db, one.device.id, None, by=by, centre=self.centre, now=now)
        await test_mode.end(self.db, one.device.id, by=by, now=now)

    async def _stir(self, one: Stirs, now: datetime) -> None:
        there = (home for home in self.population.cared_for if self._gone.get(home.resident_id, now) <= now)
        await self.readings.stir([home for home in there if home.resident_id not in one.still], now)

    async def _is_visited(self, one: Visited, now: datetime) -> None:
        await self._arranges(
            change_visit(
                self.db, one.visit_id, {"state": "completed", "call": "1"}, version=None,
                by=self.population.supervisor.user_id, now=now,
            )
        )  # fmt: skip

    async def _quietens(self, one: Quietened, now: datetime) -> None:
        wanted = NewSilence(
            device_id=one.device.id, area=None, classes=frozenset(), types=frozenset({EventType.BATTERY_LOW.value}),
            from_at=now, until_at=one.until, reason="换电池",
        )  # fmt: skip
        await self._arranges(add_silence(self.db, wanted, by=self.population.dispatchers[0].user_id, now=now))
        self.agenda.at(one.until + timedelta(seconds=2), partial(self._look, "holding"))

    async def _leaves(self, one: Leaves, now: datetime) -> None:
        wanted = NewAbsence(
            resident_id=one.home.resident_id, premises_id=None, from_at=now, until_at=one.until, reason="探亲"
        )
        if self.rng.random() >= SOMEBODY_IS_THERE:
            self._gone[one.home.resident_id] = one.until
        await self._arranges(add_absence(self.db, wanted, by=self.population.dispatchers[0].user_id, now=now))
        self.agenda.at(one.until + timedelta(seconds=2), partial(self._look, "holding"))

    async def _weather(self, one: Weather, now: datetime) -> None:
        until = now + WEATHER_LASTS
        while now < until:
            self._soon(now, 20, "storm_watch", "holding")
            now += WEATHER_LOOKS
        if one.is_called:
            self.agenda.at(self.agenda.now + timedelta(minutes=8), self._calls_it_a_storm)

    async def _calls_it_a_storm(self, now: datetime) -> None:
        wanted = NewStorm(
            area="320000", profile="default", classes=frozenset(), until_at=now + STORM_LASTS, reason="雷暴"
        )
        by = self.population.supervisor.user_id
        await self._arranges(begin_storm(self.db, wanted, by=by, centre=self.centre, now=now))

    async def _arranges(self, asked: Awaitable[object]) -> None:
        try:
            await asked
        except StoreError as refusal:
            self.figures.refused[f"{type(refusal).__name__} {refusal}"[:90]] += 1


def _alarm(said: Said, now: datetime) -> Alarm:
    event = Event(id=said.id, at=said.at - timedelta(seconds=said.kept_s), type=said.type)
    return Alarm(
        device=said.device, event=event, channel=Channel.ALARM, received_at=now, in_flush=said.kept_s > 60
    )  # fmt: skip
