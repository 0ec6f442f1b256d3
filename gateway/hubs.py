"""Hubs: a message proves that the hub lives which carried it, and tells the register which devices hang on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog

from gateway import metrics
from gateway.sorting import STAND_IN, RejectArrival, Sorted
from rules.clock import Clock
from store import hubs
from store.database import Database

log: Final = structlog.get_logger()

#: As heartbeats: written at most this often; the last second's may be lost.
FLUSH_S: Final = 1.0
#: Pairs told to the register at a time; more wait for their devices' next message.
PAIRS_LIMIT: Final = 5_000
#: Pairs known to stand in the register; beyond, all are asked again.
KNOWN_LIMIT: Final = 200_000
#: A person may correct the register: what messages say is told again after this.
FORGET_S: Final = 3_600.0


class Hubs:
    """Gathers what came through which hub, and tells it once a second, beside the lane's own work."""

    def __init__(self, database: Database, clock: Clock, *, lane: str) -> None:
        self._database, self._clock, self._lane = database, clock, lane
        self._heard: dict[str, datetime] = {}
        self._carried: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._known_since_s = clock.monotonic()

    def take(self, hub: str, parts: Sorted) -> None:
        """A message came through this hub just now; what it says stays with the others."""
        arrivals = (*parts.alarms, *parts.telemetry)
        for arrival in arrivals:
            self._heard[hub] = arrival.received_at
            device = arrival.device
            told = isinstance(arrival, RejectArrival) or device in ("", hub) or device.startswith(STAND_IN)
            if not told and self._known.get(device) != hub and len(self._carried) < PAIRS_LIMIT:
                self._carried[device] = hub

    async def run(self) -> None:
        """Tell it until cancelled; what cannot be told now is told by a later message."""
        while True:
            await self._clock.sleep(FLUSH_S)
            try:
                await self.flush()
            except Exception as error:  # noqa: BLE001  # a task's outermost line: counted, said, and begun anew
                # Any type: no alarm waits for the register to know its hub.
                metrics.lane_failures_total.labels(self._lane, type(error).__name__).inc()
                log.warning("hubs_not_told", lane=self._lane, error=type(error).__name__)

    async def flush(self) -> None:
        """Tell once what was gathered."""
        heard, self._heard = self._heard, {}
        carried, self._carried = self._carried, {}
        if heard:
            await hubs.hear(self._database, heard)
        if carried:
            self._remember(carried, await hubs.learn(self._database, carried))

    def _remember(self, carried: Mapping[str, str], learnt: set[str]) -> None:
        now_s = self._clock.monotonic()
        if now_s - self._known_since_s > FORGET_S or len(self._known) + len(learnt) > KNOWN_LIMIT:
            self._known.clear()
            self._known_since_s = now_s
        self._known |= {device: carried[device] for device in learnt}
