"""The gateway part: its lanes side by side, each trying for its lease."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import socket
from collections.abc import Sequence
from typing import Final

import structlog

from gateway.alarms import SIDE_BY_SIDE
from gateway.canary import OnFullRound
from gateway.commands import CommandWorker
from gateway.lane import Lane, LaneContext
from gateway.leaving import Leavers
from gateway.mqtt.connection import NO_CERTIFICATES, BrokerAddress, Certificates
from gateway.replay import Replayer
from gateway.sources import LaneSettings
from gateway.unruly import Unruly
from rules.clock import Clock
from store.canary import dismiss
from store.database import DATABASE_AWAY, Database
from store.opening import Centre
from store.partitions import make_days_ahead
from store.source_records import name_sources

log: Final = structlog.get_logger()

#: What could not be prepared at the start, for somebody's lock, is tried again so often.
PREPARE_AGAIN_S: Final = 10.0
#: Connections that a lane takes beside those of its alarms: telemetry, suspicion, its hubs, its canary's two.
_OF_A_LANE: Final = 5
#: And the process: four watches, a lane that is being retired, dead letters that are used again, and commands.
_OF_A_PROCESS: Final = 9

#: A full window is about so many objects; going through them all for each thousand that came was a tenth of the work.
COLLECT_AFTER_OBJECTS: Final = 50_000


def connections_needed(lanes: int) -> int:
    """How large a gateway's pool must be, so that no alarm ever waits for a connection of somebody else."""
    return SIDE_BY_SIDE + _OF_A_LANE * lanes + _OF_A_PROCESS


class Gateway:
    """All lanes of this process. Any number of gateways may run; each lane has one holder.

    With `on_full_round` a canary presses on each lane that takes alarms, and it is told of each full round.
    With `names_all_lanes` these are all there are: any other in the database left the settings and is retired.
    """

    def __init__(  # noqa: PLR0913  # the one place where a gateway is put together
        self,
        lanes: Sequence[LaneSettings],
        *,
        database: Database,
        clock: Clock,
        centre: Centre,
        mqtt_url: str,
        version: str,
        acks_expire: bool = True,
        on_full_round: OnFullRound | None = None,
        names_all_lanes: bool = False,
        certificates: Certificates = NO_CERTIFICATES,
    ) -> None:
        self.unruly = Unruly(database=database, clock=clock, centre=centre)
        context = LaneContext(
            database=database,
            clock=clock,
            centre=centre,
            broker=BrokerAddress.parse(mqtt_url, certificates),
            # Unlike any other process, and any earlier life of this one.
            holder=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
            version=version,
            acks_expire=acks_expire,
            on_full_round=on_full_round,
            unruly=self.unruly,
        )
        self._context = context
        self._leavers = Leavers([lane.name for lane in lanes], context) if names_all_lanes else None
        self.lanes = [Lane(lane, context) for lane in lanes]
        self._commands = CommandWorker(
            database=database, clock=clock, centre=centre, broker=context.broker, may_expire=acks_expire
        )
        self._sources = [source.name for lane in lanes for source in lane.sources]
        self._replayer = Replayer(
            {source.name: source.decode for lane in lanes for source in lane.sources},
            database=database,
            clock=clock,
            centre=centre,
        )

    async def run(self) -> None:
        """Hold whatever lanes are free, until cancelled; the coming days' partitions are made first if they can be."""
        prepared = await self._prepare()
        _collect_seldom()
        async with asyncio.TaskGroup() as group:
            if not prepared:
                group.create_task(self._prepare_later(), name="preparation")
            group.create_task(self.unruly.run(), name="unruly devices")
            for lane in self.lanes:
                group.create_task(lane.run(), name=f"lane {lane.name}")
            group.create_task(self._replayer.run(), name="dead letters used again")
            group.create_task(self._commands.run(), name="commands to devices")
            if self._leavers is not None:
                group.create_task(self._leavers.run(), name="lanes that left the settings")

    async def _prepare(self) -> bool:
        """Make the partitions, name our sources, retire canaries of lanes without one; whether that went through."""
        try:
            async with self._context.database.pool.acquire() as connection:
                await make_days_ahead(connection, self._context.clock.now())
                await name_sources(connection, self._sources)
                await dismiss(connection, [lane.name for lane in self.lanes if not lane.has_canary])
        except DATABASE_AWAY as error:
            # No alarm needs a partition, and there are two weeks of them as a rule: somebody's lock stops no lane.
            log.warning("gateway_not_prepared", error=type(error).__name__)
            return False
        return True

    async def _prepare_later(self) -> None:
        while True:
            await self._context.clock.sleep(PREPARE_AGAIN_S)
            if await self._prepare():
                return


def _collect_seldom() -> None:
    """What is loaded by now stays for good, and messages hold no cycles: look for garbage rarely."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 20)
