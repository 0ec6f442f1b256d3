"""Two homes, three desks, two engines, telephones and a database that breaks: what chance may do, one act each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from devices.event import Event, EventType
from rules.clock import FakeClock
from rules.domain.assignments import Word
from rules.domain.lifecycle import RulesError
from rules.domain.notices import Answer
from rules.domain.vocabulary import Channel, Step
from rules.engine.detectors import DetectorDuePass, DetectorInputPass
from rules.engine.dispatch import DispatchPass
from rules.engine.due import DuePass
from rules.engine.duty import DutyPass
from rules.engine.leases import LeasePass
from rules.engine.loop import Pass
from rules.engine.outbox import OutboxPass
from rules.engine.supervision import AgeingPass, SupervisionPass
from rules.engine.suppression import CombinationPass, HoldingPass, StormWatchPass
from store import merging, policies, test_mode
from store.alarms import Accepted, Alarm, accept, accept_unreadable
from store.alarms import Unreadable as UnreadableCall
from store.answers import answered
from store.assignments import Said as FieldSaid
from store.database import Database, StoreError, connect
from store.delivery import DeliveryStore
from store.desks import DeskStore
from store.detectors import DetectorStore
from store.engine import EngineStore
from store.field_due import FieldDueStore
from store.field_words import say
from store.holding_passes import HoldingPasses
from store.steps import Hand, StepRequest, take_step
from store.supervision import SupervisionStore
from store.upkeep import UpkeepStore
from tests.breaking import Fuse, Manner, breaking_database
from tests.properties.centre.telephones import Given, Telephone
from tests.town import CENTRE, NOW, Town, letter, town_in

#: Who goes: those the machine sends to anybody, those trained for smoke, and one it sends by a person's word only.
KINDS: Final = ("community_worker", "grid_worker", "rescue_team", "volunteer")
#: A refusal: somebody was told why, and nothing may have changed.
REFUSED: Final = (StoreError, RulesError)
#: What a broken statement looks like to whoever sent it.
BROKEN: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
#: A pass of this many rounds that still finds something due would never end.
ROUNDS_MOST: Final = 50
#: The other passes look so seldom, in turns of the quick ones.
SLOW_EVERY: Final = 3
#: The passes that look each second, and so again and again at one moment; the outbox does as well.
QUICK: Final = frozenset({DuePass.name, LeasePass.name, DispatchPass.name})


#: Everybody with an account has a telephone and is on call; both residents have family that agreed to be told.
_TELEPHONES: Final = """
WITH phones AS (UPDATE app_user SET phone = '1390000000' || id % 10 RETURNING id),
on_call AS (
    INSERT INTO shift (role, user_id, from_at, to_at, rank)
    SELECT 'on_call', id, $1, $1::timestamptz + interval '10 years', row_number() OVER (ORDER BY id) FROM phones),
family AS (
    INSERT INTO contact (resident_id, name, role, phone)
    SELECT id, '王亲', 'attends', '1370000000' || id % 10 FROM resident RETURNING id, resident_id)
INSERT INTO consent (resident_id, contact_id, purpose, basis, given_by, how, given_at)
SELECT resident_id, id, 'family_sharing:' || id, 'consent', 'self', 'paper', $1 FROM family
"""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who and what is in the town: ids and names that every copy of its database shares."""

    worn: tuple[str, ...]
    detectors: tuple[str, ...]
    things: tuple[str, ...]
    desks: tuple[Hand, ...]
    responders: tuple[int, ...]
    strangers: tuple[str, ...] = ("stranger-1", "stranger-2")

    @property
    def devices(self) -> tuple[str, ...]:
        return (*self.worn, *self.detectors, *self.things, *self.strangers)


async def cast_in(dsn: str) -> Cast:
    """Fill an empty, migrated database: it is the template of every life."""
    async with town_in(dsn) as town:
        homes = [await town.home(tags=("dementia",)), await town.home()]
        band = await town.device("location_band", resident_id=homes[0].resident_id)
        detectors = [await town.device("smoke_alarm", premises_id=homes[0].premises_id) for _ in range(2)]
        detectors.append(await town.device("smoke_alarm", premises_id=homes[1].premises_id))
        things = [await town.device(kind, premises_id=homes[1].premises_id) for kind in ("hub", "door_sensor")]
        desks = [await town.user(role) for role in ("dispatcher", "dispatcher", "supervisor")]
        responders = [await _responder(town, kind, number) for number, kind in enumerate(KINDS)]
        await town.db.pool.execute(_TELEPHONES, NOW)
        return Cast(
            responders=tuple(responders),
            worn=(homes[0].button, band, homes[1].button), detectors=tuple(detectors), things=tuple(things),
            desks=tuple(desks),
        )  # fmt: skip


