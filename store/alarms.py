"""One alarm in one transaction: the event once, its incident, the record, the change; or nothing of it at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from devices.datums import to_wgs84
from devices.encoding import encode
from devices.event import EPOCH, Event, digest
from rules.domain import correlation, duplicates, lateness, policy
from rules.domain.place import Point
from rules.domain.policy import Assessment
from rules.domain.policy_context import minute_of_day
from rules.domain.vocabulary import Channel, Family, Mark
from store import changes, circumstances, device_words, lanes, repeats, unregistered
from store.cases import SYSTEM, changes_of, lock_subject
from store.circumstances import Found
from store.context import DeviceContext, of_device
from store.database import Connection
from store.dead_letters import DeadLetter, bury_call
from store.holding import Heard, screen
from store.lanes import LaneLease
from store.opening import Cause, Centre, Effect, count_on, note_on, relate_and_apply
from store.sql import queries

_Q: Final = queries("alarms")

#: Conditions a device keeps reporting; `device_state.open` lists those not cleared yet.
_LASTING: Final = correlation.STATES


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """An event that goes at once, as it was received."""

    device: str
    event: Event
    channel: Channel
    received_at: datetime
    retained: bool = False
    in_flush: bool = False
    at_known: bool = True  #: False where the message's time could not be read: `event.at` then means nothing
    letter: DeadLetter | None = None  #: the exact bytes, where the alarm had to be picked out of a broken message
    source: str = "canonical"  #: in service: which of them it came by
    resent: bool = False  #: the broker says that it may have sent this message before
    first_at: datetime | None = None  #: of a dead letter that is used again: when it came
    found: Found | None = None  #: nobody sent it: a detector of ours says so

    @property
    def at(self) -> datetime | None:
        """The device's time of it, where it told one."""
        return self.event.at if self.at_known and self.event.at_given else None

    @property
    def said_at(self) -> datetime | None:
        """The same; of a letter used again at least when it came."""
        return self.at or self.first_at

    @property
    def is_old_word(self) -> bool:
        """Whether it was said at some other time: a broker or we ourselves kept it, and it proves nothing about now."""
        return self.retained or self.first_at is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """What arrived on an alarm topic and could not be used: a call all the same."""

    letter: DeadLetter
    received_at: datetime
    channel: Channel = Channel.ALARM


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What became of an alarm. `incident_id` goes into the device's ack; `rang` says that a desk hears it."""

    incident_id: int | None
    is_copy: bool
    rang: bool
    reason: str


async def accept(connection: Connection, lease: LaneLease | None, alarm: Alarm, *, centre: Centre) -> Accepted:
    """Store and assess one alarm inside the caller's transaction.

    Order: the lane's lease; of a state report the device's state; the event (only what is new is assessed); the
    subject's row, then the incident; the effects; the change counter last. Raises LeaseLost, and whatever the database
    raises: the caller rolls back.
    """
    if lease is not None:
        await lanes.confirm(connection, lease)
    context = await _context_of(connection, alarm.device, alarm.received_at)
    timing = _timing(alarm, context)
    known = _context(context, alarm, timing, centre)
    known = await circumstances.of_alarm(connection, known, alarm, context, centre=centre)
    assessed = policy.assess(alarm.event.type, known, now=alarm.received_at, policy=context.policy)
    repeat = await repeats.find(connection, _report(alarm, context, assessed))
    if repeat.counted:
        await device_words.move_state(connection, alarm, context, timing)
        return Accepted(incident_id=repeat.incident_id, is_copy=True, rang=False, reason=str(repeat.reason))
    event = await _insert(connection, alarm, context, assessed)
    if event.copy_of is not None:
        return event.copy_of
    # Before the incident: whoever waits here for a batch of telemetry holds up nobody else's incident.
    await device_words.move_state(connection, alarm, context, timing)
    effects = await _effects(connection, alarm, context, known, assessed, event.no, centre, stands=repeat.stands)
    effect = effects[0] if effects else None
    attached = None
    if effect is not None and effect.case is not None:
        attached = changes.Attached(event_no=event.no, incident_id=effect.case.id, reason=str(effect.reason))
    incident_id = attached.incident_id if attached is not None else None
    if alarm.letter is not None:
        await bury_call(connection, replace(alarm.letter, incident_id=incident_id), now=alarm.received_at)
    await _record_changes(connection, effects, alarm.received_at, attached)
    rang = assessed.effect is policy.Effect.RING and incident_id is not None
    return Accepted(incident_id=incident_id, is_copy=False, rang=rang, reason=str(assessed.reason))


