"""The first built-in policy as data: one row a class, from centre.md, part 3, and the floors no row may go under."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from rules.domain.ladders import CANARY_LADDER, repair_ladder_name
from rules.domain.policy_help import HELP
from rules.domain.policy_row import FamilyTold, Row, Sent, Service
from rules.domain.vocabulary import LIFE_SAFETY, Class, Family, Priority

__all__ = ["FIRST_STAGE_LIMIT_S", "FLOORS", "ROWS", "VERSION", "FamilyTold", "Row", "Sent", "Service", "problems_of"]

VERSION: Final = "builtin-3"

_MIN: Final = 60
_HOUR: Final = 3600
_P1, _P2, _P3, _P4, _P5 = Priority
_PERSON, _FIRE, _SECURITY, _HOME, _TECHNICAL, _REQUEST = Family


def _row(
    class_: Class,
    zh: str,
    family: Family,
    priority: Priority,
    clock_s: tuple[int | None, int | None, int],
    sent: tuple[Sent, int] | None = None,
    *,
    ages_to: Priority | None = None,
    topic: str = "",
) -> Row:
    """A row as the table of centre.md writes it; `clock_s` is (warn, critical, first escalation)."""
    return Row(
        class_=class_,
        zh=zh,
        family=family,
        priority=priority,
        warn_s=clock_s[0],
        critical_s=clock_s[1],
        first_escalation_s=clock_s[2],
        dispatch=sent[0] if sent else Sent.NOBODY,
        dispatch_s=sent[1] if sent else None,
        ages_to=ages_to,
        topic=topic or class_.value,
    )


_STAFF, _TRAINED = Sent.STAFF, Sent.TRAINED
#: "No answer by evening: one staff": the hour is the desk's, for calls of its own.
_EVENING: Final = (_STAFF, _HOUR)
#: An outage that leaves homes without protection (centre.md, 22).
_OUTAGE: Final = ((_HOUR, _P3), (4 * _HOUR, _P2))
_LOST: Final = "device_lost"

_PEOPLE: Final = (
    _row(Class.SOS, "紧急求助", _PERSON, _P1, (30, 60, 60), (_STAFF, 180)),
    _row(Class.SOS_NO_VOICE, "紧急求助·无法通话", _PERSON, _P1, (20, 45, 45), (_STAFF, 60)),
    _row(Class.FALL, "跌倒", _PERSON, _P1, (30, 60, 60), (_STAFF, 120)),
    _row(Class.MEDICAL_CRITICAL, "体征危急", _PERSON, _P1, (30, 60, 60), (_STAFF, 180)),
    _row(Class.MEDICAL, "体征报警(待核实)", _PERSON, _P2, (60, 180, 180)),
    _row(Class.MEDICAL_ATTENTION, "体征异常", _PERSON, _P3, (600, 1800, 30 * _MIN)),
    _row(Class.WANDERING_AT_RISK, "疑似走失", _PERSON, _P1, (30, 60, 60), (_STAFF, 120)),
    _row(Class.WANDERING, "出围栏(失智)", _PERSON, _P2, (90, 180, 180), (_STAFF, 600)),
    _row(Class.FENCE_EXIT, "出围栏(其他)", _PERSON, _P5, (None, None, 24 * _HOUR)),
    _row(Class.INACTIVITY, "长时间无活动", _PERSON, _P2, (120, 300, 300), (_STAFF, 20 * _MIN)),
    _row(Class.INACTIVITY_UNKNOWN, "无活动·状态不明", _PERSON, _P3, (1800, 3600, 60 * _MIN)),
    _row(Class.REMOVED_DEMENTIA, "手环脱落(失智)", _PERSON, _P2, (300, 600, 10 * _MIN)),
    _row(Class.RETAINED_CALL, "保留/补报求助", _PERSON, _P2, (60, 180, 180), (_STAFF, 10 * _MIN)),
    _row(Class.UNKNOWN, "未知类型", _PERSON, _P2, (60, 180, 180)),
    _row(Class.VISIT_MISSED_CRITICAL, "漏访(重点)", _PERSON, _P2, (600, 1800, 30 * _MIN)),
    _row(Class.WELLBEING_UNANSWERED_AT_RISK, "平安问候未接(高风险)", _PERSON, _P2, (600, 1800, 60 * _MIN), _EVENING),
    _row(Class.WELLBEING_UNANSWERED, "平安问候未接", _PERSON, _P3, (600, 1800, 60 * _MIN), _EVENING),
    _row(Class.RESPONDER_SILENT, "救助人员失联", _PERSON, _P1, (30, 60, 60)),
)
_HOMES: Final = (
    _row(Class.FIRE, "火警", _FIRE, _P1, (15, 30, 30), (_TRAINED, 0)),
    _row(Class.SMOKE, "烟感火警", _FIRE, _P1, (20, 45, 45), (_TRAINED, 30)),
    _row(Class.HEAT, "温感火警", _FIRE, _P1, (20, 45, 45), (_TRAINED, 30)),
    _row(Class.GAS, "燃气泄漏", _FIRE, _P1, (20, 45, 45), (_TRAINED, 30)),
    _row(Class.CARBON_MONOXIDE, "一氧化碳", _FIRE, _P1, (15, 30, 30), (_TRAINED, 30)),
    _row(Class.INTRUSION, "闯入", _SECURITY, _P2, (60, 120, 120)),
    _row(Class.WATER_LEAK_DEPENDENT, "水浸(失能独居)", _HOME, _P2, (300, 900, 180), (_STAFF, 15 * _MIN)),
    _row(Class.WATER_LEAK, "水浸", _HOME, _P3, (300, 900, 15 * _MIN)),
    _row(Class.POWER_LOST_DEPENDENT, "断电·依赖设备", _HOME, _P2, (60, 180, 180), (_STAFF, 15 * _MIN)),
    _row(Class.UNREGISTERED_FLOOD, "未登记求助·同一来源", _PERSON, _P1, (30, 60, 60)),
)
_DEVICES: Final = (
    _row(Class.TAMPER, "防拆", _TECHNICAL, _P3, (900, 3600, 60 * _MIN), topic="tamper"),
    _row(Class.TAMPER_OTHER, "防拆(其他设备)", _TECHNICAL, _P4, (None, None, 72 * _HOUR), topic="tamper"),
    _row(Class.REMOVED, "手环脱落", _TECHNICAL, _P4, (None, None, 24 * _HOUR)),
    _row(Class.POWER_LOST, "断电", _TECHNICAL, _P4, (None, None, 4 * _HOUR)),
    _row(Class.AREA_OUTAGE, "大面积断电/断网", _TECHNICAL, _P4, (900, 3600, 0)),
    _row(Class.HUB_LOST, "网关失联", _TECHNICAL, _P4, (900, 3600, 0), topic=_LOST),
    _row(Class.UNPROTECTED, "无可用报警设备", _TECHNICAL, _P3, (1800, 3600, 60 * _MIN), topic=_LOST),
    _row(
        Class.DEVICE_LOST_DEPENDENT,
        "设备失联(依赖设备者)",
        _TECHNICAL,
        _P4,
        (None, None, 4 * _HOUR),
        ages_to=_P3,
        topic=_LOST,
    ),
    _row(Class.DEVICE_LOST, "设备失联", _TECHNICAL, _P4, (None, None, 24 * _HOUR), ages_to=_P3, topic=_LOST),
    _row(Class.DEVICE_LOST_OTHER, "其他设备失联", _TECHNICAL, _P4, (None, None, 72 * _HOUR), ages_to=_P3, topic=_LOST),
    _row(Class.NEVER_HEARD, "从未上线", _TECHNICAL, _P4, (None, None, 24 * _HOUR), ages_to=_P3, topic=_LOST),
    _row(Class.BATTERY_CRITICAL, "电量将尽", _TECHNICAL, _P3, (1800, 3600, 4 * _HOUR), topic="battery_low"),
    _row(Class.BATTERY_LOW, "电量低", _TECHNICAL, _P4, (None, None, 48 * _HOUR), ages_to=_P3, topic="battery_low"),
    _row(Class.SENSOR_STUCK, "读数停滞", _TECHNICAL, _P4, (None, None, 72 * _HOUR), ages_to=_P3),
    _row(Class.TEST_STUCK, "设备自称测试中", _TECHNICAL, _P4, (None, None, 24 * _HOUR), ages_to=_P3),
    _row(
        Class.FAULT_LIFE_SAFETY, "故障(报警设备)", _TECHNICAL, _P4, (None, None, 24 * _HOUR), ages_to=_P3, topic="fault"
    ),
    _row(
        Class.FAULT_DEPENDENT, "故障(依赖设备者)", _TECHNICAL, _P4, (None, None, 4 * _HOUR), ages_to=_P3, topic="fault"
    ),
    _row(Class.FAULT, "故障", _TECHNICAL, _P4, (None, None, 72 * _HOUR), ages_to=_P3, topic="fault"),
    _row(Class.CLOCK_WRONG, "时钟错误", _TECHNICAL, _P4, (None, None, 72 * _HOUR)),
    _row(Class.RUNAWAY_DEVICE, "频繁误报设备", _TECHNICAL, _P4, (None, None, 24 * _HOUR)),
    _row(Class.CLONED_DEVICE, "设备重号", _TECHNICAL, _P3, (900, 3600, 60 * _MIN)),
    _row(Class.ACTIVITY_WHILE_ABSENT, "外出期间有人活动", _SECURITY, _P5, (None, None, 24 * _HOUR)),
    _row(Class.CALLS_CHANGED, "求助习惯突变", _REQUEST, _P3, (600, 1800, 60 * _MIN)),
    _row(Class.VISIT_MISSED, "漏访", _REQUEST, _P4, (None, None, 24 * _HOUR)),
    _row(Class.TEST_OVERDUE, "月检逾期", _TECHNICAL, _P5, (None, None, 14 * 24 * _HOUR), ages_to=_P4),
    _row(Class.REQUEST, "服务请求", _REQUEST, _P5, (None, None, 15 * _MIN)),
)
_SYSTEM: Final = (
    _row(Class.NOBODY_ON_DUTY, "无人在岗", _TECHNICAL, _P1, (None, None, 0)),
    _row(Class.CHANNEL_FAILED, "通道故障", _TECHNICAL, _P1, (None, None, 0)),
    _row(Class.LANE_UNHELD, "接入通道无人值守", _TECHNICAL, _P2, (60, 180, 60)),
    _row(Class.MESSAGES_LOST, "报文可能丢失", _TECHNICAL, _P2, (60, 180, 60)),
    _row(Class.DEAD_LETTER_RATE, "异常报文过多", _TECHNICAL, _P2, (60, 180, 60)),
    _row(Class.CANARY, "全链路拨测", _TECHNICAL, _P5, (None, None, 10)),
)
_RISING: Final = frozenset({Class.AREA_OUTAGE, Class.HUB_LOST})
_BY_EVENING: Final = frozenset({Class.WELLBEING_UNANSWERED, Class.WELLBEING_UNANSWERED_AT_RISK})


def _finished(row: Row) -> Row:
    """With what follows from the rest: a fault's chain is that of its repair time, an outage rises while it lasts."""
    help_ = HELP[row.class_]
    row = replace(
        row,
        dispatch_by_evening=row.class_ in _BY_EVENING,
        en=help_.en,
        plan=help_.plan,
        family_told=help_.family,
        services=help_.services,
        services_after_s=help_.services_after_s,
        send_count=help_.send_count,
    )
    if row.class_ in _RISING:
        return replace(row, rises=_OUTAGE)
    if row.class_ is Class.CANARY:
        return replace(row, ladder=CANARY_LADDER.name)
    if row.ages_to is _P3 and row.priority is _P4:
        return replace(row, ladder=repair_ladder_name(row.first_escalation_s))
    return row


