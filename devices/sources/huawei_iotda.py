"""Huawei Cloud IoTDA: what devices and gateways publish under `$oc/devices/...`, and what the platform forwards of it.

Meanings: Huawei's device-side MQTT reference ("Device Reporting Properties", "Gateway Reporting Device Properties in
Batches", "Device Reporting an Event") and its forwarded notifications (`device.property`, `device.status`). Names of
services and properties come from each product's model and are no standard: this source reads those that models commonly
use (`devices/iotda_names.py`), `alarm` alone by its service's name, then by the device's model. A real product gets a
mapping of its own; what is not known stands in the detail and is never an alarm.

Devices: the topic's, in a gateway's batch each device's own, with the gateway as hub. Smoke, gas, tamper and the like
are states, new only on the edge; calls, falls and tests are events.

Ids: the service's name and its `event_time`, as far as it has one, since a device sends a report again unchanged; a
report without one has none, and the same call within a minute is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from msgspec import structs

from devices.alarm_words import unknown_alarm, unread
from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import ALARMS, Event, EventType, Location, Vitals
from devices.iotda_names import (
    BATTERY,
    LAT,
    LON,
    READINGS,
    SIGNAL,
    VITALS,
    VOLTAGE,
    Meant,
    is_alarm_itself,
    meant_by,
    meant_in,
    plain,
    told,
)
from devices.json_message import JsonMessage, read_json
from devices.naming import device_id
from devices.ordering import life_first, without_ends_of_what_stands
from devices.report import detail_of, reading, rejected, report
from devices.values import flag, instant, number, percent, place, within

_TOPIC: Final = re.compile(r"\$oc/devices/([^/?]+)/|/v1/devices/([^/?]+)/")
#: A gateway carries some hundred devices; a message of 64 KiB holds no more.
SERVICES_MAX: Final = 2048
REPEAT_S: Final = 60.0
_MILLIVOLTS_MIN: Final = 100
_PRESENCE: Final = {
    "online": EventType.ONLINE,
    **dict.fromkeys(("offline", "abnormal", "inactive", "frozen"), EventType.OFFLINE),
}
#: What the platform sends to a device holds services and properties as well: they are wishes, not reports.
_DOWNWARDS: Final = re.compile(r"/sys/(?:[a-z_]+/)*(?:down(?:[/?]|$)|(?:set|get|commands)/request_id|shadow/)")
#: Above what a property says: how the message itself names its parts, IoTDA's way and its elder's.
_SERVICE: Final = ("service_id", "serviceId")
_PROPERTIES: Final = ("properties", "data", "paras", "serviceData")
_TIME: Final = ("event_time", "eventTime")
_DEVICE: Final = ("device_id", "deviceId")


class _Report(NamedTuple):
    """What one service of one device says."""

    device: str
    service: str
    event_type: str
    values: Mapping[str, Any]
    time: object


class _Found(NamedTuple):
    """A report, understood as far as its names allow."""

    kinds: list[tuple[EventType, bool]]  #: with whether it is a state
    readings: list[tuple[str, float, str]]
    vitals: dict[str, float]
    rest: dict[str, Any]
    battery_pct: float | None = None
    signal_dbm: float | None = None
    location: Location | None = None
    is_unknown_alarm: bool = False


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message. Total: what cannot be used is a Rejected; only a bug raises."""
    named = _TOPIC.search(topic)
    device = device_id(named[1] or named[2]) if named else None
    if _DOWNWARDS.search(topic):
        detail = "topic: goes from the platform to the device; subscribe to what devices report"
        return Decoded(device=device, channel=None, rejected=(rejected(RejectReason.UNKNOWN_TOPIC, detail, payload),))
    read = read_json(payload)
    if isinstance(read, Rejected):
        return Decoded(device=device, channel=None, rejected=(read,))
    body, sender, hub = _opened(read, device)
    events: list[Event] = []
    refused: list[Rejected] = []
    for count, one in enumerate(_reports(body, sender)):
        if count >= SERVICES_MAX:
            detail = f"services: more than {SERVICES_MAX}; send fewer at once"
            refused.append(rejected(RejectReason.TOO_LARGE, detail, payload))
            break
        found = _understood(one, model or "")
        events += _events(one, found, read.damage)
        if found.is_unknown_alarm:
            detail = "alarm: neither service nor model says what of; give the product a mapping"
            refused.append(rejected(RejectReason.UNKNOWN_TYPE, detail, payload, device=one.device))
        elif (word := _unread(one, found)) is not None:
            refused.append(unknown_alarm(word, payload, device=one.device))
    if not events and not refused:
        refused += _nothing(read, body, sender, payload)
        if not refused and sender is not None:
            events.append(report(EventType.HEARTBEAT, device=sender, detail=body))
            if (word := unread(body)) is not None:  # A message of the product's own form, which a mapping can read.
                refused.append(unknown_alarm(word, payload, device=sender))
    return _answer(events, refused, sender, hub)


