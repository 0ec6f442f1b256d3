"""A device's own technical incident about one cause: opened and ended by the system, under the device's row lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.domain import correlation, policy
from rules.domain.vocabulary import Class, Family, State
from store import changes
from store.cases import SYSTEM, Facts, changes_of, load_open
from store.context import floor_now, policy_now
from store.database import Connection
from store.fault_holding import Found, fault_is_held
from store.opening import Cause, Centre, Effect, note_on, relate_and_apply, restore


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """The device a fault is about, and where."""

    device_id: int
    device: str
    premises_id: int | None = None
    area: str | None = None


async def begin(
    connection: Connection, whose: Whose, class_: Class, *, facts: Facts, centre: Centre, now: datetime
) -> Effect:
    """Open the incident, count it on the one that is open, or raise that; the caller holds the device's row.

    Writes no change: the caller records `changes_of_effect` as the last statement of its transaction.
    """
    assessed = policy.assess_class(class_, now=now, policy=await policy_now(connection))
    found = Found(device_id=whose.device_id, premises_id=whose.premises_id, area=whose.area)
    held = await fault_is_held(connection, found, assessed, now=now)
    if held is not None:
        return Effect(case=None, first_new_seq=0, reason=held.reason, held=True)
    subject = correlation.subject_of(assessed, device_id=whose.device_id)
    cause = _cause(whose, subject, facts)
    return await relate_and_apply(
        connection, assessed, cause, centre=centre, floor=await floor_now(connection, cause.area), now=now
    )


async def end(
    connection: Connection,
    whose: Whose,
    topic: str,
    *,
    facts: Facts,
    centre: Centre,
    now: datetime,
    reason: str = correlation.Reason.TECHNICAL_CAUSE_ENDED,
) -> Effect | None:
    """The cause has ended: resolve the incident nobody works on, tell the owner of one by a note; None without any."""
    subject = correlation.Subject(key=f"d{whose.device_id}:{topic}", family=Family.TECHNICAL)
    case = await load_open(connection, subject.key, subject.family)
    if case is None:
        return None
    cause = _cause(whose, subject, facts)
    if case.attended or case.state is not State.OPEN:
        owned = correlation.Reason.END_WHILE_OWNED
        return await note_on(connection, case.id, cause, owned, centre=centre, now=now)
    return await restore(connection, case, cause, reason, centre=centre, now=now)


async def record(connection: Connection, *effects: Effect | None, now: datetime) -> None:
    """Write the changes of these effects: the last statement of a transaction."""
    recorded: list[changes.Change] = []
    for effect in effects:
        if effect is not None and effect.case is not None:
            recorded += changes_of(effect.case, effect.first_new_seq)
    await changes.record(connection, recorded, now=now)


def _cause(whose: Whose, subject: correlation.Subject, facts: Facts) -> Cause:
    return Cause(
        actor=SYSTEM, subject=subject, source="system", premises_id=whose.premises_id, device_id=whose.device_id,
        area=whose.area, facts=(("device", whose.device), *facts),
    )  # fmt: skip
