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
class _Count:
    lane: str
    count: int
    since: datetime


class Shedder:
    """Token buckets by device. Bounded; in memory alone, since a restart only gives a device a full measure again."""

    def __init__(
        self, *, rate_per_s: float = RATE_PER_S, burst: float = BURST, limit: int = MEASURES_LIMIT
    ) -> None:  # fmt: skip
        self._each_s, self._limit = 1.0 / rate_per_s, limit
        #: A millionth of an event above the burst: sums of floats are not exact.
        self._ahead_s = (burst + 1e-6) / rate_per_s
        self._even_at_s: dict[str, float] = {}
        self._shed: dict[str, _Count] = {}

    def admits(self, device: str, type_: EventType, now_s: float) -> bool:
        """Whether this event is still within the device's measure; `now_s` is monotonic.

        Of each device one number is kept: when it will have made good for all that it said. It runs ahead of the clock
        by no more than the burst.
        """
        if type_ not in MEASURED:
            return True
        even_at_s = self._even_at_s.get(device)
        if even_at_s is None:
            self._make_room()
            even_at_s = now_s
        even_at_s = (even_at_s if even_at_s > now_s else now_s) + self._each_s
        if even_at_s - now_s > self._ahead_s:
            return False
        self._even_at_s[device] = even_at_s
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
        if len(self._even_at_s) >= self._limit:
            del self._even_at_s[next(iter(self._even_at_s))]
