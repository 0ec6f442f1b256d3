"""The direct numbers of the control rooms for the place of an incident, never the centre's own (centre.md, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from store.sql import queries

if TYPE_CHECKING:
    from store.cases import Case
    from store.database import Connection

_Q: Final = queries("direct_numbers")

#: A band this far from home is somewhere else: the area of the nearest registered home there decides.
ELSEWHERE_M: Final = 1_000.0
#: Farther than this from every registered home, whose area it is cannot be known from the register.
NEAREST_MOST_M: Final = 10_000.0


class DirectNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A control room that is responsible there."""

    service: str
    number: str
    area: str
    area_name: str


async def of_case(connection: Connection, case: Case) -> list[DirectNumber]:
    """The numbers for where the case is now."""
    return await for_place(connection, case.area, case.place)


async def for_place(connection: Connection, area: str | None, place: dict[str, Any] | None) -> list[DirectNumber]:
    """The numbers of the area of a place, each from the nearest area above it that has one; empty where none has."""
    there = await _area_there(connection, area, place)
    if there is None:
        return []
    return [DirectNumber(**dict(row)) for row in await connection.fetch(_Q.numbers, there)]


async def _area_there(connection: Connection, area: str | None, place: dict[str, Any] | None) -> str | None:
    if place is None or place.get("lat") is None or place.get("hint"):
        return area
    away_m = place.get("distance_from_home_m")
    if away_m is not None and away_m <= ELSEWHERE_M:
        return area
    row = await connection.fetchrow(_Q.nearest_home, place["lat"], place["lon"], NEAREST_MOST_M)
    if row is not None:
        return str(row["area"])
    # Somewhere nobody of ours lives: a number of home would bring the wrong city's ambulance.
    return area if away_m is None else None