def _unread(one: _Report, found: _Found) -> str | None:
    """Return a word that sounds like an alarm and was not understood, None where there is none."""
    if one.event_type and not found.kinds and (word := unread({"event": one.event_type})) is not None:
        return word
    return unread(found.rest)


def _opened(read: JsonMessage, device: str | None) -> tuple[Mapping[str, Any], str | None, str | None]:
    """Return the message's body, whose it is, and who carried it: inside what the platform forwards, or as sent."""
    members = read.members
    forwarded = _object(members, "notify_data")
    header = _object(forwarded, "header")
    name = _name(_first(header, _DEVICE))
    if name is None:
        return members, device, None
    gateway = _name(header.get("gateway_id"))
    return _object(forwarded, "body"), name, gateway


def _nothing(read: JsonMessage, body: Mapping[str, Any], sender: str | None, payload: bytes) -> list[Rejected]:
    if read.damage is not None:
        return [rejected(RejectReason.NOT_JSON, read.damage, payload)]
    if not isinstance(read.value, dict):
        return [rejected(RejectReason.NOT_AN_EVENT, "message: is no JSON object", payload)]
    if sender is None:
        detail = "topic: names no device; publish on $oc/devices/{device_id}/sys/properties/report"
        return [rejected(RejectReason.UNKNOWN_TOPIC, detail, payload)]
    if any(name in body for name in ("services", "devices")):
        return [rejected(RejectReason.NOT_AN_EVENT, "services: hold nothing that can be read", payload)]
    return []


def _answer(events: list[Event], refused: list[Rejected], sender: str | None, hub: str | None) -> Decoded:
    devices = {event.device for event in events}
    device = sender if not devices else devices.pop() if len(devices) == 1 else None
    carrier = hub or sender
    return Decoded(
        device=device,
        channel=None,
        events=tuple(life_first(without_ends_of_what_stands(events)) if len(events) > 1 else events),
        rejected=tuple(refused),
        hub=carrier if carrier != device else None,
    )


def _reports(body: Mapping[str, Any], sender: str | None) -> Iterator[_Report]:
    """Yield what each service of each device says, as far as it is told whose it is."""
    about = _name(body.get("object_device_id")) or sender
    if about is not None:
        yield from _services(body, about)
        status = body.get("status")
        if isinstance(status, str) and status.lower() in _PRESENCE:
            yield _Report(about, "", status, {}, _first(body, ("status_update_time", *_TIME)))
    for one in _list(body, "devices"):
        name = _name(_first(one, _DEVICE)) if isinstance(one, dict) else None
        if name is not None:
            yield from _services(one, name)


def _services(body: Mapping[str, Any], device: str) -> Iterator[_Report]:
    for one in _service_list(body):
        if not isinstance(one, dict):
            continue
        values = _first(one, _PROPERTIES)
        values = values if isinstance(values, dict) else {}
        time, event_type = _first(one, _TIME), one.get("event_type")
        for child in _list(values, "device_statuses"):
            name = _name(_first(child, _DEVICE)) if isinstance(child, dict) else None
            if name is not None:
                yield _Report(name, "", str(child.get("status")), {}, time)
        service = _first(one, _SERVICE)
        yield _Report(device, str(service or ""), str(event_type or ""), values, time)


def _service_list(body: Mapping[str, Any]) -> list[Any]:
    """Return the services, also where there is but one and no list around it, or its elder's `data`."""
    told = body.get("services", body.get("data"))
    if isinstance(told, dict):
        return [told] if "services" in body else [body]
    return told if isinstance(told, list) else [body] if isinstance(body.get("properties"), dict) else []


def _understood(one: _Report, model: str) -> _Found:
    found = _Found([], [], {}, {})
    for name, value in one.values.items():
        found = _with_property(found, one, name, value, model)
    presence = _PRESENCE.get(one.event_type.lower())
    meant = meant_by(one.event_type) if one.event_type else None
    if presence is not None:
        found.kinds.append((presence, True))
    elif meant is not None and not any(kind in (meant.kind, meant.end) for kind, _ in found.kinds):
        found.kinds.append((meant.kind, False))
    return _placed(found)


