"""The engine's own passes, each taking its turn when it has something to do, as if it had looked as often as it does.

Nothing is fired here: a turn is the pass's `run_once` at the invented time. What is left out is only the looking in
vain, a few hundred million times in a year: one statement says what comes next, and the clock jumps there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from rules.clock import Clock
from rules.engine.auditor import AuditPass
from rules.engine.callbacks import CallbackPass
from rules.engine.channel_tests import ChannelTestPass
from rules.engine.detectors import DetectorDuePass, DetectorInputPass
from rules.engine.dispatch import DispatchPass
from rules.engine.due import DuePass
from rules.engine.duty import DutyPass
from rules.engine.leases import LeasePass
from rules.engine.loop import Pass
from rules.engine.outbox import OutboxPass, Sender
from rules.engine.partitions import PartitionPass
from rules.engine.retention import RetentionPass
from rules.engine.ringing import RingingPass
from rules.engine.supervision import AgeingPass, SupervisionPass, UpkeepPass
from rules.engine.suppression import CallersPass, CombinationPass, HoldingPass, StormWatchPass
from shouwang.passes import BeatPass, LanePass, periods_of
from shouwang.setting_tables import Retention
from store import anchors
from store.callbacks import CallbackStore
from store.channel_tests import ChannelTests
from store.database import Database
from store.delivery import DeliveryStore
from store.desks import DeskStore
from store.detectors import DetectorStore
from store.engine import EngineStore
from store.field_due import FieldDueStore
from store.holding_passes import HoldingPasses
from store.lane_watch import LaneWatch
from store.opening import Centre
from store.retention import RetentionStore
from store.ringing import RingingStore
from store.supervision import SupervisionStore
from store.upkeep import UpkeepStore

#: Desks are asked for a key only after an hour (the setting's most), so that a quiet desk is thinned to one an hour.
ASK_AFTER: Final = timedelta(minutes=60)
ANSWERS_WITHIN_S: Final = 61

#: The earliest moment at which a pass of this name has something to do; each is one probe of an index.
_MOMENTS: Final = f"""
SELECT (SELECT seq FROM change_counter) AS seq,
       (SELECT min(next_due_at) FROM incident) AS due,
       (SELECT min(lease_until) FROM incident WHERE lease_until IS NOT NULL) AS leases,
       (SELECT min(next_due_at) FROM assignment WHERE next_due_at IS NOT NULL) AS dispatch,
       (SELECT min(next_look_at) FROM detector_state WHERE next_look_at IS NOT NULL) AS detectors_due,
       (SELECT min(received_at) FROM detector_input) AS detector_inputs,
       least((SELECT min(CASE WHEN state = 'waiting' THEN due_at ELSE leased_until END) FROM outbox
               WHERE state IN ('waiting', 'leased')),
             (SELECT min(answer_by) FROM outbox WHERE answer IS NULL AND answer_by IS NOT NULL)) AS outbox,
       (SELECT received_at FROM callback WHERE taken_at IS NULL ORDER BY id LIMIT 1) AS callbacks,
       (SELECT min(CASE WHEN asked_at >= greatest(acted_at, since) THEN asked_at + interval '{ANSWERS_WITHIN_S} s'
                        ELSE greatest(acted_at, since) + interval '{ASK_AFTER.total_seconds() + 1} s' END)
          FROM duty WHERE state = 'on' AND away_since IS NULL) AS duty
"""  # noqa: S608 - numbers of ours

#: What looks for itself, and how often here. In service: from every second to every hour.
ROUNDS: Final[Mapping[str, timedelta]] = {
    "supervision": timedelta(hours=12), "upkeep": timedelta(hours=96), "ageing": timedelta(hours=12),
    "storm_watch": timedelta(hours=12), "combinations": timedelta(hours=12), "holding": timedelta(hours=12),
    "channel_tests": timedelta(hours=6), "callers": timedelta(hours=24), "ringing": timedelta(hours=24),
    "lanes": timedelta(hours=24), "audit": timedelta(hours=12), "beat": timedelta(hours=24),
    "partitions": timedelta(hours=24), "retention": timedelta(hours=24), "anchors": timedelta(hours=12),
}  # fmt: skip
#: A pass whose moment stays although it found nothing looks again later and later; a lease lapses within seconds.
IDLE_MOST_S: Final = 300.0
IDLE_MOST_OF: Final[Mapping[str, float]] = {"leases": 4.0}


class AnchorPass:
    """The anchors' pass without its file."""

    name: Final = "anchors"
    every_s: Final = 60.0
    batch_size: Final = 0

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run_once(self, now: datetime) -> int:
        """Write the next anchor."""
        return 0 if await anchors.write(self._database, now) is None else 1