ROWS: Final = MappingProxyType({row.class_: _finished(row) for row in (*_PEOPLE, *_HOMES, *_DEVICES, *_SYSTEM)})

#: In code and not in any file: no policy puts a class under its floor (centre.md, 40).
FLOORS: Final = MappingProxyType(
    {
        **dict.fromkeys(
            (
                Class.SOS,
                Class.SOS_NO_VOICE,
                Class.SMOKE,
                Class.FIRE,
                Class.HEAT,
                Class.GAS,
                Class.CARBON_MONOXIDE,
                # Calls for help that no kind could be told of, and what keeps help from coming at all.
                Class.UNREGISTERED_FLOOD,
                Class.RESPONDER_SILENT,
                Class.NOBODY_ON_DUTY,
                Class.CHANNEL_FAILED,
            ),
            _P1,
        ),
        **dict.fromkeys((Class.FALL, Class.WANDERING, Class.WANDERING_AT_RISK, Class.INACTIVITY), _P2),
        **dict.fromkeys((Class.MEDICAL_CRITICAL, Class.MEDICAL, Class.MEDICAL_ATTENTION), _P3),
        **dict.fromkeys((Class.UNKNOWN, Class.RETAINED_CALL), _P2),
    }
)
#: The latest the first stage of a class with a floor may come, by its priority.
FIRST_STAGE_LIMIT_S: Final = MappingProxyType({_P1: 60, _P2: 300})
#: The device's countdown is a fall's only delay; a call for help, and what keeps help from coming, have none.
NO_DELAY: Final = LIFE_SAFETY | set(FLOORS)


