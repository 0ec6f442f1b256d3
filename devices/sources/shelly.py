"""Shelly: smoke, flood, climate and button devices of the second generation and later, and of the first.

Meanings: shelly-api-docs.shelly.cloud, "Notifications", "MQTT" and the components' own pages; the first generation's
topics under `shellies/`. What a component says stands in `devices/shelly_parts.py`.

Ids. A device is the `src` of its notification, on other topics the level before `/events`, `/status` or `/online`
(leave the topic prefix as it was, and both are one name). A Bluetooth device behind it is its own address where the
script says it, else `<shelly>:bthomedevice:<n>`; the Shelly is then the hub. There is no id of a message: `ts` tells
two presses apart.

State and event. `NotifyFullStatus` and `<id>/status/<component>` are states; `NotifyStatus` holds only what changed, so
what is absent is as it was: `mute` without `alarm` ends nothing. `NotifyEvent` tells events. A press comes as
`btn_down` and `btn_up`, which only say that somebody is there, and as `single_push` (`double_push`, ...), which is the
press: whether it calls for help the register says, not the device. A Bluetooth button that repeats an old press under a
new packet number cannot be told from a new press.
`online` = false is how a sleeping battery device stands all day: a state, never an alarm. Supervise by `wakeup_period`.
`ts` is since 1970 or, before the device knows the time, since its start: then it is no time. Percent 0 of a device with
power from outside says nothing of a battery.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from msgspec import structs

from devices import shelly_first_generation as first_generation
from devices.alarm_words import unknown_alarm, unread
from devices.damage import only_calls
from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import Event, EventType
from devices.json_message import JsonMessage, read_json
from devices.naming import device_id
from devices.ordering import life_first, without_ends_of_what_stands
from devices.report import reading, rejected, report
from devices.salvage import trimmed
from devices.shelly_parts import ALARMS, HALVES, PUSHES, battery_pct, component, contact, presence, unread_alarm
from devices.values import flag, instant, number, percent

#: A Shelly has some tens of components, and a notification holds a few events; more of them are not read.
_EVENTS_MAX: Final = 256
_COMPONENTS_MAX: Final = 1024
#: The default name of a device, as it stands on its label: the one thing that shows a topic naming another's.
_LABEL: Final = re.compile(r"shelly[a-z0-9]+-[0-9a-f]{12}", re.IGNORECASE)
_BLUETOOTH: Final = re.compile(r"bthomedevice:\d{1,4}")
_BARE_WORDS: Final = frozenset({"relay", "input", "longpush", "light", "roller", "emeter"})


#: What a Bluetooth device can raise, by BTHome's names. Moisture as a flag is a leak, as a number it is a percentage.
_ADVERTISED: Final[Mapping[str, tuple[EventType, EventType | None]]] = {
    **ALARMS,
    "moisture": ALARMS["leak"],
    "water_leak": ALARMS["leak"],
    "tamper": (EventType.TAMPER, EventType.TAMPER_CLEAR),
    "problem": (EventType.FAULT, EventType.FAULT_CLEAR),
    "battery_low": (EventType.BATTERY_LOW, None),
}
_UNKNOWN: Final = "event: a word that we do not know, but may not miss"


class _Told(NamedTuple):
    """What a message says: its events in order, and what goes with the first of them."""

    events: list[Event]
    at: datetime | None
    detail: Mapping[str, Any]
    battery_pct: float | None = None
    signal_dbm: float | None = None


class _Topic(NamedTuple):
    """The parts of a topic: the device's level, and what follows it."""

    device: str | None
    kind: str
    rest: tuple[str, ...] = ()


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message. Total: whatever is wrong with it becomes a Rejected; only a bug raises."""
    del model  # The components say what the device has.
    named = _topic(topic)
    if named.kind == "online":
        return _online(named.device, payload)
    if named.kind in ("sensor", "bare"):
        return _sensor(named, payload)
    read = read_json(payload)
    if isinstance(read, Rejected):
        return Decoded(device=named.device, channel=None, rejected=(read,))
    source = read.members.get("id" if named.kind == "announce" else "src")
    device = device_id(source) if isinstance(source, str) and source else named.device
    events = _events(named, device, read)
    refused = _refusal(named, device, events, read, payload)
    if refused is not None:
        return Decoded(device=named.device or device, channel=None, rejected=(refused,))
    decoded = _decoded(device, events)
    if not _is_small(read):
        return structs.replace(decoded, rejected=(_too_many(payload),))
    word = None if read.damage is not None else _unread(named, read.members)
    return (
        decoded if word is None else structs.replace(decoded, rejected=(unknown_alarm(word, payload, device=device),))
    )


def _unread(named: _Topic, values: Mapping[str, Any]) -> str | None:
    """Return a word that sounds like an alarm and is none of ours, None where there is none."""
    params = values.get("params", values.get("result"))
    if isinstance(params, dict):
        listed = params.get("events")
        words = (_unread_event(one) for one in (listed[:_EVENTS_MAX] if isinstance(listed, list) else ()))
        return unread_alarm(params) or next((word for word in words if word is not None), None)
    if named.kind == "status" and named.rest:
        return unread_alarm({named.rest[0]: values})
    return first_generation.unread_alarm(values) if first_generation.is_status(values) else unread_alarm(values)


def _unread_event(one: object) -> str | None:
    word = one.get("event") if isinstance(one, dict) else None
    if not isinstance(word, str) or word.lower().partition("_")[0] in ALARMS:
        return None
    name = str(one["component"]) if isinstance(one, dict) and "component" in one else ""
    return None if name.partition(":")[0] in ALARMS else unread({"event": word})


def _is_small(read: JsonMessage) -> bool:
    params = read.members.get("params")
    listed = params.get("events") if isinstance(params, dict) else None
    is_short = not isinstance(listed, list) or len(listed) <= _EVENTS_MAX
    return is_short and (not isinstance(params, dict) or len(params) <= _COMPONENTS_MAX)


def _too_many(payload: bytes) -> Rejected:
    return rejected(RejectReason.TOO_LARGE, "message: more components or events than a Shelly has", payload)


def _topic(topic: str) -> _Topic:
    levels = [level for level in topic.split("/") if level]
    is_first = len(levels) > 2 and "shellies" in levels[:-2]
    if is_first:
        at = levels.index("shellies") + 1
        device, rest = device_id(levels[at]), tuple(levels[at + 1 :])
        kind = rest[0] if rest[0] in ("online", "sensor") else "bare" if rest[0] in _BARE_WORDS else "first"
        if kind in ("online", "sensor", "bare") or rest[-1] not in ("rpc",):
            return _Topic(device, kind, rest)
    if levels[-1:] == ["announce"]:  # of all, with the id inside, or of one
        return _Topic(device_id(levels[-2]) if len(levels) > 1 and levels[-2] != "shellies" else None, "announce")
    for kind, back in (("online", 1), ("events", 2), ("status", 2)):
        if len(levels) > back and levels[-back] == kind:
            return _Topic(_prefixed(levels[:-back]), kind, tuple(levels[len(levels) - back + 1 :]))
    return _Topic(device_id(levels[0]) if levels else None, "other")


def _prefixed(levels: list[str]) -> str:
    """Name a device by the prefix of its topics: its own label where that ends it, else all of it."""
    return device_id(levels[-1] if _LABEL.fullmatch(levels[-1]) else "/".join(levels))


def _online(device: str | None, payload: bytes) -> Decoded:
    word = trimmed(payload)
    is_online = flag(word.decode("utf-8", "replace")) if len(word) < 16 else None
    if is_online is None:
        reason = RejectReason.BAD_VALUE if word else RejectReason.EMPTY
        refused = rejected(reason, "online: is neither true nor false", payload)
        return Decoded(device=device, channel=None, rejected=(refused,))
    event = report(EventType.ONLINE if is_online else EventType.OFFLINE, is_state=True)
    return Decoded(device=device, channel=None, events=(event,))


def _sensor(named: _Topic, payload: bytes) -> Decoded:
    """Read a bare value of the first generation."""
    text = trimmed(payload)[:1024].decode("utf-8", "replace")
    if named.kind == "bare" or len(named.rest) < 2:
        event: Event | None = report(EventType.HEARTBEAT, detail={"/".join(named.rest)[:64]: text[:256]})
    else:
        event = first_generation.sensor(named.rest[1], text)
    if event is None:
        refused = rejected(RejectReason.BAD_VALUE, "sensor: a value that is not documented for it", payload)
        return Decoded(device=named.device, channel=None, rejected=(refused,))
    return Decoded(device=named.device, channel=None, events=(event,))


def _events(named: _Topic, device: str | None, read: JsonMessage) -> list[Event]:
    values = read.members
    if not values:
        return []
    method, params = values.get("method"), values.get("params")
    if isinstance(params, dict) and isinstance(method, str) and method.startswith("Notify"):
        told = _notified(device, params, method)
    elif named.kind == "status" and named.rest:
        told = _statuses({named.rest[0]: values}, at=None, detail=values)
    elif "src" in values and isinstance(result := values.get("result"), dict):
        told = _statuses(result, at=None, detail=result)  # what it answers when somebody asks
        if not told.events:
            return []
    elif named.rest[:1] == ("input_event",) or ("event" in values and "event_cnt" in values):
        told = _Told([report(first_generation.press(values))], None, values)
    elif named.kind == "events" and any(name.partition(":")[0] in ALARMS for name in values):
        told = _statuses(values, at=None, detail=values)  # a script's or a bridge's, without the frame around it
    elif first_generation.is_status(values):
        told = _first_status(values)
    elif named.kind == "other":
        return []
    else:
        told = _Told([], None, values)
    events = _with_rest(told)
    return events if read.damage is None else only_calls(events, read.damage)


def _refusal(
    named: _Topic, device: str | None, events: list[Event], read: JsonMessage, payload: bytes
) -> Rejected | None:
    if events:
        return _misnamed(named.device, device, events, payload)
    if read.damage is not None:
        return rejected(RejectReason.NOT_JSON, read.damage, payload)
    if named.kind == "other":
        return rejected(RejectReason.UNKNOWN_TOPIC, "topic: none on which a Shelly reports", payload)
    return rejected(RejectReason.NOT_AN_EVENT, "message: is no status and no notification", payload)


def _misnamed(by_topic: str | None, by_source: str | None, events: list[Event], payload: bytes) -> Rejected | None:
    """Refuse what is nobody's, and what one Shelly's topic says of another; an alarm in it is a call all the same."""
    if by_source is None:
        reason, detail = RejectReason.NOT_AN_EVENT, "topic: names no device, and neither does src"
    elif by_topic in (None, by_source) or not (_LABEL.fullmatch(str(by_topic)) and _LABEL.fullmatch(by_source)):
        return None
    else:
        reason, detail = RejectReason.DEVICE_MISMATCH, "src: another device than the topic's; leave its topic prefix"
    calls = only_calls(events, detail)
    return rejected(reason, detail, payload, type_=calls[0].type if calls else None)


def _decoded(device: str | None, events: list[Event]) -> Decoded:
    """Name the device that is not the Shelly itself, where the message is all its own."""
    others = {event.device for event in events}
    if len(others) == 1 and (other := others.pop()) is not None:
        return Decoded(device=other, channel=None, events=tuple(life_first(events)), hub=device)
    return Decoded(device=device, channel=None, events=tuple(life_first(events)))


def _notified(device: str | None, params: Mapping[str, Any], method: str) -> _Told:
    at = instant(params.get("ts"))
    if method != "NotifyEvent":
        told = _statuses(params, at=at, detail=params)
        is_sound = method == "NotifyFullStatus" and not any(event.type is EventType.FAULT for event in told.events)
        if is_sound and any(name.partition(":")[0] in ALARMS for name in params):
            told.events.append(report(EventType.FAULT_CLEAR, at=at, is_state=True))
        return told
    listed = params.get("events")
    events = [
        happened
        for one in (listed[:_EVENTS_MAX] if isinstance(listed, list) else ())
        if isinstance(one, dict)
        for happened in _happened(device, one, at)
    ]
    return _Told(events, at, params)


def _statuses(components: Mapping[str, Any], *, at: datetime | None, detail: Mapping[str, Any]) -> _Told:
    events = [
        said
        for name, status in islice(components.items(), _COMPONENTS_MAX)
        if isinstance(status, dict)
        for said in component(name, status, at)
    ]
    wifi = components.get("wifi")
    signal = number(wifi.get("rssi")) if isinstance(wifi, dict) else None
    told = without_ends_of_what_stands(events)
    return _Told(told, at, detail, battery_pct(components), signal or None)


def _first_status(values: Mapping[str, Any]) -> _Told:
    events, battery = first_generation.status(values)
    wifi = values.get("wifi_sta")
    signal = number(wifi.get("rssi")) if isinstance(wifi, dict) else None
    return _Told(events, None, values, battery, signal or None)


def _happened(device: str | None, one: Mapping[str, Any], shared_at: datetime | None) -> list[Event]:
    """Return what one element of a NotifyEvent says."""
    at = instant(one.get("ts")) or shared_at
    word, name = one.get("event"), one.get("component")
    word, name = word if isinstance(word, str) else "", name if isinstance(name, str) else ""
    data = one.get("data")
    if isinstance(data, dict) and "address" in data:
        return _advertised(data, at)
    kind = name.partition(":")[0]
    own = device_id(f"{device}:{name}") if device and _BLUETOOTH.fullmatch(name) else None
    if word in PUSHES:
        return [report(EventType.BUTTON, at=at, device=own, detail=dict(one))]
    if word in HALVES:
        return [report(EventType.ACTIVITY, at=at, device=own, detail=dict(one))]
    if kind in ALARMS:
        return _alarm_event(kind, word.rpartition(".")[2], at)
    scripted = ALARMS.get(word.lower().partition("_")[0])
    if scripted is not None and unread({"event": word}) is not None:
        # A script of the owner's: what it has seen only its word says.
        return [report(scripted[0], at=at, device=own, detail=dict(one), damage=_UNKNOWN)]
    return [report(EventType.HEARTBEAT, at=at, device=own, detail=dict(one))]


def _alarm_event(kind: str, word: str, at: datetime | None) -> list[Event]:
    raised, ended = ALARMS[kind]
    types = {"alarm": raised, "alarm_on": raised, "alarm_off": ended, "alarm_test": EventType.TEST}
    types |= {"test": EventType.TEST, "mute": EventType.MUTED, "alarm_mute": EventType.MUTED}
    types["cable_unplugged"] = EventType.FAULT
    type_ = types.get(word)
    if type_ is None and unread({"event": word}) is not None:
        return [report(raised, at=at, damage=_UNKNOWN)]
    return [report(type_ or EventType.HEARTBEAT, at=at, is_state=type_ in (raised, ended))]


def _advertised(data: Mapping[str, Any], at: datetime | None) -> list[Event]:
    """Return what a Bluetooth device said that a script on the Shelly hands on."""
    address = data.get("address")
    own = device_id(address) if isinstance(address, str) and address else None
    shared: dict[str, Any] = {"device": own, "at": at}
    events: list[Event] = []
    for name, (raised, ended) in _ADVERTISED.items():
        is_on = flag(data.get(name))
        if is_on is not None and (ended is not None or is_on):
            events.append(report(raised if is_on else ended or raised, is_state=True, **shared))
    presses = data.get("button")
    if any(number(press) for press in (presses if isinstance(presses, list) else [presses])[:16]):
        events.append(report(EventType.BUTTON, **shared))
    for name, read in (("window", contact), ("motion", presence)):
        status = {"open": data.get(name)} if name == "window" else {name: data.get(name)}
        events.extend(structs.replace(event, device=own) for event in read(status, at))
    for name, unit in (("temperature", "°C"), ("humidity", "%"), ("illuminance", "lx")):
        value = number(data.get(name, data.get(name.capitalize())))
        if value is not None:
            events.append(reading(name, value, unit, **shared))
    events = events or [report(EventType.HEARTBEAT, **shared)]
    events[0] = report(
        events[0].type,
        is_state=events[0].is_state,
        battery_pct=percent(data.get("battery")),
        signal_dbm=number(data.get("rssi")),
        value=events[0].value,
        unit=events[0].unit,
        detail=dict(data),
        **shared,
    )
    return events


def _with_rest(told: _Told) -> list[Event]:
    """Put what goes with the message onto its first event: life-safety first, or a sign of life where there is none."""
    if not told.events:
        return [_bare(EventType.HEARTBEAT, told)]
    ordered = life_first(told.events)
    first = ordered[0]
    if first.type is EventType.READING or first.detail is not None:
        if first.device is not None or first.type is not EventType.READING:
            return ordered
        return [_bare(EventType.HEARTBEAT, told), *ordered]
    full = _bare(first.type, told)
    carried = structs.replace(first, battery_pct=full.battery_pct, signal_dbm=full.signal_dbm, detail=full.detail)
    return [carried, *ordered[1:]]


def _bare(type_: EventType, told: _Told) -> Event:
    return report(
        type_,
        at=told.at,
        battery_pct=told.battery_pct,
        signal_dbm=told.signal_dbm,
        detail=dict(told.detail),
    )
