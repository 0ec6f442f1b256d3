"""What vendors write where a number, a flag, a time or a place should stand, read with the same care by every source.

Null, absent and unreadable are None: never zero, never false.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from math import isfinite
from typing import Final

from devices.event import Datum, Location
from devices.salvage import AT_BEFORE, AT_MIN

_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?")
_TRUE: Final = frozenset({"true", "on", "yes", "1"})
_FALSE: Final = frozenset({"false", "off", "no", "0"})

#: Seconds below this are since the device's start, not since 1970: no device of ours was made before 2001-09-09.
EPOCH_SECONDS_MIN: Final = 1_000_000_000
_EPOCH_MS_MIN: Final = EPOCH_SECONDS_MIN * 1000


def number(value: object) -> float | None:
    """Return a finite number, also from a string of digits ("100.00"); None for anything else, a flag included."""
    kind = value.__class__
    if kind is float:
        return value if isfinite(value) else None  # type: ignore[arg-type, return-value]  # its class was asked
    if isinstance(value, str):
        text = value.strip()
        return float(text) if _NUMBER.fullmatch(text) else None  # Of at most 20 digits and two of exponent: finite.
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if isfinite(found) else None


def within(value: object, least: float, most: float) -> float | None:
    """Return the number if it lies in the closed range, else None: what cannot be is not clipped into what can."""
    found = number(value)
    return found if found is not None and least <= found <= most else None


def percent(value: object) -> float | None:
    """Return a battery or saturation in 0-100, else None."""
    return within(value, 0, 100)


def flag(value: object) -> bool | None:
    """Return true or false, also from 0 and 1 and from words of either case; "FALSE" is false, null is None."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value) if value in (0, 1) else None
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else None
    return None


def instant(value: object, *, zone: tzinfo = UTC) -> datetime | None:
    """Return a time in UTC: RFC 3339 (nanoseconds cut; without an offset it is local to `zone`), or epoch s or ms.

    None where it is none, lies outside 1970-2100, or is a count since the device's start.
    """
    # No number has its fifth character so: what looks like a date need not be tried as one.
    if isinstance(value, str) and (value[4:5] == "-" or number(value) is None):
        return _from_text(value.strip(), zone)
    found = number(value)
    if found is None or found < EPOCH_SECONDS_MIN:
        return None
    return _in_range(found / 1000 if found >= _EPOCH_MS_MIN else found)


def place(
    lat: object,
    lon: object,
    *,
    accuracy_m: object = None,
    altitude_m: object = None,
    speed_mps: object = None,
    datum: Datum = Datum.WGS84,
) -> Location | None:
    """Return a location, or None where the pair cannot be one: out of range, or the (0, 0) of a device without a fix.

    An accuracy of 0 is "unknown", a negative speed too: both are left out.
    """
    found_lat, found_lon = within(lat, -90, 90), within(lon, -180, 180)
    if found_lat is None or found_lon is None or (found_lat == 0 and found_lon == 0):
        return None
    accuracy = number(accuracy_m)
    return Location(
        lat=found_lat,
        lon=found_lon,
        accuracy_m=accuracy if accuracy is not None and accuracy > 0 else None,
        altitude_m=number(altitude_m),
        speed_mps=within(speed_mps, 0, 500),
        datum=datum,
    )


def _from_text(text: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text[:64])
        found = found.replace(tzinfo=zone) if found.tzinfo is None else found
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if AT_MIN <= found < AT_BEFORE else None


def _in_range(epoch_s: float) -> datetime | None:
    try:
        found = datetime.fromtimestamp(epoch_s, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if AT_MIN <= found < AT_BEFORE else None
