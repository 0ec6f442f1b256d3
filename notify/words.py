"""Words for what facts hold, as they may be said outside: a class without its health words, a distance, an end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from notify.channel import Facts, Language
from notify.facts import leaving
from rules.domain.vocabulary import Class

_ZH, _EN = Language.ZH, Language.EN

#: What is not known is said so; a template's gap would be read as a joke or not be approved.
UNKNOWN: Final = {_ZH: "未知", _EN: "unknown"}
#: Where "unknown" would not be heard as a sentence.
_INSTEAD: Final[Mapping[str, tuple[str, str]]] = {
    "minutes": ("数", "several"),
    "area": ("本辖区", "our area"),
    "service": ("报警电话", "the services"),
}

#: Said to whoever listens in: nothing here says what ails somebody (no dementia, no vitals, no dependence).
CLASSES: Final[Mapping[Class, tuple[str, str]]] = {
    Class.SOS: ("一键呼叫", "Help button"),
    Class.SOS_NO_VOICE: ("一键呼叫", "Help button"),
    Class.FIRE: ("火警", "Fire"),
    Class.SMOKE: ("烟感火警", "Smoke alarm"),
    Class.HEAT: ("温感火警", "Heat alarm"),
    Class.GAS: ("燃气泄漏", "Gas leak"),
    Class.CARBON_MONOXIDE: ("一氧化碳超标", "Carbon monoxide"),
    Class.FALL: ("跌倒报警", "Fall alarm"),
    Class.MEDICAL_CRITICAL: ("紧急求助", "Urgent call"),
    Class.MEDICAL: ("求助", "Call for help"),
    Class.MEDICAL_ATTENTION: ("求助", "Call for help"),
    Class.WANDERING_AT_RISK: ("疑似走失", "Wandering"),
    Class.WANDERING: ("疑似走失", "Wandering"),
    Class.FENCE_EXIT: ("出围栏", "Left the fence"),
    Class.INACTIVITY: ("长时间无活动", "No activity"),
    Class.INACTIVITY_UNKNOWN: ("长时间无活动", "No activity"),
    Class.WATER_LEAK_DEPENDENT: ("水浸", "Water leak"),
    Class.WATER_LEAK: ("水浸", "Water leak"),
    Class.INTRUSION: ("闯入", "Intrusion"),
    Class.REMOVED_DEMENTIA: ("手环脱落", "Band off"),
    Class.REMOVED: ("手环脱落", "Band off"),
    Class.TAMPER: ("防拆报警", "Tamper"),
    Class.TAMPER_OTHER: ("防拆报警", "Tamper"),
    Class.RETAINED_CALL: ("保留的求助", "Retained call"),
    Class.UNKNOWN: ("未知类型报警", "Unknown alarm"),
    Class.POWER_LOST_DEPENDENT: ("断电", "Power lost"),
    Class.POWER_LOST: ("断电", "Power lost"),
    Class.AREA_OUTAGE: ("大面积断电断网", "Area outage"),
    Class.HUB_LOST: ("网关失联", "Hub lost"),
    Class.UNPROTECTED: ("无可用报警设备", "No working alarm"),
    Class.DEVICE_LOST_DEPENDENT: ("设备失联", "Device lost"),
    Class.DEVICE_LOST: ("设备失联", "Device lost"),
    Class.DEVICE_LOST_OTHER: ("设备失联", "Device lost"),
    Class.NEVER_HEARD: ("设备从未上线", "Never heard"),
    Class.BATTERY_CRITICAL: ("电量将尽", "Battery nearly out"),
    Class.BATTERY_LOW: ("电量低", "Battery low"),
    Class.SENSOR_STUCK: ("读数停滞", "Reading stands still"),
    Class.TEST_STUCK: ("设备长期测试中", "Long on test"),
    Class.FAULT_LIFE_SAFETY: ("救生设备故障", "Alarm device fault"),
    Class.FAULT_DEPENDENT: ("设备故障", "Fault"),
    Class.FAULT: ("设备故障", "Fault"),
    Class.CLOCK_WRONG: ("设备时钟错误", "Clock wrong"),
    Class.RUNAWAY_DEVICE: ("频繁误报设备", "Runaway device"),
    Class.CLONED_DEVICE: ("设备重号", "Two of one id"),
    Class.VISIT_MISSED_CRITICAL: ("漏访", "Visit missed"),
    Class.VISIT_MISSED: ("漏访", "Visit missed"),
    Class.WELLBEING_UNANSWERED_AT_RISK: ("平安问候未接", "Call unanswered"),
    Class.WELLBEING_UNANSWERED: ("平安问候未接", "Call unanswered"),
    Class.TEST_OVERDUE: ("月检逾期", "Test overdue"),
    Class.REQUEST: ("服务请求", "Service request"),
    Class.RESPONDER_SILENT: ("救助人员失联", "Responder silent"),
    Class.NOBODY_ON_DUTY: ("无人在岗", "Nobody on duty"),
    Class.CHANNEL_FAILED: ("通知通道故障", "Channel failed"),
    Class.LANE_UNHELD: ("接入通道无人值守", "Lane not watched"),
    Class.MESSAGES_LOST: ("报文可能丢失", "Messages lost?"),
    Class.DEAD_LETTER_RATE: ("异常报文过多", "Many dead letters"),
    Class.UNREGISTERED_FLOOD: ("未登记设备激增", "Unregistered flood"),
    Class.ACTIVITY_WHILE_ABSENT: ("外出期间有活动", "Activity while away"),
    Class.CALLS_CHANGED: ("呼叫次数有变化", "Calls changed"),
    Class.CANARY: ("全链路拨测", "Canary"),
}
#: A class that has no word here yet is an alarm all the same; a test names it.
_ALARM: Final = ("报警", "Alarm")

#: How a case ended, without a diagnosis (centre.md, 24); an end that stands not here is "closed".
ENDS: Final[Mapping[str, tuple[str, str]]] = {
    "safe": ("人已平安", "the person is safe"),
    "safe_at_home": ("人已平安在家", "safe at home"),
    "in_hospital": ("已送医院", "taken to hospital"),
    "being_handled": ("正在处置", "being dealt with"),
    "handed_over": ("已移交专业力量", "with the services"),
    "false_alarm": ("误报,人平安", "all is well"),
}
_CLOSED: Final = ("已处置完毕", "dealt with")
_SERVICES: Final = {"police": "110", "fire": "119", "ambulance": "120"}


def _pick(pair: tuple[str, str], language: Language) -> str:
    return pair[0] if language is _ZH else pair[1]


def _distance(value: str | int, language: Language) -> str:
    metres = int(value)
    if metres < 1_000:
        return f"{metres}米" if language is _ZH else f"{metres} m"
    return f"{metres / 1_000:.0f}公里" if language is _ZH else f"{metres / 1_000:.0f} km"


def _services(value: str | int, language: Language) -> str:
    return _SERVICES.get(str(value), str(value)).replace(",", "和" if language is _ZH else " and ")


_SAID: Final[Mapping[str, tuple[str, Callable[[str | int, Language], str]]]] = {
    #: parameter: the fact it is made of, and how
    "number": ("number", lambda value, _: str(value)),
    "class": ("class", lambda value, language: _pick(CLASSES.get(Class(str(value)), _ALARM), language)),
    "area": ("area", lambda value, _: str(value)),
    "distance": ("distance_m", _distance),
    "minutes": ("minutes", lambda value, _: str(value)),
    "count": ("count", lambda value, _: str(value)),
    "service": ("services", _services),
    "end": ("end", lambda value, language: _pick(ENDS.get(str(value), _CLOSED), language)),
    "code": ("code", lambda value, _: str(value)),
    "channel": ("channel", lambda value, _: str(value)),
}
PARAMETERS: Final = frozenset(_SAID)


def said(parameter: str, facts: Facts, language: Language) -> str:
    """A parameter's words; what is not known, or may not leave, is said to be unknown."""
    fact, say = _SAID[parameter]
    allowed, _ = leaving({fact: facts.get(fact)})
    if fact in allowed:
        return say(allowed[fact], language)
    return _pick(_INSTEAD[parameter], language) if parameter in _INSTEAD else UNKNOWN[language]