async def _responder(town: Town, kind: str, number: int) -> int:
    """Somebody nearby who goes also by night."""
    made: int = await town.db.pool.fetchval(
        "INSERT INTO responder"
        " (name, kind, phone, base_lat, base_lon, agreed_to_nights, agreed_to_searches, created_at)"
        " VALUES ($1, $2, $3, $4, 121.2, true, true, $5) RETURNING id",
        f"李试{number}", kind, f"1380000000{number}", 31.9 + number / 500, NOW,
    )  # fmt: skip
    return made


@dataclass(kw_only=True)
class Engine:
    """One process of the rules: every pass that decides, sends or tells, and what it keeps in memory."""

    passes: Sequence[Pass]
    outbox: DeliveryStore
    telephones: Sequence[Telephone]
    worked: dict[str, int] = field(default_factory=dict)  #: what the last turn found, by pass
    turns: int = 0

    @classmethod
    def over(cls, database: Database, telephones: Sequence[Telephone]) -> Engine:
        store = EngineStore(database, CENTRE)
        watch = SupervisionStore(database, CENTRE)
        holding, detectors = HoldingPasses(database, CENTRE), DetectorStore(database, CENTRE)
        passes: list[Pass] = [
            DuePass(store), LeasePass(store), DispatchPass(FieldDueStore(database, CENTRE)),
            DutyPass(DeskStore(database, CENTRE)), CombinationPass(holding), HoldingPass(holding),
            StormWatchPass(holding), SupervisionPass(watch), AgeingPass(UpkeepStore(database, CENTRE, watch)),
            DetectorInputPass(detectors), DetectorDuePass(detectors),
        ]  # fmt: skip
        return cls(passes=passes, outbox=DeliveryStore(database, CENTRE), telephones=telephones)

    async def look(self, now: datetime, *, again: bool = False) -> int:
        """One turn of every pass, all at once as in the program; raises what the first of them raised.

        The slow ones look every third time, as they do in the program, and again where they found something.
        """
        slow = not again and self.turns % SLOW_EVERY == 0
        self.turns += not again
        wanted = [one for one in self.passes if slow or one.name in QUICK or one.name in self.worked]
        # What is on its way ends with the turn: the next life must not begin with this one's calls.
        async with OutboxPass(self.outbox, self.telephones, FakeClock(now)) as outbox:
            turns: list[Pass] = [*wanted, outbox]
            worked = await _all_of([one.run_once(now) for one in turns])
        self.worked = {one.name: rows for one, rows in zip(turns, worked, strict=True) if rows}
        return sum(worked)


async def _all_of(turns: Sequence[Coroutine[Any, Any, int]]) -> list[int]:
    """Every turn goes to its end, also beside one that fails."""
    results = await asyncio.gather(*turns, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if isinstance(result, int)]


