"""What the bits of a GPS watch's status word say, and which of them call somebody."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from devices.event import EventType

#: The upper half holds alarms, the lower half how things stand.
_ALARM_BITS: Final = (
    (16, EventType.SOS),
    (21, EventType.FALL),
    (22, EventType.FALL),
    (20, EventType.REMOVED),
    (18, EventType.FENCE_EXIT),
    (19, EventType.FENCE_ENTER),
    (17, EventType.BATTERY_LOW),
)
_STATE_BITS: Final = (
    (14, EventType.POWER_LOST),
    (1, EventType.FENCE_EXIT),
    (2, EventType.FENCE_ENTER),
    (0, EventType.BATTERY_LOW),
)
#: Off the wrist, which by itself calls nobody: the strap is opened to wash, and bit 20 is the alarm.
_OFF_WRIST_BIT: Final = 3
_ALARM_SHIFT: Final = 16

#: For whoever writes frames: the bit of what a watch can raise.
BITS: Final = MappingProxyType({type_: 1 << bit for bit, type_ in reversed((*_ALARM_BITS, _STATE_BITS[0]))})


class Condition(NamedTuple):
    """One thing that a status says."""

    type: EventType
    is_state: bool


@lru_cache(maxsize=1024)
def conditions(status: int, *, is_alarm: bool) -> tuple[Condition, ...]:
    """Return what a status says, worst first; `is_alarm`: the frame was sent to raise it.

    A state bit is a state, except in an alarm frame without any alarm bit: then it is what the alarm is about.
    """
    found = {type_: False for bit, type_ in _ALARM_BITS if status >> bit & 1}
    states_only = is_alarm and not status >> _ALARM_SHIFT
    for bit, type_ in _STATE_BITS:
        if status >> bit & 1:
            found.setdefault(type_, not states_only)
    return tuple(Condition(type_, is_state) for type_, is_state in found.items())


def is_off_wrist(status: int) -> bool:
    """Say whether the watch tells that nobody wears it."""
    return bool(status >> _OFF_WRIST_BIT & 1)


def has_unknown_alarm(status: int) -> bool:
    """Say whether an alarm bit is set that stands in no table of ours, and none that does."""
    return bool(status >> _ALARM_SHIFT) and not any(status >> bit & 1 for bit, _ in _ALARM_BITS)