async def accept_unreadable(
    connection: Connection, lease: LaneLease | None, call: Unreadable, *, centre: Centre
) -> Accepted:
    """The last resort: the bytes are kept and an incident of class `unknown` opens or takes them in.

    Equal bytes while it is unresolved are counted, never more than that: where there is no identity, a repeat must
    not vanish when nothing is open.
    """
    if lease is not None:
        await lanes.confirm(connection, lease)
    context = await _context_of(connection, call.letter.device, call.received_at)
    assessed = policy.unknown_call(now=call.received_at, policy=context.policy)
    subject = correlation.subject_of(assessed, device_id=context.device_id)
    letter = await bury_call(connection, call.letter, now=call.received_at)
    if letter.seen_in is not None and await connection.fetchval(_Q.is_unresolved, letter.seen_in):
        return Accepted(incident_id=letter.seen_in, is_copy=True, rang=False, reason="repeat_of_unreadable")
    await lock_subject(connection, subject.key)
    cause = _cause(call.letter.device, context, subject, call.received_at)
    if not context.registered:
        source = call.letter.source
        assessed, cause = await unregistered.fold_unreadable(connection, source, assessed, cause, now=call.received_at)
    effect = await relate_and_apply(
        connection, assessed, cause, centre=centre, floor=context.floor, now=call.received_at
    )
    assert effect.case is not None, "an unknown call always opens or joins"
    await connection.execute(_Q.attach_letter, letter.id, effect.case.id)
    await _record_changes(connection, [effect], call.received_at)
    return Accepted(incident_id=effect.case.id, is_copy=False, rang=True, reason=str(assessed.reason))


async def _context_of(connection: Connection, device: str, now: datetime) -> DeviceContext:
    """What is known of it. Somebody may be registering a stranger just now: then it is nobody's no more."""
    context = await of_device(connection, device, now=now)
    if context.registered:
        return context
    # Before the lock of its source: all strangers of a source queue there, and none must wait for this one's.
    await lock_subject(connection, f"d{context.device_id}")
    return await of_device(connection, device, now=now)


# -- the event, once ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Inserted:
    no: int
    copy_of: Accepted | None = None


def _report(alarm: Alarm, context: DeviceContext, assessed: Assessment) -> repeats.Report:
    return repeats.Report(
        device_id=context.device_id, event=alarm.event, received_at=alarm.received_at, at=alarm.at,
        retained=alarm.is_old_word, resent=alarm.resent, rings=assessed.effect is policy.Effect.RING,
        in_test=Mark.TEST in assessed.marks,
    )  # fmt: skip


async def _insert(connection: Connection, alarm: Alarm, context: DeviceContext, assessed: Assessment) -> _Inserted:
    identity = _identity(alarm)
    if alarm.retained and alarm.at is None and not alarm.event.id_given:
        known = await repeats.seen_before(connection, context.device_id, identity.event_id)
        if known is not None:
            seen = str(duplicates.Reason.NO_IDENTITY_REPEAT)
            copy = Accepted(incident_id=known["incident_id"], is_copy=True, rang=False, reason=seen)
            return _Inserted(no=known["no"], copy_of=copy)
    no = await _insert_as(connection, alarm, context, assessed, identity, 0)
    if no is not None:
        return _Inserted(no=no)
    known = await connection.fetchrow(_Q.lock_copy, context.device_id, identity.event_id, identity.digest)
    assert known is not None, "the insert found it, and events are never deleted while a device lives"
    verdict = duplicates.judge(
        last_copy_at=known["last_copy_at"], other_digest_seen=False, alarm=True, now=alarm.received_at
    )
    # A broker shows a retained message at every new subscription, and a person may use a letter again after days: one
    # already stored changes nothing, ever.
    if verdict.duplicate or alarm.is_old_word:
        await connection.execute(_Q.count_copy, known["no"], alarm.received_at)
        copy = Accepted(incident_id=known["incident_id"], is_copy=True, rang=False, reason=str(verdict.reason))
        return _Inserted(no=known["no"], copy_of=copy)
    no = await _insert_as(connection, alarm, context, assessed, identity, known["repeat"] + 1)
    assert no is not None, "the copy's row is locked, so nobody else can take the next repeat"
    return _Inserted(no=no)


