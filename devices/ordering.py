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


#: What has an end of its own.
_BEGUN: Final = frozenset(ENDS.values())


def without_ends_of_what_stands(events: Iterable[Event]) -> list[Event]:
    """Leave out a state's end where the same message says of the same device that it stands.

    Two sensors in one case: what the one sees is not over because the other does not see it.
    """
    told = list(events)
    standing = {(event.device, event.type) for event in told if event.type in _BEGUN}
    if not standing:
        return told
    return [event for event in told if not event.is_state or (event.device, ENDS.get(event.type)) not in standing]


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
