"""Assignments as a case shows them, and candidates as a desk chooses from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rules.domain.masking import mask_name
from rules.domain.policy_table import Sent
from rules.domain.ranking import Candidate
from store.assignments import look_at_field, rank_for
from store.cases import look_at
from store.database import Database
from store.feed import snapshot
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("assignments")


class AssignmentView(msgspec.Struct, frozen=True, kw_only=True):
    """One responder asked in a case, for whoever works on it."""

    id: str
    responder: str
    name: str
    kind: str
    phone: str | None
    state: str
    offered_by: str
    round: int
    outside_only: bool
    watched: bool
    offered_at: datetime
    standby_at: datetime | None
    accepted_at: datetime | None
    moving_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    heard_at: datetime | None
    called_at: datetime | None
    arrive_by: datetime | None
    eta_s: int | None
    distance_m: int | None
    next_step: str | None
    next_due_at: datetime | None
    reasons: Mapping[str, Any]
    ended_for: str | None
    doubted: bool
    report: Mapping[str, Any]
    stand_down_confirmed_at: datetime | None


class CandidateView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who might go, with the numbers that placed them; `why_not` null: the machine may ask."""

    responder: str
    name: str
    kind: str
    eta_s: int | None
    distance_m: int | None
    in_circle: bool
    position_age_s: int | None
    skills: Sequence[str]
    speaks: Sequence[str]
    load: int
    trained: bool
    outside_only: bool
    why_not: str | None


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """Who might go, in order: first those the machine may ask; `left_off` more stand behind them."""

    items: Sequence[CandidateView]
    left_off: int
    circle_s: int
    sent: Sent  #: whom the class lets the machine send


_RENAMED: Final = {"is_outside_only": "outside_only", "is_watched": "watched", "is_doubted": "doubted"}


async def read_assignments(connection: Connection, incident_id: int) -> list[AssignmentView]:
    """Everybody asked in a case, in the order they were."""
    return [_view(row) for row in await connection.fetch(_Q.listed, incident_id)]


def _view(row: Any) -> AssignmentView:
    fields = {_RENAMED.get(name, name): value for name, value in row.items()}
    responder, confirmed_at = fields.pop("responder_id"), fields.pop("confirmed_at")
    return AssignmentView(
        **fields | {"id": str(row["id"])}, responder=str(responder), stand_down_confirmed_at=confirmed_at
    )


async def read_candidates(db: Database, incident_id: int, *, limit: int, now: datetime) -> Candidates:
    """The first `limit` who might go to this case, as they stand now; IncidentUnknown otherwise.

    Takes no lock: a desk that chooses keeps no alarm of this person, and no engine, waiting.
    """
    async with snapshot(db) as (connection, _):
        case = await look_at(connection, incident_id)
        ranked = await rank_for(connection, await look_at_field(connection, case), now=now)
    shown = ranked.candidates[:limit]
    items = [
        _candidate(candidate, ranked.names[candidate.responder_id], str(ranked.people[candidate.responder_id].kind))
        for candidate in shown
    ]
    scene = ranked.ground.scene
    left_off = len(ranked.candidates) - len(shown)
    return Candidates(items=items, left_off=left_off, circle_s=scene.circle_s, sent=scene.sent)


def masked(found: Candidates) -> Candidates:
    """The same for whoever does not send: names masked."""
    items = [msgspec.structs.replace(item, name=mask_name(item.name)) for item in found.items]
    return msgspec.structs.replace(found, items=items)


def _candidate(candidate: Candidate, name: str, kind: str) -> CandidateView:
    return CandidateView(
        responder=str(candidate.responder_id), name=name, kind=kind, eta_s=candidate.eta_s,
        distance_m=candidate.distance_m, in_circle=candidate.in_circle, position_age_s=candidate.position_age_s,
        skills=candidate.skills, speaks=candidate.speaks, load=candidate.load, trained=candidate.is_trained,
        outside_only=candidate.outside_only, why_not=str(candidate.why_not) if candidate.why_not else None,
    )  # fmt: skip
