"""What a device says, as the canonical JSON of contract.md section 2, and which words are sent until acknowledged."""

from __future__ import annotations

from typing import Final

import msgspec

from devices.event import ALARMS, CLEARS, EventType, Location, Vitals

#: Alarms whose incident is somebody's trouble, by family (contract.md section 3); the rest of the alarms is technical.
FAMILIES: Final = {
    EventType.SOS: "person",
    EventType.FALL: "person",
    EventType.MEDICAL: "person",
    EventType.INACTIVITY: "person",
    EventType.WANDERING: "person",
    EventType.SMOKE: "fire_and_gas",
    EventType.FIRE: "fire_and_gas",
    EventType.HEAT: "fire_and_gas",
    EventType.GAS: "fire_and_gas",
    EventType.CARBON_MONOXIDE: "fire_and_gas",
    EventType.INTRUSION: "security",
    EventType.WATER_LEAK: "home",
}
#: What travels on the alarm topic and is resent until acknowledged: alarms, their ends, `cancel` and `test`.
RESENT: Final = ALARMS | CLEARS | {EventType.CANCEL, EventType.TEST}


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a device has to say, before it has an id and a time."""

    type: EventType
    location: Location | None = None
    battery_pct: int | None = None
    signal_dbm: int | None = None
    vitals: Vitals | None = None
    value: float | None = None
    unit: str | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """A canonical event as it goes over the wire; `at` is RFC 3339 or milliseconds since 1970, as the model does it."""

    id: str
    at: str | int
    type: EventType
    location: Location | None = None
    battery_pct: int | None = None
    signal_dbm: int | None = None
    vitals: Vitals | None = None
    value: float | None = None
    unit: str | None = None


_encode = msgspec.json.Encoder().encode


def encode(said: Said, *, event_id: str, at: str | int) -> bytes:
    """Return the event's JSON."""
    measured = said.battery_pct, said.signal_dbm, said.vitals, said.value, said.unit
    return _encode(Event(event_id, at, said.type, said.location, *measured))
