"""What detectors find, told like everything else: as an alarm of the system, on record, in the case it belongs to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from devices.commands import Announcement, CommandName
from devices.event import Event, EventType, Location, digest
from rules.domain import correlation, policy
from rules.domain.commands import HEARS_COMMANDS, Asked, Order, announcement
from rules.domain.place import Point, decide
from rules.domain.vocabulary import Channel, Class, Family, Wearer
from store import changes
from store.alarms import Accepted, Alarm, accept
from store.cases import SYSTEM, Facts, changes_of, load_open, lock_subject
from store.circumstances import Found
from store.commands import make
from store.context import floor_now, policy_now
from store.database import Connection
from store.opening import Cause, Centre, Effect, note_on, relate_and_apply
from store.sql import queries

_Q: Final = queries("detectors")

#: So begin the ids of what nobody sent.
FOUND: Final = "found:"
#: A question that is older misleads: whoever was asked has moved, or somebody is called by now.
QUESTION_EXPIRES: Final = timedelta(minutes=10)
#: What a movement says something about, and what a check-in does: the one never about the other.
SILENCE: Final = frozenset({Class.INACTIVITY, Class.INACTIVITY_UNKNOWN})
WELLBEING: Final = frozenset({Class.WELLBEING_UNANSWERED, Class.WELLBEING_UNANSWERED_AT_RISK})


async def tell_of_device(
    connection: Connection, device: str, type_: EventType, id_: str, found: Found, *, centre: Centre, now: datetime,
    location: Location | None = None,
) -> Accepted:  # fmt: skip
    """An alarm about whoever has this device, assessed like the device's own; the caller's transaction ends with it.

    `id_` is one for each happening, so that nothing is told twice whatever becomes of us in between.
    """
    event = Event(id=f"{FOUND}{id_}", at=now, type=type_, location=location)
    alarm = Alarm(device=device, event=event, channel=Channel.TELEMETRY, received_at=now, source="system", found=found)
    return await accept(connection, None, alarm, centre=centre)


async def tell_of_resident(
    connection: Connection, class_: Class, resident_id: int, *, facts: Facts, centre: Centre, now: datetime,
    seen_by: int | None = None, id_: str = "",
) -> int:  # fmt: skip
    """Open or join the case of a person for what did not happen; `seen_by` is the device whose silence says so.

    Returns the incident. Ends with the change feed: call it last in a transaction.
    """
    row = await connection.fetchrow(_Q.resident, resident_id)
    assert row is not None, "residents are never deleted while anything refers to them"
    assessed = policy.assess_class(class_, now=now, policy=await policy_now(connection))
    subject = correlation.Subject(key=f"r{resident_id}", family=assessed.family)
    await lock_subject(connection, subject.key)
    no = None
    if seen_by is not None:
        no = await _event(connection, seen_by, id_, resident_id, row["premises_id"], facts, now)
    home = None if row["home_lat"] is None else Point(lat=row["home_lat"], lon=row["home_lon"])
    cause = Cause(
        actor=SYSTEM, subject=subject, source="system", resident_id=resident_id, premises_id=row["premises_id"],
        area=row["area"], place=decide(wearer=Wearer.SHARED, fix=None, home=home, now=now), facts=facts,
    )  # fmt: skip
    effect = await relate_and_apply(
        connection, assessed, cause, centre=centre, floor=await floor_now(connection, cause.area), now=now
    )
    assert effect.case is not None, "what the system reports always opens, joins or counts"
    if no is not None:
        await connection.execute(_Q.attach, no, effect.case.id)
    await _record(connection, effect, now)
    return effect.case.id


async def note_of_resident(
    connection: Connection, resident_id: int, *, facts: Facts, centre: Centre, now: datetime,
    of: frozenset[Class] = SILENCE, actor: str = SYSTEM,
) -> None:  # fmt: skip
    """A sign of somebody for whom we rang: an entry in a case of these classes, which ends nothing.

    Ends with the change feed.
    """
    await lock_subject(connection, f"r{resident_id}")
    case = await load_open(connection, f"r{resident_id}", Family.PERSON)
    if case is None or case.class_ not in of:
        return
    subject = correlation.Subject(key=case.subject, family=case.family)
    cause = Cause(actor=actor, subject=subject, source="system", facts=facts)
    reason = correlation.Reason.END_OF_LIFE_SAFETY_CONDITION
    await _record(connection, await note_on(connection, case.id, cause, reason, centre=centre, now=now), now)


async def ask_resident(connection: Connection, resident_id: int, *, now: datetime) -> int:
    """Let the resident's own devices ask whether somebody is there; return how many can. Ends with the change feed."""
    order = Order(
        command=CommandName.ANNOUNCE, args=announcement(Announcement.STILL_THERE), asked=Asked.STILL_THERE,
        expires_at=now + QUESTION_EXPIRES,
    )  # fmt: skip
    rows = await connection.fetch(_Q.hearers, resident_id, sorted(HEARS_COMMANDS))
    for row in rows:
        await make(connection, row["id"], row["source"], order, incident_id=None, by=None, now=now)
    await changes.record(connection, [changes.Change(kind="device", object_id=row["id"]) for row in rows], now=now)
    return len(rows)


async def _event(
    connection: Connection, device_id: int, id_: str, resident_id: int, premises_id: int | None, facts: Facts,
    now: datetime,
) -> int | None:  # fmt: skip
    event = Event(id=f"{FOUND}{id_}", at=now, type=EventType.INACTIVITY)
    no: int | None = await connection.fetchval(
        _Q.insert_event, device_id, event.id, digest(event), event.type, now, resident_id, premises_id,
        str(policy.Reason.OPENED_BY_SYSTEM), {"detail": dict(facts)},
    )  # fmt: skip
    return no


async def _record(connection: Connection, effect: Effect, now: datetime) -> None:
    if effect.case is not None:
        await changes.record(connection, changes_of(effect.case, effect.first_new_seq), now=now)