def _with_property(found: _Found, one: _Report, name: str, value: object, model: str) -> _Found:
    """Return what is found with one more property."""
    full = plain(name)
    if full in BATTERY and (pct := percent(value)) is not None:
        return found._replace(battery_pct=pct)
    if full in SIGNAL and (dbm := within(value, -150, -1)) is not None:
        return found._replace(signal_dbm=dbm)
    if _is_measured(found, full, value):
        return found
    is_itself = is_alarm_itself(name)
    meant = (meant_in(one.service) or meant_in(model)) if is_itself else meant_by(name)
    is_amount = meant is not None and meant.is_amount and not is_itself and number(value) is not None
    said = None if is_amount else flag(value)
    if said is None and isinstance(value, str):
        said = told(value)
    if meant is not None and said is not None:
        _note(found, meant, said)
        return found
    found.rest[name] = value
    if is_itself and said is not False and value is not None:
        return found._replace(is_unknown_alarm=True)
    return found


def _is_measured(found: _Found, full: str, value: object) -> bool:
    """Note a measurement and say whether it was one; what no body and no room can be is not."""
    if full in VITALS:
        field, least, most = VITALS[full]
        measured = within(value, least, most)
        if measured is not None:
            found.vitals[field] = measured
        return measured is not None
    if full in READINGS:
        name, unit, least, most = READINGS[full]
        measured = within(value, least, most)
        if measured is not None:
            found.readings.append((name, measured, unit))
        return measured is not None
    volts = number(value) if full in VOLTAGE else None
    if volts is not None:
        found.readings.append(("battery_voltage", volts / 1000 if volts >= _MILLIVOLTS_MIN else volts, "V"))
    return volts is not None


def _note(found: _Found, meant: Meant, said: bool) -> None:
    kind = meant.kind if said else meant.end
    if kind is not None and not any(kind is known for known, _ in found.kinds):
        found.kinds.append((kind, meant.is_state))


def _placed(found: _Found) -> _Found:
    named = {plain(name): name for name in found.rest}
    lat = next((named[name] for name in LAT if name in named), None)
    lon = next((named[name] for name in LON if name in named), None)
    if lat is None or lon is None:
        return found
    location = place(found.rest[lat], found.rest[lon])
    if location is None:
        return found
    rest = {name: value for name, value in found.rest.items() if name not in (lat, lon)}
    return found._replace(location=location, rest=rest)


def _events(one: _Report, found: _Found, damage: str | None) -> list[Event]:
    """Every condition is its own event; the first one carries what was not understood."""
    at = instant(one.time)
    kinds = list(found.kinds)
    if damage is not None:
        kinds = [(kind, is_state) for kind, is_state in kinds if kind in ALARMS]
    else:
        if found.vitals:
            kinds.append((EventType.VITALS, False))
        if found.location is not None and all(is_state for _, is_state in kinds):
            kinds.append((EventType.LOCATION, False))
        if not kinds and not found.readings:
            kinds.append((EventType.HEARTBEAT, False))
    shared = _shared(one, at)
    detail: dict[str, Any] | None = {"service_id": one.service, **found.rest} if one.service else found.rest
    events = []
    for kind, is_state in kinds:
        events.append(
            report(
                kind,
                **shared,
                is_state=is_state,
                repeat_s=REPEAT_S if kind in ALARMS and not is_state and shared["id_"] is None else 0.0,
                location=found.location,
                battery_pct=found.battery_pct,
                signal_dbm=found.signal_dbm,
                vitals=Vitals(**found.vitals) if kind is EventType.VITALS else None,
                detail=detail,
                damage=damage,
            )
        )
        detail = None
    if damage is None:
        for name, value, unit in found.readings:
            made = reading(name, value, unit, **shared, battery_pct=None if events else found.battery_pct)
            if detail is not None:
                made = structs.replace(made, detail=detail_of({"name": name, **detail}))
                detail = None
            events.append(made)
    return events


def _shared(one: _Report, at: datetime | None) -> dict[str, Any]:
    id_ = None if at is None else f"{one.service or one.event_type}-{one.time}"
    return {"device": one.device, "at": at, "id_": id_}


def _name(value: object) -> str | None:
    return device_id(value) if isinstance(value, str) and value else None


def _first(members: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((members[name] for name in names if name in members), None)


def _object(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = members.get(name)
    return value if isinstance(value, dict) else {}


def _list(members: Mapping[str, Any], name: str) -> list[Any]:
    value = members.get(name)
    return value if isinstance(value, list) else []
