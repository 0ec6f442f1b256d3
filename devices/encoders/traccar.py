"""Speaking as Traccar's forwarder does: one position or event message for one canonical event.

What comes back from the source is the same type, time (to the millisecond), place, battery and vitals. Traccar numbers
with integers: another id, and `detail`, are not carried. Without a place the position is `outdated`, as in Traccar.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from msgspec.json import Encoder

from devices.event import Datum, Event, EventType, Location, Vitals
from devices.traccar_words import KNOT_IN_MPS, WORDS

POSITIONS: Final = "traccar/positions"
EVENTS: Final = "traccar/events"

_ENCODER: Final = Encoder()
_STATES: Final = {EventType.ONLINE: "deviceOnline", EventType.OFFLINE: "deviceOffline"}
_PLAIN: Final = frozenset({EventType.LOCATION, EventType.HEARTBEAT, EventType.VITALS})
_VITALS: Final = (
    ("heart_rate_bpm", "heartRate"),
    ("spo2_pct", "bloodOxygen"),
    ("systolic_mmhg", "pressureHigh"),
    ("diastolic_mmhg", "pressureLow"),
    ("temperature_c", "bodyTemp"),
    ("respiratory_rate_bpm", "respiratoryRate"),
    ("steps", "steps"),
)


class NotSaidByTraccar(ValueError):
    """Traccar has no word for this type, or means WGS-84 where the event does not; take another encoder."""


def encode(event: Event, *, device: str, protocol: str = "watch") -> tuple[str, bytes]:
    """Return topic and payload; raises NotSaidByTraccar. `device` is the `uniqueId`, `protocol` whose band it is."""
    known = {"uniqueId": event.device or device, "id": 1, "name": event.device or device, "status": "online"}
    if event.type in _STATES:
        said = {"id": _number_of(event), "type": _STATES[event.type], "deviceId": 1, "attributes": {}}
        if event.at_given:
            said["eventTime"] = _time(event.at)
        return EVENTS, _ENCODER.encode({"event": said, "device": known})
    if event.type not in WORDS and event.type not in _PLAIN:
        raise NotSaidByTraccar(f"Traccar has no word for {event.type}")
    return POSITIONS, _ENCODER.encode({"position": _position(event, protocol), "device": known})


def _position(event: Event, protocol: str) -> dict[str, Any]:
    position: dict[str, Any] = {"id": _number_of(event), "deviceId": 1, "protocol": protocol}
    if event.at_given:
        position |= {name: _time(event.at) for name in ("serverTime", "deviceTime", "fixTime")}
    attributes: dict[str, Any] = _body(event.vitals)
    if event.type in WORDS:
        attributes["alarm"] = WORDS[event.type]
    if event.battery_pct is not None:
        attributes["batteryLevel"] = event.battery_pct
    return {**position, **_place(event.location), "attributes": attributes}


def _place(location: Location | None) -> dict[str, Any]:
    if location is None:
        return {"outdated": True, "valid": False, "latitude": 0.0, "longitude": 0.0, "accuracy": 0.0}
    if location.datum is not Datum.WGS84:
        raise NotSaidByTraccar("Traccar means WGS-84")
    place = {
        "outdated": False,
        "valid": True,
        "latitude": location.lat,
        "longitude": location.lon,
        "altitude": location.altitude_m or 0.0,
        "accuracy": location.accuracy_m or 0.0,
    }
    if location.speed_mps is not None:
        place["speed"] = location.speed_mps / KNOT_IN_MPS
    return place


def _body(vitals: Vitals | None) -> dict[str, Any]:
    told = ((word, getattr(vitals, field, None)) for field, word in _VITALS)
    return {word: value for word, value in told if value is not None}


def _number_of(event: Event) -> int:
    """Return the event's id where it is a number Traccar could have given, else its 0 for none."""
    is_number = event.id_given and event.id.isascii() and event.id.isdigit() and len(event.id) < 18
    return int(event.id) if is_number else 0


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
