"""Traccar: what its forwarder publishes, and so the way in for the two hundred band protocols that it speaks.

Meanings: Traccar's `forward/PositionData`, `forward/EventData`, `model/Position` (`KEY_*`, `ALARM_*`) and
`model/Event` (`TYPE_*`); `{position, device}` on one topic for all, `{event, position, device, geofence}` on another.
Members that are null may be left out.

Ids. A device is its `uniqueId`, mostly the IMEI; where that is missing it is `deviceId:<number>`, Traccar's own. The
message's id is `e<event.id>` or `p<position.id>`; 0 is none, as positions are forwarded before they are stored.

State and event. Alarms are events, each one of a comma-joined list for itself. The same alarm comes as a position and
as an event where both are forwarded: equal ones within five seconds are one. Online and offline are states. What an
event message says is its own alarm: that of its position was forwarded with the position.

Times: `deviceTime` is when the device said it, `fixTime` when it was where it says, `serverTime` Traccar's receipt; of
an event it is `eventTime`. A position that is not `valid`, or `outdated` (the last one, taken again), is no place:
it stays in detail as reported; a fix more than ten minutes older than the alarm is a place of its own time.
Speeds are in knots. `batteryLevel` is percent, `battery` and `power` are volts; an altitude or accuracy of 0 is
unknown. An alarm word that Traccar did not have when this was written is refused with the word, and raised where it
sounds like a call for help.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from msgspec import structs

from devices.alarm_words import unknown_alarm, unread
from devices.damage import only_calls
from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import Event, EventType, Location, Vitals
from devices.json_message import JsonMessage, read_json
from devices.naming import device_id
from devices.ordering import life_first
from devices.report import reading, rejected, report
from devices.text import clean
from devices.traccar_words import ALARMS_BY_WORD, EVENTS_BY_WORD, KNOT_IN_MPS, unknown_life_word
from devices.values import flag, instant, number, percent, place, within

HUB: Final = "traccar"
#: Between the two ways on which one alarm comes lie milliseconds; two presses are further apart.
_TWICE_TOLD_S: Final = 5.0
#: An older fix is only a hint where somebody is: `rules` says the same of a place's age.
_FIX_AGE_MAX: Final = timedelta(minutes=10)
_WORDS_MAX: Final = 64
#: Whoever stands between Traccar and the broker may send a queue at once.
_ELEMENTS_MAX: Final = 1024
_REFUSED_MAX: Final = 64
#: Commas in Traccar's own; computed attributes of the owner's are written as it pleases.
_BETWEEN: Final = re.compile(r"[,;|]")
_WORD_CHARACTERS_MAX: Final = 64

_STATES: Final = frozenset({EventType.ONLINE, EventType.OFFLINE})
_ROUTINE: Final = frozenset({EventType.LOCATION, EventType.VITALS, EventType.HEARTBEAT})
_PLACE: Final = ("latitude", "longitude", "altitude", "speed", "accuracy")
_PASSED_OVER: Final = frozenset({"id", "deviceId", "attributes", "network", "type"})
#: By what protocols call them; the range is what a living body can have, and 0 is "not worn".
_VITALS: Final = (
    ("heartRate", "heart_rate_bpm", 20, 300),
    ("pulse", "heart_rate_bpm", 20, 300),
    ("bloodOxygen", "spo2_pct", 1, 100),
    ("oxygen", "spo2_pct", 1, 100),
    ("spo2", "spo2_pct", 1, 100),
    ("pressureHigh", "systolic_mmhg", 30, 350),
    ("systolic", "systolic_mmhg", 30, 350),
    ("pressureLow", "diastolic_mmhg", 10, 250),
    ("diastolic", "diastolic_mmhg", 10, 250),
    ("bodyTemp", "temperature_c", 25, 45),
    ("bodyTemperature", "temperature_c", 25, 45),
    ("respiratoryRate", "respiratory_rate_bpm", 1, 100),
    ("steps", "steps", 0, 10_000_000),
)
_READINGS: Final = {
    "battery": ("battery_voltage", "V"),
    "power": ("supply_voltage", "V"),
    "temp1": ("temperature", "°C"),
    "temp2": ("temperature_2", "°C"),
    "temp3": ("temperature_3", "°C"),
    "temp4": ("temperature_4", "°C"),
    "deviceTemp": ("device_temperature", "°C"),
    "humidity": ("humidity", "%"),
}


class _Message(NamedTuple):
    """One forwarded message, taken apart; what is missing is empty."""

    event: Mapping[str, Any]
    position: Mapping[str, Any]
    attributes: Mapping[str, Any]  #: the position's
    geofence: Mapping[str, Any]
    id: str | None
    at: datetime | None
    fix_at: datetime | None
    location: Location | None  #: None where the position is not where the device is


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message. Total: whatever is wrong with it becomes a Rejected; only a bug raises."""
    del topic, model  # One shared topic; Traccar has spoken with the device.
    read = read_json(payload)
    if isinstance(read, Rejected):
        return Decoded(device=None, channel=None, rejected=(read,), hub=HUB)
    if not isinstance(read.value, list) or not read.value:
        return _one(read, payload)
    every = [_one(JsonMessage(one, read.damage), payload) for one in read.value[:_ELEMENTS_MAX]]
    events = [structs.replace(event, device=one.device) for one in every for event in one.events]
    refused = [structs.replace(one, device=told.device) for told in every for one in told.rejected]
    if len(read.value) > _ELEMENTS_MAX:
        detail = f"message: an array of more than {_ELEMENTS_MAX}; send fewer at once"
        refused.append(rejected(RejectReason.TOO_LARGE, detail, payload))
    devices = {one.device for one in every}
    return Decoded(
        device=devices.pop() if len(devices) == 1 else None,
        channel=None,
        events=tuple(life_first(events)),
        rejected=tuple(refused[:_REFUSED_MAX]),
        is_array=True,
        hub=HUB,
    )


