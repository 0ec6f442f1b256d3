"""Where to send people: the fix of a worn device, the address of a fixed one (centre.md, 15)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from rules.domain.vocabulary import Wearer

#: A fix older than this is only a hint.
FRESH_S: Final = 600
#: A fix wider than this is only a hint.
NARROW_M: Final = 300.0
#: Mean radius of the earth; the error of the sphere is below 0.6 %, less than any fix's.
EARTH_RADIUS_M: Final = 6_371_008.8


class PlaceKind(StrEnum):
    REPORTED = "reported"
    LAST_KNOWN = "last_known"
    PREMISES = "premises"
    TOLD = "told"


class PlaceSource(StrEnum):
    GNSS = "gnss"
    WIFI = "wifi"
    CELL = "cell"
    PERSON = "person"


class Reason(StrEnum):
    FIX_WITH_ALARM = "fix_with_alarm"
    FIX_BEFORE_ALARM = "fix_before_alarm"
    ADDRESS_OF_FIXED_DEVICE = "address_of_fixed_device"
    NO_FIX = "no_fix"
    SAID_BY_PERSON = "said_by_person"


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """Degrees in WGS-84."""

    lat: float
    lon: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """Where a device was, as it says."""

    point: Point
    at: datetime
    accuracy_m: float | None = None
    source: PlaceSource | None = None
    with_alarm: bool = False  #: came in the alarm itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where to send people. A hint is shown, and the first question is "where are you?"."""

    kind: PlaceKind
    reason: Reason
    point: Point | None
    accuracy_m: float | None = None
    source: PlaceSource | None = None
    at: datetime | None = None
    age_s: float | None = None
    distance_from_home_m: float | None = None
    hint: bool = False
    text: str | None = None  #: as a person said it


def decide(*, wearer: Wearer, fix: Fix | None, home: Point | None, now: datetime) -> Place | None:
    """The place of an alarm, or None where neither a fix nor an address is known.

    For a worn device the fix decides, however far from home, and even where it is only a hint; the address decides
    for a device on the wall. A fix without accuracy counts as wide: nobody said how good it is.
    """
    if wearer is Wearer.PERSONAL and fix is not None:
        return _by_fix(fix, home, now)
    if home is not None:
        worn = wearer is Wearer.PERSONAL
        reason = Reason.NO_FIX if worn else Reason.ADDRESS_OF_FIXED_DEVICE
        # A band without any fix may be anywhere: its address is where to begin, no more.
        return Place(kind=PlaceKind.PREMISES, reason=reason, point=home, distance_from_home_m=0.0, hint=worn)
    return None if fix is None else _by_fix(fix, home, now)


def told(point: Point | None, home: Point | None, *, now: datetime, text: str | None = None) -> Place:
    """The place as a person says; `point` is None where only words are known."""
    return Place(
        kind=PlaceKind.TOLD,
        reason=Reason.SAID_BY_PERSON,
        point=point,
        source=PlaceSource.PERSON,
        at=now,
        age_s=0.0,
        distance_from_home_m=_distance(point, home),
        text=text,
    )


def _by_fix(fix: Fix, home: Point | None, now: datetime) -> Place:
    age_s = max(0.0, (now - fix.at).total_seconds())
    wide = fix.accuracy_m is None or fix.accuracy_m > NARROW_M
    return Place(
        kind=PlaceKind.REPORTED if fix.with_alarm else PlaceKind.LAST_KNOWN,
        reason=Reason.FIX_WITH_ALARM if fix.with_alarm else Reason.FIX_BEFORE_ALARM,
        point=fix.point,
        accuracy_m=fix.accuracy_m,
        source=fix.source,
        at=fix.at,
        age_s=age_s,
        distance_from_home_m=_distance(fix.point, home),
        hint=age_s > FRESH_S or wide,
    )


def _distance(point: Point | None, home: Point | None) -> float | None:
    return None if point is None or home is None else distance_m(point, home)


def distance_m(a: Point, b: Point) -> float:
    """Metres along the great circle (haversine)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(b.lon - a.lon) / 2
    square = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(square)))
