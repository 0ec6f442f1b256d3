"""ChirpStack v4's MQTT integration (JSON): `application/<id>/device/<devEui>/event/<kind>`.

Meanings from its documentation (integrations, events). The device is its EUI in lower case, as ChirpStack writes it;
the hub is the application. `up` carries the codec's `object`, or the frame in `data`; the model is the registered one,
else the tag `model`, the device profile or the device's name. `join` is `online`, `status` a heartbeat with the
battery (absent where it runs on mains or does not know), `location` a position. `ack` is a sign of life where it says
acknowledged. `txack`, `log` and `integration` are the network's own words: a heartbeat of the application, since a
device that is switched off causes them too; an `integration` with a solved position is also that position.

An id is `deduplicationId`, which ChirpStack gives once to each uplink however many gateways heard it; where it is
missing, `devAddr` and `fCnt`, since the counter starts anew at a join. Protocol buffers leave out what is zero or
false: an absent `fCnt` is 0, an absent `acknowledged` is no.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from msgspec import structs

from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import ALARMS, EventType
from devices.json_message import JsonMessage, read_json
from devices.lorawan.told import Origin
from devices.lorawan.uplink import Outcome, Uplink, read
from devices.naming import device_id
from devices.report import rejected, report
from devices.values import flag, instant, number, percent, place

_Members = Mapping[str, Any]


class _Topic(NamedTuple):
    application: str | None
    device: str | None
    kind: str | None


class _Message(NamedTuple):
    """One event of the integration, and what is common to all kinds."""

    raw: bytes
    values: _Members
    info: _Members
    origin: Origin
    hub: str | None
    model: str | None


def decode(topic: str, payload: bytes, /, *, model: str | None = None) -> Decoded:
    """Decode one event of the integration. Never raises: what cannot be used comes back as Rejected."""
    where = _where(topic)
    told = read_json(payload)
    if isinstance(told, Rejected):
        return _answer(where.device, where.application, Outcome([], [told]))
    values = told.members
    if not values:
        detail = "message: is no JSON object, or an empty one; publish as the network server does"
        refused = rejected(RejectReason.NOT_AN_EVENT, detail, payload)
        return _answer(where.device, where.application, Outcome([], [refused]))
    info = _object(values.get("deviceInfo"))
    device, mismatch = _device(where.device, info, payload)
    hub = where.application or _name(info.get("applicationId"))
    message = _Message(payload, values, info, _origin(values), hub, model)
    outcome = _outcome(where.kind or _kind(values), message)
    if mismatch is not None:
        outcome = Outcome([], [_claimed(mismatch, outcome)])
    elif told.damage is not None:
        outcome = _damaged(outcome, told, payload)
    return _answer(device, hub, outcome)


def _answer(device: str | None, hub: str | None, outcome: Outcome) -> Decoded:
    events, refused = tuple(outcome.events), tuple(outcome.rejected)
    return Decoded(device=device, channel=None, events=events, rejected=refused, hub=hub)


def _where(topic: str) -> _Topic:
    """Read the topic from its end: a bridge may have put levels before it."""
    levels = topic.split("/")
    if len(levels) < 5 or levels[-2] != "event" or levels[-4] != "device":
        return _Topic(None, None, None)
    return _Topic(_name(levels[-5]), _name(levels[-3].lower()), levels[-1])


def _name(value: object) -> str | None:
    return device_id(value) if isinstance(value, str) and value else None


def _object(value: object) -> _Members:
    return value if isinstance(value, dict) else {}


def _device(told: str | None, info: _Members, raw: bytes) -> tuple[str | None, Rejected | None]:
    eui = info.get("devEui")
    named = _name(eui.lower()) if isinstance(eui, str) else None
    if told is None or named is None or named == told:
        return told or named, None
    detail = "deviceInfo.devEui: names another device than the topic does; publish as the network server does"
    return told, rejected(RejectReason.DEVICE_MISMATCH, detail, raw)


def _claimed(mismatch: Rejected, outcome: Outcome) -> Rejected:
    alarm = next((event.type for event in outcome.events if event.type in ALARMS), None)
    return rejected(mismatch.reason, mismatch.detail, mismatch.raw, type_=alarm)


def _damaged(outcome: Outcome, told: JsonMessage, raw: bytes) -> Outcome:
    """Keep of a broken message what calls somebody, marked as damaged."""
    calls = [event for event in outcome.events if event.type in ALARMS]
    if calls:
        return Outcome([structs.replace(one, damaged=True, damage=one.damage or told.damage) for one in calls], [])
    return Outcome([], [rejected(RejectReason.NOT_JSON, f"{told.damage}; send it whole", raw)])


def _origin(values: _Members) -> Origin:
    gateways = values.get("rxInfo")
    signals = [
        signal
        for one in (gateways if isinstance(gateways, list) else ())[:64]
        if (signal := number(_object(one).get("rssi"))) is not None
    ]
    return Origin(id=_id(values), at=instant(values.get("time")), signal_dbm=max(signals, default=None))


def _id(values: _Members) -> str | None:
    given = values.get("deduplicationId")
    if isinstance(given, str) and given:
        return given
    address = values.get("devAddr")
    return f"{address}.{int(number(values.get('fCnt')) or 0)}" if isinstance(address, str) and address else None


def _kind(values: _Members) -> str | None:
    """Return the kind that the members suggest, where a bridge has changed the topic."""
    if "data" in values or "object" in values or "fPort" in values:
        return "up"
    if "margin" in values or "batteryLevel" in values:
        return "status"
    return "location" if "location" in values else None


def _outcome(kind: str | None, message: _Message) -> Outcome:
    reader = _KINDS.get(kind or "")
    if reader is None:
        detail = "topic: is not application/<id>/device/<devEui>/event/<kind>; subscribe to the events only"
        return Outcome([], [rejected(RejectReason.UNKNOWN_TOPIC, detail, message.raw)])
    return reader(message)


def _up(message: _Message) -> Outcome:
    values, info = message.values, message.info
    body = _bytes(values.get("data"))
    port = number(values.get("fPort"))
    tags = _object(info.get("tags"))
    names = (message.model, tags.get("model"), info.get("deviceProfileName"), info.get("deviceName"))
    detail = _kept(values, "fCnt", "fPort")
    outcome = read(
        Uplink(
            raw=message.raw,
            origin=message.origin,
            models=tuple(name for name in names if isinstance(name, str)),
            body=body,
            port=None if port is None else int(port),
            object=_object(values.get("object")),
            detail=detail,
        )
    )
    if body is None and values.get("data") is not None:
        outcome.rejected.append(rejected(RejectReason.BAD_VALUE, "data: is not base64; send it as it is", message.raw))
    return outcome


def _bytes(value: object) -> bytes | None:
    try:
        return b64decode(value, validate=True) if isinstance(value, str) else None
    except (ValueError, binascii.Error):
        return None


def _one(message: _Message, type_: EventType, **fields: Any) -> Outcome:
    event = report(type_, id_=message.origin.id, at=message.origin.at, signal_dbm=message.origin.signal_dbm, **fields)
    return Outcome([event], [])


def _join(message: _Message) -> Outcome:
    return _one(message, EventType.ONLINE, detail=_kept(message.values, "devAddr"))


def _kept(values: _Members, *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _status(message: _Message) -> Outcome:
    values = message.values
    on_mains = flag(values.get("externalPowerSource")) or flag(values.get("batteryLevelUnavailable"))
    detail = _kept(values, "margin", "externalPowerSource", "batteryLevelUnavailable")
    battery = None if on_mains else percent(values.get("batteryLevel"))
    return _one(message, EventType.HEARTBEAT, battery_pct=battery, detail=detail)


def _location(message: _Message) -> Outcome:
    told = _object(message.values.get("location"))
    found = place(
        told.get("latitude"),
        told.get("longitude"),
        accuracy_m=told.get("accuracy"),
        altitude_m=told.get("altitude"),
    )
    if found is None:
        return _of_the_network(message)
    return _one(message, EventType.LOCATION, location=found, detail=_kept(told, "source"))


def _ack(message: _Message) -> Outcome:
    if not flag(message.values.get("acknowledged")):
        return _of_the_network(message)
    return _one(message, EventType.HEARTBEAT, detail=_kept(message.values, "queueItemId", "fCntDown", "acknowledged"))


def _of_the_network(message: _Message) -> Outcome:
    """A heartbeat of the application: the device need not have been heard for this."""
    names = ("downlinkId", "queueItemId", "fCntDown", "gatewayId", "level", "code", "description", "acknowledged")
    detail = _kept(message.values, *names, "integrationName", "eventType", "object")
    detail["devEui"] = message.info.get("devEui")
    event = report(EventType.HEARTBEAT, device=message.hub, id_=message.origin.id, at=message.origin.at, detail=detail)
    return Outcome([event], [])


def _integration(message: _Message) -> Outcome:
    outcome = _of_the_network(message)
    solved = _object(_object(message.values.get("object")).get("position_solution"))
    position = solved.get("llh")
    if isinstance(position, list) and len(position) >= 2:
        found = place(position[0], position[1], accuracy_m=solved.get("accuracy"))
        if found is not None:
            outcome.events.extend(_one(message, EventType.LOCATION, location=found).events)
    return outcome


_KINDS: Final[dict[str, Callable[[_Message], Outcome]]] = {
    "up": _up,
    "join": _join,
    "status": _status,
    "location": _location,
    "ack": _ack,
    "txack": _of_the_network,
    "log": _of_the_network,
    "integration": _integration,
}
