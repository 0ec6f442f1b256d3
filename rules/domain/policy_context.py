"""What is known when an event is assessed, and the conditions a policy may ask about it, as data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final

from rules.domain.vocabulary import (
    LIFE_SAFETY_KINDS,
    Channel,
    DeviceKind,
    DeviceLife,
    Hearing,
    ResidentStatus,
    Speech,
    Wearer,
)

_DAY_MIN: Final = 24 * 60
_CANNOT_CALL: Final = frozenset({"deaf", "mute"})


class Vitals(StrEnum):
    """What the personal bounds say of a device's `medical`."""

    DANGER = "danger"
    ATTENTION = "attention"


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What is known about the device and its people when an event is assessed; read in the same transaction.

    For a shared device `tags` is the union over everybody at the home, `ability` the worst, and `speech` and
    `hearing` stay OK: the desk does not know who pressed.
    """

    registered: bool = True
    life: DeviceLife = DeviceLife.LIVE
    kind: DeviceKind = DeviceKind.OTHER
    wearer: Wearer = Wearer.PERSONAL
    channel: Channel = Channel.ALARM
    retained: bool = False
    late_s: float | None = 0.0  #: age at receipt by the device's time; None where that time cannot be trusted
    late: bool = False
    clock_wrong: bool = False
    damaged: bool = False
    id_reused: bool = False
    test_mode: bool = False
    canary: bool = False
    tags: frozenset[str] = frozenset()
    ability: int = 0  #: 0-4 as in GB/T 42195
    speech: Speech = Speech.OK
    hearing: Hearing = Hearing.OK
    resident_status: ResidentStatus = ResidentStatus.ACTIVE
    other_fire_sign: bool = False  #: another detector of the home reports smoke, heat or fire
    vitals_in_danger: bool | None = None  #: beyond the personal danger bound twice; None: no bound could be applied
    outdoors_at_risk: bool = False  #: night, frost, over 35 °C, or near water
    absent: bool = False  #: a running absence (外出报备) of everybody the event is about
    minute: int | None = None  #: of the day in site time; None: not asked
    area: str | None = None

    @property
    def speechless(self) -> bool:
        """Whether a call-back by voice cannot work."""
        return self.speech is Speech.NONE or self.hearing is Hearing.DEAF or not self.tags.isdisjoint(_CANNOT_CALL)

    @property
    def life_safety_device(self) -> bool:
        """What an unregistered device is cannot be known: the careful answer."""
        return self.kind in LIFE_SAFETY_KINDS or not self.registered

    @property
    def vitals(self) -> Vitals | None:
        if self.vitals_in_danger is None:
            return None
        return Vitals.DANGER if self.vitals_in_danger else Vitals.ATTENTION


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """A condition over a context: everything that is given must hold; nothing given holds always."""

    tags_any: frozenset[str] = frozenset()  #: at least one of them
    tags_all: frozenset[str] = frozenset()
    ability_at_least: int | None = None
    kinds: frozenset[DeviceKind] = frozenset()
    speechless: bool | None = None
    life_safety_device: bool | None = None
    other_fire_sign: bool | None = None
    vitals: Vitals | None = None
    outdoors_at_risk: bool | None = None
    absent: bool | None = None
    hours: tuple[int, int] | None = None  #: [from, to) in minutes of the day, site time; over midnight where from > to
    area: str | None = None  #: this area and what lies under it

    @property
    def weight(self) -> int:
        """How many things are asked: of the rules that hold, the one that asks most is the most specific."""
        return sum(getattr(self, field.name) not in (None, frozenset()) for field in fields(self))

    def holds(self, context: Context) -> bool:
        """Whether everything given holds for this context."""
        return (
            (not self.tags_any or not self.tags_any.isdisjoint(context.tags))
            and (not self.tags_all or self.tags_all <= context.tags)
            and (self.ability_at_least is None or context.ability >= self.ability_at_least)
            and (not self.kinds or context.kind in self.kinds)
            and (self.speechless is None or context.speechless is self.speechless)
            and (self.life_safety_device is None or context.life_safety_device is self.life_safety_device)
            and (self.other_fire_sign is None or context.other_fire_sign is self.other_fire_sign)
            and (self.vitals is None or context.vitals is self.vitals)
            and (self.outdoors_at_risk is None or context.outdoors_at_risk is self.outdoors_at_risk)
            and (self.absent is None or context.absent is self.absent)
            and (self.hours is None or _within(self.hours, context.minute))
            and (self.area is None or _under(self.area, context.area))
        )


def minute_of_day(at: datetime, timezone: tzinfo) -> int:
    """The minute of the day at the site, as rules about hours ask for it."""
    local = at.astimezone(timezone)
    return local.hour * 60 + local.minute


#: Holds whatever is known.
ALWAYS: Final = When()


def _within(hours: tuple[int, int], minute: int | None) -> bool:
    if minute is None:
        return False
    start, end = hours
    return start <= minute < end if start <= end else minute >= start or minute < end


def _under(area: str, place: str | None) -> bool:
    return place is not None and (place == area or place.startswith(f"{area}."))


assert ALWAYS.weight == 0
assert _within((22 * 60, 6 * 60), _DAY_MIN - 1), "hours may go over midnight"
