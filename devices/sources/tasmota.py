"""Tasmota: plugs, switches and sensors with its firmware, and Zigbee devices behind its bridges.

Meanings: tasmota.github.io, "MQTT", "Rules", "Zigbee" and "Commands" (`FullTopic`, `SetOption83`, `SetOption89`);
`ZbReceived` stands in `devices/tasmota_zigbee.py`.

Ids. A device is what its topic holds beside the prefix (`tele`, `stat`) and the last level, in whichever order
`FullTopic` puts them. A Zigbee device is its `Name`, else its key in `ZbReceived`, after its bridge and a colon; the
bridge is the hub. Name every one (`ZbName`): a short address changes when the device joins again. There is no id of a
message.

State and event. `LWT` is a state and retained, `STATE` a sign of life. `SENSOR` and `STATUS8` tell how things stand,
every five minutes anew: a switch in them is kept in detail, its change comes as `stat/SWITCHn` or `Switch1.Action` and
says that somebody is there. What a switch stands for the register knows, not the firmware. Of Zigbee alarm zones the
bits of the status win over an attribute left behind, and a zone of which neither member, name nor model tells the kind
is taken for a leak sensor: Tasmota's pages show that form for one. Presses are events, told several times within five
seconds once.
`Time` is local and without a zone unless set up otherwise: only one with an offset is a time of the event, the other is
kept in detail. `RSSI` is a percent, `Signal` dBm, `Vcc` the volts of the chip and no battery's percent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from msgspec import structs

from devices.alarm_words import unknown_alarm, unread
from devices.damage import only_calls
from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import Event, EventType
from devices.json_message import read_json
from devices.naming import device_id
from devices.ordering import life_first
from devices.report import reading, rejected, report
from devices.salvage import trimmed
from devices.tasmota_zigbee import said, unread_alarm
from devices.values import instant, number, within

_PREFIXES: Final = frozenset({"tele", "stat"})
_COMMANDS: Final = "cmnd"
_LAST: Final = re.compile(
    r"(?:LWT|STATE|SENSOR|RESULT|UPTIME|LOGGING|MARGINS|INFO\d|STATUS\d*|(?:POWER|SWITCH|BUTTON)\d*)"
)
_HAS_OFFSET: Final = re.compile(r"(?:Z|[+-]\d\d:?\d\d)\Z")
_SHORT: Final = re.compile(r"(?:0x)?([0-9A-Fa-f]{4})")
_SWITCH: Final = re.compile(r"SWITCH\d*")
_BUTTON: Final = re.compile(r"BUTTON\d*")
_MEMBERS_MAX: Final = 256
#: By one of these the members of one device are known that stand without its key.
_ALONE: Final = frozenset({"Device", "Endpoint", "LinkQuality"})
_CALLED: Final = ("Device", "Name")

_LWT: Final = {"online": EventType.ONLINE, "offline": EventType.OFFLINE}
_READINGS: Final = (
    ("Humidity", "humidity", "%", 0, 100),
    ("Illuminance", "illuminance", "lx", 0, 1_000_000),
    ("CarbonDioxide", "carbon_dioxide", "ppm", 0, 1_000_000),
)


class _Topic(NamedTuple):
    device: str | None
    last: str  #: in capitals
    names: tuple[str, ...] = ()  #: the levels that name the device


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message. Total: whatever is wrong with it becomes a Rejected; only a bug raises.

    `model` says what a Zigbee device watches, where neither it nor its name does.
    """
    named = _topic(topic)
    if named is None:
        detail = "topic: none on which Tasmota reports; its FullTopic has tele or stat"
        return Decoded(device=None, channel=None, rejected=(rejected(RejectReason.UNKNOWN_TOPIC, detail, payload),))
    body = trimmed(payload)
    if named.last == "LWT" or not body.startswith((b"{", b"[")):
        return _bare(named, body, payload)
    read = read_json(payload)
    if isinstance(read, Rejected):
        return Decoded(device=named.device, channel=None, rejected=(read,))
    received = _received(named, read.members)
    if received:
        decoded = _zigbee(named, received, read.members, payload, model)
    else:
        word = unread(read.members) if named.last == "SENSOR" else None
        refused = () if word is None else (unknown_alarm(word, payload),)
        events = tuple(_events(named, read.members))
        decoded = Decoded(device=named.device, channel=None, events=events, rejected=refused)
    if read.damage is None:
        return decoded
    calls = only_calls(decoded.events, read.damage)
    refused = () if calls else (rejected(RejectReason.NOT_JSON, read.damage, payload),)
    return structs.replace(decoded, events=tuple(calls), rejected=refused)


def _topic(topic: str) -> _Topic | None:
    levels = [level for level in topic.split("/") if level]
    last = levels[-1].upper() if levels else ""
    at = next((n for n in range(len(levels) - 2, -1, -1) if levels[n].lower() in _PREFIXES), None)
    if at is None and (_LAST.fullmatch(last) is None or _COMMANDS in levels):
        return None
    names = tuple(level for n, level in enumerate(levels[:-1]) if n != at)
    return _Topic(device_id("/".join(names)) if names else None, last, names)


def _bare(named: _Topic, body: bytes, payload: bytes) -> Decoded:
    """Read a message that is a word: LWT, or a switch's own."""
    word = body[:256].decode("utf-8", "replace")
    event: Event | None = None
    if named.last == "LWT":
        type_ = _LWT.get(word.lower())
        event = None if type_ is None else report(type_, is_state=True)
    elif word:
        event = report(_by_topic(named.last), detail={named.last[:64]: word})
    if event is not None and named.device is not None:
        return Decoded(device=named.device, channel=None, events=(event,))
    reason = RejectReason.BAD_VALUE if word else RejectReason.EMPTY
    detail = "LWT: is neither Online nor Offline" if word else "message: holds nothing"
    return Decoded(device=named.device, channel=None, rejected=(rejected(reason, detail, payload),))


