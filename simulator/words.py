"""What a device says, as the canonical JSON of contract.md section 2, and which words are sent until acknowledged."""

from __future__ import annotations

from typing import Final

import msgspec

#: Alarms whose incident is somebody's trouble, by family (contract.md section 3); the rest of the alarms is technical.
FAMILIES: Final = {
    "sos": "person", "fall": "person", "medical": "person", "inactivity": "person", "wandering": "person",
    "smoke": "fire_and_gas", "fire": "fire_and_gas", "heat": "fire_and_gas", "gas": "fire_and_gas",
    "carbon_monoxide": "fire_and_gas", "intrusion": "security", "water_leak": "home",
}  # fmt: skip
_ALARMS: Final = frozenset(FAMILIES) | {"tamper", "removed"}
#: What travels on the alarm topic and is resent until acknowledged: alarms, their ends, `cancel` and `test`.
RESENT: Final = _ALARMS | {f"{alarm}_clear" for alarm in _ALARMS} | {"cancel", "test"}


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fix: degrees of WGS 84, metres, metres a second."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    speed_mps: float | None = None


class Vitals(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a band measures."""

    heart_rate_bpm: int | None = None
    spo2_pct: int | None = None
    temperature_c: float | None = None
    steps: int | None = None


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a device has to say, before it has an id and a time."""

    type: str
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
    type: str
    location: Location | None = None
    battery_pct: int | None = None
    signal_dbm: int | None = None
    vitals: Vitals | None = None
    value: float | None = None
    unit: str | None = None


_encode = msgspec.json.Encoder().encode


def encode(said: Said, *, event_id: str, at: str | int) -> bytes:
    """Return the event's JSON."""
    return _encode(
        Event(
            event_id, at, said.type, said.location, said.battery_pct, said.signal_dbm, said.vitals, said.value, said.unit
        )
    )
