"""A case about a responder: silent, or asking for help themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from rules.domain import correlation, place, policy
from rules.domain.assignments import Assignment
from rules.domain.place import Place, PlaceKind, Point
from rules.domain.vocabulary import Class
from store.cases import SYSTEM, Case, changes_of, lock_subject
from store.changes import Change
from store.context import floor_now, policy_now
from store.database import Connection
from store.opening import Cause, Centre, relate_and_apply
from store.sql import queries

_Q: Final = queries("assignments")


async def raise_alarm(
    connection: Connection, case: Case, a: Assignment, *, centre: Centre, now: datetime
) -> list[Change]:
    """Open a case about a responder who is in danger, or sound the one that is open; the other case's lock is held."""
    assessed = policy.assess_class(Class.RESPONDER_SILENT, now=now, policy=await policy_now(connection))
    subject = correlation.subject_of(assessed, system=f"responder:{a.responder_id}")
    await lock_subject(connection, subject.key)
    facts = (("responder", a.responder_id), ("assignment", a.id), ("incident", case.id), ("number", case.number))
    cause = Cause(
        actor=SYSTEM, subject=subject, source="system", premises_id=case.premises_id, area=case.area,
        place=_place(case.place), facts=facts,
    )  # fmt: skip
    effect = await relate_and_apply(
        connection, assessed, cause, centre=centre, floor=await floor_now(connection, cause.area), now=now
    )
    assert effect.case is not None, "what the system reports always opens, joins or counts"
    await connection.execute(_Q.link, min(case.id, effect.case.id), max(case.id, effect.case.id), now)
    return changes_of(effect.case, effect.first_new_seq)


def _place(kept: Mapping[str, Any] | None) -> Place | None:
    """Where the responder was sent to, where that was not the home."""
    if kept is None or kept.get("lat") is None:
        return None
    return Place(
        kind=PlaceKind.LAST_KNOWN, reason=place.Reason.FIX_BEFORE_ALARM, point=Point(lat=kept["lat"], lon=kept["lon"]),
        accuracy_m=kept.get("accuracy_m"), hint=bool(kept.get("hint")),
    )  # fmt: skip
