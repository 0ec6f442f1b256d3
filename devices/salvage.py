"""The explaining way to read a canonical event: slower, says what is wrong, and saves an alarm from damage."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from json import JSONDecoder
from typing import Annotated, Final, NoReturn, TypeVar

from msgspec import Meta, ValidationError, convert, structs
from msgspec.json import Decoder

from devices.decoding import Rejected, RejectReason
from devices.event import ALARMS, EPOCH, Event, EventType, Location, Vitals
from devices.scanning import members
from devices.text import clean, clean_object, is_event_id

#: A device clock may be off by decades and its events are kept; beyond these it is no date at all.
AT_MIN: Final = EPOCH
AT_BEFORE: Final = datetime(2101, 1, 1, tzinfo=UTC)
AT_BEFORE_MS: Final = (AT_BEFORE - EPOCH) // timedelta(milliseconds=1)

UNIT_CHARACTERS_MAX: Final = 64
#: An id or type longer than this is not echoed: it is no word.
_ECHO_CHARACTERS_MAX: Final = 256
#: No double has more digits before its point; longer numbers would only cost time.
_INTEGER_DIGITS_MAX: Final = 400
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
#: Blanks, and the NUL that firmware written in C leaves after a text.
_AROUND: Final = b" \t\r\n\0"
_INTEGER: Final = re.compile(rb"-?[0-9]{1,20}")
#: A value that an error of msgspec repeats: a detail holds none.
_QUOTED: Final = re.compile(r""" ['"].*['"]""", re.DOTALL)
_LEAP_SECOND: Final = re.compile(r"(.{10}[Tt ][0-9]{2}:[0-9]{2}):60(.*)")

AwareTime = Annotated[datetime, Meta(tz=True)]
Battery = Annotated[float, Meta(ge=0, le=100)]
Value = TypeVar("Value")
Part = TypeVar("Part", Location, Vitals)

_NUMBER: Final[Decoder[float | None]] = Decoder(float | None)
_BATTERY: Final[Decoder[float | None]] = Decoder(Battery | None)
_LOCATION: Final[Decoder[Location | None]] = Decoder(Location | None)
_VITALS: Final[Decoder[Vitals | None]] = Decoder(Vitals | None)
_FIELDS: Final = {
    kind: {field.name: Decoder(field.type) for field in structs.fields(kind)} for kind in (Location, Vitals)
}
_KNOWN: Final = frozenset(
    {
        *("id", "at", "type", "device", "location", "battery_pct"),
        *("signal_dbm", "vitals", "value", "unit", "detail"),
    }
)
_ESSENTIAL: Final = ("id", "at", "type")
_ORDER: Final = tuple(RejectReason)


class _Unusable(Exception):
    """A value cannot be used; `args` are the reason and what to send instead."""


def trimmed(payload: bytes) -> bytes:
    """Return the payload without a byte order mark and without the blanks and NULs around it."""
    return payload.strip(_AROUND).removeprefix(_BYTE_ORDER_MARK).lstrip(_AROUND)


def reject(reason: RejectReason, detail: str, raw: bytes) -> Rejected:
    """Refuse the bytes, with id and type named as far as they can still be read; never decodes what is nested."""
    values = members(trimmed(raw)).values
    return Rejected(
        reason=reason, detail=detail, raw=raw, event_id=_word(values.get("id")), type_word=_word(values.get("type"))
    )


def explain(raw: bytes, *, device: str) -> Event | Rejected:
    """Read one event of the device; if it cannot be used, say why.

    An alarm whose id, time and type are good comes back whatever else is wrong with the message, marked as damaged.
    Takes time in proportion to the bytes; the caller has refused what is too large or too deep.
    """
    reading = _Reading(trimmed(raw))
    event = reading.event(device)
    if event is not None:
        return event
    reason = min((reason for reason, _ in reading.faults), key=_ORDER.index)
    return reject(reason, reading.told(), raw)


