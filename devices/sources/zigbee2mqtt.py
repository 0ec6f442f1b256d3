"""Zigbee2MQTT: what a bridge publishes for the Zigbee devices behind it, and about itself.

Meanings: zigbee2mqtt.io, "MQTT topics and messages", and the converters of zigbee-herdsman-converters; the alarm bits
are those of the Zigbee IAS zone status.

Ids. A topic is `<base>/<name>`, `<base>/<name>/availability`, `<base>/<name>/<attribute>` or `<base>/bridge/...`. The
base is the first level, or all up to a level that is called `zigbee2mqtt`, and for the bridge's own topics all that
stands before `/bridge/`; names may hold slashes, blanks and accents. A device is the `ieeeAddr` of its message where
the bridge is set to include it (`include_device_information`), which survives a renaming; else its name. Availability
and the bridge's events carry no such address: there it is always the name. The bridge is the `hub`, called by its base.

State and event. A state message holds all that the bridge last heard, sent anew with every report and from a cache
after a restart: flags and words (`smoke`, `sos`, `tamper`, `contact`) are states, true and false. Null, absent and
"unknown" are neither. `test` beside `smoke` says both: a fire during a test is a fire. `battery_low` and `test` have no
end of their own: a message without them is it. `HS2SS` sets `tamper` when only its button is pressed, and it is told as
tamper: nothing in the message tells a press from an opened case.
An `action` is an event each time, because nothing ends one: an empty or null `action` follows every press and says
nothing, least of all that a call is over. Some converters (Heiman HS1EB) leave the last `action` in the cache, so that
a battery report says it again: that cannot be told from a press, and one press too many is the lesser evil. The press
on the state topic and the same one on `<name>/action` are one (`repeat_s`).
`last_seen` is the bridge's clock, and of a message out of the cache the time when the device was last heard.
`buzzer_manual_mute` is `muted`, never a clear; `linkage_alarm_state` only repeats `smoke` or `gas`, until it is muted.
`alarm` alone is that of what is measured beside it; what else sounds like an alarm is refused with its word.
A device that leaves the network is `removed` and `offline`. Commands (`/set`, `/get`, `bridge/request`) are nobody's
word. Of what the bridge says of itself, lists and settings are a heartbeat and are not kept: they hold every device.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from devices.alarm_words import unknown_alarm
from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import ALARMS, Event, EventType
from devices.json_message import JsonMessage, read_json
from devices.naming import device_id
from devices.report import reading, rejected, report
from devices.topics import is_device_id
from devices.values import instant, percent
from devices.zigbee_fields import ATTRIBUTES, PRESS_REPEAT_S, meanings, measured, unread_alarm

_BRIDGE: Final = re.compile(
    r"(.+?)/bridge/"
    r"(state|info|devices|groups|definitions|extensions|converters|event|logging|log|health|config|networkmap"
    r"|response|request)((?:/.*)?)",
    re.DOTALL,
)
#: The base as it comes: installations with several bridges put their levels before it.
_NESTED: Final = "/zigbee2mqtt/"
_COMMAND: Final = re.compile(r".+?/(?:set|get)(?:/[^/]*)?", re.DOTALL)
#: Not kept: the device's papers, and codes that open a door.
_NOT_KEPT: Final = frozenset({"device", "update", "update_available", "action_code", "pin_code", "users"})
_PAPERS_KEPT: Final = ("friendlyName", "model", "manufacturerName")
_CONNECTED: Final = {"online": EventType.ONLINE, "offline": EventType.OFFLINE}
_LOGGED_CHARACTERS_MAX: Final = 1000


class _Named(NamedTuple):
    """Whose message it is, by its topic."""

    device: str | None
    hub: str | None


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message. Total: whatever is wrong with it becomes a Rejected; only a bug raises."""
    del model  # The converters have read the model's bytes already.
    if "/bridge/" in topic and (found := _BRIDGE.fullmatch(topic)):
        return _of_bridge(found[1].strip("/") or found[1], found[2], found[3], payload)
    base, name = _split(topic)
    if not base:
        detail = "topic: names no device; publish on <base>/<name>"
        return _refused(_Named(None, None), rejected(RejectReason.UNKNOWN_TOPIC, detail, payload))
    if not name:
        return _of_state(_Named(device_id(base), None), payload)
    return _of_device(name, device_id(base), payload)


