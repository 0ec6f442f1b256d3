"""Visits: planned with a window, begun and completed by somebody who proves to be there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from rules.domain.masking import mask_name
from rules.domain.place import Point, distance_m
from store.audit import note_look
from store.changes import Change, record
from store.database import Database, StoreError
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown, ReferenceUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("care")

#: A visit proves its place within so far of the home, beside what the fix itself leaves open.
THERE_M: Final = 150.0
#: A fix wider than this proves no place.
PROOF_ACCURACY_M: Final = 200.0

#: From a state to those that a person may put it into; a missed one may still be made.
_STEPS: Final[Mapping[str, frozenset[str]]] = {
    "planned": frozenset({"started", "completed", "called_off"}),
    "started": frozenset({"completed", "called_off"}),
    "missed": frozenset({"started", "completed"}),
    "completed": frozenset(),
    "called_off": frozenset(),
}


class VisitStepNotAllowed(StoreError):
    """A visit in this state cannot be put into that one: read it again."""


class VisitNotProven(StoreError):
    """Nothing shows that somebody was there: send the place (near the home), or say by which call a voice was heard."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One visit; `carer` is a reference (`user:3`, `responder:4`, `contact:9`)."""

    id: str
    resident_id: str
    masked_name: str
    critical: bool
    from_at: datetime
    until_at: datetime
    carer: str
    purpose: str
    state: str
    started_at: datetime | None
    completed_at: datetime | None
    proof: str | None
    proof_detail: Mapping[str, Any] | None
    incident_id: str | None
    area: str | None
    version: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitFilter:
    """What a list asks for; None means "whatever"."""

    sight: Sequence[str] = ()
    resident_id: int | None = None
    state: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    carer: str | None = None


async def list_visits(db: Database, wanted: VisitFilter, *, after: int, limit: int) -> tuple[list[Visit], int]:
    """Visits in the order they were planned, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{_Q.visit} {_Q.visits_listed}", after, list(wanted.sight), wanted.resident_id, wanted.state,
            wanted.from_at, wanted.until_at, wanted.carer, limit,
        )  # fmt: skip
    return [_visit(row) for row in rows], seq


async def read_visit(db: Database, visit_id: int) -> Visit:
    """One visit; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{_Q.visit} {_Q.visit_one}", visit_id)
    if row is None:
        raise RecordUnknown(f"no visit {visit_id}")
    return _visit(row)


async def cares_for(db: Database, user_id: int, resident_id: int) -> bool:
    """Whether a responder visits this resident, or goes to them in a case now."""
    found: bool = await db.pool.fetchval(_Q.cares_for, resident_id, user_id)
    return found


async def is_carer(db: Database, user_id: int, visit_id: int) -> bool:
    """Whether a visit is this user's, by their sign-in or as the responder they are."""
    return bool(await db.pool.fetchval(_Q.carer_of, visit_id, user_id))


async def plan_visit(db: Database, fields: Mapping[str, Any], *, by: int, now: datetime) -> int:
    """Plan a visit; from its end on the detectors ask whether it was begun. On record."""
    try:
        async with db.transaction() as connection:
            visit_id: int = await connection.fetchval(
                _Q.add_visit, fields["resident_id"], fields["critical"], fields["from_at"], fields["until_at"],
                fields["carer"], fields["purpose"], by, now,
            )  # fmt: skip
            await connection.execute(_Q.look_at, "visit", fields["resident_id"], visit_id, fields["until_at"])
            await _on_record(connection, visit_id, fields["resident_id"], "visit_planned", by=by, now=now)
    except asyncpg.ForeignKeyViolationError as error:
        raise ReferenceUnknown("no such resident") from error
    return visit_id


async def change_visit(
    db: Database, visit_id: int, fields: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Change what is named, also its state.

    RecordUnknown, RecordChanged; VisitStepNotAllowed where its state does not lead there; VisitNotProven where it is
    to be completed and neither place nor voice shows that somebody was there. On record.
    """
    before = await read_visit(db, visit_id)
    resident_id = int(before.resident_id)
    async with db.transaction() as connection:
        if fields.get("until_at") is not None:
            # Before the visit's row, as the detectors lock them.
            await connection.execute(_Q.look_at, "visit", resident_id, visit_id, fields["until_at"])
        locked = await connection.fetchrow(_Q.lock_visit, visit_id)
        assert locked is not None, "visits are never deleted"
        if version is not None and version != locked["version"]:
            raise RecordChanged(locked["version"])
        await _change(connection, visit_id, resident_id, dict(locked), fields, now)
        await _on_record(connection, visit_id, resident_id, "visit_changed", by=by, now=now)


async def _change(
    connection: Connection, visit_id: int, resident_id: int, locked: dict[str, Any], fields: Mapping[str, Any],
    now: datetime,
) -> None:  # fmt: skip
    state = fields.get("state") or locked["state"]
    if state != locked["state"] and state not in _STEPS[locked["state"]]:
        raise VisitStepNotAllowed(f"a visit that is {locked['state']} cannot be {state}")
    proof, detail = await _proof(connection, resident_id, fields, state, now)
    started_at = locked["started_at"] or (now if state in ("started", "completed") else None)
    plan = {name: fields.get(name, locked[name]) for name in ("critical", "from_at", "until_at", "carer", "purpose")}
    await connection.execute(
        _Q.change_visit, visit_id, *plan.values(), state, started_at, now if state == "completed" else None, proof,
        detail,
    )  # fmt: skip


async def _proof(
    connection: Connection, resident_id: int, fields: Mapping[str, Any], state: str, now: datetime
) -> tuple[str | None, dict[str, Any] | None]:
    if fields.get("call"):
        return "voice", {"call": fields["call"], "at": now.isoformat()}
    place = fields.get("place")
    home = await connection.fetchrow(_Q.home, resident_id)
    if place is not None and home is not None and home["lat"] is not None:
        away_m = distance_m(Point(lat=place["lat"], lon=place["lon"]), Point(lat=home["lat"], lon=home["lon"]))
        accuracy_m = place.get("accuracy_m") or 0.0
        if accuracy_m <= PROOF_ACCURACY_M and away_m <= THERE_M + accuracy_m:
            return "place", {**place, "distance_m": round(away_m), "at": now.isoformat()}
    if state == "completed":
        raise VisitNotProven("send the place near the home, or the call in which somebody there was heard")
    return None, None


async def _on_record(
    connection: Connection, visit_id: int, resident_id: int, action: str, *, by: int, now: datetime
) -> None:
    await note_look(connection, by, action, f"visit:{visit_id}", now=now)
    row = await connection.fetchrow(f"{_Q.visit} {_Q.visit_one}", visit_id)
    assert row is not None, "it was just written"
    await record(connection, [Change(kind="resident", object_id=resident_id, area=row["area"])], now=now)


def _visit(row: asyncpg.Record) -> Visit:
    fields = dict(row)
    fields["masked_name"] = mask_name(fields.pop("name"))
    for name in ("id", "resident_id", "incident_id"):
        fields[name] = None if row[name] is None else str(row[name])
    return Visit(**fields)
