"""From what a device says, under what is known about it, to the class of the trouble: the first part of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from devices.event import ENDS, EventType
from rules.domain.policy_context import ALWAYS, Vitals, When
from rules.domain.vocabulary import Class, DeviceLife, Priority

#: Equipment at home that stops with the power (centre.md, 22).
EQUIPMENT_TAGS: Final = frozenset({"oxygen", "ventilator", "dialysis", "infusion"})
#: GB/T 42195: 3 is severely impaired, 4 completely.
DEPENDENT_ABILITY: Final = 3


class Effect(StrEnum):
    """What becomes of an event."""

    RING = "ring"  #: opens or joins an incident; it sounds from P3 up
    NOTE = "note"  #: says something about an incident that may be open: a clear, a cancel
    LOG = "log"  #: kept, nothing else


class Reason(StrEnum):
    """Why an event was assessed as it was."""

    CLASS_ROW = "class_row"
    CANNOT_SPEAK_OR_HEAR = "cannot_speak_or_hear"
    SECOND_FIRE_SIGN = "second_fire_sign"
    VITALS_IN_DANGER = "vitals_in_danger"
    VITALS_NEED_ATTENTION = "vitals_need_attention"
    DEMENTIA = "dementia"
    DEMENTIA_AT_RISK = "dementia_at_risk"
    DEPENDENT_AND_ALONE = "dependent_and_alone"
    EQUIPMENT_AT_HOME = "equipment_at_home"
    LIFE_SAFETY_DEVICE = "life_safety_device"
    RETAINED_OLD_OR_UNDATED = "retained_old_or_undated"
    TYPE_UNKNOWN_ON_ALARM_TOPIC = "type_unknown_on_alarm_topic"
    TYPE_UNKNOWN = "type_unknown"
    CANARY = "canary"
    END_OF_CONDITION = "end_of_condition"
    WORD_OF_WEARER = "word_of_wearer"
    ROUTINE = "routine"
    FENCE_OF_ONE_WHO_MAY_GO = "fence_of_one_who_may_go"
    FAULT_OF_DEVICE_NOT_IN_USE = "fault_of_device_not_in_use"
    COUNTY_RULE = "county_rule"  #: a rule of the policy's file; its name stands beside
    NO_RULE_MATCHED = "no_rule_matched"
    OPENED_BY_SYSTEM = "opened_by_system"
    OPENED_BY_HAND = "opened_by_hand"


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """From a type, under a condition, to a class. The most specific that holds is taken; one always holds."""

    when: When
    class_: Class
    reason: Reason
    effect: Effect = Effect.RING
    rule: str = ""  #: the name of a county's rule; a built-in one is named by its reason

    @property
    def name(self) -> str:
        """As a policy's file and `explain` call it."""
        return self.rule or self.reason.value


def _to(
    class_: Class, reason: Reason = Reason.CLASS_ROW, *, when: When = ALWAYS, effect: Effect = Effect.RING
) -> Route:
    return Route(when=when, class_=class_, reason=reason, effect=effect)


_SPEECHLESS: Final = When(speechless=True)
_SECOND_SIGN: Final = When(other_fire_sign=True)
_DEMENTIA: Final = When(tags_any=frozenset({"dementia"}))
_DEMENTIA_AT_RISK: Final = When(tags_any=frozenset({"dementia"}), outdoors_at_risk=True)
_NEEDS_POWER: Final = When(tags_any=EQUIPMENT_TAGS)
_LIFE_SAFETY_DEVICE: Final = When(life_safety_device=True)
_DEPENDENT_ALONE: Final = When(tags_any=frozenset({"living_alone"}), ability_at_least=DEPENDENT_ABILITY)
_IN_DANGER: Final = When(vitals=Vitals.DANGER)
_NEEDS_ATTENTION: Final = When(vitals=Vitals.ATTENTION)

