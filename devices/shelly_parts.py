"""What the components of a Shelly say of themselves, one function for each kind: a status or a change of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from devices.alarm_words import unread
from devices.event import Event, EventType
from devices.report import reading, report
from devices.values import flag, number, percent, within

#: Component, or a sensor's name of the first generation: its alarm and the end of it.
ALARMS: Final = {
    "smoke": (EventType.SMOKE, EventType.SMOKE_CLEAR),
    "flood": (EventType.WATER_LEAK, EventType.WATER_LEAK_CLEAR),
    "leak": (EventType.WATER_LEAK, EventType.WATER_LEAK_CLEAR),
    "gas": (EventType.GAS, EventType.GAS_CLEAR),
    "co": (EventType.CARBON_MONOXIDE, EventType.CARBON_MONOXIDE_CLEAR),
    "carbon_monoxide": (EventType.CARBON_MONOXIDE, EventType.CARBON_MONOXIDE_CLEAR),
    "heat": (EventType.HEAT, EventType.HEAT_CLEAR),
}
#: Presses. `btn_down` and `btn_up` are the halves of a press that is told by its push: they only say that somebody is.
PUSHES: Final = frozenset(
    {
        "single_push",
        "double_push",
        "triple_push",
        "long_push",
        "long_double_push",
        "long_triple_push",
        "hold_press",
        # the first generation's letters
        "S",
        "SS",
        "SSS",
        "L",
        "SL",
        "LS",
    }
)
HALVES: Final = frozenset({"btn_down", "btn_up"})
_COMPONENTS_MAX: Final = 1024
#: Read element by element.
_LISTS: Final = frozenset({"events"})
_CELSIUS: Final = (-100, 200)


def fahrenheit_in_celsius(value: float) -> float:
    """Return degrees Celsius, to a hundredth."""
    return round((value - 32) / 1.8, 2)


def alarm(name: str, status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return how a smoke, flood or gas component stands; `mute` without `alarm` leaves the alarm as it was."""
    raised, ended = ALARMS[name]
    events = []
    is_on = flag(status.get("alarm"))
    if is_on is not None:
        events.append(report(raised if is_on else ended, at=at, is_state=True))
    if flag(status.get("mute")):
        events.append(report(EventType.MUTED, at=at))
    return events + fault(status, at)


def fault(status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return the component's own errors: a sensor that cannot be read, a cable that is not in."""
    errors = status.get("errors")
    is_faulty = isinstance(errors, list) and bool(errors)
    return [report(EventType.FAULT, at=at, is_state=True)] if is_faulty else []


def temperature(status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return the temperature, from degrees Fahrenheit where nothing else is there."""
    value = within(status.get("tC"), *_CELSIUS)
    if value is None and (other := number(status.get("tF"))) is not None:
        value = within(fahrenheit_in_celsius(other), *_CELSIUS)
    return _reading("temperature", value, "°C", status, at) + fault(status, at)


def humidity(status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return the relative humidity."""
    return _reading("humidity", within(status.get("rh"), 0, 100), "%", status, at) + fault(status, at)


def illuminance(status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return the light."""
    return _reading("illuminance", within(status.get("lux"), 0, 1_000_000), "lx", status, at)


def power(status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return the battery's volts; its percent goes with the first event of the message."""
    battery = status.get("battery")
    volts = number(battery.get("V")) if isinstance(battery, dict) else None
    return _reading("battery_voltage", volts, "V", status, at)


def presence(status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return whether somebody is there."""
    for name in ("state", "presence", "motion"):
        is_there = flag(status.get(name))
        if is_there is not None:
            return [report(EventType.OCCUPIED if is_there else EventType.VACANT, at=at, is_state=True)]
    return []


def contact(status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return whether a door or window is open."""
    is_open = flag(status.get("open"))
    if is_open is None:
        is_open = {"open": True, "close": False, "closed": False}.get(str(status.get("state")).lower())
    if is_open is None:
        return []
    return [report(EventType.DOOR_OPEN if is_open else EventType.DOOR_CLOSED, at=at, is_state=True)]


def _reading(name: str, value: float | None, unit: str, status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    if value is None:
        return []
    own = status.get("id")
    numbered = f"{name}_{own}" if isinstance(own, int) and not isinstance(own, bool) and 0 < own < 1000 else name
    return [reading(numbered, value, unit, at=at)]


def unread_alarm(components: Mapping[str, Any]) -> str | None:
    """Return a word of a component's that sounds like an alarm and is none of ours, None where there is none."""
    others: dict[str, Any] = {}
    for name, status in islice(components.items(), _COMPONENTS_MAX):
        if name.partition(":")[0] not in ALARMS:
            if name not in _LISTS:
                others[name] = status
        elif isinstance(status, dict):
            word = unread({key: value for key, value in status.items() if not _is_read(key, value)})
            if word is not None:
                return word
        elif flag(status) is None and (word := unread({name: status})) is not None:
            return word
    return unread(others)


def _is_read(name: str, value: object) -> bool:
    return name in ("alarm", "mute", "errors") and (name == "errors" or flag(value) is not None)


PARTS: Final[Mapping[str, Callable[[Mapping[str, Any], datetime | None], list[Event]]]] = {
    "temperature": temperature,
    "humidity": humidity,
    "illuminance": illuminance,
    "devicepower": power,
    "presence": presence,
    "presencezone": presence,
    "motion": presence,
    "window": contact,
    "door": contact,
}


def component(name: str, status: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return what a component says, nothing where it is none that we read."""
    kind = name.partition(":")[0]
    if kind in ALARMS:
        return alarm(kind, status, at)
    part = PARTS.get(kind)
    return part(status, at) if part is not None else []


def battery_pct(components: Mapping[str, Any]) -> float | None:
    """Return the battery's percent; with power from outside what it says of a battery means nothing."""
    for name, status in components.items():
        if name.partition(":")[0] != "devicepower" or not isinstance(status, dict):
            continue
        battery, external = status.get("battery"), status.get("external")
        if isinstance(external, dict) and flag(external.get("present")):
            return None
        if isinstance(battery, dict):
            return percent(battery.get("percent"))
    return None