async def _insert_as(
    connection: Connection, alarm: Alarm, context: DeviceContext, assessed: Assessment, identity: _Identity,
    repeat: int,
) -> int | None:  # fmt: skip
    marks = sorted(assessed.marks | ({Mark.ID_REUSED} if repeat else set()))
    no: int | None = await connection.fetchval(
        _Q.insert, context.device_id, identity.event_id, identity.digest, repeat, alarm.event.type,
        alarm.said_at or alarm.received_at, alarm.received_at, marks, context.resident_id, context.premises_id,
        str(assessed.reason), encode(alarm.event).decode(), alarm.event.id_given, assessed.decision,
        context.policy.version,
    )  # fmt: skip
    return no


class _Identity(NamedTuple):
    event_id: str
    digest: int


def _identity(alarm: Alarm) -> _Identity:
    """What tells this event from every other of its device.

    A message without a time must have one identity however often it comes, so there the type alone stands beside its
    id. Where there is no id either, each receipt is another event: it may be another press.
    """
    event = alarm.event
    if alarm.at is not None:
        return _Identity(event.id, _digest_at(event, alarm.at))
    if event.id_given:
        return _Identity(event.id, _digest_at(event, EPOCH))
    came_at = EPOCH if alarm.retained else alarm.first_at or alarm.received_at
    return _Identity(repeats.made_id(event), _digest_at(event, came_at))


def _digest_at(event: Event, at: datetime) -> int:
    return digest(Event(id=event.id, at=at, type=event.type))


# -- its meaning --------------------------------------------------------------------------------------------------


def _timing(alarm: Alarm, context: DeviceContext) -> lateness.Lateness:
    told = lateness.judge(
        alarm.event.at if alarm.at_known else None,
        alarm.received_at,
        in_flush=alarm.in_flush,
        clock_proven=context.clock_proven(alarm.received_at),
    )
    if alarm.first_at is None or told.late:
        return told
    # Whatever its own clock says: it lay here since then.
    waited = lateness.judge(alarm.first_at, alarm.received_at, in_flush=True, clock_proven=True)
    return replace(waited, clock_wrong=told.clock_wrong)


def _context(context: DeviceContext, alarm: Alarm, timing: lateness.Lateness, centre: Centre) -> policy.Context:
    return context.for_policy(
        channel=alarm.channel,
        retained=alarm.retained,
        late=timing.late,
        late_s=timing.age_s,
        clock_wrong=timing.clock_wrong,
        damaged=alarm.event.damaged,
        minute=minute_of_day(alarm.received_at, centre.timezone),
        type_=alarm.event.type,
    )


async def _effects(
    connection: Connection,
    alarm: Alarm,
    context: DeviceContext,
    known: policy.Context,
    assessed: Assessment,
    event_no: int,
    centre: Centre,
    *,
    stands: bool,
) -> list[Effect]:
    if assessed.effect is policy.Effect.LOG:
        return []
    now = alarm.received_at
    if assessed.reason is policy.Reason.WORD_OF_WEARER:
        return await _note_word(connection, alarm, context, centre)
    is_technical_end = assessed.effect is policy.Effect.NOTE and assessed.family is Family.TECHNICAL
    if is_technical_end and await device_words.is_overtaken(connection, alarm, context):
        return []  # it ended something earlier, not what stands now
    flood = await _flood(connection, alarm, context, assessed)
    if flood is not None:
        return [await _fold(connection, alarm, context, flood, centre)]
    subject = correlation.subject_of(
        assessed, wearer=context.wearer, resident_id=context.resident_id, premises_id=context.premises_id,
        device_id=context.device_id,
    )  # fmt: skip
    await lock_subject(connection, subject.key)
    cause = _cause(alarm.device, context, subject, now, event=alarm.event)
    # A state that never ended stands until now, however long ago it was last said.
    in_test = Mark.TEST in assessed.marks
    standing_at = now if stands else await _standing_at(connection, alarm, context, event_no, in_test=in_test)
    cause = replace(cause, standing_at=standing_at)
    if alarm.found is not None:
        cause = replace(cause, actor=SYSTEM, source="system", facts=(*cause.facts, *alarm.found.facts))
    heard = Heard(assessed=assessed, known=known, context=context, subject=subject, event_no=event_no, now=now)
    held = await screen(connection, heard, centre=centre)
    if held is not None:
        return [held] if held.case is not None else []
    effect = await relate_and_apply(connection, assessed, cause, centre=centre, floor=context.floor, now=now)
    return [effect] if effect.case is not None else []