def _by_topic(last: str) -> EventType:
    if _BUTTON.fullmatch(last):
        return EventType.BUTTON
    return EventType.ACTIVITY if _SWITCH.fullmatch(last) else EventType.HEARTBEAT


def _time(values: Mapping[str, Any]) -> datetime | None:
    told = values.get("Time")
    return instant(told) if isinstance(told, str) and _HAS_OFFSET.search(told) else None


def _events(named: _Topic, values: Mapping[str, Any]) -> list[Event]:
    """Return a sign of life, or somebody's doing, with all that is told, and the readings in it."""
    at = _time(values)
    inner = values.get("StatusSNS")
    sensors = inner if isinstance(inner, dict) else values
    wifi = values.get("Wifi")
    signal = number(wifi.get("Signal")) if isinstance(wifi, dict) else None
    first = report(_doing(named, values), at=at, signal_dbm=signal or None, detail=dict(values))
    events = [first]
    volts = within(values.get("Vcc"), 0, 60)
    if volts is not None:
        events.append(reading("supply_voltage", volts, "V", at=at))
    is_fahrenheit = sensors.get("TempUnit") == "F"
    seen: set[str] = set()
    for sensor, status in list(sensors.items())[:_MEMBERS_MAX]:
        if isinstance(status, dict):
            events.extend(_measured(sensor, status, at, seen, is_fahrenheit=is_fahrenheit))
    return events


def _doing(named: _Topic, values: Mapping[str, Any]) -> EventType:
    for name in list(values)[:_MEMBERS_MAX]:
        inner = values[name]
        if isinstance(inner, dict) and "Action" in inner:
            return _by_topic(name.upper())
    return EventType.ACTIVITY if "RfReceived" in values else _by_topic(named.last)


def _measured(
    sensor: str, status: Mapping[str, Any], at: datetime | None, seen: set[str], *, is_fahrenheit: bool
) -> list[Event]:
    """Return a sensor's readings; of two that measure the same the second goes by its own name too."""
    found: list[tuple[str, float, str]] = []
    degrees = number(status.get("Temperature"))
    if degrees is not None:
        found.append(("temperature", round((degrees - 32) / 1.8, 2) if is_fahrenheit else degrees, "°C"))
    for member, name, unit, least, most in _READINGS:
        value = within(status[member], least, most) if member in status else None
        if value is not None:
            found.append((name, value, unit))
    events = []
    for name, value, unit in found:
        own = f"{name}:{sensor[:32]}" if name in seen else name
        seen.add(name)
        events.append(reading(own, value, unit, at=at))
    return events


def _received(named: _Topic, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Zigbee devices of a message by their keys, in whichever form the bridge is set to tell them.

    `SetOption118` puts `ZbReceived` into the topic, `SetOption119` leaves out the key: then the topic names the device.
    """
    told = values if named.last == "ZBRECEIVED" else values.get("ZbReceived")
    if isinstance(told, list):
        told = {key: inner for one in told[:_MEMBERS_MAX] if isinstance(one, dict) for key, inner in one.items()}
    if not isinstance(told, dict):
        return {}
    if any(isinstance(inner, dict) for inner in told.values()) or _ALONE.isdisjoint(told):
        return told
    key = told.get("Device")
    return {key if isinstance(key, str) and key else (named.names or ("",))[-1]: told}


def _zigbee(
    named: _Topic, received: Mapping[str, Any], values: Mapping[str, Any], payload: bytes, model: str | None
) -> Decoded:
    """Return what the bridge's devices say, each under its own name."""
    at = _time(values)
    hub = _bridge(named, received)
    events: list[Event] = []
    refused: list[Rejected] = []
    for key, inner in list(received.items())[:_MEMBERS_MAX]:
        if isinstance(inner, dict):
            own = _own_name(hub, key, inner)
            events.extend(said(own, inner, model))
            if (word := unread_alarm(inner)) is not None:
                refused.append(unknown_alarm(word, payload, device=own))
    if at is not None:
        events = [structs.replace(event, at=at, at_given=True) for event in events]
    if not events:
        events = [report(EventType.HEARTBEAT, at=at, detail=dict(values))]
        return Decoded(device=hub, channel=None, events=tuple(events))
    devices = {event.device for event in events}
    only = devices.pop() if len(devices) == 1 else None
    if len(received) > _MEMBERS_MAX:
        detail = f"ZbReceived: more than {_MEMBERS_MAX} devices; no bridge reports so many at once"
        refused.append(rejected(RejectReason.TOO_LARGE, detail, payload))
    return Decoded(device=only, channel=None, events=tuple(life_first(events)), rejected=tuple(refused), hub=hub)


def _bridge(named: _Topic, received: Mapping[str, Any]) -> str | None:
    """Return the bridge: its topic without the device's address or name that `SetOption89` and `112` put behind it."""
    if len(named.names) < 2:
        return named.device
    told = {key for key, inner in received.items() if isinstance(inner, dict)}
    told |= {str(inner.get(name)) for inner in received.values() if isinstance(inner, dict) for name in _CALLED}
    is_own = _plain(named.names[-1]) in {_plain(one) for one in told}
    return device_id("/".join(named.names[:-1])) if is_own else named.device


def _plain(name: str) -> str:
    short = _SHORT.fullmatch(name)
    return short[1].upper() if short is not None else name.strip().replace(" ", "_").lower()


def _own_name(hub: str | None, key: str, values: Mapping[str, Any]) -> str:
    name = values.get("Name")
    own = name if isinstance(name, str) and name else key
    return device_id(f"{hub}:{own}" if hub else own or "unnamed")
