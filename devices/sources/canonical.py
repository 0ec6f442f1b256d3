"""The canonical source: JSON events on `sw/v1/{device}/alarm` and `/telemetry`, as the wire contract lays down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import UNSET, DecodeError, Meta, Raw, Struct, UnsetType
from msgspec.json import Decoder

from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import Event, EventType, Location, Vitals
from devices.ordering import life_first
from devices.salvage import (
    AT_BEFORE,
    AT_BEFORE_MS,
    AT_MIN,
    UNIT_CHARACTERS_MAX,
    AwareTime,
    Battery,
    explain,
    reject,
    trimmed,
)
from devices.scanning import NESTING_MAX, is_too_deep, split
from devices.text import ID_CHARACTERS_MAX, clean_object, is_event_id
from devices.topics import Channel, parse_topic

EVENT_BYTES_MAX: Final = 64 * 1024
#: A flush of 10,000 ordinary events fits. Brokers refuse packets over 256 KiB; files and replays know no packets.
MESSAGE_BYTES_MAX: Final = 4 * 1024 * 1024
#: The smallest event has 36 bytes: commas alone must not make millions of elements.
ELEMENTS_MAX: Final = 16_384

_NULL: Final = b"null"


class WireEvent(Struct, gc=False):
    """An event as it stands on the wire, before the checks that types cannot make."""

    id: Annotated[str, Meta(min_length=1, max_length=ID_CHARACTERS_MAX)]
    at: AwareTime | int
    type: EventType
    location: Location | None = None
    battery_pct: Battery | None = None
    signal_dbm: float | None = None
    vitals: Vitals | None = None
    value: float | None = None
    unit: str | None = None
    detail: Raw | UnsetType = UNSET
    device: str | None = None


_EVENT: Final = Decoder(WireEvent)
_ARRAY: Final = Decoder(list[Raw])


class _NotPlain(ValueError):
    """The event is not in plain order: the explaining way has to look at it."""


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message. Total: whatever is wrong with it becomes a Rejected; only a bug raises."""
    del model  # The wire contract is the same for all.
    named = parse_topic(topic)
    if named is None:
        return Decoded(device=None, channel=None, rejected=(_elsewhere(payload),))
    device, channel = named
    if channel is not Channel.ALARM and channel is not Channel.TELEMETRY:
        detail = f"topic: no events come on `{channel}`; publish them on `alarm` or `telemetry`"
        rejected = Rejected(reason=RejectReason.NOT_AN_EVENT, detail=detail, raw=payload)
        return Decoded(device=device, channel=channel, rejected=(rejected,))
    try:
        return _decode(device, channel, payload)
    except (MemoryError, RecursionError):
        detail = "message: decoding it took more memory or stack than there is; send less at once"
        rejected = Rejected(reason=RejectReason.EXHAUSTED, detail=detail, raw=payload)
        return Decoded(device=device, channel=channel, rejected=(rejected,))


def online_state(payload: bytes) -> bool | None:
    """Return what `online` says, or None if it says neither `1` nor `0`. It never proves that a device is alive."""
    return {b"1": True, b"0": False}.get(trimmed(payload))


def _elsewhere(payload: bytes) -> Rejected:
    detail = "topic: not one of ours; publish on sw/v1/{device}/alarm or sw/v1/{device}/telemetry"
    return Rejected(reason=RejectReason.UNKNOWN_TOPIC, detail=detail, raw=payload)


def _decode(device: str, channel: Channel, payload: bytes) -> Decoded:
    if payload.startswith(b"{"):
        read = _read(device, payload)
    else:
        body = trimmed(payload)
        if body.startswith(b"[") and len(payload) <= MESSAGE_BYTES_MAX:
            return _decode_array(device, channel, payload, body)
        read = _read_whole(device, payload, body)
    if isinstance(read, Event):
        return Decoded(device=device, channel=channel, events=(read,))
    return Decoded(device=device, channel=channel, rejected=(read,))


def _read_whole(device: str, payload: bytes, body: bytes) -> Event | Rejected:
    if not body:
        return Rejected(reason=RejectReason.EMPTY, detail="message: holds nothing; send an event", raw=payload)
    return _read(device, payload)