async def _flood(
    connection: Connection, alarm: Alarm, context: DeviceContext, assessed: Assessment
) -> unregistered.Flood | None:
    if context.registered or not assessed.help_call:
        return None
    return await unregistered.flood_of(
        connection, alarm.source, context.device_id, assessed, now=alarm.received_at
    )  # fmt: skip


async def _fold(
    connection: Connection, alarm: Alarm, context: DeviceContext, flood: unregistered.Flood, centre: Centre
) -> Effect:
    """Into the case of its source's unregistered callers: a device new to it sounds, a further press is counted."""
    now = alarm.received_at
    cause = _cause(alarm.device, context, flood.subject, now, event=alarm.event)
    cause = replace(cause, facts=(*cause.facts, ("source", alarm.source)))
    if not flood.is_new_caller and (known := await unregistered.open_flood(connection, flood.subject)) is not None:
        reason = correlation.Reason.SAME_CALLER
        return await count_on(connection, known, cause, reason, centre=centre, now=now)
    return await relate_and_apply(connection, flood.assessed, cause, centre=centre, floor=context.floor, now=now)


def _cause(
    device: str,
    context: DeviceContext,
    subject: correlation.Subject,
    now: datetime,
    *,
    event: Event | None = None,
) -> Cause:
    location = to_wgs84(event.location) if event is not None and event.location is not None else None
    point = Point(lat=location.lat, lon=location.lon) if location is not None else None
    facts: list[tuple[str, str | int | bool | None]] = [("device", device)]
    if event is not None:
        facts += [("event", event.id), ("type", str(event.type))]
    return Cause(
        actor=f"device:{device}",
        subject=subject,
        resident_id=context.resident_id if subject.key.startswith("r") else None,
        premises_id=context.premises_id,
        device_id=context.device_id,
        area=context.area,
        place=context.place(point, location.accuracy_m if location is not None else None, now=now),
        facts=tuple(facts),
    )


async def _standing_at(
    connection: Connection, alarm: Alarm, context: DeviceContext, event_no: int, *, in_test: bool
) -> datetime | None:
    """When this device last reported this very condition without an end since."""
    if alarm.event.type not in _LASTING:
        return None
    end = device_words.END_OF.get(alarm.event.type, "")
    row = await connection.fetchrow(_Q.last_word, context.device_id, event_no, str(alarm.event.type), str(end))
    if row is None or row["type"] != alarm.event.type or (row["was_test"] and not in_test):
        return None
    found: datetime = row["last_copy_at"]
    return found


async def _note_word(connection: Connection, alarm: Alarm, context: DeviceContext, centre: Centre) -> list[Effect]:
    """A `cancel`, `muted` or `answered` is a note on every unresolved case in which the device has an alert."""
    rows = await connection.fetch(_Q.cases_of_device, context.device_id)
    effects = []
    for row in rows:
        subject = correlation.Subject(key="", family=row["family"])
        cause = _cause(alarm.device, context, subject, alarm.received_at, event=alarm.event)
        word = correlation.Reason.WORD_OF_WEARER
        effects.append(await note_on(connection, row["incident_id"], cause, word, centre=centre, now=alarm.received_at))
    return effects


# -- what it leaves behind ------------------------------------------------------------------------------------------


async def _record_changes(
    connection: Connection, effects: list[Effect], received_at: datetime, attached: changes.Attached | None = None
) -> None:
    recorded: list[changes.Change] = []
    for effect in effects:
        if effect.case is not None:
            recorded += changes_of(effect.case, effect.first_new_seq, received_at=received_at)
    await changes.record(connection, recorded, now=received_at, attached=attached)
