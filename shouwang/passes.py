"""The engine's passes over the store: which kinds of work time brings, put together."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from notify.http import Outgoing
from rules.domain.retention import Periods
from rules.engine import metrics
from rules.engine.auditor import AuditPass
from rules.engine.callbacks import CallbackPass
from rules.engine.channel_tests import ChannelTestPass
from rules.engine.detectors import DetectorDuePass, DetectorInputPass
from rules.engine.dispatch import DispatchPass
from rules.engine.due import DuePass
from rules.engine.duty import DutyPass
from rules.engine.figures import FiguresPass
from rules.engine.leases import LeasePass
from rules.engine.loop import Engine, Pass
from rules.engine.outbox import OutboxPass
from rules.engine.partitions import PartitionPass
from rules.engine.retention import RetentionPass
from rules.engine.ringing import RingingPass
from rules.engine.supervision import AgeingPass, SupervisionPass, UpkeepPass
from rules.engine.suppression import CallersPass, CombinationPass, HoldingPass, StormWatchPass
from rules.engine.webhooks import WebhookPass
from shouwang.channels import channels_of, wanted_of
from shouwang.parts import Surroundings
from shouwang.policy_watch import PolicyFilePass
from shouwang.senders import senders_of
from shouwang.setting_tables import Retention
from store import anchors, estate
from store.callbacks import CallbackStore
from store.chain_end import chain_end
from store.channel_tests import ChannelTests
from store.database import Database
from store.delivery import DeliveryStore
from store.desks import DeskStore
from store.detectors import DetectorStore
from store.engine import EngineStore
from store.field_due import FieldDueStore
from store.figures import FiguresRecord
from store.holding_passes import HoldingPasses
from store.lane_watch import LaneWatch
from store.opening import Centre
from store.retention import RetentionStore
from store.ringing import RingingStore
from store.supervision import SupervisionStore
from store.upkeep import UpkeepStore
from store.webhooks import WebhookStore

log: Final = structlog.stdlib.get_logger()

CHAIN_FACT: Final = "on_call_chain"


class BeatPass:
    """Says that the engine lives: every desk shows how long ago that was."""

    name: Final = "beat"
    every_s: Final = 1.0
    batch_size: Final = 0

    def __init__(self, store: EngineStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Write the time of this beat."""
        await self._store.beat(now)
        return 1


class LanePass:
    """Opens a technical incident for a lane that nobody holds, and ends it once somebody does."""

    name: Final = "lanes"
    every_s: Final = 5.0
    batch_size: Final = 0

    def __init__(self, watch: LaneWatch) -> None:
        self._watch = watch

    async def run_once(self, now: datetime) -> int:
        """Look at every lane once."""
        return await self._watch.run_once(now)


class AnchorPass:
    """Chains all records that grew into one anchor a minute; its hash leaves the database with the log and a file.

    The file (one a month, JSON lines) is what `shouwang audit verify --anchors` compares with: send it off the machine
    with whatever sends the logs.
    """

    name: Final = "anchors"
    every_s: Final = 60.0
    batch_size: Final = 0

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def run_once(self, now: datetime) -> int:
        """Write the next anchor, if any record grew; return how many incidents it covers."""
        anchor = await anchors.write(self._database, now)
        if anchor is None:
            return 0
        log.info("anchor_written", no=anchor.no, incidents=anchor.incidents, hash=anchor.hash.hex())
        await asyncio.to_thread(keep_outside, self._folder, anchor, now)
        return anchor.incidents


def keep_outside(folder: Path, anchor: anchors.Anchor, now: datetime) -> None:
    """Append the anchor to this month's file outside the database, on disk when this returns."""
    line = json.dumps({"at": now.isoformat(), "no": anchor.no, "hash": anchor.hash.hex()})
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{now:%Y-%m}.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


class EstatePass:
    """Counts the registered devices for the metric."""

    name: Final = "estate"
    every_s: Final = 30.0
    batch_size: Final = 0

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run_once(self, now: datetime) -> int:
        """Count once; return how many kinds and statuses there are."""
        del now
        counts = await estate.count_devices(self._database)
        metrics.devices.clear()
        for count in counts:
            metrics.devices.labels(kind=count.kind, status=count.status).set(count.devices)
        return len(counts)


class ChainEndPass:
    """Says in what the P1 chain ends; the part is degraded while that is no tested voice (centre.md, 8)."""

    name: Final = "chain_end"
    every_s: Final = 10.0
    batch_size: Final = 0

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    async def run_once(self, now: datetime) -> int:
        """Look once."""
        async with self._around.db.pool.acquire() as connection:
            end = await chain_end(connection, now)
        self._around.readiness.set(CHAIN_FACT, degraded=None if end.is_well else str(end))
        return 0


def outbox_of(around: Surroundings, centre: Centre, outgoing: Outgoing) -> OutboxPass:
    """What sends notices, by the channels of the settings; raises SettingWrong. Enter it before the engine runs."""
    senders = senders_of(channels_of(around.settings, demo=around.demo, clock=around.clock, outgoing=outgoing))
    return OutboxPass(DeliveryStore(around.db, centre), senders, around.clock)


def periods_of(retention: Retention) -> Periods:
    """The settings' days as the rules take them; a day of readings holds vitals too, and stays as long as either."""
    days = retention.model_dump()
    days["readings"] = max(days["readings"], days.pop("vitals"))
    return Periods(**days)


def engine_of(around: Surroundings, centre: Centre, outbox: OutboxPass) -> Engine:
    """The engine of this process; any number may run over one database."""
    store = EngineStore(around.db, centre)
    watch = SupervisionStore(around.db, centre, clock=around.clock.now)
    upkeep = UpkeepStore(around.db, centre, watch)
    detectors = DetectorStore(around.db, centre)
    holding = HoldingPasses(around.db, centre)
    passes: list[Pass] = [
        DuePass(store),
        outbox,
        CallbackPass(CallbackStore(around.db, centre)),
        # A demonstration's channels catch everything: there is nobody whom a test could reach.
        ChannelTestPass(ChannelTests(around.db, centre, () if around.demo else outbox.ways)),
        ChainEndPass(around),
        RingingPass(RingingStore(around.db, centre)),
        LeasePass(store),
        DispatchPass(FieldDueStore(around.db, centre)),
        DutyPass(DeskStore(around.db, centre)),
        BeatPass(store),
        LanePass(LaneWatch(around.db, centre)),
        SupervisionPass(watch),
        UpkeepPass(upkeep),
        AgeingPass(upkeep),
        DetectorInputPass(detectors),
        DetectorDuePass(detectors),
        AuditPass(store),
        PartitionPass(store),
        RetentionPass(RetentionStore(around.db, centre), periods_of(around.settings.retention)),
        AnchorPass(around.db, around.settings.data_dir / "anchors"),
        EstatePass(around.db),
        FiguresPass(FiguresRecord(around.db)),
        *([] if around.settings.policy is None else [PolicyFilePass(around.db, around.settings.policy)]),
        WebhookPass(WebhookStore(around.db, wanted_of(around.settings))),
        CombinationPass(holding),
        HoldingPass(holding),
        StormWatchPass(holding),
        CallersPass(holding),
    ]
    return Engine(passes, around.clock)
