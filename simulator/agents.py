"""One device at run time: what it still owes, what it keeps while away, and how a flush is packed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from devices.topics import alarm_topic, telemetry_topic
from simulator.client import Link, Publication
from simulator.fleet import Device
from simulator.plan import Planned

#: A device's memory for telemetry while it is away; the oldest is dropped, as real ones do, and counted.
BUFFER_EVENTS: Final = 1000
#: A device's memory for alarms not yet acknowledged. A real one holds a handful; the bound is for a load run's sake.
MOST_AWAITING: Final = 500
#: One flush message: well under the 64 KiB of one event and the 256 KiB that a broker takes.
FLUSH_EVENTS: Final = 50
FLUSH_BYTES: Final = 32 * 1024
#: Command ids remembered, so that a command that comes twice is obeyed once.
ANSWERED: Final = 16


class Awaiting:
    """An alarm on its way: when it was first sent, and when it goes again. Seconds of the run."""

    __slots__ = ("delay_s", "first_s", "next_s", "planned")

    def __init__(self, planned: Planned, now_s: float, delay_s: float) -> None:
        self.planned = planned
        self.first_s = now_s
        self.delay_s = delay_s
        self.next_s = now_s + delay_s


class Agent:
    """A device and its link. `away` means it has no network, though its shared link may be up."""

    __slots__ = ("alarm_topic", "answered", "awaiting", "away", "buffer", "device", "link", "telemetry_topic")

    def __init__(self, device: Device, link: Link) -> None:
        self.device = device
        self.link = link
        self.away = False
        self.alarm_topic = alarm_topic(device.id).encode()
        self.telemetry_topic = telemetry_topic(device.id).encode()
        self.awaiting: dict[str, Awaiting] = {}
        self.buffer: deque[Planned] = deque()
        self.answered: deque[str] = deque(maxlen=ANSWERED)

    @property
    def reachable(self) -> bool:
        return self.link.up and not self.away

    def publication(self, events: tuple[Planned, ...], *, alarm: bool, qos: int = 1) -> Publication:
        """Return one message of these events: a plain object for one, an array for more."""
        payload = events[0].payload if len(events) == 1 else b"[" + b",".join([each.payload for each in events]) + b"]"
        topic = self.alarm_topic if alarm else self.telemetry_topic
        retain = alarm and any(each.retain for each in events)
        return Publication(topic, payload, (self, events), qos=qos, retain=retain)


def packed(events: Iterable[Planned]) -> Iterator[tuple[Planned, ...]]:
    """Yield the events in order, in groups that fit one message each."""
    group: list[Planned] = []
    size = 0
    for planned in events:
        if group and (len(group) >= FLUSH_EVENTS or size + len(planned.payload) > FLUSH_BYTES):
            yield tuple(group)
            group, size = [], 0
        group.append(planned)
        size += len(planned.payload) + 1
    if group:
        yield tuple(group)
