"""Devices that say too much, and ids that two devices fight over: noticed here, and told as technical incidents."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from gateway import metrics
from gateway.shedding import Shed, Shedder
from gateway.sorting import Arrival, PresenceArrival, TelemetryArrival
from rules.clock import Clock
from rules.domain.clones import REMEMBERED, fought_over
from rules.domain.vocabulary import Class
from store import technical
from store.cases import Facts
from store.database import Database
from store.opening import Centre

log: Final = structlog.get_logger()

#: How often what was noticed is told; the incident counts, and a device that goes on is not told of each second.
TELL_EVERY_S: Final = 60.0
LOOK_S: Final = 1.0
#: Ids whose arrivals are remembered; beyond it the one first met is forgotten.
ARRIVALS_LIMIT: Final = 50_000
#: Reports that wait for a database that is away; beyond it they are only counted.
WAITING_LIMIT: Final = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Report:
    class_: Class
    device: str
    facts: Facts


@dataclass(kw_only=True)
class Unruly:
    """What a gateway notices about single devices, across its lanes."""

    database: Database
    clock: Clock
    centre: Centre
    shedder: Shedder = field(default_factory=Shedder)
    _arrivals: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    _waiting: dict[tuple[Class, str], _Report] = field(default_factory=dict)

    def admits(self, arrival: Arrival, lane: str, now_s: float) -> bool:
        """Whether the lane takes this arrival; what it does not take is counted here. `now_s` is monotonic."""
        if type(arrival) is not TelemetryArrival:
            if type(arrival) is PresenceArrival and arrival.online:
                self.arrived(arrival.device, seen_by="online")
            return True
        # Where an answer is wanted, the device sends it until it is answered.
        if arrival.wants_ack or self.shedder.admits(arrival.device, arrival.event.type, now_s):
            return True
        self.shedder.note(arrival.device, lane, arrival.received_at)
        metrics.telemetry_shed_total.labels(lane, "device_rate").inc()
        return False

    def arrived(self, device: str, *, seen_by: str) -> None:
        """The device came to the broker; `seen_by` says who tells: `online`, or the broker's own log."""
        key = (seen_by, device)
        arrivals = self._arrivals.get(key)
        if arrivals is None:
            if len(self._arrivals) >= ARRIVALS_LIMIT:
                del self._arrivals[next(iter(self._arrivals))]
            arrivals = self._arrivals[key] = deque(maxlen=REMEMBERED)
        arrivals.append(self.clock.monotonic())
        if fought_over(arrivals):
            metrics.cloned_devices_total.labels(seen_by).inc()
            self._tell(Class.CLONED_DEVICE, device, (("seen_by", seen_by), ("arrivals", len(arrivals))))
            arrivals.clear()

    def _tell(self, class_: Class, device: str, facts: Facts) -> None:
        if len(self._waiting) < WAITING_LIMIT:
            self._waiting[class_, device] = _Report(class_=class_, device=device, facts=(("device", device), *facts))

    # -- telling ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Open the incidents, until cancelled; what cannot be told now is told at a later turn."""
        next_s = self.clock.monotonic()
        while True:
            if self.clock.monotonic() >= next_s:
                for shed in self.shedder.take():
                    self._tell(Class.RUNAWAY_DEVICE, shed.device, _facts(shed, self.clock.now()))
                next_s = self.clock.monotonic() + TELL_EVERY_S
            for key, report in list(self._waiting.items()):
                if not await self._report(report):
                    # Behind the others: it may fail by itself, and they must not wait for it.
                    self._waiting[key] = self._waiting.pop(key, report)
                    break
                self._waiting.pop(key, None)
            await self.clock.sleep(LOOK_S)

    async def _report(self, report: _Report) -> bool:
        try:
            async with self.database.transaction() as connection:
                await technical.report_device(
                    connection, report.class_, report.device, facts=report.facts, centre=self.centre,
                    now=self.clock.now(),
                )  # fmt: skip
        except Exception as error:  # noqa: BLE001  # around one report: recorded, and tried again
            # Any type: what we have to say about a device must not stop what others say.
            log.warning("device_not_reported", about=str(report.class_), error=type(error).__name__)
            return False
        return True


def _facts(shed: Shed, now: datetime) -> Facts:
    return (
        ("shed", shed.count),
        ("lane", shed.lane),
        ("since", shed.since.isoformat()),
        ("until", now.isoformat()),
    )
