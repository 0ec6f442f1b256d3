"""The whole of one case: who, where, what was said, what was done. For whoever works on it, on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from devices.datums import MAP_LINKS
from rules.domain.place import Point, distance_m
from rules.domain.plan_course import next_of
from rules.domain.policy_value import Policy
from rules.domain.vocabulary import Class, Family, Step
from store import direct_numbers, hand_overs, policies
from store.callers import CallHistory, Damping, damping_of, history_of
from store.cases import IncidentUnknown
from store.database import Database
from store.direct_numbers import DirectNumber
from store.feed import snapshot
from store.hand_overs import HandOver
from store.merging import BY_HAND
from store.plans import plan_of
from store.registers.devices import Device, devices_around
from store.registers.premises import Q as REGISTERS
from store.registers.residents import Resident, read_contacts, whole_resident
from store.sealing import Keyring
from store.source_records import Vendor, vendors_of_case
from store.sql import queries
from store.views.field import AssignmentView, read_assignments
from store.views.items import Item, Owner, item_fields
from store.views.items import Q as ITEMS
from store.views.timeline import Entry, read_timeline

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("whole")
UTC: Final = ZoneInfo("UTC")

#: A stuck button can press for hours; after its first thousand alerts the others tell nothing new.
ALERTS_MOST: Final = 1_000


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who lives there, as whoever goes must know them."""

    id: str
    name: str
    also_called: str
    status: str
    phone: str | None
    ability: int | None
    communication: Mapping[str, Any]
    risks: Sequence[str]


class WayIn(msgspec.Struct, frozen=True, kw_only=True):
    """A way in; its secret is revealed elsewhere, on record (centre.md, 26)."""

    id: str
    kind: str
    holder: str | None
    has_secret: bool
    valid_to: datetime | None
    consent: str
    instructions: str
    proved_at: datetime | None


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """The home a case is about."""

    id: str
    address: str
    parts: Mapping[str, Any]
    area: str | None
    lat: float | None
    lon: float | None
    hazards: Sequence[str]
    access: Sequence[WayIn]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send people."""

    kind: str
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    source: str | None = None
    at: datetime | None = None
    age_s: float | None = None
    distance_from_home_m: float | None = None
    hint: bool = False
    text: str | None = None
    map_links: Mapping[str, str] = msgspec.field(default_factory=dict)  #: by map, each in its own datum


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a device said in this case."""

    device: str
    id: str
    type: str
    at: datetime
    received_at: datetime
    copies: int
    marks: Sequence[str]
    decision: str
    data: Mapping[str, Any]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Another case that belongs to this one, and why."""

    id: str
    number: str
    state: str
    priority: str
    class_: str = msgspec.field(name="class")
    reason: str


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One deadline that stands: when, of which kind, and which time round."""

    at: datetime
    step: str
    stage: int


class Incident(Item, kw_only=True):
    """The whole of a case (contract.md, part 3)."""

    resident: Resident | None
    people: Sequence[Person]
    premises: Home | None
    place: Place | None
    devices: Sequence[Device]
    alerts: Sequence[Alert]
    plan: Sequence[Any]
    assignments: Sequence[AssignmentView]
    plan_next: str | None  #: the id of the plan's step to do now
    clocks: Sequence[Clock]  #: every one, also those that run beside the desk chain; the soonest first
    hand_overs: Sequence[HandOver]
    services: Sequence[DirectNumber]  #: of the place of the incident, never the centre's own
    links: Sequence[Link]
    vendors: Sequence[Vendor]
    timeline: Sequence[Entry]
    caller: Mapping[str, Any] | None
    safety: Mapping[str, Any] | None
    policy_version: str
    occurred_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    last_owner: Owner | None
    review: bool
    calls: CallHistory | None  #: how often this person calls, and why usually; it changes no plan
    damping: Damping | None  #: of a technical case whose cause comes and goes, or whose device says too much
    hints: Sequence[str] = msgspec.field(default_factory=list)  #: what to do next because of what was just said


