"""The alarms of a lane that wait: each device's in the order received, and life before everything else."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from devices.event import LIFE_SAFETY
from gateway.sorting import AlarmArrival


def is_urgent(arrival: AlarmArrival) -> bool:
    """Whether it goes before what only concerns a device: a life, or a call that nobody could read."""
    return arrival.event is None or arrival.event.type in LIFE_SAFETY


@dataclass(slots=True, eq=False)
class DeviceLine:
    """One device's alarms; only the first is worked on, and what is noted here is about that one."""

    device: str
    arrivals: deque[AlarmArrival] = field(default_factory=deque)
    urgent: int = 0  #: how many of them are
    is_out: bool = False  #: in work, or resting after a failure
    tries: int = 0
    failed_at_s: float = 0.0  #: when the first of the failed tries failed, on the monotonic clock
    is_hopeless: bool = False  #: the ordinary way can never take it

    @property
    def first(self) -> AlarmArrival:
        return self.arrivals[0]


class Waiting:
    """Devices with alarms, of which each is handed out once at a time. Bounded by the lane's window."""

    def __init__(self) -> None:
        self._lines: dict[str, DeviceLine] = {}
        self._urgent: dict[str, DeviceLine] = {}
        self._others: dict[str, DeviceLine] = {}
        self._ready = asyncio.Semaphore(0)

    def put(self, arrival: AlarmArrival) -> None:
        """Queue an alarm behind its device's others; an urgent one takes those before it along to the front."""
        line = self._lines.get(arrival.device)
        if line is None:
            line = self._lines[arrival.device] = DeviceLine(arrival.device)
        line.arrivals.append(arrival)
        line.urgent += is_urgent(arrival)
        if not line.is_out:
            self._offer(line)

    def holds(self, device: str) -> bool:
        """Whether alarms of this device wait, or are worked on."""
        return device in self._lines

    async def some(self) -> None:
        """Return once a device is ready; then `pick` must be called, once."""
        await self._ready.acquire()

    def pick(self) -> DeviceLine:
        """The device that has waited longest, among those with something urgent if there are any."""
        ready = self._urgent or self._others
        line = ready.pop(next(iter(ready)))
        line.is_out = True
        return line

    def done(self, line: DeviceLine) -> None:
        """The first of this device's alarms is committed: on to the next."""
        line.urgent -= is_urgent(line.arrivals.popleft())
        line.tries, line.is_hopeless = 0, False
        if line.arrivals:
            self.again(line)
        else:
            del self._lines[line.device]

    def again(self, line: DeviceLine) -> None:
        """Hand this device out once more, behind those that wait already."""
        line.is_out = False
        self._offer(line)

    def _offer(self, line: DeviceLine) -> None:
        waits = line.device in self._urgent or self._others.pop(line.device, None) is not None
        if line.urgent:
            self._urgent.setdefault(line.device, line)
        else:
            self._others[line.device] = line
        if not waits:
            self._ready.release()
