"""A measure for each device's telemetry: what is beyond it is shed, counted and told of. Alarms are never measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from devices.event import ROUTINE, EventType
from gateway.sorting import AT_ONCE

#: A band with a fix every second says one thing a second, and a hub of meters a few; ten is a device gone mad.
RATE_PER_S: Final = 10.0
#: A flush after an outage: a reading each minute for three days, or each second for over an hour.
BURST: Final = 5_000.0
#: Beyond this many devices the ones that were quiet longest start anew with a full measure.
MEASURES_LIMIT: Final = 200_000

#: What the measure applies to; everything that opens, ends or is noted on an incident passes, and so does a fault.
MEASURED: Final = frozenset(ROUTINE - AT_ONCE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shed:
    """What was shed of one device since it was last told."""

    device: str
    lane: str
    count: int
    since: datetime


@dataclass(slots=True)
class _Measure:
    left: float
    at_s: float


@dataclass(slots=True)
class _Count:
    lane: str
    count: int
    since: datetime


class Shedder:
    """Token buckets by device. Bounded; in memory alone, since a restart only gives a device a full measure again."""

    def __init__(
        self, *, rate_per_s: float = RATE_PER_S, burst: float = BURST, limit: int = MEASURES_LIMIT
    ) -> None:  # fmt: skip
        self._rate_per_s, self._burst, self._limit = rate_per_s, burst, limit
        self._measures: dict[str, _Measure] = {}
        self._shed: dict[str, _Count] = {}

    def admits(self, device: str, type_: EventType, now_s: float) -> bool:
        """Whether this event is still within the device's measure; `now_s` is monotonic."""
        if type_ not in MEASURED:
            return True
        measure = self._measures.get(device)
        if measure is None:
            self._make_room()
            self._measures[device] = _Measure(self._burst - 1.0, now_s)
            return True
        measure.left = min(self._burst, measure.left + (now_s - measure.at_s) * self._rate_per_s)
        measure.at_s = now_s
        if measure.left < 1.0:
            return False
        measure.left -= 1.0
        return True

    def note(self, device: str, lane: str, now: datetime) -> None:
        """One event of this device was shed."""
        shed = self._shed.get(device)
        if shed is None:
            self._shed[device] = _Count(lane, 1, now)
        else:
            shed.count += 1

    def take(self) -> list[Shed]:
        """What was shed since the last call, by device."""
        shed, self._shed = self._shed, {}
        return [Shed(device=device, lane=one.lane, count=one.count, since=one.since) for device, one in shed.items()]

    def _make_room(self) -> None:
        """Forget the device that was first met: dicts keep that order, and what is forgotten begins with a full one."""
        if len(self._measures) >= self._limit:
            del self._measures[next(iter(self._measures))]
