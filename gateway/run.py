"""The gateway part: its lanes side by side, each trying for its lease."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import socket
from collections.abc import Sequence
from typing import Final

from devices.sources import SOURCES
from gateway.canary import OnFullRound
from gateway.lane import Lane, LaneContext, LaneSettings
from gateway.mqtt.connection import BrokerAddress
from rules.clock import Clock
from store.database import Database
from store.opening import Centre
from store.partitions import make_days_ahead

#: A full window is about so many objects; going through them all for each thousand that came was a tenth of the work.
COLLECT_AFTER_OBJECTS: Final = 50_000


class Gateway:
    """All lanes of this process. Any number of gateways may run; each lane has one holder.

    With `on_full_round` a canary presses on each lane that takes alarms, and it is told of each full round.
    """

    def __init__(
        self,
        lanes: Sequence[LaneSettings],
        *,
        database: Database,
        clock: Clock,
        centre: Centre,
        mqtt_url: str,
        version: str,
        on_full_round: OnFullRound | None = None,
    ) -> None:
        context = LaneContext(
            database=database,
            clock=clock,
            centre=centre,
            broker=BrokerAddress.parse(mqtt_url),
            # Unlike any other process, and any earlier life of this one.
            holder=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
            version=version,
            on_full_round=on_full_round,
        )
        self._context = context
        self.lanes = [Lane(lane, context, SOURCES[lane.source]) for lane in lanes]

    async def run(self) -> None:
        """Make the coming days' partitions, then hold whatever lanes are free, until cancelled."""
        async with self._context.database.pool.acquire() as connection:
            await make_days_ahead(connection, self._context.clock.now())
        _collect_seldom()
        async with asyncio.TaskGroup() as group:
            for lane in self.lanes:
                group.create_task(lane.run(), name=f"lane {lane.name}")


def _collect_seldom() -> None:
    """What is loaded by now stays for good, and messages hold no cycles: look for garbage rarely."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 20)
