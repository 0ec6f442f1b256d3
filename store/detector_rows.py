"""Detectors' rules and states as they stand in rows: read into the values that the rules judge, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from rules.domain.fences import Fence, FenceKind, Shape
from rules.domain.hours import Window
from rules.domain.place import PlaceSource, Point

_State = TypeVar("_State")

#: Where a source says by what it knows a place, in `detail`; the words of those that say so.
_SOURCE_KEYS: Final = ("source", "fix", "positioning", "network_type", "location_type")
_SOURCES: Final = {
    "gnss": PlaceSource.GNSS, "gps": PlaceSource.GNSS, "beidou": PlaceSource.GNSS,
    "wifi": PlaceSource.WIFI, "wlan": PlaceSource.WIFI,
    "cell": PlaceSource.CELL, "lbs": PlaceSource.CELL, "network": PlaceSource.CELL,
}  # fmt: skip


def read(state: Any, type_: type[_State]) -> _State:
    """A state as it was written; the type's own beginning where none was."""
    return type_() if state is None else msgspec.convert(state, type_, strict=False)


def written(state: Any) -> Any:
    """The state as JSON, without what is as at its beginning."""
    beginning = msgspec.to_builtins(type(state)())
    return {name: value for name, value in msgspec.to_builtins(state).items() if value != beginning[name]}


def windows_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Window, ...]:
    """Hours as the registers keep them."""
    return tuple(
        Window(from_min=row["from_min"], to_min=row["to_min"], days=frozenset(row["days"])) for row in rows
    )  # fmt: skip


def shape_of(shape: Mapping[str, Any]) -> Shape:
    """A shape as the registers keep it, WGS-84."""
    points = tuple(Point(lat=point["lat"], lon=point["lon"]) for point in shape["points"])
    return Shape(points=points, radius_m=shape.get("radius_m"))


def fence_of(row: Mapping[str, Any]) -> Fence:
    """A fence's row."""
    return Fence(
        id=row["id"], kind=FenceKind(row["kind"]), shape=shape_of(row["shape"]), windows=windows_of(row["hours"]),
        confirm_fixes=row["confirm_fixes"], dwell_s=row["dwell_s"],
    )  # fmt: skip


def values_of(told: Mapping[str, Any] | None) -> dict[str, float]:
    """The body readings of a message, by quantity."""
    return {
        name: float(value) for name, value in (told or {}).items() if isinstance(value, int | float)
    }  # fmt: skip


def place_source_of(detail: Any) -> PlaceSource | None:
    """By what a fix was found, where the source says so."""
    if not isinstance(detail, dict):
        return None
    words = (detail.get(key) for key in _SOURCE_KEYS)
    return next((_SOURCES[word.lower()] for word in words if isinstance(word, str) and word.lower() in _SOURCES), None)
