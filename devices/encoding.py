"""Writing a canonical event: what a device sends, and what storage and tools keep; decoding it gives the same event."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Encoder

from devices.event import Event, EventType, Location, Vitals

_ENCODER: Final = Encoder()


class _Written(Struct, kw_only=True, omit_defaults=True, gc=False):
    """The fields in the order of the contract; what is absent is left out."""

    device: str | None = None
    id: str | None = None
    at: datetime | None = None
    type: EventType
    location: Location | None = None
    battery_pct: float | None = None
    signal_dbm: float | None = None
    vitals: Vitals | None = None
    value: float | None = None
    unit: str | None = None
    detail: Raw | UnsetType = UNSET
    damaged: bool = False
    damage: str | None = None


def encode(event: Event, *, device: str | None = None) -> bytes:
    """Return the event as canonical JSON, with the device's id where it is given.

    Only fields that are there, so no id and no time where the message gave none; the time in UTC to the microsecond;
    the event's own device before the given one. A damaged event also says so, for people and
    storage: a decoder passes over that. Numbers are trusted to be finite and `detail` to be a JSON object, as in
    every event that was decoded.
    """
    return _ENCODER.encode(
        _Written(
            device=event.device or device,
            id=event.id if event.id_given else None,
            at=event.at if event.at_given else None,
            type=event.type,
            location=event.location,
            battery_pct=event.battery_pct,
            signal_dbm=event.signal_dbm,
            vitals=event.vitals,
            value=event.value,
            unit=event.unit,
            detail=UNSET if event.detail is None else Raw(event.detail),
            damaged=event.damaged,
            damage=event.damage,
        )
    )
