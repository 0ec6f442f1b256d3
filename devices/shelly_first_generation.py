"""What Shelly's first generation says: one bare value on each topic, and the status with which its pages answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from devices.alarm_words import unread
from devices.event import Event, EventType
from devices.report import reading, report
from devices.shelly_parts import ALARMS, HALVES, PUSHES
from devices.values import flag, number, percent, within

_GAS: Final = {"none": EventType.GAS_CLEAR, "mild": EventType.GAS, "heavy": EventType.GAS, "test": EventType.TEST}
_DOORS: Final = {"open": EventType.DOOR_OPEN, "close": EventType.DOOR_CLOSED, "closed": EventType.DOOR_CLOSED}
_READINGS: Final = {
    "temperature": ("temperature", "°C", -100, 200),
    "humidity": ("humidity", "%", 0, 100),
    "lux": ("illuminance", "lx", 0, 1_000_000),
    "concentration": ("gas_concentration", "ppm", 0, 1_000_000),
    "tilt": ("tilt", "°", -360, 360),
}
#: By one of these a status of the first generation is known.
_STATUS_MEMBERS: Final = frozenset({"smoke", "flood", "gas_sensor", "sensor", "tmp", "hum", "bat", "lux", "inputs"})


def is_status(values: Mapping[str, Any]) -> bool:
    """Say whether this is the status of a first-generation device."""
    return not _STATUS_MEMBERS.isdisjoint(values)


def sensor(name: str, text: str) -> Event | None:
    """Return what a bare value on `sensor/<name>` says; None where the value is none of the documented."""
    said = text.strip().strip('"')
    if name == "battery":
        found = percent(said)
        return None if found is None else report(EventType.HEARTBEAT, battery_pct=found)
    if name in ("gas", "state"):
        type_ = (_GAS if name == "gas" else _DOORS).get(said.lower())
        if type_ is None:
            return report(EventType.HEARTBEAT, detail={name: said[:64]}) if said in ("unknown", "") else None
        return report(type_, is_state=type_ is not EventType.TEST)
    if name in _READINGS:
        own, unit, least, most = _READINGS[name]
        value = within(said, least, most)
        return None if value is None else reading(own, value, unit)
    return _flagged(name, said)


def _flagged(name: str, said: str) -> Event | None:
    is_on = flag(said)
    if name in ALARMS or name == "motion":
        pair = ALARMS.get(name, (EventType.OCCUPIED, EventType.VACANT))
        return None if is_on is None else report(pair[0] if is_on else pair[1], is_state=True)
    type_ = EventType.ACTIVITY if name == "vibration" and is_on else EventType.HEARTBEAT
    return report(type_, detail={name: said[:256]})


def press(values: Mapping[str, Any]) -> EventType:
    """Return what `{"event": "S", "event_cnt": 2}` is; an empty event is the last one's memory."""
    told = values.get("event")
    word = told if isinstance(told, str) else ""
    if word in PUSHES:
        return EventType.BUTTON
    return EventType.ACTIVITY if word in HALVES else EventType.HEARTBEAT


def status(values: Mapping[str, Any]) -> tuple[list[Event], float | None]:
    """Return what a whole status says, and the battery's percent. What is marked as not valid is not said."""
    events: list[Event] = []
    for name in ALARMS:
        is_on = flag(values.get(name))
        if is_on is not None:
            events.append(report(ALARMS[name][0 if is_on else 1], is_state=True))
    gas = values.get("gas_sensor")
    if isinstance(gas, dict) and (type_ := _GAS.get(str(gas.get("alarm_state")).lower())) is not None:
        events.append(report(type_, is_state=type_ is not EventType.TEST))
    events.extend(_opening(values.get("sensor")))
    if (is_moving := flag(values.get("motion"))) is not None:
        events.append(report(EventType.OCCUPIED if is_moving else EventType.VACANT, is_state=True))
    for member, word, own, unit in (
        ("tmp", "tC", "temperature", "°C"),
        ("hum", "value", "humidity", "%"),
        ("lux", "value", "illuminance", "lx"),
        ("concentration", "ppm", "gas_concentration", "ppm"),
        ("bat", "voltage", "battery_voltage", "V"),
    ):
        value = _valid(values.get(member), word)
        if value is not None:
            events.append(reading(own, value, unit))
    battery = values.get("bat")
    return events, percent(battery.get("value")) if isinstance(battery, dict) else None


def unread_alarm(values: Mapping[str, Any]) -> str | None:
    """Return a word of a whole status that sounds like an alarm and is none of ours, None where there is none."""
    known = {name for name in ALARMS if flag(values.get(name)) is not None}
    gas = values.get("gas_sensor")
    if isinstance(gas, dict) and str(gas.get("alarm_state")).lower() in (*_GAS, "unknown"):
        known.add("gas_sensor")
    return unread(values, known)


def _valid(part: object, word: str) -> float | None:
    if not isinstance(part, dict) or flag(part.get("is_valid")) is False:
        return None
    return number(part.get(word))


def _opening(part: object) -> list[Event]:
    if not isinstance(part, dict) or flag(part.get("is_valid")) is False:
        return []
    events = []
    type_ = _DOORS.get(str(part.get("state")).lower())
    if type_ is not None:
        events.append(report(type_, is_state=True))
    is_moving = flag(part.get("motion"))
    if is_moving is not None:
        events.append(report(EventType.OCCUPIED if is_moving else EventType.VACANT, is_state=True))
    return events