class _Reading:
    """One event while it is read: what is there, and what is wrong with it."""

    def __init__(self, body: bytes) -> None:
        self.faults: list[tuple[RejectReason, str]] = []
        self._body = body
        self._values, self._whole = members(body)

    def told(self) -> str:
        return "; ".join(detail for _, detail in self.faults)

    def event(self, device: str) -> Event | None:
        """Return the event if it can be used; every fault is noted."""
        self._check_message()
        if not any(name in self._values for name in _ESSENTIAL):
            return None
        id_, at, type_ = self._take("id", _read_id), self._take("at", _read_at), self._take("type", _read_type)
        named = self._take("device", partial(_read_device, device=device))
        self._check_unknown()
        location = self._take_part("location", _read_location, Location)
        vitals = self._take_part("vitals", _read_vitals, Vitals)
        battery_pct, signal_dbm = self._take("battery_pct", _read_battery), self._take("signal_dbm", _read_number)
        value, unit = self._take("value", _read_number), self._take("unit", _read_unit)
        detail = self._take("detail", _read_detail)
        if id_ is None or at is None or type_ is None or named is None:
            return None
        if self.faults and type_ not in ALARMS:
            return None
        return Event(
            id=id_,
            at=at,
            type=type_,
            location=location,
            battery_pct=battery_pct,
            signal_dbm=signal_dbm,
            vitals=vitals,
            value=value,
            unit=unit,
            detail=detail,
            damaged=bool(self.faults),
            damage=self.told() or None,
        )

    def _check_message(self) -> None:
        if not _is_utf8(self._body):
            self._note("message", RejectReason.NOT_UTF8, "has bytes that are not UTF-8; send UTF-8")
        if not self._whole and (self._values or self._body[:1] == b"{" or not _is_json(self._body)):
            self._note("message", RejectReason.NOT_JSON, "is not one complete JSON object; send it whole")
        elif not any(name in self._values for name in _ESSENTIAL):
            self._note("message", RejectReason.NOT_AN_EVENT, "is no event; send a JSON object with id, at and type")

    def _check_unknown(self) -> None:
        for name, raw in self._values.items():
            if name in _KNOWN:
                continue
            try:
                _parse(raw, _SYNTAX)
            except _Unusable as fault:
                self._note("an unknown field", *fault.args)
                return  # One is enough: a message can have thousands.

    def _take(self, name: str, read: Callable[[bytes], Value]) -> Value | None:
        """Return the field as `read` gives it; what cannot be used is noted and None."""
        try:
            return read(self._values.get(name, b"null"))
        except _Unusable as fault:
            self._note(name, *fault.args)
            return None

    def _take_part(self, name: str, read: Callable[[bytes], Part | None], kind: type[Part]) -> Part | None:
        """Return an object of numbers; of one that is not in order, what is."""
        faults = len(self.faults)
        part = self._take(name, read)
        return part if len(self.faults) == faults else _good_of(self._values[name], kind)

    def _note(self, name: str, reason: RejectReason, detail: str) -> None:
        self.faults.append((reason, f"{name}: {detail}"))


def _read_id(raw: bytes) -> str:
    id_ = _parse(raw, _NUMBERS)
    if isinstance(id_, str) and is_event_id(id_):
        return id_
    raise _Unusable(RejectReason.BAD_ID, "send a string of 1 to 64 printable characters")


def _read_at(raw: bytes) -> datetime:
    try:
        return _time(_parse(raw, _NUMBERS))
    except (ValueError, OverflowError):
        detail = "send an RFC 3339 time with its zone, or whole milliseconds since 1970, in the years 1970 to 2100"
        raise _Unusable(RejectReason.BAD_TIME, detail) from None


def _read_type(raw: bytes) -> EventType:
    try:
        return EventType(str(_parse(raw, _NUMBERS)))
    except ValueError:
        raise _Unusable(RejectReason.UNKNOWN_TYPE, "send a type of the wire contract") from None


def _read_device(raw: bytes, *, device: str) -> str:
    if _parse(raw, _NUMBERS) in (None, device):
        return device
    raise _Unusable(RejectReason.DEVICE_MISMATCH, "is not the topic's; leave it out or send the same")


def _read_number(raw: bytes) -> float | None:
    return _decoded(raw, _NUMBER)


def _read_battery(raw: bytes) -> float | None:
    return _decoded(raw, _BATTERY)


def _read_location(raw: bytes) -> Location | None:
    return _decoded(raw, _LOCATION)