def _one(read: JsonMessage, payload: bytes) -> Decoded:
    values = read.members
    message = _message(values)
    device = _device_of(values, message)
    events, refused = _told(message, payload)
    if read.damage is not None:
        events = only_calls(events, read.damage)
        if not events:
            refused = [rejected(RejectReason.NOT_JSON, read.damage, payload)]
    if device is None:
        return _nobody(events, refused, payload)
    hub = HUB if device != HUB else None
    return Decoded(device=device, channel=None, events=tuple(life_first(events)), rejected=tuple(refused), hub=hub)


def _nobody(events: Iterable[Event], refused: list[Rejected], payload: bytes) -> Decoded:
    """Refuse what names no device; an alarm in it is still a call, of a device that nobody knows."""
    type_ = next((event.type for event in only_calls(events, "")), None)
    detail = "message: names no device; forward device.uniqueId"
    refusal = rejected(RejectReason.NOT_AN_EVENT, detail, payload, type_=type_)
    return Decoded(device=None, channel=None, rejected=(*refused, refusal), hub=HUB)


def _members(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _device_of(values: Mapping[str, Any], message: _Message) -> str | None:
    unique = _members(values, "device").get("uniqueId")
    if isinstance(unique, str) and unique.strip():
        return device_id(unique.strip())
    if isinstance(unique, int) and not isinstance(unique, bool):
        return device_id(str(unique))
    for part in (message.event, message.position):
        own = number(part.get("deviceId"))
        if own is not None and own > 0:
            return f"deviceId:{own:.0f}"
    return None


def _message(values: Mapping[str, Any]) -> _Message:
    event, position = _members(values, "event"), _members(values, "position")
    fix_at = instant(position.get("fixTime"))
    at = instant(event.get("eventTime")) if event else None
    at = at or instant(position.get("deviceTime")) or fix_at or instant(position.get("serverTime"))
    return _Message(
        event=event,
        position=position,
        attributes=_members(position, "attributes"),
        geofence=_members(values, "geofence"),
        id=_numbered("e", event.get("id")) or (None if event else _numbered("p", position.get("id"))),
        at=at,
        fix_at=fix_at,
        location=_location(position),
    )


def _numbered(letter: str, value: object) -> str | None:
    own = number(value)
    return f"{letter}{own:.0f}" if own is not None and 0 < own < 1e18 else None


def _location(position: Mapping[str, Any]) -> Location | None:
    if flag(position.get("valid")) is False or flag(position.get("outdated")):
        return None
    speed_kn = within(position.get("speed"), 0, 900)
    return place(
        position.get("latitude"),
        position.get("longitude"),
        accuracy_m=position.get("accuracy"),
        altitude_m=number(position.get("altitude")) or None,
        speed_mps=None if speed_kn is None else speed_kn * KNOT_IN_MPS,
    )


def _told(message: _Message, payload: bytes) -> tuple[list[Event], list[Rejected]]:
    if message.event:
        return _event(message, payload)
    if message.position:
        return _position(message, payload)
    detail = "message: is neither a position nor an event; set forward.type and event.forward.type to mqtt"
    return [], [rejected(RejectReason.NOT_AN_EVENT, detail, payload)]


def _event(message: _Message, payload: bytes) -> tuple[list[Event], list[Rejected]]:
    """Return what an event message says: its alarms, or what Traccar found out."""
    word = message.event.get("type")
    lower = word.lower() if isinstance(word, str) else ""
    alarm = _members(message.event, "attributes").get("alarm")
    if lower == "alarm" or alarm:
        words = _words(alarm) or _words(message.attributes.get("alarm")) or ["general"]
        return _alarms(message, words, payload)
    known = EVENTS_BY_WORD.get(lower)
    if known is not None:
        return [_first(message, known, is_state=known in _STATES)], []
    return _unknown(message, str(word or ""), "event.type", payload)


def _position(message: _Message, payload: bytes) -> tuple[list[Event], list[Rejected]]:
    """Return a position's alarms, where the device is, what it measured, and else that it lives."""
    alarms, refused = _alarms(message, _words(message.attributes.get("alarm")), payload)
    events = list(alarms)
    if message.location is not None:
        where = message._replace(at=message.fix_at or message.at)
        location = (
            report(EventType.LOCATION, at=where.at, id_=message.id, location=message.location)
            if alarms
            else _first(where, EventType.LOCATION)
        )
        events.append(location)
    elif not alarms:
        is_body = _vitals(message.attributes) is not None
        events.append(_first(message, EventType.VITALS if is_body else EventType.HEARTBEAT))
    for name, (said, unit) in _READINGS.items():
        value = number(message.attributes.get(name)) if name in message.attributes else None
        if value is not None:
            events.append(reading(said, value, unit, at=message.at, id_=message.id))
    if (word := unread(message.attributes, {"alarm"})) is not None:
        refused.append(unknown_alarm(word, payload))
    return events, refused


def _words(value: object) -> list[str]:
    parts = (
        _BETWEEN.split(value, _WORDS_MAX) if isinstance(value, str) else value if isinstance(value, list) else [value]
    )
    told = (part for part in parts[:_WORDS_MAX] if part is not None and part is not False)
    words = (str(part)[:_WORD_CHARACTERS_MAX].strip() for part in told)
    return list(dict.fromkeys(word for word in words if word))


def _alarms(message: _Message, words: list[str], payload: bytes) -> tuple[list[Event], list[Rejected]]:
    events: list[Event] = []
    refused: list[Rejected] = []
    for word in words:
        known = ALARMS_BY_WORD.get(word.lower())
        if known is None:
            raised, unknown = _unknown(message, word, "attributes.alarm", payload)
            events.extend(event for event in raised if not any(event.type is other.type for other in events))
            refused.extend(unknown)
        elif not any(event.type is known for event in events):
            events.append(_first(message, known) if not events else _further(message, known))
    return events, refused


def _unknown(message: _Message, word: str, member: str, payload: bytes) -> tuple[list[Event], list[Rejected]]:
    life = unknown_life_word(word)
    if life is not None:
        return [_first(message, life, damage=f"{member}: a word that we do not know, but may not miss")], []
    detail = f"{member}: a word that we do not know; tell us what it means"
    shown = clean(word)[:_WORD_CHARACTERS_MAX]
    return [], [Rejected(reason=RejectReason.UNKNOWN_TYPE, detail=detail, raw=payload, type_word=shown)]


def _first(message: _Message, type_: EventType, *, is_state: bool = False, damage: str | None = None) -> Event:
    """The event that carries all that the message says."""
    return report(
        type_,
        at=message.at,
        id_=message.id,
        is_state=is_state,
        repeat_s=0.0 if is_state or type_ in _ROUTINE else _TWICE_TOLD_S,
        location=_place_of(message, type_),
        battery_pct=percent(message.attributes.get("batteryLevel")),
        vitals=_vitals(message.attributes),
        detail=_detail(message),
        damage=damage,
    )


def _further(message: _Message, type_: EventType) -> Event:
    location = _place_of(message, type_)
    return report(type_, at=message.at, id_=message.id, repeat_s=_TWICE_TOLD_S, location=location)


def _place_of(message: _Message, type_: EventType) -> Location | None:
    """Where it happened, unless the fix is so old that it may be somewhere else."""
    if message.location is None or type_ is EventType.LOCATION or message.at is None or message.fix_at is None:
        return message.location
    return message.location if message.at - message.fix_at <= _FIX_AGE_MAX else None


def _vitals(attributes: Mapping[str, Any]) -> Vitals | None:
    found: dict[str, float] = {}
    for name, field, least, most in _VITALS:
        if name in attributes and (value := within(attributes[name], least, most)) is not None:
            found.setdefault(field, value)
    return Vitals(**found) if found else None


def _detail(message: _Message) -> dict[str, Any]:
    """The vendor's remaining members; of the place only what could not be used as one."""
    position = message.position
    detail = {
        name: value
        for name, value in position.items()
        if value is not None and name not in _PASSED_OVER and (message.location is None or name not in _PLACE)
    }
    if message.attributes:
        detail["attributes"] = message.attributes
    if message.event:
        detail["event"] = {name: message.event[name] for name in ("type", "attributes") if message.event.get(name)}
    if message.geofence:
        detail["geofence"] = {name: message.geofence.get(name) for name in ("id", "name")}
    return detail