async def read_incident(
    db: Database, keyring: Keyring, incident_id: int, *, user_id: int, sight: Sequence[str], now: datetime,
    zone: ZoneInfo = UTC,
) -> Incident:  # fmt: skip
    """The whole case in one snapshot; IncidentUnknown otherwise. `sight` leaves out links elsewhere.

    `zone` is the site's: at which hour somebody usually calls is told in it.
    """
    async with snapshot(db) as (connection, seq):
        row = await connection.fetchrow(f"{ITEMS.item} {ITEMS.of_ids}", [incident_id])
        more = await connection.fetchrow(Q.more, incident_id)
        if row is None or more is None:
            raise IncidentUnknown(f"there is no incident {incident_id}")
        people = await _people(connection, keyring, more, seq)
        home = await _home(connection, more["premises_id"] or _home_of(people, more["resident_id"]))
        timeline = await read_timeline(connection, keyring, incident_id)
        policy = await policies.of_version(connection, more["policy_version"])
        told = timeline[0].detail if timeline else {}
        return Incident(
            **item_fields(row),
            seq=seq,
            passed_by_me=user_id in row["passed_by"],
            resident=next((person for person in people if person.id == str(more["resident_id"])), None),
            people=[_person(person) for person in people],
            premises=home,
            place=_on_maps(_place(more["place"], home, now) or _told(told), row["number"]),
            devices=await _devices(connection, more, people, home, seq),
            alerts=await _alerts(connection, incident_id),
            assignments=await read_assignments(connection, incident_id),
            hand_overs=await hand_overs.of_case(connection, keyring, incident_id, _services(row, policy)),
            services=await direct_numbers.for_place(connection, row["area"], more["place"]),
            plan_next=next_of(plan_of(more["plan"])),
            clocks=await _clocks(connection, incident_id),
            links=_told_why(await _links(connection, incident_id, sight), timeline),
            vendors=await vendors_of_case(connection, incident_id),
            timeline=timeline,
            caller=more["caller"] or told.get("caller"),
            last_owner=_last_owner(more),
            calls=await _calls(connection, row, now=now, zone=zone),
            damping=await damping_of(connection, row["device_id"], row["class"]),
            **{name: more[name] for name in _MORE},
        )


_MORE: Final = ("plan", "safety", "policy_version", "occurred_at", "resolved_at", "closed_at", "review")


async def _people(connection: Connection, keyring: Keyring, more: asyncpg.Record, seq: int) -> list[Resident]:
    if more["resident_id"] is None and more["premises_id"] is None:
        return []
    ids = [row["id"] for row in await connection.fetch(Q.people, more["resident_id"], more["premises_id"])]
    rows = await connection.fetch(f"{REGISTERS.resident} {Q.residents_of_ids}", ids)
    named = more["resident_id"]
    contacts = await read_contacts(connection, [named]) if named is not None else []
    return [whole_resident(row, contacts if row["id"] == named else [], keyring, seq) for row in rows]


async def _calls(
    connection: Connection, row: asyncpg.Record, *, now: datetime, zone: ZoneInfo
) -> CallHistory | None:  # fmt: skip
    if row["resident_id"] is None or row["family"] != Family.PERSON:
        return None
    return await history_of(connection, row["resident_id"], row["id"], opened_at=row["opened_at"], zone=zone, now=now)


def _home_of(people: Sequence[Resident], resident_id: int | None) -> int | None:
    home = next((person.premises_id for person in people if person.id == str(resident_id)), None)
    return int(home) if home is not None else None


def _person(person: Resident) -> Person:
    return Person(
        id=person.id,
        name=person.name,
        also_called=person.also_called,
        status=person.status,
        phone=person.phone,
        ability=person.ability,
        communication=person.communication,
        risks=person.tags,
    )


async def _home(connection: Connection, premises_id: int | None) -> Home | None:
    if premises_id is None:
        return None
    row = await connection.fetchrow(f"{REGISTERS.premises} {REGISTERS.premises_one}", premises_id)
    assert row is not None, "a foreign key keeps it"
    access = await connection.fetch(Q.access, premises_id)
    return Home(
        **{name: row[name] for name in ("address", "parts", "area", "lat", "lon", "hazards")},
        id=str(row["id"]),
        access=[WayIn(**{**dict(way), "id": str(way["id"])}) for way in access],
    )