def _read_vitals(raw: bytes) -> Vitals | None:
    return _decoded(raw, _VITALS)


def _read_unit(raw: bytes) -> str | None:
    unit = _parse(raw, _NUMBERS)
    if unit is None:
        return None
    if isinstance(unit, str) and len(unit := clean(unit)) <= UNIT_CHARACTERS_MAX:
        return unit
    raise _Unusable(RejectReason.BAD_VALUE, f"send a text of at most {UNIT_CHARACTERS_MAX} characters")


def _read_detail(raw: bytes) -> bytes | None:
    detail = _parse(raw, _SYNTAX)
    if detail is None:
        return None
    if isinstance(detail, dict):
        return clean_object(raw)
    raise _Unusable(RejectReason.BAD_VALUE, "send a JSON object")


def _decoded(raw: bytes, kind: Decoder[Value]) -> Value:
    """Return the value as the kind that the wire demands."""
    try:
        return kind.decode(raw)
    except ValueError as error:
        _parse(raw, _NUMBERS)  # Knows better what is wrong where it is no JSON at all.
        told = _QUOTED.sub("", str(error))
        raise _Unusable(RejectReason.BAD_VALUE, f"{told}; leave it out or correct it") from None


def _time(at: object) -> datetime:
    """Return the time in UTC; what is no time, or none of this age, raises ValueError or OverflowError."""
    leap_s = 0
    if isinstance(at, str) and (leap := _LEAP_SECOND.fullmatch(at)):
        at, leap_s = f"{leap[1]}:59{leap[2]}", 1
    told = convert(at, type=AwareTime | int)
    if isinstance(told, int):
        told = EPOCH + timedelta(milliseconds=told)
    told = told.astimezone(UTC) + timedelta(seconds=leap_s)
    if not AT_MIN <= told < AT_BEFORE:
        raise ValueError("outside the years that a device may be in")
    return told


def _good_of(raw: bytes, kind: type[Part]) -> Part | None:
    """Return what is in order of a broken object, None if too little is.

    A place whose datum cannot be read is none: taken for another datum it would be 500 m off.
    """
    good: dict[str, object] = {}
    told = members(raw).values
    for name, decoder in _FIELDS[kind].items():
        try:
            good[name] = decoder.decode(told.get(name, b"null"))
        except ValueError:
            if name == "datum" and name in told:
                return None
    if not any(one is not None for one in good.values()):
        return None
    with suppress(ValidationError):
        return convert(good, type=kind)
    return None


def _word(raw: bytes | None) -> str | None:
    """Return a string, or the digits of a number, as it can be echoed and stored; None if it cannot."""
    if raw is None:
        return None
    if _INTEGER.fullmatch(raw):
        return raw.decode()
    try:
        word = _parse(raw, _SYNTAX) if raw.startswith(b'"') else None
    except _Unusable:
        return None
    if not isinstance(word, str) or not 1 <= len(word) <= _ECHO_CHARACTERS_MAX:
        return None
    return word if clean(word) == word else None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_json(body: bytes) -> bool:
    try:
        _parse(body, _SYNTAX)
    except _Unusable:
        return False
    return True


def _parse(raw: bytes, how: JSONDecoder) -> object:
    try:
        return how.decode(raw.decode())
    except UnicodeDecodeError:
        raise _Unusable(RejectReason.NOT_UTF8, "is not UTF-8") from None
    except ValueError:
        raise _Unusable(RejectReason.NOT_JSON, "is not valid JSON") from None


def _finite(text: str) -> float:
    number = float(text)
    return _not_finite(text) if number in (float("inf"), float("-inf")) else number


def _not_finite(_text: str) -> NoReturn:
    raise _Unusable(RejectReason.BAD_VALUE, "is not a finite number; leave it out or correct it")


def _integer(text: str) -> int:
    return int(text) if len(text) <= _INTEGER_DIGITS_MAX else _not_finite(text)


#: For values that are used: numbers as numbers, and only those that a double holds.
_NUMBERS: Final = JSONDecoder(parse_float=_finite, parse_int=_integer, parse_constant=_not_finite)
#: For values that are only stored or passed over: any number that JSON allows.
_SYNTAX: Final = JSONDecoder(parse_float=str, parse_int=str, parse_constant=_not_finite)
