"""Callers that nobody registered: more than ten of one source in five minutes are one case with a line for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from devices.event import EventType
from rules.domain import policy
from rules.domain.correlation import UNREGISTERED_WINDOW_S, Subject, folds_unregistered
from rules.domain.policy import Assessment, Context
from rules.domain.vocabulary import UNRESOLVED, Class, Step
from store import changes
from store.cases import Case, Note, changes_of, load, lock_subject, save
from store.context import floor_now, policy_now
from store.database import Connection, Database, StoreError
from store.opening import Cause, Centre, Effect, relate_and_apply
from store.sql import queries

_Q: Final = queries("unregistered")


@dataclass(frozen=True, kw_only=True, slots=True)
class Flood:
    """The case of a source's unregistered callers, its subject locked."""

    subject: Subject
    assessed: Assessment
    is_new_caller: bool  #: each device sounds once


async def flood_of(
    connection: Connection, source: str, device_id: int, assessed: Assessment, *, now: datetime
) -> Flood | None:
    """Note the caller; where its source has too many of them, or is being commissioned, the case they all go to.

    Grouped, never dropped: the event is stored as ever, a device new to the case sounds, none is a further P1 of its
    own (centre.md, 29). A source that stays quiet for five minutes after that starts anew. The caller's device is
    locked before.
    """
    folded = policy.assess_class(Class.UNREGISTERED_FLOOD, marks=assessed.marks, now=now, policy=assessed.policy)
    subject = Subject(key=f"s:source:{source}", family=folded.family)
    await lock_subject(connection, subject.key)
    await connection.execute(_Q.note, source, device_id, now)
    since = now - timedelta(seconds=UNREGISTERED_WINDOW_S)
    row = await connection.fetchrow(_Q.callers, source, since, now)
    assert row is not None
    if not (row["is_commissioning"] or folds_unregistered(row["callers"])):
        return None
    if await connection.fetchval(_Q.has_own_case, f"d{device_id}", str(assessed.family)):
        return None  # whoever works on that one hears it there (invariant 5)
    known = await connection.fetchval(_Q.is_in_flood, subject.key, device_id)
    return Flood(
        subject=subject,
        assessed=replace(folded, event_type=assessed.event_type),
        is_new_caller=not known,
    )


async def fold_unreadable(
    connection: Connection, source: str, assessed: Assessment, cause: Cause, *, now: datetime
) -> tuple[Assessment, Cause]:
    """A stranger's call that nobody can read is one of its source's as well; it sounds there each time."""
    assert cause.device_id is not None, "the topic names a device"
    flood = await flood_of(connection, source, cause.device_id, assessed, now=now)
    if flood is None:
        return assessed, cause
    facts = (*cause.facts, ("source", source), ("unreadable", True))
    return flood.assessed, replace(cause, subject=flood.subject, facts=facts)


class NotInFlood(StoreError):
    """The case is no unresolved case of unregistered callers, or this device has no alarm in it."""


async def take_out(database: Database, incident_id: int, device: str, *, by: int, centre: Centre, now: datetime) -> int:
    """Make one caller of a flood a case of its own, with its alarms, linked; return the case.

    From then on what the device says goes there. NotInFlood where there is nothing to take out.
    """
    async with database.transaction() as connection:
        device_id = await connection.fetchval(_Q.caller, incident_id, device)
        if device_id is None:
            raise NotInFlood("this device has no alarm in an unresolved case of unregistered callers")
        await lock_subject(connection, f"d{device_id}")
        flood = await load(connection, incident_id)
        if flood.class_ is not Class.UNREGISTERED_FLOOD or flood.state not in UNRESOLVED:
            raise NotInFlood("this case is no unresolved case of unregistered callers")
        types = [EventType(row["type"]) for row in await connection.fetch(_Q.said_in, incident_id, device_id)]
        own = await _open_own(connection, flood, device_id, device, types, by=by, centre=centre, now=now)
        assert own.case is not None, "a call for help always opens or joins"
        await connection.execute(_Q.move_events, device_id, incident_id, own.case.id)
        await connection.execute(_Q.link, min(incident_id, own.case.id), max(incident_id, own.case.id), now)
        first = flood.last_seq + 1
        facts = (("device", device), ("taken_out_to", own.case.id))
        flood.note(Note(at=now, actor=f"user:{by}", action=Step.SPLIT, facts=facts))
        await save(connection, flood, keyring=centre.keyring)
        recorded = [*changes_of(flood, first), *changes_of(own.case, own.first_new_seq, received_at=now)]
        await changes.record(connection, recorded, now=now)
    return own.case.id


async def _open_own(
    connection: Connection, flood: Case, device_id: int, device: str, types: Sequence[EventType], *, by: int,
    centre: Centre, now: datetime,
) -> Effect:  # fmt: skip
    """By the most urgent of what it said; the clocks are those of a call that comes now."""
    in_force = await policy_now(connection)
    stranger = Context(registered=False)
    said = [policy.assess(type_, stranger, now=now, policy=in_force) for type_ in types]
    calls = [one for one in said if one.help_call] or [policy.unknown_call(now=now, policy=in_force)]
    assessed = min(calls, key=lambda one: (one.priority, one.first_escalation_s))
    subject = Subject(key=f"d{device_id}", family=assessed.family)
    facts = (("device", device), ("taken_out_of", flood.id))
    cause = Cause(
        actor=f"user:{by}", subject=subject, device_id=device_id, area=flood.area, facts=facts
    )  # fmt: skip
    floor = await floor_now(connection, cause.area)
    return await relate_and_apply(connection, assessed, cause, centre=centre, floor=floor, now=now)


async def open_flood(connection: Connection, subject: Subject) -> int | None:
    """The unresolved case of a source's unregistered callers, its subject locked by the caller."""
    found: int | None = await connection.fetchval(_Q.open_flood, subject.key, str(subject.family))
    return found