def _place(kept: Mapping[str, Any] | None, home: Home | None, now: datetime) -> Place | None:
    """The place as it was kept, its age counted from now; else the home."""
    if kept is None:
        return _at_home(home) if home is not None else None
    place = msgspec.convert({name: value for name, value in kept.items() if name != "age_s"}, Place)
    away = place.distance_from_home_m
    if away is None and home is not None and home.lat is not None and place.lat is not None:
        assert home.lon is not None and place.lon is not None, "both or neither"
        away = distance_m(Point(lat=home.lat, lon=home.lon), Point(lat=place.lat, lon=place.lon))
    age_s = max(0.0, (now - place.at).total_seconds()) if place.at is not None else None
    text = place.text or (home.address if home is not None and place.kind == "premises" else None)
    return msgspec.structs.replace(place, age_s=age_s, distance_from_home_m=away, text=text)


def _on_maps(place: Place | None, title: str) -> Place | None:
    """With the links that open it on the maps people have here; the title is the case's number, nothing personal."""
    if place is None or place.lat is None or place.lon is None:
        return place
    links = {name: link(place.lat, place.lon, title) for name, link in MAP_LINKS.items()}
    return msgspec.structs.replace(place, map_links=links)


def _told(opening: Mapping[str, Any]) -> Place | None:
    """Where it is as whoever called said, which stands in the entry that opened the case, under its key."""
    text = opening.get("place")
    return Place(kind="told", source="person", text=text) if isinstance(text, str) else None


def _at_home(home: Home) -> Place:
    return Place(kind="premises", lat=home.lat, lon=home.lon, distance_from_home_m=0.0, text=home.address)


async def _devices(
    connection: Connection, more: asyncpg.Record, people: Sequence[Resident], home: Home | None, seq: int
) -> list[Device]:
    return await devices_around(
        connection,
        device_id=more["device_id"],
        premises_id=int(home.id) if home is not None else None,
        resident_ids=[int(person.id) for person in people],
        seq=seq,
    )


async def _clocks(connection: Connection, incident_id: int) -> list[Clock]:
    rows = await connection.fetch(Q.clocks, incident_id)
    return [Clock(at=row["due_at"], step=row["kind"], stage=row["stage"]) for row in rows]


async def _alerts(connection: Connection, incident_id: int) -> list[Alert]:
    rows = await connection.fetch(Q.alerts, incident_id, ALERTS_MOST)
    return [
        Alert(**{name: value for name, value in row.items() if name != "event_id"}, id=row["event_id"]) for row in rows
    ]


async def _links(connection: Connection, incident_id: int, sight: Sequence[str]) -> list[Link]:
    rows = await connection.fetch(Q.links, incident_id)
    return [
        Link(
            id=str(row["id"]),
            number=row["number"],
            state=row["state"],
            priority=f"P{row['priority']}",
            class_=row["class"],
            reason=row["reason"],
        )
        for row in rows
        if in_sight(row["area"], sight)
    ]


def in_sight(area: str | None, sight: Sequence[str]) -> bool:
    """Whether something of that area is seen by whoever sees these; no area is everybody's, no sight is all of it."""
    if not sight or area is None:
        return True
    return any(area == own or area.startswith(f"{own}.") for own in sight)


def _services(row: asyncpg.Record, policy: Policy) -> list[str]:
    return [str(service) for service in policy.row(Class(row["class"])).services]


def _told_why(links: Sequence[Link], timeline: Sequence[Entry]) -> list[Link]:
    """A link that a person made has its reason in its entry, sealed like every word of theirs."""
    why = {str(entry.detail.get("other")): entry.detail.get("text") for entry in timeline if entry.action == Step.LINK}
    return [
        msgspec.structs.replace(link, reason=why.get(link.id) or link.reason) if link.reason == BY_HAND else link
        for link in links
    ]


def _last_owner(more: asyncpg.Record) -> Owner | None:
    if more["last_owner"] is None:
        return None
    return Owner(id=str(more["last_owner"]), display_name=more["last_owner_name"] or "")
