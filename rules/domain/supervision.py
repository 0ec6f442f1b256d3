"""When a device is late: how often it speaks, how long it may be silent, and what that silence is called.

Silence is judged by the clock and by the receipt of the device's own messages alone (invariant 12): no device's time,
no hub's word for it and no connection at the broker makes a device alive. A device is late once it has missed two of
its intervals; the engine looks every five seconds, so a verdict stands at most about five seconds after its deadline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.domain.policy_routes import EQUIPMENT_TAGS
from rules.domain.vocabulary import LIFE_SAFETY_KINDS, Class, DeviceKind, DeviceLife

#: Counted up with every change of the tables below: devices planned by an older one are planned anew.
TABLE_VERSION: Final = 1
#: The engine's beat, and so the granularity of every verdict.
LOOK_EVERY_S: Final = 5.0
#: Intervals a device may miss (centre.md, part 3, "life-safety device past 2 intervals").
MISSED_INTERVALS: Final = 2
#: An installed device waits for its installer at least so long before it counts as never heard.
FIRST_CONTACT_INSTALLED_S: Final = 24 * 3600
#: Lives in which somebody relies on the device, or is about to.
WATCHED_LIVES: Final = frozenset({DeviceLife.INSTALLED, DeviceLife.LIVE})

_MIN: Final = 60
_HOUR: Final = 3600


class Status(StrEnum):
    """How a device stands with the watch; the word in the database, in JSON and in the metric."""

    NEW = "new"  #: registered or changed, not planned yet
    UNWATCHED = "unwatched"  #: in stock, suspended, returned, lost, unregistered or a canary
    AWAITED = "awaited"  #: never heard in this life, and still in time
    LIVE = "live"
    GRACE = "grace"  #: would be late, but we could not hear, or it is being tested again after an outage
    LATE = "late"
    NEVER_HEARD = "never_heard"  #: its first contact is overdue
    HELD = "held"  #: late, and behind a hub or in an area whose outage is one incident


#: What the engine looks at when its time has come, and what it looks at until it is heard.
IN_TIME: Final = frozenset({Status.AWAITED, Status.LIVE, Status.GRACE})
SILENT: Final = frozenset({Status.LATE, Status.NEVER_HEARD, Status.HELD})


@dataclass(frozen=True, kw_only=True, slots=True)
class Habit:
    """How often a device speaks by itself, and after how much silence it is late; seconds."""

    interval_s: int
    allowed_s: int
    why: str = ""

    @property
    def allowed(self) -> timedelta:
        return timedelta(seconds=self.allowed_s)


def _every(interval_s: int) -> Habit:
    return Habit(interval_s=interval_s, allowed_s=MISSED_INTERVALS * interval_s)


#: Where neither the register nor the model says anything.
BY_KIND: Final[Mapping[DeviceKind, Habit]] = MappingProxyType(
    {
        DeviceKind.CALL_BUTTON: _every(12 * _HOUR),
        DeviceKind.SMOKE_ALARM: _every(24 * _HOUR),
        DeviceKind.GAS_ALARM: _every(24 * _HOUR),
        DeviceKind.LOCATION_BAND: _every(1 * _HOUR),
        DeviceKind.FALL_SENSOR: _every(12 * _HOUR),
        DeviceKind.BED_SENSOR: _every(6 * _HOUR),
        DeviceKind.DOOR_SENSOR: _every(12 * _HOUR),
        DeviceKind.MOTION_SENSOR: _every(12 * _HOUR),
        DeviceKind.HUB: _every(10 * _MIN),
        DeviceKind.OTHER: _every(12 * _HOUR),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelHabit:
    """A source's devices, or those of its models whose name has this word; the first that fits is taken."""

    source: str
    model: str = ""
    kinds: frozenset[DeviceKind] = frozenset()  #: empty: of any kind
    habit: Habit


_HUBS: Final = frozenset({DeviceKind.HUB})
#: Sleepers and talkers, as their makers write; a device's own `interval_s` in the register goes before all of these.
_SMOKE_THAT_SLEEPS: Final = Habit(
    interval_s=24 * _HOUR, allowed_s=26 * _HOUR, why="wakes once a day (`wakeup_period`); two hours of margin"
)
_LORAWAN: Final = Habit(interval_s=24 * _HOUR, allowed_s=50 * _HOUR, why="LoRaWAN, once a day")
BY_MODEL: Final[tuple[ModelHabit, ...]] = (
    *(ModelHabit(source="shelly", model=word, habit=_SMOKE_THAT_SLEEPS) for word in ("smoke", "snsn-0031")),
    ModelHabit(
        source="shelly", model="blu", habit=Habit(interval_s=6 * _HOUR, allowed_s=13 * _HOUR, why="speaks every 6 h")
    ),
    ModelHabit(source="zigbee2mqtt", kinds=_HUBS, habit=_every(10 * _MIN)),
    ModelHabit(
        source="zigbee2mqtt",
        habit=Habit(interval_s=25 * _HOUR, allowed_s=25 * _HOUR, why="battery devices: passive for 25 h"),
    ),
    ModelHabit(source="tasmota", habit=Habit(interval_s=300, allowed_s=660, why="TelePeriod, 300 s")),
    ModelHabit(source="owntracks", habit=_every(6 * _HOUR)),
    *(ModelHabit(source=source, kinds=_HUBS, habit=_every(10 * _MIN)) for source in ("chirpstack", "ttn", "lorawan")),
    *(ModelHabit(source=source, habit=_LORAWAN) for source in ("chirpstack", "ttn", "lorawan")),
    ModelHabit(source="gbt26875", habit=Habit(interval_s=1800, allowed_s=3600, why="inspection every half hour")),
    ModelHabit(
        source="scaip", habit=Habit(interval_s=25 * _HOUR, allowed_s=25 * _HOUR, why="SOS Access level of 25 h")
    ),
)


