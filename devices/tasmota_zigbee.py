"""What a Zigbee device says through a Tasmota bridge: one member of `ZbReceived`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from devices.alarm_words import unread
from devices.event import Event, EventType
from devices.report import reading, report
from devices.values import flag, number, percent, within
from devices.zigbee_zone import (
    ALARM_1,
    ALARM_2,
    BATTERY_DEFECT,
    BATTERY_LOW,
    HAPPENINGS,
    MAINS_LOST,
    MEANINGS,
    TAMPER,
    TEST,
    TROUBLE,
    TYPES,
    Zone,
    zone_by_name,
)

#: A button that nobody is helped by pressing twice in five seconds; buttons repeat until they hear the bridge.
_REPEAT_S: Final = 5.0
#: As long as the mains are away every report says so.
_MAINS_REPEAT_S: Final = 600.0
_RAW_ZONE: Final = re.compile(r"0500[!<?]00")
_RAW_CALL: Final = re.compile(r"0501[!<?]0([234])")
_RAW_SWITCH: Final = re.compile(r"0006[!<?]0[0-2]")
#: Arming panels and key fobs: emergency, fire, panic.
_CALLS: Final = {"2": EventType.SOS, "3": EventType.FIRE, "4": EventType.SOS}
_READINGS: Final = (
    ("Temperature", "temperature", "°C", -100, 200),
    ("Humidity", "humidity", "%", 0, 100),
    ("Illuminance", "illuminance", "lx", 0, 1_000_000),
    ("BatteryVoltage", "battery_voltage", "V", 0, 60),
    ("Voltage", "battery_voltage", "V", 0, 60),
)
_ZONES: Final[tuple[tuple[str, Zone], ...]] = tuple((str(zone), zone) for zone in Zone if zone is not Zone.UNKNOWN)
_HEX: Final = re.compile(r"[0-9A-Fa-f]{4,64}")
#: Anything longer is no report of one device.
_MEMBERS_MAX: Final = 256


def said(device: str, values: Mapping[str, Any], model: str | None) -> list[Event]:
    """Return what the device says, life-safety where it stands; the first event carries all members as detail."""
    happened = [*_zone(values, model), *_pressed(values)]
    types = [type_ for type_, _, _ in happened] or [EventType.HEARTBEAT]
    states = [is_state for _, is_state, _ in happened] or [False]
    repeats = [repeat_s for _, _, repeat_s in happened] or [0.0]
    battery = percent(values.get("BatteryPercentage", values.get("Battery")))
    events = [
        report(
            types[0],
            device=device,
            is_state=states[0],
            repeat_s=repeats[0],
            battery_pct=battery,
            detail=dict(values),
        )
    ]
    for type_, is_state, repeat_s in zip(types[1:], states[1:], repeats[1:], strict=True):
        events.append(report(type_, device=device, is_state=is_state, repeat_s=repeat_s))
    for member, name, unit, least, most in _READINGS:
        value = within(values[member], least, most) if member in values else None
        if value is not None:
            events.append(reading(name, value, unit, device=device))
    return events


_Happened = tuple[EventType, bool, float]


def _zone(values: Mapping[str, Any], model: str | None) -> list[_Happened]:
    """Return what an alarm zone says: its own attribute, the bits of its status, or both."""
    bits = _bits(values)
    found: list[_Happened] = []
    told: list[Zone] = [zone for name, zone in _ZONES if name in values]
    if not told and bits is not None:
        told = [_kind(values, model)]
    for zone in told:
        is_on = _is_on(zone, values.get(zone), bits)
        type_ = None if is_on is None else MEANINGS[zone][0 if is_on else 1]
        if type_ is not None:
            found.append((type_, zone not in HAPPENINGS, _REPEAT_S if zone in HAPPENINGS else 0.0))
    return found if bits is None else [*found, *_flags(bits)]


def _kind(values: Mapping[str, Any], model: str | None) -> Zone:
    number_ = number(values.get("ZoneType"))
    zone = None if number_ is None else TYPES.get(int(number_))
    return zone or zone_by_name(values.get("Name"), values.get("ModelId"), model) or Zone.UNKNOWN


def unread_alarm(values: Mapping[str, Any]) -> str | None:
    """Return a word of the device's that sounds like an alarm and is none of ours, None where there is none."""
    return unread(values, {name for name, _ in _ZONES if name in values and flag(values[name]) is not None})


def _is_on(zone: Zone, value: object, bits: int | None) -> bool | None:
    """Return whether the zone alarms; the bits win over an attribute that stayed behind.

    `Water` alone stays 0 on sensors that leak: only the bits say that it is dry.
    """
    attribute = flag(value)
    if bits is not None:
        return bool(bits & (ALARM_1 | ALARM_2)) or bool(attribute)
    return None if zone is Zone.WATER and not attribute else attribute


def _flags(bits: int) -> list[_Happened]:
    found: list[_Happened] = [(EventType.TAMPER if bits & TAMPER else EventType.TAMPER_CLEAR, True, 0.0)]
    if bits & TEST:
        found.append((EventType.TEST, False, _REPEAT_S))
    if bits & (BATTERY_LOW | BATTERY_DEFECT):
        found.append((EventType.BATTERY_LOW, True, 0.0))
    found.append((EventType.FAULT if bits & TROUBLE else EventType.FAULT_CLEAR, True, 0.0))
    if bits & MAINS_LOST:
        # No state: a device that runs on its battery alone would report mains as being back.
        found.append((EventType.POWER_LOST, False, _MAINS_REPEAT_S))
    return found


def _bits(values: Mapping[str, Any]) -> int | None:
    for name in ("ZoneStatusChange", "ZoneStatus"):
        bits = number(values.get(name))
        if bits is not None and 0 <= bits <= 0xFFFF:
            return int(bits)
    for name in _raw_names(values):
        raw = values[name]
        if _RAW_ZONE.fullmatch(name) and isinstance(raw, str) and _HEX.fullmatch(raw):
            return int.from_bytes(bytes.fromhex(raw[:4]), "little")
    return None


def _raw_names(values: Mapping[str, Any]) -> list[str]:
    """Return the members that are a cluster's own commands: `0500<00`."""
    return [name for name in islice(values, _MEMBERS_MAX) if name[:2] == "05" or name[:4] == "0006"]


def _pressed(values: Mapping[str, Any]) -> list[_Happened]:
    """Return a button's or a remote's press."""
    names = _raw_names(values)
    for name in names:
        call = _RAW_CALL.fullmatch(name)
        if call is not None:
            return [(_CALLS[call[1]], False, _REPEAT_S)]
    if isinstance(values.get("Click"), str) or any(map(_RAW_SWITCH.fullmatch, names)):
        return [(EventType.BUTTON, False, 0.0)]
    return []
