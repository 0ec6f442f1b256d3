"""What was held goes on when its holder ends: whatever is still bad becomes its own incident, nothing is lost.

Any number of engines may do it: a held row is ended under its device's lock, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rules.domain import correlation, deadlines, policy
from rules.domain.deadlines import DeadlineKind, earliest
from rules.domain.storms import power_lines_of
from rules.domain.suppression import HELD_BY_ABSENCE, Hold, Holder, Reason, may_be_held
from rules.domain.vocabulary import UNRESOLVED, Action, Class
from store import changes, fault_holding, power_outages
from store.cases import SYSTEM, Case, Note, changes_of, load, lock_subject, save
from store.context import floor_now, policy_now
from store.database import Connection, Database
from store.fault_holding import Found
from store.opening import Cause, Centre, relate_and_apply
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("holding")
_BY_ABSENCE: Final = sorted(str(class_) for class_ in HELD_BY_ABSENCE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Released:
    """What one turn did."""

    looked_at: int
    opened: int


async def release(database: Database, guard: RowGuard, *, centre: Centre, now: datetime, limit: int) -> Released:
    """Release one batch of held rows whose holder has ended."""
    found = await database.pool.fetch(_Q.ended_holders, now, guard.room(limit))
    rows = [row for row in found if not guard.waits(("held", row["no"]), now)]
    opened = 0
    for row in rows:
        with guard.row(("held", row["no"]), now):
            async with database.transaction() as connection:
                if row["incident_id"] is not None:
                    await _release_escalation(connection, row["no"], row["incident_id"], centre, now)
                else:
                    opened += await _release_alarm(connection, row["no"], centre, now)
    return Released(looked_at=len(rows), opened=opened)


async def _release_alarm(connection: Connection, no: int, centre: Centre, now: datetime) -> bool:
    """Open what is still bad as its own incident, or let it be held by the next that stands; else it is over."""
    device_id = await connection.fetchval(_Q.device_of_held, no)
    await lock_subject(connection, f"d{device_id}")
    row = await connection.fetchrow(_Q.held_row, no, _BY_ABSENCE)
    if row is None:
        return False  # another engine was first, or its end came
    if not row["is_bad"]:
        await connection.execute(_Q.end_held, no, now, "cleared")
        return False
    await connection.execute(_Q.end_held, no, now, "released")
    assessed = policy.assess_class(Class(row["class"]), now=now, policy=await policy_now(connection))
    if await _is_held_on(connection, row, assessed, centre, now):
        return False
    subject = correlation.subject_of(
        assessed, device_id=row["device_id"], resident_id=row["resident_id"], premises_id=row["premises_id"]
    )
    await lock_subject(connection, subject.key)
    facts = (
        ("device", row["device"]), ("released_from", row["kind"]), ("ref", row["ref"]), ("held", row["hits"]),
    )  # fmt: skip
    cause = Cause(
        actor=SYSTEM, subject=subject, source="system", premises_id=row["premises_id"], device_id=row["device_id"],
        resident_id=row["resident_id"] if subject.key.startswith("r") else None, area=row["area"], facts=facts,
    )  # fmt: skip
    effect = await relate_and_apply(
        connection, assessed, cause, centre=centre, floor=await floor_now(connection, cause.area), now=now
    )
    assert effect.case is not None, "what is released opens, joins or counts"
    if row["event_no"] is not None:
        await connection.execute(_Q.point_event, row["event_no"], effect.case.id)
    await changes.record(connection, changes_of(effect.case, effect.first_new_seq), now=now)
    return effect.opened


async def _is_held_on(
    connection: Connection, row: Any, assessed: policy.Assessment, centre: Centre, now: datetime
) -> bool:
    """Whether the next that stands holds it: after a storm, thousands of homes without power are one outage still."""
    found = Found(device_id=row["device_id"], premises_id=row["premises_id"], area=row["area"])
    if await fault_holding.fault_is_held(connection, found, assessed, now=now) is not None:
        return True
    if assessed.class_ is not Class.POWER_LOST:
        return False
    if row["kind"] == Holder.OUTAGE and not await connection.fetchval(_Q.case_was_ended, row["ref"]):
        return False  # it is over but for these few: each is a case of its own
    folded = await power_outages.fold(
        connection, home=f"p{row['premises_id']}" if row["premises_id"] is not None else f"d{row['device_id']}",
        hub_id=row["hub_id"], area=row["area"], lines=power_lines_of(assessed.policy.thresholds), centre=centre,
        now=now,
    )  # fmt: skip
    if folded is None:
        return False
    await connection.execute(
        _Q.hold, str(Holder.OUTAGE), folded.incident_id, row["device_id"], row["resident_id"], row["premises_id"],
        row["area"], row["class"], row["topic"], row["event_no"], now,
    )  # fmt: skip
    if row["kind"] == Holder.FOLDING and row["event_no"] is not None:
        await connection.execute(_Q.attach, row["event_no"], folded.incident_id, str(Reason.BEHIND_OUTAGE))
    if folded.opened is not None and folded.opened.case is not None:
        await changes.record(connection, changes_of(folded.opened.case, folded.opened.first_new_seq), now=now)
    return True


async def _release_escalation(
    connection: Connection, no: int, incident_id: int, centre: Centre, now: datetime
) -> None:  # fmt: skip
    """One notice: the stage that waited is due now."""
    case = await load(connection, incident_id)
    if await connection.fetchval(_Q.end_held, no, now, "released") is None:
        return
    if case.state not in UNRESOLVED or case.attended:
        return
    first = case.last_seq + 1
    case.deadlines = deadlines.sooner_stage(case.deadlines, now)
    case.note(Note(at=now, actor=SYSTEM, action=Action.RELEASED, facts=(("deadline", "escalate"),)))
    await save(connection, case, keyring=centre.keyring)
    await changes.record(connection, changes_of(case, first), now=now)


async def hold_due(connection: Connection, case: Case, *, now: datetime) -> Hold | None:
    """Let a due stage of a technical case wait while a silence or a storm holds it; inside the engine's transaction.

    Not only what would open is held: the escalation of what is open already as well. The caller saves the case.
    """
    if case.attended or not may_be_held(case.class_, case.family, case.priority):
        return None
    due = earliest(one for one in case.deadlines if one.due_at <= now)
    if due is None or due.kind is not DeadlineKind.ESCALATE:
        return None
    found = await fault_holding.holder_of(connection, case, now=now)
    if found is None:
        return None
    case.deadlines = deadlines.held_until(case.deadlines, found.until)
    facts = (
        ("reason", str(found.hold.reason)), ("by", str(found.hold.holder)), ("ref", found.hold.ref),
        ("until", found.until.isoformat()), ("stage", due.stage),
    )  # fmt: skip
    case.note(Note(at=now, actor=SYSTEM, action=Action.HELD, facts=facts))
    return found.hold