def _split(topic: str) -> tuple[str, str]:
    """Return the base and what stands behind it: the first level, or all up to the one that bridges are called by."""
    whole = topic.strip("/")
    at = f"/{whole}/".find(_NESTED) if _NESTED in f"/{whole}/" else -1
    if at <= 0:
        base, _, name = whole.partition("/")
        return base, name
    end = at + len(_NESTED) - 2
    return whole[:end], whole[end + 1 :]


def _of_device(name: str, hub: str, payload: bytes) -> Decoded:
    """Read what comes on a device's topics; `name` is what stands behind the base."""
    owner, _, last = name.rpartition("/")
    if owner and last == "availability":
        return _availability(_behind(hub, owner), payload)
    if ("/set" in name or "/get" in name) and _COMMAND.fullmatch(name):
        detail = "topic: a command to a device, not its word; leave /set and /get out of the subscription"
        return _refused(_behind(hub, name), rejected(RejectReason.NOT_AN_EVENT, detail, payload))
    if owner and last in ATTRIBUTES:
        if not payload.lstrip().startswith(b"{"):
            return _of_attribute(_behind(hub, owner), last, payload)
        name = owner if last == "action" else name
    return _of_state(_behind(hub, name), payload)


def _behind(hub: str, name: str) -> _Named:
    """Name a device behind the bridge; one that is called like its bridge cannot be told from it."""
    device = device_id(name)
    return _Named(device, None if device == hub else hub)


def _refused(named: _Named, told: Rejected) -> Decoded:
    return Decoded(device=named.device, channel=None, rejected=(told,), hub=named.hub)


def _of_attribute(named: _Named, attribute: str, payload: bytes) -> Decoded:
    """Read a message that is one attribute's bare value: `<name>/action`, or any other where there is no JSON."""
    text = payload.decode("utf-8", "replace").strip(' \t\r\n\0"')
    if not text and attribute != "action":
        return _refused(named, rejected(RejectReason.EMPTY, "message: holds nothing", payload))
    return _told(named, {attribute: None if text == "null" else text}, payload)


def _of_state(named: _Named, payload: bytes) -> Decoded:
    read = read_json(payload)
    if isinstance(read, Rejected):
        return _refused(named, read)
    if not isinstance(read.value, dict):
        detail = "message: is no state; Zigbee2MQTT publishes a JSON object"
        return _refused(named, rejected(RejectReason.NOT_AN_EVENT, detail, payload))
    if read.damage is not None:
        return _damaged(named, read, payload)
    return _told(named, read.value, payload)


def _damaged(named: _Named, read: JsonMessage, payload: bytes) -> Decoded:
    """Raise what alarms can be read of a broken message, and nothing else of it."""
    values = read.members
    events = tuple(
        report(
            said.type,
            is_state=said.is_state,
            repeat_s=0.0 if said.is_state else PRESS_REPEAT_S,
            detail=_kept(values),
            damage=read.damage,
        )
        for said in meanings(values)
        if said.type in ALARMS
    )
    if not events:
        return _refused(named, rejected(RejectReason.NOT_JSON, str(read.damage), payload))
    return Decoded(device=_known(named, values), channel=None, events=events, hub=named.hub)


def _told(named: _Named, values: Mapping[str, Any], payload: bytes) -> Decoded:
    at, battery_pct = instant(values.get("last_seen")), percent(values.get("battery"))
    detail: Mapping[str, Any] | None = _kept(values)
    events: list[Event] = []
    for type_, is_state in meanings(values):
        repeat_s = 0.0 if is_state else PRESS_REPEAT_S
        events.append(
            report(type_, at=at, is_state=is_state, repeat_s=repeat_s, battery_pct=battery_pct, detail=detail)
        )
        battery_pct = detail = None  # Said once, by the first.
    found = measured(values)
    if not events:
        events.append(report(EventType.HEARTBEAT, at=at, battery_pct=battery_pct, detail=detail))
    events.extend(reading(what.name, value, what.unit, at=at) for what, value in found)
    word = unread_alarm(values)
    refused = () if word is None else (unknown_alarm(word, payload),)
    return Decoded(device=_known(named, values), channel=None, events=tuple(events), rejected=refused, hub=named.hub)


