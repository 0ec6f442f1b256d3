"""In which order the events of one message are handed on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from devices.event import ENDS, LIFE_SAFETY, Event, EventType

#: What must never change places with an alarm of this type: its clear, and the wearer's words about any alarm.
_ENDED_BY: Final = {
    kind: frozenset({end, EventType.CANCEL, EventType.MUTED, EventType.ANSWERED})
    for end, kind in ENDS.items()
    if kind in LIFE_SAFETY
}


def life_first(events: Iterable[Event]) -> list[Event]:
    """Life-safety first, else in the order sent; what ends or takes back such an alarm stays before and after it.

    A clear sent before its alarm comes along to the front: behind it, it would end what has just begun.
    """
    first: list[Event] = []
    then: list[Event] = []
    ahead: set[EventType] = set()  #: what life-safety events further on stand behind
    for event in reversed(tuple(events)):
        if event.type in LIFE_SAFETY:
            ahead |= _ENDED_BY[event.type]
            first.append(event)
        else:
            (first if event.type in ahead else then).append(event)
    return first[::-1] + then[::-1]