def problems_of(rows: Mapping[Class, Row]) -> tuple[str, ...]:
    """Everything a table of rows does that no policy may do; empty for a good one."""
    missing = [f"{class_}: no row" for class_ in Class if class_ not in rows]
    return (*missing, *(problem for class_, row in rows.items() for problem in _problems_of_row(class_, row)))


def _problems_of_row(class_: Class, row: Row) -> Iterator[str]:
    if row.class_ is not class_:
        yield f"{class_}: row of {row.class_}"
    yield from _under_its_floor(row)
    if row.ages_to is not None and row.ages_to >= row.priority:
        yield f"{class_}: age may only raise"
    if any(to >= row.priority for _, to in row.rises):
        yield f"{class_}: time may only raise"
    if class_ is Class.INTRUSION and row.dispatch is not Sent.NOBODY:
        yield f"{class_}: the machine sends nobody"
    if row.family is Family.FIRE_AND_GAS and row.dispatch is Sent.STAFF:
        yield f"{class_}: the machine sends trained kinds only"
    if row.dispatch is not Sent.NOBODY and row.dispatch_s is None:
        yield f"{class_}: says whom the machine sends, and not when"
    if row.dispatch_by_evening and class_ in NO_DELAY:
        yield f"{class_}: sent to by evening, and nothing that calls for help waits"
    if row.delay_s and class_ in NO_DELAY:
        yield f"{class_}: a delay of {row.delay_s} s, and nothing that calls for help waits"


def _under_its_floor(row: Row) -> Iterator[str]:
    floor = FLOORS.get(row.class_)
    if floor is None:
        return
    if row.priority > floor:
        yield f"{row.class_}: {row.priority.label} is under the floor {floor.label}"
    limit_s = FIRST_STAGE_LIMIT_S.get(row.priority)
    if limit_s is not None and row.first_escalation_s > limit_s:
        yield f"{row.class_}: first stage after {row.first_escalation_s} s, at most {limit_s} s"


assert not problems_of(ROWS), problems_of(ROWS)