def _known(named: _Named, values: Mapping[str, Any]) -> str | None:
    """Return the device's address where its message tells it, else its name."""
    papers = values.get("device")
    address = papers.get("ieeeAddr", papers.get("ieee_address")) if isinstance(papers, dict) else None
    if isinstance(address, str) and is_device_id(address) and address != named.hub:
        return address
    return named.device


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if name not in _NOT_KEPT}
    papers = values.get("device")
    if isinstance(papers, dict):
        kept["device"] = {name: papers[name] for name in _PAPERS_KEPT if name in papers}
    return kept


def _availability(named: _Named, payload: bytes) -> Decoded:
    """Read how the bridge can reach a device; an empty message is what remains of one renamed or taken away."""
    text = payload.strip(b" \t\r\n\0")
    if not text:
        event = report(EventType.OFFLINE, is_state=True, detail={"availability": "renamed or removed"})
        return Decoded(device=named.device, channel=None, events=(event,), hub=named.hub)
    return _connected(named, payload)


def _connected(named: _Named, payload: bytes) -> Decoded:
    """Read `online` or `offline`: JSON since Zigbee2MQTT 2, before that also plain text."""
    word: object = payload.decode("utf-8", "replace").strip(' \t\r\n\0"')
    if payload.lstrip().startswith(b"{"):
        read = read_json(payload)
        word = None if isinstance(read, Rejected) or read.damage else read.members.get("state")
    type_ = _CONNECTED.get(word) if isinstance(word, str) else None
    if type_ is None:
        detail = "state: is neither online nor offline"
        return _refused(named, rejected(RejectReason.BAD_VALUE, detail, payload))
    return Decoded(device=named.device, channel=None, events=(report(type_, is_state=True),), hub=named.hub)


def _of_bridge(base: str, subject: str, rest: str, payload: bytes) -> Decoded:
    """Read what the bridge says of itself; only a device that leaves is an alarm."""
    hub = device_id(base)
    named = _Named(hub, None)
    if subject == "request" or (subject == "config" and rest):
        detail = "topic: a request to the bridge, not its word; leave it out of the subscription"
        return _refused(named, rejected(RejectReason.NOT_AN_EVENT, detail, payload))
    if subject == "state" and not rest:
        return _connected(named, payload)
    if subject == "event":
        return _network_event(base, payload)
    event = report(EventType.HEARTBEAT, detail=_bridge_detail(subject, payload))
    return Decoded(device=hub, channel=None, events=(event,))


def _bridge_detail(subject: str, payload: bytes) -> dict[str, Any]:
    """What is kept of the bridge's words: a line of its log, its health without that of each device."""
    kept: dict[str, Any] = {"bridge": subject}
    read = read_json(payload) if subject in ("logging", "health") else None
    if isinstance(read, JsonMessage) and read.damage is None:
        for name, value in read.members.items():
            if name != "devices":
                kept[name] = value[:_LOGGED_CHARACTERS_MAX] if isinstance(value, str) else value
    return kept


def _network_event(base: str, payload: bytes) -> Decoded:
    hub = device_id(base)
    read = read_json(payload)
    if isinstance(read, Rejected):
        return _refused(_Named(hub, None), read)
    kind, data = read.members.get("type"), read.members.get("data")
    data = data if isinstance(data, dict) else {}
    name = next((data[key] for key in ("friendly_name", "ieee_address") if _is_name(data.get(key))), None)
    types = _network_meaning(kind, data)
    if read.damage is not None:
        types = tuple(type_ for type_ in types if type_ in ALARMS)
        if not types or name is None:
            known = types[0] if types else None
            return _refused(_Named(hub, None), rejected(RejectReason.NOT_JSON, read.damage, payload, type_=known))
    if name is None or not types:
        event = report(EventType.HEARTBEAT, detail={"bridge": "event", **_kept(read.members)})
        return Decoded(device=hub, channel=None, events=(event,))
    detail = {"bridge": "event", **_kept(read.members)}
    events = [report(types[0], detail=detail, damage=read.damage)]
    events.extend(report(type_, damage=read.damage) for type_ in types[1:])
    own_base, own_name = _split(f"{base}/{name}")
    named = _behind(device_id(own_base), own_name)
    return Decoded(device=named.device, channel=None, events=tuple(events), hub=named.hub)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _network_meaning(kind: object, data: Mapping[str, Any]) -> tuple[EventType, ...]:
    if kind == "device_leave":
        return (EventType.REMOVED, EventType.OFFLINE)
    if kind in ("device_announce", "device_joined"):
        return (EventType.ONLINE,)
    if kind == "device_interview" and data.get("status") == "successful":
        return (EventType.ONLINE,)
    return ()
