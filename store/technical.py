"""Incidents the system opens about itself: a lane without a holder, messages that may be lost."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rules.domain import correlation, policy
from rules.domain.vocabulary import Class, Family, State
from store import changes
from store.cases import SYSTEM, Facts, changes_of, load_open, lock_subject
from store.context import floor_now, of_device, policy_now
from store.database import Connection
from store.opening import Cause, Centre, note_on, relate_and_apply, restore
from store.sql import queries

_Q: Final = queries("technical")


async def report(
    connection: Connection,
    class_: Class,
    about: str,
    *,
    facts: Facts,
    area: str | None = None,
    centre: Centre,
    now: datetime,
) -> int:
    """Open a technical incident about a part of ours, or count it on the one that is open; return the incident's id.

    `about` names the part and the trouble, for example `lane:alarms:messages_lost`. Ends with the change feed: call
    it last in a transaction.
    """
    assessed = policy.assess_class(class_, now=now, policy=await policy_now(connection))
    subject = correlation.subject_of(assessed, system=about)
    await lock_subject(connection, subject.key)
    cause = Cause(actor=SYSTEM, subject=subject, source="system", area=area, facts=facts)
    effect = await relate_and_apply(
        connection, assessed, cause, centre=centre, floor=await floor_now(connection, cause.area), now=now
    )
    assert effect.case is not None, "what the system reports always opens, joins or counts"
    await changes.record(connection, changes_of(effect.case, effect.first_new_seq), now=now)
    return effect.case.id


async def report_device(
    connection: Connection, class_: Class, device: str, *, facts: Facts, centre: Centre, now: datetime
) -> int | None:
    """The same about a device; None, and nothing done, where no device of that id has a row.

    Ends with the change feed: call it last in a transaction.
    """
    if await connection.fetchval(_Q.is_known, device) is None:
        return None
    context = await of_device(connection, device, now=now)
    assessed = policy.assess_class(class_, now=now, policy=context.policy)
    subject = correlation.subject_of(assessed, device_id=context.device_id)
    await lock_subject(connection, subject.key)
    cause = Cause(
        actor=SYSTEM, subject=subject, source="system", premises_id=context.premises_id,
        device_id=context.device_id, area=context.area, place=context.place(None, None, now=now), facts=facts,
    )  # fmt: skip
    effect = await relate_and_apply(connection, assessed, cause, centre=centre, floor=context.floor, now=now)
    assert effect.case is not None, "what the system reports always opens, joins or counts"
    await changes.record(connection, changes_of(effect.case, effect.first_new_seq), now=now)
    return effect.case.id


async def is_open(connection: Connection, about: str) -> bool:
    """Whether what `report` told of this is unresolved; read without a lock."""
    found: bool = await connection.fetchval(_Q.is_open, f"s:{about}")
    return found


async def ended(connection: Connection, about: str, *, facts: Facts, centre: Centre, now: datetime) -> bool:
    """What `report` told of has ended: resolve its incident, or tell its owner by one note; whether that was new.

    Ends with the change feed: call it last in a transaction.
    """
    subject = correlation.Subject(key=f"s:{about}", family=Family.TECHNICAL)
    await lock_subject(connection, subject.key)
    case = await load_open(connection, subject.key, subject.family)
    if case is None:
        return False
    cause = Cause(actor=SYSTEM, subject=subject, source="system", facts=facts)
    if case.attended or case.state is not State.OPEN:
        reason = correlation.Reason.END_WHILE_OWNED
        if await connection.fetchval(_Q.end_is_noted, case.id):
            return False
        effect = await note_on(connection, case.id, cause, reason, centre=centre, now=now)
    else:
        reason = correlation.Reason.TECHNICAL_CAUSE_ENDED
        effect = await restore(connection, case, cause, reason, centre=centre, now=now)
    assert effect.case is not None
    await changes.record(connection, changes_of(effect.case, effect.first_new_seq), now=now)
    return True