def _decode_array(device: str, channel: Channel, payload: bytes, body: bytes) -> Decoded:
    """Decode each element for itself, so that a bad one costs only itself."""
    read = _read_elements(device, payload, body)
    events = [one for one in read if isinstance(one, Event)]
    events = life_first(events)
    rejected = tuple(one for one in read if isinstance(one, Rejected))
    return Decoded(device=device, channel=channel, events=tuple(events), rejected=rejected, is_array=True)


def _read_elements(device: str, payload: bytes, body: bytes) -> list[Event | Rejected]:
    closed = whole = True
    try:
        if is_too_deep(body):
            raise _NotPlain
        elements = [bytes(raw) for raw in _ARRAY.decode(body)]
    except (DecodeError, ValueError):
        elements, closed, whole = split(body)
    if len(elements) > ELEMENTS_MAX:
        detail = f"message: an array of more than {ELEMENTS_MAX} events; send fewer at once"
        return [Rejected(reason=RejectReason.TOO_LARGE, detail=detail, raw=payload)]
    if not any(elements):
        return [Rejected(reason=RejectReason.EMPTY, detail="message: an array without events", raw=payload)]
    read = [_read(device, element) for element in elements]
    end_is_told = not closed and (isinstance(read[-1], Rejected) or read[-1].damaged)
    if not whole and not end_is_told:
        detail = "message: the array is cut off, or something stands around it; send one whole array"
        read.append(Rejected(reason=RejectReason.NOT_JSON, detail=detail, raw=payload))
    return read


def _read(device: str, raw: bytes) -> Event | Rejected:
    """Read one event: quickly where it is in order, else by the way that explains."""
    if len(raw) > EVENT_BYTES_MAX:
        return _oversized(raw)
    if is_too_deep(raw):
        return reject(RejectReason.TOO_DEEP, f"event: nested more than {NESTING_MAX} deep; send flat objects", raw)
    try:
        # msgspec does not look at the bytes of what it passes over.
        if not raw.isascii():
            raw.decode()
        return _checked(_EVENT.decode(raw), device)
    except (DecodeError, ValueError, OverflowError):
        return explain(raw, device=device)


def _oversized(raw: bytes) -> Rejected:
    detail = f"event: larger than {EVENT_BYTES_MAX} bytes; send less in it"
    if len(raw) > MESSAGE_BYTES_MAX:  # Not even looked through for its id and type.
        return Rejected(reason=RejectReason.TOO_LARGE, detail=detail, raw=raw)
    return reject(RejectReason.TOO_LARGE, detail, raw)


def _checked(wire: WireEvent, device: str) -> Event:
    """Make the event of a wire event that is in plain order; any doubt raises _NotPlain."""
    at, unit = wire.at, wire.unit
    if not wire.id.isascii() or not wire.id.isprintable() or " " in wire.id:
        _refuse_unless(is_event_id(wire.id))
    if wire.device is not None and wire.device != device:
        raise _NotPlain
    if unit is not None and not (unit.isprintable() and len(unit) <= UNIT_CHARACTERS_MAX):
        raise _NotPlain
    return Event(
        id=wire.id,
        at=_instant(at),
        type=wire.type,
        location=wire.location,
        battery_pct=wire.battery_pct,
        signal_dbm=wire.signal_dbm,
        vitals=wire.vitals,
        value=wire.value,
        unit=unit,
        detail=None if wire.detail is UNSET else _detail(bytes(wire.detail)),
    )


def _refuse_unless(in_order: bool) -> None:
    if not in_order:
        raise _NotPlain


def _instant(at: datetime | int) -> datetime:
    if isinstance(at, int):
        _refuse_unless(0 <= at < AT_BEFORE_MS)
        # Exact: below 2^42 ms a double's error is a quarter of a microsecond, and the nearest one is taken.
        return datetime.fromtimestamp(at / 1000, UTC)
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    _refuse_unless(AT_MIN <= at < AT_BEFORE)
    return at


def _detail(raw: bytes) -> bytes | None:
    if not raw.startswith(b"{"):
        _refuse_unless(raw == _NULL)
        return None
    return clean_object(raw)
