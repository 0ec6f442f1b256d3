"""Of each built-in class: its English name, its plan, who in the family is told when, and which services stand first.

Minutes count: for fire, gas and carbon monoxide the services are called on any confirmation, or when nobody in the
home is reached within 60 s; for a call for help and a fall when help is asked for, or nobody answers within 120 s.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from rules.domain.policy_row import FamilyTold, Service
from rules.domain.vocabulary import Class


class Help(NamedTuple):
    """What stands in a class's row beside its clocks."""

    en: str
    plan: str
    family: FamilyTold = FamilyTold.NO
    services: tuple[Service, ...] = ()
    services_after_s: int | None = None
    send_count: int = 2


_NO, _AT_ONCE, _AFTER_CALL, _CONFIRMED = FamilyTold
_110, _119, _120 = (Service.POLICE,), (Service.FIRE,), (Service.AMBULANCE,)
#: Nobody in the home reached within this: fire, gas, carbon monoxide.
_FIRE_S: Final = 60
#: Two calls without an answer within this: a call for help, a fall.
_PERSON_S: Final = 120
#: The police look for somebody who may be in danger outside from here on at the latest.
_SEARCH_S: Final = 15 * 60

HELP: Final = MappingProxyType(
    {
        Class.SOS: Help("Call for help", "sos", _AFTER_CALL, _120 + _110, _PERSON_S),
        Class.SOS_NO_VOICE: Help(
            "Call for help, cannot speak or hear", "sos_no_voice", _AT_ONCE, _120 + _110, _PERSON_S
        ),
        Class.FIRE: Help("Fire", "fire", _AT_ONCE, _119 + _120, _FIRE_S),
        Class.SMOKE: Help("Smoke alarm", "smoke", _AT_ONCE, _119 + _120, _FIRE_S),
        Class.HEAT: Help("Heat alarm", "smoke", _AT_ONCE, _119 + _120, _FIRE_S),
        Class.GAS: Help("Gas leak", "gas", _AT_ONCE, _119 + _120, _FIRE_S),
        Class.CARBON_MONOXIDE: Help("Carbon monoxide", "carbon_monoxide", _AT_ONCE, _120 + _119, _FIRE_S),
        Class.FALL: Help("Fall", "fall", _AFTER_CALL, _120, _PERSON_S),
        Class.MEDICAL_CRITICAL: Help("Vital signs in danger", "medical", _AFTER_CALL, _120),
        Class.MEDICAL: Help("Vital signs, to be verified", "medical", _AFTER_CALL, _120, send_count=1),
        Class.MEDICAL_ATTENTION: Help("Vital signs out of bounds", "medical_attention", send_count=1),
        Class.WANDERING_AT_RISK: Help("Wandering, at risk", "wandering", _AT_ONCE, _110 + _120, _SEARCH_S),
        Class.WANDERING: Help("Outside the fence (dementia)", "wandering", _AT_ONCE, _110, send_count=1),
        Class.FENCE_EXIT: Help("Outside the fence (others)", "fence_exit", send_count=1),
        Class.INACTIVITY: Help("Inactivity", "inactivity", _AFTER_CALL, _120, send_count=1),
        Class.INACTIVITY_UNKNOWN: Help("Inactivity, sensor not proven", "inactivity_unknown", send_count=1),
        Class.REMOVED_DEMENTIA: Help("Band taken off (dementia)", "removed_dementia", _AT_ONCE, send_count=1),
        Class.RETAINED_CALL: Help(
            "Call for help, kept or sent later", "retained_call", _AFTER_CALL, _120, send_count=1
        ),
        Class.UNKNOWN: Help("Unknown kind of alarm", "unknown", _CONFIRMED, _120, send_count=1),
        Class.VISIT_MISSED_CRITICAL: Help("Missed visit, critical", "visit_missed", _AFTER_CALL, send_count=1),
        Class.WELLBEING_UNANSWERED_AT_RISK: Help(
            "Wellbeing call unanswered, at risk", "wellbeing", _AFTER_CALL, send_count=1
        ),
        Class.WELLBEING_UNANSWERED: Help("Wellbeing call unanswered", "wellbeing", _AFTER_CALL, send_count=1),
        Class.RESPONDER_SILENT: Help("Responder does not answer", "responder_silent", services=_110 + _120),
        Class.INTRUSION: Help("Intrusion", "intrusion", _CONFIRMED, _110),
        Class.WATER_LEAK_DEPENDENT: Help("Water leak, dependent and alone", "water_leak", _AT_ONCE, send_count=1),
        Class.WATER_LEAK: Help("Water leak", "water_leak", _AFTER_CALL, send_count=1),
        Class.POWER_LOST_DEPENDENT: Help(
            "Power cut, equipment at home", "power_lost_dependent", _AT_ONCE, _120, send_count=1
        ),
        Class.UNREGISTERED_FLOOD: Help("Unregistered calls of one source", "unregistered", services=_120),
        Class.TAMPER: Help("Tamper", "tamper", send_count=1),
        Class.TAMPER_OTHER: Help("Tamper, other device", "tamper", send_count=1),
        Class.REMOVED: Help("Band taken off", "removed", send_count=1),
        Class.POWER_LOST: Help("Power cut", "power_lost", send_count=1),
        Class.AREA_OUTAGE: Help("Outage of an area", "outage", send_count=1),
        Class.HUB_LOST: Help("Hub lost", "outage", send_count=1),
        Class.UNPROTECTED: Help("No working alarm device", "device_lost", send_count=1),
        Class.DEVICE_LOST_DEPENDENT: Help("Device lost, equipment at home", "device_lost", send_count=1),
        Class.DEVICE_LOST: Help("Device lost", "device_lost", send_count=1),
        Class.DEVICE_LOST_OTHER: Help("Other device lost", "device_lost", send_count=1),
        Class.NEVER_HEARD: Help("Never heard of", "device_lost", send_count=1),
        Class.BATTERY_CRITICAL: Help("Battery about to end", "battery", send_count=1),
        Class.BATTERY_LOW: Help("Battery low", "battery", send_count=1),
        Class.SENSOR_STUCK: Help("Readings stand still", "technical", send_count=1),
        Class.TEST_STUCK: Help("Device says it is on test", "technical", send_count=1),
        Class.FAULT_LIFE_SAFETY: Help("Fault of an alarm device", "fault", send_count=1),
        Class.FAULT_DEPENDENT: Help("Fault, equipment at home", "fault", send_count=1),
        Class.FAULT: Help("Fault", "fault", send_count=1),
        Class.CLOCK_WRONG: Help("Clock wrong", "technical", send_count=1),
        Class.RUNAWAY_DEVICE: Help("Device that alarms again and again", "runaway", send_count=1),
        Class.CLONED_DEVICE: Help("Two devices of one identity", "technical", send_count=1),
        Class.ACTIVITY_WHILE_ABSENT: Help("Somebody is there during an absence", "request", send_count=1),
        Class.CALLS_CHANGED: Help("A usual caller calls far more, or no more", "request", send_count=1),
        Class.VISIT_MISSED: Help("Missed visit", "visit_missed", send_count=1),
        Class.TEST_OVERDUE: Help("Test press overdue", "test_overdue", send_count=1),
        Class.REQUEST: Help("Service request", "request", send_count=1),
        Class.NOBODY_ON_DUTY: Help("Nobody on duty", "nobody_on_duty"),
        Class.CHANNEL_FAILED: Help("A way to reach people failed", "channel_failed"),
        Class.LANE_UNHELD: Help("Lane without a holder", "system"),
        Class.MESSAGES_LOST: Help("Messages may be lost", "system"),
        Class.DEAD_LETTER_RATE: Help("Too many dead letters", "system"),
        Class.CANARY: Help("Canary", "canary"),
    }
)
assert set(HELP) == set(Class), "every class says who is told"
