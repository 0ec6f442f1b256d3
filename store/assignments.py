"""Assignments and the field chain as rows: read and written under the case's lock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from rules.domain.assignments import Assignment, NextStep, Standing, Word
from rules.domain.dangers import heard_of
from rules.domain.dispatch import REFUSALS_FLAGGED, REFUSALS_WITHIN_DAYS, Chain
from rules.domain.place import Point
from rules.domain.ranking import Candidate, Scene, rank
from rules.domain.responders import BREATHING_GEAR_NEEDED, DANGEROUS, Kind, Means, Responder
from rules.domain.services import FIRE_AND_GAS
from rules.domain.vocabulary import Class
from store.cases import SYSTEM, Case, IncidentUnknown
from store.database import Connection
from store.passwords import digest_of
from store.sql import queries

_Q: Final = queries("assignments")

#: A link dies with its assignment, and at the latest after this (centre.md, 20).
LINK_LASTS: Final = timedelta(hours=12)


#: A fix so far from home is another place; nearer, it is the home's own walls (a fix indoors wanders).
AWAY_FROM_HOME_M: Final = 300.0


class AssignmentUnknown(IncidentUnknown):
    """No such assignment, or not this responder's: look at the case again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A responder's word and what it carries. `actor` is who wrote it down: the responder, or a desk on their word."""

    word: Word
    actor: str  #: 'responder:4' or 'user:3'
    by_word: bool = False  #: a desk on the responder's word, or a key pressed on a telephone
    reason: str | None = None
    eta_s: int | None = None
    report: dict[str, str | bool] = field(default_factory=dict)
    text: str | None = None  #: personal; sealed


@dataclass(slots=True, eq=False)
class Field:
    """The field chain of one case in hand, under the case's lock. What it changes is written at once."""

    case: Case
    chain: Chain
    assignments: dict[int, Assignment] = field(default_factory=dict)

    @property
    def all(self) -> tuple[Assignment, ...]:
        return tuple(self.assignments.values())

    @property
    def open(self) -> tuple[Assignment, ...]:
        return tuple(a for a in self.assignments.values() if a.is_open)

    @property
    def standings(self) -> frozenset[Standing]:
        return frozenset(a.standing for a in self.assignments.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """Where the case is, with what a notice may say of it."""

    scene: Scene
    area_name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """Everybody who might go, in order, with who they are."""

    ground: Ground
    candidates: tuple[Candidate, ...]
    people: dict[int, Responder]
    names: dict[int, str]


async def load_field(connection: Connection, case: Case) -> Field:
    """The field chain of a case whose lock is held; its assignments are locked too."""
    return await _field(connection, case, _Q.of_incident)


async def look_at_field(connection: Connection, case: Case) -> Field:
    """The same to be looked at: nothing is locked, and nothing may be changed."""
    return await _field(connection, case, _Q.of_incident_read)


async def _field(connection: Connection, case: Case, query: str) -> Field:
    row = await connection.fetchrow(_Q.chain, case.id)
    rows = await connection.fetch(query, case.id)
    return Field(
        case=case,
        chain=Chain() if row is None else Chain(**{**row, "warned_of": _classes(row["warned_of"])}),
        assignments={row["id"]: _assignment(row) for row in rows},
    )


def _assignment(row: asyncpg.Record) -> Assignment:
    return Assignment(
        id=row["id"], responder_id=row["responder_id"], standing=Standing(row["state"]), round=row["round"],
        offered_at=row["offered_at"], step=NextStep(row["next_step"]) if row["next_step"] else None,
        due_at=row["next_due_at"], by_system=row["offered_by"] == SYSTEM,
        warned_of=_classes(row["warned_of"]), **{name: row[name] for name in _AS_THEY_ARE},
    )  # fmt: skip


def _classes(names: list[str]) -> frozenset[Class]:
    return frozenset(Class(name) for name in names)


_AS_THEY_ARE: Final = (
    *("is_watched", "is_outside_only", "standby_at", "accepted_at", "moving_at", "arrived_at", "ended_at"),
    *("heard_at", "called_at", "renewed_at", "arrive_by", "eta_s", "is_doubted"),
)


async def keep(connection: Connection, field_: Field, assignment: Assignment, *, ended_for: str | None = None) -> None:
    """Write an assignment as it is now; its link's code is forgotten once it has ended."""
    a = assignment
    before = field_.assignments[a.id]
    field_.assignments[a.id] = a
    await connection.execute(
        _Q.save, a.id, str(a.standing), a.is_watched, a.standby_at, a.accepted_at, a.moving_at, a.arrived_at,
        a.ended_at, a.heard_at, a.called_at, a.arrive_by, a.eta_s, str(a.step) if a.step else None, a.due_at,
        a.is_doubted, ended_for, a.renewed_at, sorted(a.warned_of),
    )  # fmt: skip
    if before.is_open and not a.is_open and a.standing is not Standing.TIMED_OUT:
        await connection.execute(_Q.forget_codes, a.id)


async def keep_chain(connection: Connection, field_: Field, chain: Chain, *, now: datetime) -> None:
    """Write how far the chain has come."""
    field_.chain = chain
    await connection.execute(_Q.save_chain, field_.case.id, chain.round, chain.sendings, chain.empty_looks, now)


async def note_warned(connection: Connection, field_: Field, of: frozenset[Class]) -> None:
    """Write of which dangers those near by were told; the chain's row is there once the machine has sent."""
    field_.chain = replace(field_.chain, warned_of=field_.chain.warned_of | of)
    await connection.execute(_Q.note_warned, field_.case.id, sorted(field_.chain.warned_of))


async def dangers_of(connection: Connection, case: Case) -> frozenset[Class]:
    """Fire and gas where people of this case are sent: its own, of its home, and of what it is linked to."""
    home = None if _is_elsewhere(case.place) else case.premises_id
    return _classes(await connection.fetchval(_Q.dangers_of, case.id, home))


async def write_offer(
    connection: Connection, field_: Field, candidate: Candidate, *, by: str, code: str, watched: bool, due_at: datetime,
    now: datetime,
) -> Assignment:  # fmt: skip
    """Write an offer; `code` is the link's, of which only the digest is kept here."""
    reasons = {
        "in_circle": candidate.in_circle, "position_age_s": candidate.position_age_s,
        "skills": list(candidate.skills), "speaks": list(candidate.speaks), "load": candidate.load,
        "despite": str(candidate.why_not) if candidate.why_not else None,
    }  # fmt: skip
    knows = heard_of([field_.case.class_])  # the offer names it
    made: int = await connection.fetchval(
        _Q.insert, field_.case.id, candidate.responder_id, by, field_.chain.round, candidate.outside_only, watched, now,
        candidate.eta_s, candidate.distance_m, due_at, digest_of(code), now + LINK_LASTS, reasons, sorted(knows),
    )  # fmt: skip
    offer = Assignment(
        id=made, responder_id=candidate.responder_id, standing=Standing.OFFERED, round=field_.chain.round,
        offered_at=now, step=NextStep.ANSWER, due_at=due_at, by_system=by == SYSTEM, is_watched=watched,
        is_outside_only=candidate.outside_only, eta_s=candidate.eta_s, warned_of=knows,
    )  # fmt: skip
    field_.assignments[made] = offer
    return offer


async def ground_of(connection: Connection, case: Case) -> Ground:
    """Where people are sent: the place of the case, and its home where that is only a hint (centre.md, 15)."""
    row = await connection.fetchrow(_Q.scene, case.premises_id, case.area, case.resident_id)
    assert row is not None, "the query always answers"
    home = None if row["lat"] is None else Point(lat=row["lat"], lon=row["lon"])
    talks = row["communication"] or {}
    danger = await _danger_of(connection, case)
    scene = Scene(
        class_=danger, sent=case.policy.row(danger).dispatch, point=_point(case.place, home),
        is_country=row["is_country"],
        languages=frozenset((*talks.get("languages", ()), *talks.get("dialects", ()))), rules=case.policy.responders,
    )  # fmt: skip
    return Ground(scene=scene, area_name=row["area_name"] or None)


async def _danger_of(connection: Connection, case: Case) -> Class:
    """The class that says who may go there: fire or gas, of what was taken into this case or still stands in this home,
    before the case's own (centre.md, 11)."""
    if case.class_ in DANGEROUS:
        return case.class_
    home = None if _is_elsewhere(case.place) else case.premises_id
    found = {Class(row["class"]) for row in await connection.fetch(_Q.troubles, case.id, home)} & FIRE_AND_GAS
    return max(found, key=lambda class_: (class_ in BREATHING_GEAR_NEEDED, class_), default=case.class_)


def _is_elsewhere(place: dict[str, Any] | None) -> bool:
    """Whether people are sent somewhere else than to the home."""
    if place is None or place.get("hint"):
        return False
    return (place.get("distance_from_home_m") or 0.0) > AWAY_FROM_HOME_M


def _point(place: dict[str, Any] | None, home: Point | None) -> Point | None:
    if place is None or place.get("lat") is None:
        return home
    point = Point(lat=place["lat"], lon=place["lon"])
    return home or point if place.get("hint") else point


async def rank_for(connection: Connection, field_: Field, *, ids: list[int] | None = None, now: datetime) -> Ranked:
    """Everybody who might go (or these), as they stand at this moment, in order."""
    case = field_.case
    ground = await ground_of(connection, case)
    rows = await connection.fetch(_Q.responders, case.id, case.resident_id, case.premises_id, now, case.area, ids)
    people = [_responder(row, field_, now) for row in rows]
    return Ranked(
        ground=ground,
        candidates=rank(people, ground.scene, now=now),
        people={person.id: person for person in people},
        names={row["id"]: row["name"] for row in rows},
    )


def _responder(row: asyncpg.Record, field_: Field, now: datetime) -> Responder:
    mine = [a for a in field_.all if a.responder_id == row["id"]]
    refused = (Standing.DECLINED, Standing.TIMED_OUT, Standing.LEFT)
    at: datetime | None = row["position_at"]
    return Responder(
        id=row["id"], kind=Kind(row["kind"]), means=Means(row["means"]), skills=frozenset(row["skills"]),
        languages=frozenset(row["languages"]), position=_pair(row["lat"], row["lon"]),
        position_age_s=None if at is None else (now - at).total_seconds(), accuracy_m=row["accuracy_m"] or 0.0,
        base=_pair(row["base_lat"], row["base_lon"]), suspended=row["status"] != "active",
        barred=bool(row["barred"]), busy=row["going"], load=row["offers"] or 0,
        asked=any(a.is_open for a in mine),
        declined=any(a.standing in refused and a.round == field_.chain.round for a in mine),
        declined_before=any(a.standing in refused and a.round < field_.chain.round for a in mine),
        **{name: row[name] for name in _RESPONDER},
    )  # fmt: skip


_RESPONDER: Final = (
    *("trained", "agreed_to_nights", "agreed_to_searches", "time_zone", "reachable", "elsewhere", "absent"),
    "on_shift",
)


def _pair(lat: float | None, lon: float | None) -> Point | None:
    return None if lat is None or lon is None else Point(lat=lat, lon=lon)


async def count_refusal(connection: Connection, responder_id: int, *, now: datetime) -> bool:
    """Flag who refused or did not answer three times in 30 days; whether that was just now (centre.md, 25)."""
    since = now - timedelta(days=REFUSALS_WITHIN_DAYS)
    if await connection.fetchval(_Q.refusals, responder_id, since) < REFUSALS_FLAGGED:
        return False
    return await connection.fetchval(_Q.flag, responder_id, now) is not None
