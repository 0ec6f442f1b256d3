"""Whether what the system finds of a device is held by a silence or a storm, under the device's row lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rules.domain import suppression
from rules.domain.policy import Assessment, Context
from rules.domain.policy_routes import EQUIPMENT_TAGS
from rules.domain.suppression import Hold, Holder, Reason, Standing
from store.cases import Case
from store.database import Connection
from store.sql import queries

_Q: Final = queries("holding")
_EQUIPMENT: Final = sorted(EQUIPMENT_TAGS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A device, and where, as far as a silence or a storm asks."""

    device_id: int
    premises_id: int | None
    area: str | None


async def fault_is_held(
    connection: Connection, found: Found, assessed: Assessment, *, now: datetime
) -> Hold | None:  # fmt: skip
    """Hold it and say by what; None where it goes its way. Equipment at home that stops with the power goes its way."""
    if not suppression.may_be_held(assessed.class_, assessed.family, assessed.priority):
        return None
    row = await connection.fetchrow(
        _Q.standing, now, found.device_id, found.area, str(assessed.class_), assessed.topic, assessed.topic
    )
    if row is None or (row["silence_id"] is None and row["storm_id"] is None):
        return None
    equipment = await connection.fetchval(_Q.has_equipment, found.device_id, _EQUIPMENT)
    known = Context(tags=EQUIPMENT_TAGS if equipment else frozenset())
    standing = Standing(silence_id=row["silence_id"], storm_id=row["storm_id"])
    decision = suppression.decide(assessed, known, standing)
    if not isinstance(decision, Hold):
        return None
    await connection.execute(
        _Q.hold, str(decision.holder), decision.ref, found.device_id, None, found.premises_id, found.area,
        str(assessed.class_), assessed.topic, None, now,
    )  # fmt: skip
    return decision


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldUntil:
    """What holds a case's escalation, and until when."""

    hold: Hold
    until: datetime


async def holder_of(connection: Connection, case: Case, *, now: datetime) -> HeldUntil | None:
    """Say what holds the next stage of an open technical case, and put it on record; the case is locked."""
    topic = case.subject.partition(":")[2] or str(case.class_)
    equipment = case.device_id is not None and await connection.fetchval(_Q.has_equipment, case.device_id, _EQUIPMENT)
    row = await connection.fetchrow(
        _Q.holder_of_case, now, case.device_id, case.area, str(case.class_), topic, bool(equipment)
    )
    if row is None:
        return None
    holder = Holder(row["kind"])
    reason = Reason.SILENCED if holder is Holder.SILENCE else Reason.IN_STORM
    await connection.execute(
        _Q.hold_escalation, row["kind"], row["ref"], case.device_id, case.id, case.premises_id, case.area,
        str(case.class_), topic, now,
    )  # fmt: skip
    return HeldUntil(hold=Hold(reason=reason, holder=holder, ref=row["ref"]), until=row["until_at"])
