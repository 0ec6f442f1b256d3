"""What a responder is shown: before an acceptance area, class and distance; after it the way, the people, the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from devices.datums import MAP_LINKS
from rules.domain.assignments import GOING, Standing
from rules.domain.dangers import gravest_untold
from rules.domain.vocabulary import Class
from store.audit import note_look
from store.database import Database
from store.registers.errors import RecordUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("briefing")


class BriefingDoor(msgspec.Struct, frozen=True, kw_only=True):
    """A way in; its secret is asked for by itself (`store/ways_in.py`). Last proved to work at `proved_at`."""

    id: str
    kind: str
    holder: str | None
    instructions: str
    has_secret: bool
    proved_at: datetime | None


class BriefingPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Who may be there, as whoever goes must know them."""

    name: str
    phone: str | None
    communication: Mapping[str, Any]
    risks: Sequence[str]


class BriefingWay(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go and whom to find; only for who accepted, and only as long."""

    address: str | None
    place_text: str | None
    lat: float | None
    lon: float | None
    is_hint: bool
    map_links: Mapping[str, str]
    hazards: Sequence[str]
    people: Sequence[BriefingPerson]
    doors: Sequence[BriefingDoor]


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment as its responder sees it."""

    id: str
    number: str
    class_: str = msgspec.field(name="class")
    priority: str
    area_name: str | None
    distance_m: int | None
    eta_s: int | None
    state: str
    outside_only: bool
    danger: str | None  #: the gravest fire or gas they know of, whatever the case is called
    offered_at: datetime
    arrived_at: datetime | None
    ended_at: datetime | None
    arrive_by: datetime | None
    way: BriefingWay | None = None


async def brief(
    db: Database, assignment_id: int, *, shows_way: bool, source: str, by: int | None, now: datetime
) -> Briefing:
    """An assignment as its responder may see it now; the way is on record before it is shown. RecordUnknown else."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(_Q.of_assignment, assignment_id)
        if row is None:
            raise RecordUnknown(f"no assignment {assignment_id}")
        way = None
        if shows_way and Standing(row["state"]) in GOING:
            purpose = f"assignment {assignment_id} of responder {row['responder_id']}"
            what = f"incident:{row['incident_id']}"
            await note_look(connection, by, "look", what, purpose=purpose, source=source, now=now)
            way = await _way(connection, row, now)
    return Briefing(
        **{name: row[name] for name in _AS_THEY_ARE}, id=str(row["id"]), class_=row["class"],
        priority=f"P{row['priority']}", outside_only=row["is_outside_only"], way=way,
        danger=gravest_untold([Class(name) for name in row["warned_of"]], ()),
    )  # fmt: skip


_AS_THEY_ARE: Final = (
    *("number", "area_name", "distance_m", "eta_s", "state", "offered_at", "arrived_at", "ended_at", "arrive_by"),
)


async def _way(connection: Connection, row: Any, now: datetime) -> BriefingWay:
    people = await connection.fetch(_Q.people, row["resident_id"], row["premises_id"])
    doors = await connection.fetch(_Q.doors, row["premises_id"], now)
    place: Mapping[str, Any] = row["place"] or {}
    told = place if place.get("lat") is not None else {"lat": row["lat"], "lon": row["lon"]}
    lat, lon = told["lat"], told["lon"]
    links = {} if lat is None else {name: link(lat, lon, row["number"]) for name, link in MAP_LINKS.items()}
    return BriefingWay(
        address=row["address"],
        place_text=place.get("text"),
        lat=lat,
        lon=lon,
        is_hint=bool(place.get("hint")),
        map_links=links,
        hazards=row["hazards"] or (),
        people=[BriefingPerson(**person) for person in people],
        doors=[BriefingDoor(**door) for door in doors],
    )