@dataclass(kw_only=True)
class World:
    """A database of its own and everybody who works on it; `now` moves only when told to."""

    cast: Cast
    db: Database
    breaking: Database
    fuse: Fuse
    now: datetime = NOW
    numbers: int = 0
    engines: list[Engine] = field(default_factory=list)
    awake: set[int] = field(default_factory=set)
    said: list[Alarm] = field(default_factory=list)
    given: Given = field(default_factory=Given)  #: every notice that went to a provider, over all engines

    @property
    def town(self) -> Town:
        return Town(db=self.db)

    # -- devices ---------------------------------------------------------------------------------------------------

    def alarm(self, device: str, type_: EventType, *, age_s: int = 0, retained: bool = False) -> Alarm:
        """A new event of a device, not yet received by anybody."""
        self.numbers += 1
        event = Event(id=f"e{self.numbers}", at=self.now - timedelta(seconds=age_s), type=type_)
        alarm = Alarm(
            device=device, event=event, channel=Channel.ALARM, received_at=self.now, retained=retained,
            in_flush=age_s > 0,
        )  # fmt: skip
        self.said.append(alarm)
        return alarm

    async def receive(self, alarm: Alarm, *, over: Database | None = None) -> Accepted:
        """What a lane does with it."""
        async with (over or self.db).transaction() as connection:
            return await accept(connection, None, alarm, centre=CENTRE)

    async def receive_noise(self, device: str, payload: bytes, *, over: Database | None = None) -> Accepted:
        async with (over or self.db).transaction() as connection:
            call = UnreadableCall(letter=letter(device, payload), received_at=self.now)
            return await accept_unreadable(connection, None, call, centre=CENTRE)

    # -- people ----------------------------------------------------------------------------------------------------

    async def step(
        self, incident_id: int, request: StepRequest, by: Hand, *, over: Database | None = None
    ) -> Exception | None:
        """One step; the refusal where there is one."""
        try:
            await take_step(over or self.db, incident_id, request, by=by, centre=CENTRE, now=self.now)
        except REFUSED as refusal:
            return refusal
        return None

    async def asked(self) -> list[Any]:
        """Every assignment there ever was, the oldest first."""
        return list(await self.db.pool.fetch("SELECT id, incident_id, responder_id, state FROM assignment ORDER BY id"))

    async def responder_says(self, row: Any, word: Word) -> Exception | None:
        """A responder's word by page or telephone; the refusal where there is one."""
        said = FieldSaid(word=word, actor=f"responder:{row['responder_id']}")
        try:
            await say(self.db, row["id"], said, centre=CENTRE, now=self.now)
        except REFUSED as refusal:
            return refusal
        return None

    async def couple(self, how: Step, one: int, other: int, by: Hand, version: int) -> Exception | None:
        """Merge one into the other, let it out again, or link both."""
        request = StepRequest(step=how, if_match=version if how is Step.MERGE else None, text="同一件事")
        act = {Step.MERGE: merging.merge, Step.LINK: merging.link, Step.SPLIT: merging.split}[how]
        try:
            await act(self.db, one, other, request, by=by, centre=CENTRE, now=self.now)
        except REFUSED as refusal:
            return refusal
        return None

    async def goes(self, hand: Hand, state: str) -> None:
        """On duty, on a break, home."""
        await self.db.pool.execute("UPDATE duty SET state = $2 WHERE user_id = $1", hand.user_id, state)

    async def goes_on_test(self, device: str, minutes: int) -> None:
        """A fitter's dated test of one device."""
        device_id = await self.db.pool.fetchval("SELECT id FROM device WHERE device = $1", device)
        length, by = timedelta(minutes=minutes), self.cast.desks[0].user_id
        await test_mode.begin(self.db, device_id, length=length, reason="月检", by=by, now=self.now)

    async def keep_alive(self) -> None:
        """What the streams of pages that answer do for their owners' claims, whatever the owners do."""
        await self.db.pool.execute(
            "UPDATE incident SET lease_until = $1::timestamptz + interval '20 s'"
            " WHERE claimed_by = ANY ($2) AND lease_until IS NOT NULL",
            self.now, list(self.awake),
        )  # fmt: skip
        await self.db.pool.execute("UPDATE duty SET acted_at = $1, stream_at = $1 WHERE user_id = ANY ($2)",
                                   self.now, list(self.awake))  # fmt: skip

    async def presses_key(self, choice: int, answer: Answer) -> None:
        """A provider reports what was pressed in one of the last calls."""
        calls = self.given.calls[-8:]
        if calls:
            channel, reference = calls[choice % len(calls)]
            await answered(self.db, channel, reference, answer, centre=CENTRE, now=self.now)

    # -- time ------------------------------------------------------------------------------------------------------

    async def look(self, *engines: Engine) -> None:
        """Let these engines look, all at once, until nobody finds anything."""
        await self.keep_alive()
        for turn in range(ROUNDS_MOST):
            looks = [engine.look(self.now, again=turn > 0) for engine in engines or self.engines]
            if not any(await asyncio.gather(*looks)):
                return
        found = [engine.worked for engine in engines or self.engines]
        raise AssertionError(f"still something due after {ROUNDS_MOST} rounds at one moment: {found}")

    def restart(self, which: int) -> None:
        """The process is gone and started again: what it knew by heart with it."""
        policies._kept.clear()
        policies._kept[policies.BUILTIN.version] = policies.BUILTIN
        self.engines[which] = self.engine_over(self.db)

    def engine_over(self, database: Database) -> Engine:
        """A process that sends by the two providers there are."""
        return Engine.over(database, self.given.telephones())

    @asynccontextmanager
    async def broken_at(self, statement: int, manner: Manner) -> AsyncIterator[Database]:
        """The same database over connections of which one statement fails; what that looks like is passed over."""
        self.fuse.manner = manner
        self.fuse.arm(statement)
        with suppress(*BROKEN):
            yield self.breaking
        self.fuse.disarm()


@asynccontextmanager
async def world_in(dsn: str, cast: Cast) -> AsyncIterator[World]:
    """A copy of the town, awake."""
    fuse = Fuse(manner=Manner.REFUSED)
    db = await connect(dsn, application_name="shouwang life", max_size=8)
    async with breaking_database(dsn, fuse, max_size=2) as breaking:
        world = World(cast=cast, db=db, breaking=breaking, fuse=fuse)
        world.engines = [world.engine_over(db), world.engine_over(db)]
        world.awake = {hand.user_id for hand in cast.desks}
        try:
            yield world
        finally:
            await db.close()