def habit_of(*, kind: DeviceKind, source: str, model: str, interval_s: int | None) -> Habit:
    """How often a device speaks: its own interval in the register, else its model's, else its kind's."""
    if interval_s is not None:
        return _every(interval_s)
    wanted = model.strip().lower()
    for row in BY_MODEL:
        if row.source == source and row.model in wanted and (not row.kinds or kind in row.kinds):
            return row.habit
    return BY_KIND[kind]


def is_watched(*, life: DeviceLife, registered: bool, canary: bool) -> bool:
    """Whether silence of this device means anything; a person's absence or status never changes it (centre.md, 17)."""
    return registered and not canary and life in WATCHED_LIVES


def allowed_before_first_contact(habit: Habit, life: DeviceLife) -> timedelta:
    """How long a device that was never heard may take: its own timeout, and an installer's day where he is due."""
    waits_for_installer = life is DeviceLife.INSTALLED
    return timedelta(seconds=max(habit.allowed_s, FIRST_CONTACT_INSTALLED_S if waits_for_installer else 0))


def deadline(*, last_seen: datetime | None, watched_from: datetime, habit: Habit, life: DeviceLife) -> datetime:
    """When a device is late. What it said in an earlier life, or before it was watched, does not count."""
    if last_seen is None or last_seen < watched_from:
        return watched_from + allowed_before_first_contact(habit, life)
    return last_seen + habit.allowed


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """What is known of a silent device when its verdict is spoken."""

    kind: DeviceKind
    heard_before: bool
    tags: frozenset[str] = frozenset()  #: of everybody at the home
    has_resident: bool = False
    other_life_safety: bool = False  #: another life-safety device of the same people is live
    children: int = 0  #: watched devices behind it, where it is a hub


class Reason(StrEnum):
    """Why a silent device is of its class."""

    HUB_WITH_DEVICES = "hub_with_devices"
    NOTHING_ELSE_PROTECTS = "nothing_else_protects"
    EQUIPMENT_AT_HOME = "equipment_at_home"
    FIRST_CONTACT_OVERDUE = "first_contact_overdue"
    LIFE_SAFETY_DEVICE = "life_safety_device"
    OTHER_DEVICE = "other_device"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The class of a silent device's incident, and why."""

    class_: Class
    reason: Reason


def verdict_on(loss: Loss) -> Verdict:
    """Say what a silent device means: worst first."""
    life_safety = loss.kind in LIFE_SAFETY_KINDS
    if loss.children:
        return Verdict(class_=Class.HUB_LOST, reason=Reason.HUB_WITH_DEVICES)
    guards = life_safety and loss.kind is not DeviceKind.HUB
    if guards and loss.heard_before and loss.has_resident and not loss.other_life_safety:
        return Verdict(class_=Class.UNPROTECTED, reason=Reason.NOTHING_ELSE_PROTECTS)
    if not loss.tags.isdisjoint(EQUIPMENT_TAGS):
        return Verdict(class_=Class.DEVICE_LOST_DEPENDENT, reason=Reason.EQUIPMENT_AT_HOME)
    if not loss.heard_before:
        return Verdict(class_=Class.NEVER_HEARD, reason=Reason.FIRST_CONTACT_OVERDUE)
    if life_safety:
        return Verdict(class_=Class.DEVICE_LOST, reason=Reason.LIFE_SAFETY_DEVICE)
    return Verdict(class_=Class.DEVICE_LOST_OTHER, reason=Reason.OTHER_DEVICE)


def never_held(tags: frozenset[str]) -> bool:
    """People with equipment at home are never folded into an outage (centre.md, 22)."""
    return not tags.isdisjoint(EQUIPMENT_TAGS)


assert set(BY_KIND) == set(DeviceKind), "a new kind needs its interval"
assert all(row.habit.allowed_s >= row.habit.interval_s for row in BY_MODEL)
