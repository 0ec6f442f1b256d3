"""What the members of a Zigbee device's state mean, under the names that Zigbee2MQTT's converters give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from devices.alarm_words import unread
from devices.event import ALARMS, LIFE_SAFETY, EventType
from devices.values import flag, number

#: A press stands on the state topic and on `<name>/action`, and a remote repeats its frame when no answer comes:
#: all of it within a second. A person who presses again so soon means the same.
PRESS_REPEAT_S: Final = 2.0


class Flag(NamedTuple):
    """What a member says when it is true, and when it is false; None says nothing."""

    on: EventType
    off: EventType | None = None


_PRESENCE: Final = Flag(EventType.OCCUPIED, EventType.VACANT)
_SOS: Final = Flag(EventType.SOS, EventType.SOS_CLEAR)
_SMOKE: Final = Flag(EventType.SMOKE, EventType.SMOKE_CLEAR)
_FIRE: Final = Flag(EventType.FIRE, EventType.FIRE_CLEAR)
_CARBON_MONOXIDE: Final = Flag(EventType.CARBON_MONOXIDE, EventType.CARBON_MONOXIDE_CLEAR)
_GAS: Final = Flag(EventType.GAS, EventType.GAS_CLEAR)
_FALL: Final = Flag(EventType.FALL, EventType.FALL_CLEAR)
_HEAT: Final = Flag(EventType.HEAT, EventType.HEAT_CLEAR)
_LEAK: Final = Flag(EventType.WATER_LEAK, EventType.WATER_LEAK_CLEAR)
_FAULT: Final = Flag(EventType.FAULT, EventType.FAULT_CLEAR)
_TAMPER: Final = Flag(EventType.TAMPER, EventType.TAMPER_CLEAR)

FLAGS: Final[Mapping[str, Flag]] = MappingProxyType(
    {
        "sos": _SOS,
        "emergency": _SOS,
        "panic": _SOS,
        "sos_alarm": _SOS,
        "panic_alarm": _SOS,
        "smoke": _SMOKE,
        "smoke_alarm": _SMOKE,
        "fire": _FIRE,
        "fire_alarm": _FIRE,
        "heat": _HEAT,
        "heat_alarm": _HEAT,
        "carbon_monoxide": _CARBON_MONOXIDE,
        "carbon_monoxide_alarm": _CARBON_MONOXIDE,
        "co_alarm": _CARBON_MONOXIDE,
        "gas": _GAS,
        "gas_alarm": _GAS,
        "fall": _FALL,
        "fall_alarm": _FALL,
        "fall_detected": _FALL,
        "intrusion": Flag(EventType.INTRUSION, EventType.INTRUSION_CLEAR),
        "water_leak": _LEAK,
        "leak": _LEAK,
        "flood": _LEAK,
        "tamper": _TAMPER,
        "tamper_alarm": _TAMPER,
        "battery_low": Flag(EventType.BATTERY_LOW),
        "low_battery": Flag(EventType.BATTERY_LOW),
        "trouble": _FAULT,
        "battery_defect": _FAULT,
        "fault_alarm": _FAULT,
        "fault": _FAULT,
        "ac_status": Flag(EventType.POWER_LOST, EventType.POWER_RESTORED),  # IAS bit 7: true is the mains' fault
        "test": Flag(EventType.TEST),
        "selftest": Flag(EventType.TEST),
        "self_test": Flag(EventType.TEST),
        "buzzer_manual_mute": Flag(EventType.MUTED),
        "silence": Flag(EventType.MUTED),
        "contact": Flag(EventType.DOOR_CLOSED, EventType.DOOR_OPEN),
        "occupancy": _PRESENCE,
        "presence": _PRESENCE,
        "vibration": Flag(EventType.ACTIVITY),
    }
)

#: A detector of one thing calls its alarm `alarm`; beside it stands what it measures.
_ALARM: Final = "alarm"
_ALARM_BESIDE: Final = (
    (frozenset({"co", "carbon_monoxide", "carbon_monoxide_value", "co_value"}), _CARBON_MONOXIDE),
    (frozenset({"smoke", "smoke_density", "smoke_density_dbm", "smoke_concentration", "smoke_value"}), _SMOKE),
    (frozenset({"gas", "gas_value", "gas_concentration", "gas_density"}), _GAS),
)
#: By one of these `alarm` is known as a siren's own noise, which somebody has switched on.
_SIREN: Final = frozenset({"melody", "volume", "duration", "alarm_melody", "alarm_volume", "alarm_ringtone", "warning"})

#: Words of states. `maybe_fall` and `fall_warning` are before an alarm and say nothing yet; `unknown` never does.
WORDS: Final[Mapping[str, Mapping[str, EventType]]] = MappingProxyType(
    {
        "fall_down_status": {"fall": EventType.FALL, "none": EventType.FALL_CLEAR},
        "fall_status": {"fall_alarm": EventType.FALL, "fall": EventType.FALL, "normal": EventType.FALL_CLEAR},
        "smoke_state": {"alarm": EventType.SMOKE, "normal": EventType.SMOKE_CLEAR},
        "gas_state": {"alarm": EventType.GAS, "normal": EventType.GAS_CLEAR},
        "co_state": {"alarm": EventType.CARBON_MONOXIDE, "normal": EventType.CARBON_MONOXIDE_CLEAR},
        "battery_state": {"low": EventType.BATTERY_LOW},
        "self_test": {
            "check_failure": EventType.FAULT,
            "comm_fault": EventType.FAULT,
            "radar_fault": EventType.FAULT,
            "failure": EventType.FAULT,
        },
    }
)

#: Under which names a press is told; the last two by converters of before 2020.
ACTIONS: Final = ("action", "click", "button")
_CALLS: Final = frozenset({"distress", "emergency", "help", "panic", "sos"})
#: Words that come before an alarm: the device goes on to say the alarm, or that it was none.
_NOT_YET: Final = frozenset({"maybe_fall", "fall_warning"})
_TAKEN_BACK: Final = frozenset({"cancel", "clear", "end", "off", "release", "released", "restore"})
_MOVES: Final = frozenset(
    {"vibration", "shake", "tilt", "drop", "fall", "throw", "slide", "flip90", "flip180", "rotate", "tap", "wakeup"}
)
_WORD_ENDS: Final = re.compile(r"[\W_]+")


class Reading(NamedTuple):
    """A measurement under the name and in the unit in which it is kept."""

    name: str
    unit: str


#: What is measured of a home. What a device says of itself (`device_temperature`, counts, settings) stays in detail.
READINGS: Final[Mapping[str, Reading]] = MappingProxyType(
    {
        "temperature": Reading("temperature", "°C"),
        "humidity": Reading("humidity", "%"),
        "pressure": Reading("pressure", "hPa"),
        "illuminance": Reading("illuminance", "lx"),
        "illuminance_lux": Reading("illuminance", "lx"),
        "co2": Reading("co2", "ppm"),
        "co": Reading("co", "ppm"),
        "voc": Reading("voc", "ppb"),
        "pm25": Reading("pm25", "µg/m³"),
        "smoke_density_dbm": Reading("smoke_density", "dB/m"),
        "power": Reading("power", "W"),
    }
)
#: `voltage` is the battery's in mV; of a plug it is the mains' in V, which no battery reaches in mV.
BATTERY_MV_MIN: Final = 1000
BATTERY_MV_MAX: Final = 30_000

#: Names that Zigbee2MQTT gives a topic of their own where it publishes attributes instead of JSON.
ATTRIBUTES: Final = frozenset(
    {*FLAGS, *WORDS, *ACTIONS, *READINGS, _ALARM, "battery", "voltage", "linkquality", "last_seen"}
)

_RANK: Final = {
    type_: rank
    for rank, type_ in enumerate(
        (
            *(type_ for type_ in EventType if type_ in LIFE_SAFETY),
            *(type_ for type_ in EventType if type_ in ALARMS - LIFE_SAFETY),
            EventType.TEST,
            *(type_ for type_ in EventType if type_ not in ALARMS and type_ is not EventType.TEST),
        )
    )
}
#: A state said true under one name and false under another is true: of what is on, the end is not said.
_ENDED: Final = {meant.on: meant.off for meant in FLAGS.values() if meant.off} | {EventType.FALL: EventType.FALL_CLEAR}


class Said(NamedTuple):
    """One meaning of a message; a state says how things stand, an event that something happened."""

    type: EventType
    is_state: bool


_STATES: Final = {type_: Said(type_, is_state=True) for type_ in EventType}
_EVENTS: Final = {type_: Said(type_, is_state=False) for type_ in EventType}
#: Members that could say an alarm in a word of which we know nothing.
_WATCHED: Final = frozenset({*WORDS, *(name for name, meant in FLAGS.items() if meant.on in ALARMS)})
_READ: Final = frozenset({*FLAGS, *WORDS, *ACTIONS, *READINGS, "linkage_alarm_state", "device", "update"})
_READ_WITH_ALARM: Final = _READ | {_ALARM}
_FLAGS: Final = dict(FLAGS)  # Looked up for every member of every message: a view costs twice as much.


def meanings(values: Mapping[str, Any]) -> list[Said]:
    """Return what a state says, life-safety first and each type once. Null, absent and unreadable say nothing."""
    on: set[EventType] = set()
    off: set[EventType] = set()
    events: set[EventType] = set()
    for name, value in values.items():
        meant = _FLAGS.get(name) if name != _ALARM else _alarm_of(values)
        state = None if meant is None else value if value is True or value is False else flag(value)
        if meant is not None and state is not None:
            if state:
                on.add(meant.on)
            elif meant.off is not None:
                off.add(meant.off)
        elif isinstance(value, str):
            if name in WORDS:
                on.update(_state_of(name, value))
            elif name in ACTIONS:
                events.update(_press_of(value))
    if on or events:
        ended = {_ENDED[type_] for type_ in on | events if type_ in _ENDED}
        on -= ended | events
        off -= ended
    found = [*map(_STATES.__getitem__, on), *map(_STATES.__getitem__, off), *map(_EVENTS.__getitem__, events)]
    return sorted(found, key=_rank) if len(found) > 1 else found


def _alarm_of(values: Mapping[str, Any]) -> Flag | None:
    """Return what `alarm` alone means, by what stands beside it."""
    if not _SIREN.isdisjoint(values):
        return None
    return next((meant for beside, meant in _ALARM_BESIDE if not beside.isdisjoint(values)), None)


def _is_read(name: str, value: object) -> bool:
    if name not in WORDS:
        return flag(value) is not None
    word = value.strip().lower() if isinstance(value, str) else ""
    return word in WORDS[name] or word in _NOT_YET


def unread_alarm(values: Mapping[str, Any]) -> str | None:
    """Return a word that sounds like an alarm and is none of ours; None where there is none, or a siren is heard."""
    for name, value in values.items():
        if value is True or value is False or value is None:
            continue
        if name in _WATCHED and not _is_read(name, value) and (word := unread({name: value})) is not None:
            return word
    if not _SIREN.isdisjoint(values):
        return None
    known = _READ if _ALARM not in values or _alarm_of(values) is None else _READ_WITH_ALARM
    return unread(values, known)


def measured(values: Mapping[str, Any]) -> list[tuple[Reading, float]]:
    """Return the measurements of a state, each name once; what is no number is left out."""
    found: dict[Reading, float] = {}
    for name, value in values.items():
        if name in READINGS and (told := number(value)) is not None:
            # `illuminance` beside `illuminance_lux` is the sensor's raw count.
            if name == "illuminance" and number(values.get("illuminance_lux")) is not None:
                continue
            found[READINGS[name]] = told
    millivolts = number(values.get("voltage"))
    if millivolts is not None and BATTERY_MV_MIN <= millivolts <= BATTERY_MV_MAX:
        found[Reading("battery_voltage", "V")] = millivolts / 1000
    return list(found.items())


def _rank(said: Said) -> int:
    return _RANK[said.type]


def _state_of(name: str, value: str) -> Iterable[EventType]:
    said = WORDS[name].get(value.strip().lower())
    return () if said is None else (said,)


def _press_of(value: str) -> Iterable[EventType]:
    """Return what a press says; an empty word comes after each press and says nothing."""
    words = {word for word in _WORD_ENDS.split(value.strip().lower()) if word}
    if not words:
        return ()
    if words & _CALLS and not words & _TAKEN_BACK:
        return (EventType.SOS,)
    if words == {"fire"}:
        return (EventType.FIRE,)
    return (EventType.ACTIVITY,) if words & _MOVES else (EventType.BUTTON,)