_T = EventType
ROUTES: Final[MappingProxyType[EventType, tuple[Route, ...]]] = MappingProxyType(
    {
        _T.SOS: (_to(Class.SOS_NO_VOICE, Reason.CANNOT_SPEAK_OR_HEAR, when=_SPEECHLESS), _to(Class.SOS)),
        _T.FIRE: (_to(Class.FIRE),),
        _T.SMOKE: (_to(Class.FIRE, Reason.SECOND_FIRE_SIGN, when=_SECOND_SIGN), _to(Class.SMOKE)),
        _T.HEAT: (_to(Class.FIRE, Reason.SECOND_FIRE_SIGN, when=_SECOND_SIGN), _to(Class.HEAT)),
        _T.GAS: (_to(Class.GAS),),
        _T.CARBON_MONOXIDE: (_to(Class.CARBON_MONOXIDE),),
        _T.FALL: (_to(Class.FALL),),
        _T.MEDICAL: (
            _to(Class.MEDICAL_CRITICAL, Reason.VITALS_IN_DANGER, when=_IN_DANGER),
            _to(Class.MEDICAL_ATTENTION, Reason.VITALS_NEED_ATTENTION, when=_NEEDS_ATTENTION),
            _to(Class.MEDICAL),
        ),
        _T.WANDERING: (
            _to(Class.WANDERING_AT_RISK, Reason.DEMENTIA_AT_RISK, when=_DEMENTIA_AT_RISK),
            _to(Class.WANDERING),
        ),
        _T.FENCE_EXIT: (
            _to(Class.WANDERING_AT_RISK, Reason.DEMENTIA_AT_RISK, when=_DEMENTIA_AT_RISK),
            _to(Class.WANDERING, Reason.DEMENTIA, when=_DEMENTIA),
            _to(Class.FENCE_EXIT, Reason.FENCE_OF_ONE_WHO_MAY_GO, effect=Effect.LOG),
        ),
        # The event itself proves that the sensor is alive; "not proven" is for supervision to raise (centre.md, 23).
        _T.INACTIVITY: (_to(Class.INACTIVITY),),
        _T.WATER_LEAK: (
            _to(Class.WATER_LEAK_DEPENDENT, Reason.DEPENDENT_AND_ALONE, when=_DEPENDENT_ALONE),
            _to(Class.WATER_LEAK),
        ),
        _T.INTRUSION: (_to(Class.INTRUSION),),
        _T.REMOVED: (_to(Class.REMOVED_DEMENTIA, Reason.DEMENTIA, when=_DEMENTIA), _to(Class.REMOVED)),
        _T.TAMPER: (
            _to(Class.TAMPER, Reason.LIFE_SAFETY_DEVICE, when=_LIFE_SAFETY_DEVICE),
            _to(Class.TAMPER_OTHER),
        ),
        _T.POWER_LOST: (
            _to(Class.POWER_LOST_DEPENDENT, Reason.EQUIPMENT_AT_HOME, when=_NEEDS_POWER),
            _to(Class.POWER_LOST),
        ),
        _T.BATTERY_LOW: (_to(Class.BATTERY_LOW),),
        _T.FAULT: (
            _to(Class.FAULT_DEPENDENT, Reason.EQUIPMENT_AT_HOME, when=_NEEDS_POWER),
            _to(Class.FAULT_LIFE_SAFETY, Reason.LIFE_SAFETY_DEVICE, when=_LIFE_SAFETY_DEVICE),
            _to(Class.FAULT),
        ),
        _T.BUTTON: (_to(Class.REQUEST),),
    }
)

#: Where no rule of a policy holds: seen by the supervisors, never silence.
UNMATCHED: Final = _to(Class.UNKNOWN, Reason.NO_RULE_MATCHED)

#: In code and not in any file: what such a message says is never urgent by less, whatever class a rule gives it
#: (centre.md, 40).
TYPE_FLOORS: Final = MappingProxyType(
    {
        **dict.fromkeys((_T.SOS, _T.SMOKE, _T.FIRE, _T.HEAT, _T.GAS, _T.CARBON_MONOXIDE), Priority.CRITICAL),
        **dict.fromkeys((_T.FALL, _T.WANDERING, _T.INACTIVITY), Priority.URGENT),
        _T.MEDICAL: Priority.NOTICE,
    }
)

#: An end, and what it ends. The classes of one topic share a subject, so any class of the type serves.
ENDED: Final = MappingProxyType({**ENDS, _T.POWER_RESTORED: _T.POWER_LOST, _T.FENCE_ENTER: _T.FENCE_EXIT})
WORDS: Final = frozenset({_T.CANCEL, _T.MUTED, _T.ANSWERED})
ROUTINE: Final = frozenset(
    {
        _T.HEARTBEAT,
        _T.LOCATION,
        _T.VITALS,
        _T.READING,
        _T.ACTIVITY,
        _T.DOOR_OPEN,
        _T.DOOR_CLOSED,
        _T.OCCUPIED,
        _T.VACANT,
        _T.ONLINE,
        _T.OFFLINE,
        _T.TEST,
    }
)
#: A device in these lives reports its faults to nobody: it guards no one. Its alarms are incidents all the same.
NOT_IN_USE: Final = frozenset({DeviceLife.IN_STOCK, DeviceLife.RETURNED, DeviceLife.LOST})


def _lint() -> None:
    """Every type reaches exactly one row, whatever the context."""
    for event_type in EventType:
        homes = [event_type in group for group in (ROUTES, ENDED, WORDS, ROUTINE)]
        assert sum(homes) == 1, f"{event_type} must be in exactly one part of the policy"
    for event_type, routes in ROUTES.items():
        assert [route.when == ALWAYS for route in routes] == [False] * (len(routes) - 1) + [True], event_type
        assert list(routes) == sorted(routes, key=lambda route: -route.when.weight), event_type


_lint()
