"""What product models of Huawei's IoTDA commonly call what they measure and raise, whoever wrote the model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from devices.event import EventType

_SEPARATORS: Final = re.compile(r"[\s_.:\-]+")
_SUFFIX: Final = re.compile(
    r"(?:alarm|alert|warning|warn|state|status|flag|detected|detection|detector|sensor|event|报警|告警)$"
)
_SAYS_ALARM: Final = re.compile(r"alarm|alert|warn|报警|告警")

#: What is the case until it no longer is: 1 raises, 0 ends.
_STATES: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        **dict.fromkeys(("smoke", "smog", "烟雾", "烟感"), EventType.SMOKE),
        **dict.fromkeys(("fire", "flame", "火警", "火灾"), EventType.FIRE),
        **dict.fromkeys(("heat", "hightemperature", "hightemp", "overtemperature", "overtemp"), EventType.HEAT),
        **dict.fromkeys(("gas", "gasleak", "combustiblegas", "ch4", "methane", "燃气", "可燃气体"), EventType.GAS),
        **dict.fromkeys(("co", "carbonmonoxide", "一氧化碳"), EventType.CARBON_MONOXIDE),
        **dict.fromkeys(("water", "waterleak", "leak", "leakage", "flood", "immersion", "水浸"), EventType.WATER_LEAK),
        **dict.fromkeys(("tamper", "antitamper", "tampered", "防拆"), EventType.TAMPER),
        **dict.fromkeys(("removed", "remove", "detached", "dismantle", "dismantled", "拆除"), EventType.REMOVED),
        **dict.fromkeys(("intrusion", "burglar", "入侵"), EventType.INTRUSION),
        **dict.fromkeys(("inactivity", "noactivity", "immobile"), EventType.INACTIVITY),
        **dict.fromkeys(
            ("lowbattery", "batterylow", "lowpower", "lowvoltage", "batterylowvoltage"), EventType.BATTERY_LOW
        ),
        **dict.fromkeys(("fault", "trouble", "malfunction", "故障"), EventType.FAULT),
        **dict.fromkeys(
            ("powerlost", "powercut", "poweroff", "powerfailure", "maindown", "断电"), EventType.POWER_LOST
        ),
        **dict.fromkeys(("occupancy", "occupied", "presence", "motion", "human", "pir", "人体"), EventType.OCCUPIED),
    }
)
#: Names that are as often an amount: 1 ppm is no alarm, so without "alarm" behind them only true or a word is one.
_AMOUNTS: Final = frozenset({"gas", "combustiblegas", "ch4", "methane", "co", "carbonmonoxide", "water", "heat"})
#: What happens: each report of it is one, and its absence says nothing.
_HAPPENINGS: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("sos", "help", "panic", "emergency", "emergencycall", "soscall", "呼救", "求助"), EventType.SOS
        ),
        **dict.fromkeys(("fall", "falldown", "fallen", "跌倒", "摔倒"), EventType.FALL),
        **dict.fromkeys(("test", "selftest", "selfcheck", "自检"), EventType.TEST),
        **dict.fromkeys(("mute", "muted", "silence", "silenced", "hush", "消音"), EventType.MUTED),
    }
)
#: Names of measurements: with "alarm" behind them they raise this, without it they are numbers.
_MEASURED_ALARMS: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        **dict.fromkeys(("temperature", "temp"), EventType.HEAT),
        **dict.fromkeys(("heartrate", "bloodpressure", "bloodoxygen", "spo2", "respiration"), EventType.MEDICAL),
        **dict.fromkeys(("battery", "voltage", "batteryvoltage"), EventType.BATTERY_LOW),
    }
)
#: How a kind's end is called where it is not "_clear".
_ENDS: Final = MappingProxyType({EventType.OCCUPIED: EventType.VACANT, EventType.POWER_LOST: EventType.POWER_RESTORED})
_ENDLESS: Final = frozenset({EventType.BATTERY_LOW})

#: A percentage, whatever the model's word for it.
BATTERY: Final = frozenset(
    {"battery", "batterylevel", "batterypercentage", "batterypct", "batterycapacity", "batteryremaining", "soc", "电量"}
)
VOLTAGE: Final = frozenset({"batteryvoltage", "batvoltage", "vbat", "batteryvolt"})
SIGNAL: Final = frozenset({"rsrp", "rssi", "signaldbm", "signalpower"})
#: Which vitals field, and what a body can measure.
VITALS: Final = MappingProxyType(
    {
        **dict.fromkeys(("heartrate", "heartbeat", "pulse", "pulserate", "心率"), ("heart_rate_bpm", 20, 300)),
        **dict.fromkeys(("spo2", "bloodoxygen", "oxygensaturation", "血氧"), ("spo2_pct", 30, 100)),
        **dict.fromkeys(("systolic", "systolicpressure", "sbp", "highpressure"), ("systolic_mmhg", 40, 300)),
        **dict.fromkeys(("diastolic", "diastolicpressure", "dbp", "lowpressure"), ("diastolic_mmhg", 20, 200)),
        **dict.fromkeys(("bodytemperature", "bodytemp", "体温"), ("temperature_c", 25, 45)),
        **dict.fromkeys(("respiratoryrate", "respiration", "breathrate"), ("respiratory_rate_bpm", 2, 80)),
        **dict.fromkeys(("steps", "stepcount", "步数"), ("steps", 0, 200_000)),
    }
)
READINGS: Final = MappingProxyType(
    {
        **dict.fromkeys(("temperature", "temp", "温度"), ("temperature", "°C", -60, 400)),
        **dict.fromkeys(("humidity", "湿度"), ("humidity", "%", 0, 100)),
        **dict.fromkeys(("illuminance", "illumination", "lux"), ("illuminance", "lx", 0, 200_000)),
    }
)
LAT: Final = ("latitude", "lat")
LON: Final = ("longitude", "lon", "lng")

_TRUE_WORDS: Final = frozenset(
    {"alarm", "alarming", "triggered", "abnormal", "detected", "active", "报警", "告警", "有", "异常"}
)
_FALSE_WORDS: Final = frozenset(
    {"normal", "ok", "none", "clear", "cleared", "idle", "inactive", "no alarm", "no_alarm", "正常", "无"}
)


class Meant(NamedTuple):
    """What a property is about; `end` is what its 0 says."""

    kind: EventType
    is_state: bool
    end: EventType | None = None
    is_amount: bool = False  #: a number under this name may be how much there is of it


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """Return the name without case and separators, so that `batteryLevel` and `battery_level` are one."""
    return _SEPARATORS.sub("", name.lower())


@lru_cache(maxsize=4096)
def meant_by(name: str) -> Meant | None:
    """Return what a property of this name raises, None where it names no alarm or state that is commonly called so."""
    full = plain(name)
    base = full
    while (shorter := _SUFFIX.sub("", base)) != base:
        base = shorter
    if base in _HAPPENINGS:
        return Meant(_HAPPENINGS[base], is_state=False)
    kind = _STATES.get(base) or (_MEASURED_ALARMS.get(base) if _SAYS_ALARM.search(full) else None)
    if kind is None:
        return None
    end = None if kind in _ENDLESS else _ENDS.get(kind) or EventType(f"{kind}_clear")
    return Meant(kind, is_state=True, end=end, is_amount=full in _AMOUNTS)


@lru_cache(maxsize=4096)
def meant_in(context: str) -> Meant | None:
    """Return what `alarm` alone means in a service or a product of this name: the first word of it that says so."""
    for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\d_a-zA-Z]+", context):
        if (found := meant_by(word)) is not None:
            return found
    return meant_by(context)


@lru_cache(maxsize=4096)
def is_alarm_itself(name: str) -> bool:
    """Say whether a property is called alarm and no more: only its service can say what of."""
    full = plain(name)
    return _SAYS_ALARM.match(full) is not None and _SUFFIX.sub("", _SUFFIX.sub("", full)) == ""


def told(value: str) -> bool | None:
    """Return what a word for an alarm's state says, None for any other."""
    word = value.strip().lower()
    return True if word in _TRUE_WORDS else False if word in _FALSE_WORDS else None
