"""What the field chain says to people: offers, stand-downs, calls back, and the supervisors' share of bad news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from rules.domain.assignments import Assignment, answer_s
from rules.domain.notices import Notice, Purpose
from rules.domain.vocabulary import Class, Priority
from store import outbox
from store.assignments import Ground
from store.cases import Case
from store.database import Connection
from store.sql import queries

_Q: Final = queries("assignments")

_Facts = tuple[tuple[str, str | int | None], ...]
#: A telephone that rings a little after the offer's time still finds a case that needs somebody.
_RINGS_ON: Final = timedelta(seconds=60)
_STALE: Final = timedelta(minutes=30)


def case_facts(case: Case, ground: Ground | None = None) -> _Facts:
    """What a notice may say of a case: the day's number, class, priority and the area's name."""
    return (
        ("number", case.number.rpartition("-")[2]), ("class", str(case.class_)), ("priority", case.priority.label),
        ("area", ground.area_name if ground is not None else None),
    )  # fmt: skip


def offer(
    case: Case, assignment: Assignment, ground: Ground, *, distance_m: int | None, code: str, now: datetime
) -> Notice:
    """A responder is asked to go; the same again after an outage of ours has a key of its own."""
    minutes = None if assignment.eta_s is None else max(1, round(assignment.eta_s / 60))
    facts = (*case_facts(case, ground), ("distance_m", distance_m), ("minutes", minutes), ("code", code))
    return Notice(
        purpose=Purpose.OFFER, recipient=f"responder:{assignment.responder_id}", priority=case.priority,
        key=f"offer:{assignment.id}:{now:%Y%m%d%H%M%S}", incident_id=case.id, assignment_id=assignment.id,
        not_after=now + timedelta(seconds=answer_s(case.priority)) + _RINGS_ON, facts=facts,
    )  # fmt: skip


def warning(
    case: Case, responder_id: int, ground: Ground, danger: Class, *, distance_m: int | None, now: datetime
) -> Notice:
    """Somebody near by learns of a danger, with the safety line first; nothing is asked of them (centre.md, 11)."""
    return Notice(
        purpose=Purpose.WARNING, recipient=f"responder:{responder_id}", priority=case.priority,
        key=f"warning:{case.id}:{danger}:{responder_id}", incident_id=case.id, not_after=now + _STALE,
        facts=(*_facts_of(case, ground, danger), ("distance_m", distance_m)),
    )  # fmt: skip


def danger(case: Case, assignment: Assignment, ground: Ground, danger: Class, *, now: datetime) -> list[Notice]:
    """Who goes there learns what has begun there: by voice, and as a text, since their last call may be half a minute
    old and nobody is rung twice in one (centre.md, part 3)."""
    return [
        Notice(
            purpose=Purpose.DANGER, recipient=f"responder:{assignment.responder_id}", priority=priority,
            key=f"danger:{assignment.id}:{danger}:{priority.label}", incident_id=case.id, assignment_id=assignment.id,
            not_after=now + _STALE, facts=_facts_of(case, ground, danger),
        )
        for priority in (Priority.CRITICAL, Priority.URGENT)
    ]  # fmt: skip


def _facts_of(case: Case, ground: Ground, danger: Class) -> _Facts:
    """What is said of a case to who must hear of this danger of it, whatever the case itself is called."""
    facts = dict(case_facts(case, ground)) | {"class": str(danger), "priority": Priority.CRITICAL.label}
    return tuple(facts.items())


async def stand_down(connection: Connection, case: Case, assignment: Assignment, *, now: datetime) -> None:
    """Take back an offer that has not gone out; whoever was reached learns that they are not needed any more."""
    await outbox.cancel(
        connection, assignment_id=assignment.id, purposes=[Purpose.OFFER, Purpose.CHECK_BACK], reason="stood_down",
        now=now,
    )  # fmt: skip
    if assignment.accepted_at is None and not await outbox.was_asked(connection, assignment.id):
        return  # never asked: "not needed" at three at night would be the first they hear of it
    notice = Notice(
        purpose=Purpose.STAND_DOWN, recipient=f"responder:{assignment.responder_id}", priority=case.priority,
        # Who took "done" back and goes on may be stood down once more.
        key=f"stand_down:{assignment.id}:{now:%Y%m%d%H%M%S}", incident_id=case.id, assignment_id=assignment.id,
        facts=case_facts(case),
    )  # fmt: skip
    await outbox.put(connection, [notice], now=now)


async def call_back(connection: Connection, case: Case, assignment: Assignment, *, now: datetime) -> None:
    """A responder is asked how they are."""
    code = await connection.fetchval(_Q.code_of, assignment.id)
    notice = Notice(
        purpose=Purpose.CHECK_BACK, recipient=f"responder:{assignment.responder_id}", priority=case.priority,
        key=f"check_back:{assignment.id}:{now:%Y%m%d%H%M%S}", incident_id=case.id, assignment_id=assignment.id,
        not_after=now + _STALE, facts=(*case_facts(case), ("code", code)),
    )  # fmt: skip
    await outbox.put(connection, [notice], now=now)


async def tell_supervisors(connection: Connection, case: Case, reason: str, *, once: str, now: datetime) -> None:
    """Every supervisor of the area: unattended it asks them to take it, else it says how it stands."""
    purpose = Purpose.INFORMATION if case.attended else Purpose.ESCALATION
    facts = (*case_facts(case), ("reason", reason))
    rows = await connection.fetch(_Q.supervisors, case.area)
    notices: Sequence[Notice] = [
        Notice(
            purpose=purpose, recipient=f"user:{row['id']}", priority=case.priority,
            # The version tells it from the same said before: of an earlier round, of a case that was taken up again.
            key=f"field:{case.id}.{case.version}:{reason}:{once}:{row['id']}", incident_id=case.id,
            not_after=now + _STALE, facts=facts,
        )
        for row in rows
    ]  # fmt: skip
    await outbox.put(connection, notices, now=now)
