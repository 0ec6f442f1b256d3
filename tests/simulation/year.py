"""A year, from one due moment to the next: whatever happens, whoever acts, whatever the engine finds due."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from devices.event import Event, EventType
from rules.domain.firing import Firing, decide
from rules.domain.vocabulary import Channel, Target
from rules.engine.leases import LeasePass
from store import anchors, test_mode
from store.alarms import Accepted, Alarm, accept, accept_unreadable
from store.alarms import Unreadable as UnreadableCall
from store.database import Database, StoreError
from store.engine import EngineStore
from store.opening import Centre
from store.supervision import SupervisionStore
from store.upkeep import UpkeepStore
from tests.simulation.happenings import Away, Happening, Said, Silenced, Test
from tests.simulation.people import People
from tests.simulation.town import Population
from tests.town import letter

#: The engine's slow passes, and the devices' own words that prove them alive, come so often.
TICK: Final = timedelta(hours=12)
#: A round over what wears out: a part of all devices, each of them read by itself.
UPKEEP: Final = timedelta(days=2)
#: Everything that hangs on a wall is tested so often, and says so.
MONTH: Final = timedelta(days=28)
_TESTED: Final = """
INSERT INTO event (device_id, event_id, digest, type, at, received_at, last_copy_at, decision, data)
SELECT id, 'tested-' || $1::timestamptz, id, 'test', $1, $1, $1, 'routine', '{}' FROM device WHERE life = 'live'
"""
#: A lapsed claim ends within a lease's term and one more; the pass looks every 5 s then.
LAPSE_LOOKS: Final = 12
BATCH: Final = 100
#: More than this at one moment would never end.
PASSES_MOST: Final = 1_000

Act = Callable[[datetime], Awaitable[None]]
_PHONE: Final = frozenset({Target.ON_CALL_PHONE, Target.COUNTY_DUTY})


@dataclass(kw_only=True)
class Figures:
    """What the year came to."""

    events: int = 0
    copies: int = 0
    rings: int = 0
    firings: int = 0
    failed: int = 0
    heartbeats: int = 0
    desk_hours: float = 0.0
    away: list[tuple[datetime, datetime]] = field(default_factory=list)


@dataclass(kw_only=True)
class Year:
    """The agenda of everybody, and the one clock: it jumps to whatever comes next."""

    db: Database
    centre: Centre
    population: Population
    rng: Random
    now: datetime
    figures: Figures = field(default_factory=Figures)

    def __post_init__(self) -> None:
        self.touched = True  #: whether anything may have moved what is due next
        self._agenda: list[tuple[datetime, int, Act]] = []
        self._order = 0
        self._away_until = self._kept_up_at = self._tested_until = self.now
        self._silent: set[int] = set()
        self._engine = EngineStore(self.db, self.centre)
        self._leases = LeasePass(self._engine)
        self._watch = SupervisionStore(self.db, self.centre)
        self._upkeep = UpkeepStore(self.db, self.centre, self._watch)
        self.people = People(
            db=self.db, centre=self.centre, agenda=self, rng=self.rng, dispatchers=self.population.dispatchers,
            supervisor=self.population.supervisor,
        )  # fmt: skip

    # -- the agenda ------------------------------------------------------------------------------------------------

    def at(self, when: datetime, act: Act) -> None:
        """Write down what happens then."""
        self._order += 1
        heapq.heappush(self._agenda, (when, self._order, act))

    def lapse_soon(self, now: datetime) -> None:
        """A page died: its claim lapses, and the pass that sees it looks every five seconds."""
        for number in range(1, LAPSE_LOOKS + 1):
            self.at(now + timedelta(seconds=5 * number), self._look_for_lapsed)

    async def _look_for_lapsed(self, now: datetime) -> None:
        await self._leases.run_once(now)

    async def live(self, happenings: Sequence[Happening], until: datetime) -> None:
        """Everything in its order, until then; the engine fires each deadline at the moment it is due."""
        for one in happenings:
            self.at(one.at, self._act_of(one))
        self.at(self.now, self._tick)
        self.at(self.now, self._shift)
        due: datetime | None = None
        while self._agenda and self._agenda[0][0] <= until:
            when = self._agenda[0][0]
            if self.touched:
                due, self.touched = await self._next_due(), False
            if due is not None and due <= when:
                self.now = max(self.now, due)
                await self._fire()
                self.touched = True
                continue
            self.touched = True
            _, _, act = heapq.heappop(self._agenda)
            self.now = max(self.now, when)
            await act(self.now)

    async def _next_due(self) -> datetime | None:
        due: datetime | None = await self.db.pool.fetchval("SELECT min(next_due_at) FROM incident")
        return None if due is None else max(due, self._away_until)

    # -- the engine ------------------------------------------------------------------------------------------------

    async def _fire(self) -> None:
        for _ in range(PASSES_MOST):
            report = await self._engine.fire_due(self.now, BATCH, decide)
            self.figures.failed += report.failed
            for firing in report.firings:
                self.figures.firings += 1
                await self._hear(firing)
            if not report.firings:
                return
        raise AssertionError(f"{self.now}: the engine finds no end")

    async def _hear(self, firing: Firing) -> None:
        if firing.kind == "wrap_up" and not firing.close:
            self.people.must_finish(firing.incident_id, self.now)
        elif firing.raise_again:
            again = await self.db.pool.fetchval("SELECT max(id) FROM incident WHERE follows = $1", firing.incident_id)
            if again is not None:
                self.people.hear(again, self.now, urgent=True)
        elif firing.resound_to:
            phone = bool(_PHONE & set(firing.resound_to))
            self.people.hear(firing.incident_id, self.now, urgent=True, phone=phone)

    async def _tick(self, now: datetime) -> None:
        """Devices say that they live; the slow passes look."""
        self.figures.heartbeats += len(self.population.devices) - len(self._silent)
        await self.db.pool.execute(
            "UPDATE device_state SET last_seen = $1, version = version + 1"
            " WHERE last_seen IS NOT NULL AND NOT (device_id = ANY ($2))",
            now - timedelta(minutes=1), sorted(self._silent),
        )  # fmt: skip
        while (await self._watch.watch(now, 200)).is_full:
            pass
        if now >= self._tested_until:
            self._tested_until = now + MONTH
            await self.db.pool.execute(_TESTED, now)
        if now - self._kept_up_at >= UPKEEP:
            self._kept_up_at = now
            await self._upkeep.keep_up(now)
        await self._upkeep.age(now, BATCH)
        await anchors.write(self.db, now)
        self.at(now + TICK, self._tick)

    async def _shift(self, now: datetime) -> None:
        await self.people.shift(now)
        self.touched = False
        self.figures.desk_hours += len(self.people.on_duty(now)) / 2
        self.at(now + timedelta(minutes=30), self._shift)

    # -- what happens ----------------------------------------------------------------------------------------------

    def _act_of(self, one: Happening) -> Act:
        match one:
            case Said():
                return lambda now: self._says(one, now)
            case Silenced():
                return lambda now: self._falls_silent(one, now)
            case Away():
                return lambda now: self._goes_away(one, now)
            case Test():
                return lambda now: self._tests(one, now)

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
        self.people.hear(accepted.incident_id, now, urgent=accepted.rang)

    async def _falls_silent(self, one: Silenced, now: datetime) -> None:
        del now
        self._silent.add(one.device.id)
        self.at(one.until, lambda at: self._speaks_again(one, at))

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
            self.at(now + timedelta(seconds=20), lambda at: self._confirms(one, at))

    async def _confirms(self, one: Test, now: datetime) -> None:
        by = self.population.dispatchers[0].user_id
        with suppress(StoreError):  # a desk was quicker
            await test_mode.confirm(self.db, one.device.id, None, by=by, centre=self.centre, now=now)
        await test_mode.end(self.db, one.device.id, by=by, now=now)


def _alarm(said: Said, now: datetime) -> Alarm:
    event = Event(id=said.id, at=said.at - timedelta(seconds=said.kept_s), type=said.type)
    return Alarm(
        device=said.device, event=event, channel=Channel.ALARM, received_at=now, in_flush=said.kept_s > 60
    )  # fmt: skip