@dataclass(kw_only=True)
class Engine:
    """Every pass, when it may take its next turn, and how often it did."""

    db: Database
    passes: dict[str, Pass]
    outbox: OutboxPass
    seq: int = 0  #: the feed's number at the last look
    turns: dict[str, int] = field(default_factory=dict)
    worked: dict[str, int] = field(default_factory=dict)
    _moments: dict[str, datetime] = field(default_factory=dict)
    _ready_at: dict[str, datetime] = field(default_factory=dict)
    _idle_s: dict[str, float] = field(default_factory=dict)

    async def look(self) -> int:
        """Read what comes next; return the feed's number."""
        row = await self.db.pool.fetchrow(_MOMENTS)
        assert row is not None, "a select without a table has a row"
        moments = dict(row)
        self.seq = moments.pop("seq")
        self._moments = {name: at for name, at in moments.items() if at is not None}
        return self.seq

    def next_turn(self) -> datetime | None:
        """When the first pass has its turn; None where nothing waits."""
        return min((self._turn_of(name) for name in self._moments), default=None)

    def _turn_of(self, name: str) -> datetime:
        at, ready = self._moments[name], self._ready_at.get(name)
        return at if ready is None else max(at, ready)

    async def take_turns(self, now: datetime) -> None:
        """A turn of every pass that has something to do by now."""
        for name in self._moments:
            if self._turn_of(name) <= now:
                await self.run(name, now)

    async def run(self, name: str, now: datetime) -> int:
        """One pass, again while its batch is full."""
        pass_ = self.passes[name]
        worked = 0
        while True:
            rows = await pass_.run_once(now)
            worked += rows
            self.turns[name] = self.turns.get(name, 0) + 1
            if name == OutboxPass.name:
                await self.outbox.settle()
            if not 0 < pass_.batch_size <= rows:
                break
        self.worked[name] = self.worked.get(name, 0) + worked
        most_s = IDLE_MOST_OF.get(name, IDLE_MOST_S)
        wait_s = pass_.every_s if worked else min(most_s, max(pass_.every_s, 2 * self._idle_s.get(name, 0.0)))
        self._idle_s[name] = 0.0 if worked else wait_s
        self._ready_at[name] = now + timedelta(seconds=wait_s)
        return worked


@asynccontextmanager
async def engine_of(db: Database, centre: Centre, senders: Sequence[Sender], clock: Clock) -> AsyncIterator[Engine]:
    """Every pass of the engine in service; only what counts for a metric or reads the settings' files is left out."""
    async with OutboxPass(DeliveryStore(db, centre), senders, clock) as outbox:
        outbox._recording = asyncio.Semaphore(1)  # one after the other, in the order sent: a year is told twice alike
        passes = [outbox, *_about_cases(db, centre, outbox), *_about_devices(db, centre), *_about_records(db, centre)]
        yield Engine(db=db, outbox=outbox, passes={pass_.name: pass_ for pass_ in passes})


def _about_cases(db: Database, centre: Centre, outbox: OutboxPass) -> list[Any]:
    store, holding = EngineStore(db, centre), HoldingPasses(db, centre)
    return [
        DuePass(store), LeasePass(store), AuditPass(store), BeatPass(store), PartitionPass(store),
        DispatchPass(FieldDueStore(db, centre)), DutyPass(DeskStore(db, centre, ask_after=ASK_AFTER)),
        CallbackPass(CallbackStore(db, centre)), ChannelTestPass(ChannelTests(db, centre, outbox.ways)),
        RingingPass(RingingStore(db, centre)), CombinationPass(holding), HoldingPass(holding),
        StormWatchPass(holding), CallersPass(holding),
    ]  # fmt: skip


def _about_devices(db: Database, centre: Centre) -> list[Any]:
    watch, detectors = SupervisionStore(db, centre), DetectorStore(db, centre)
    upkeep = UpkeepStore(db, centre, watch)
    return [
        SupervisionPass(watch), UpkeepPass(upkeep), AgeingPass(upkeep), DetectorInputPass(detectors),
        DetectorDuePass(detectors), LanePass(LaneWatch(db, centre)),
    ]  # fmt: skip


def _about_records(db: Database, centre: Centre) -> list[Any]:
    return [RetentionPass(RetentionStore(db, centre), periods_of(Retention())), AnchorPass(db)]
