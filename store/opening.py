"""Carrying out a decision about an alarm: an incident opens, takes it in, counts it, notes it or is restored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from rules.domain import correlation, deadlines
from rules.domain.deadlines import DeadlineKind, Floor
from rules.domain.lifecycle import after
from rules.domain.place import Place, PlaceKind
from rules.domain.plans import FrozenStep, freeze, put_in_front
from rules.domain.policy import Assessment
from rules.domain.policy_table import Sent
from rules.domain.suppression import delay_s_of
from rules.domain.vocabulary import UNRESOLVED, Action, Class, Family, Mark, Priority, State, Step, Target
from store import chains
from store.cases import SYSTEM, Case, Note, insert, load, load_open, save
from store.database import Connection
from store.sealing import Keyring
from store.sql import queries

_Q: Final = queries("opening")

#: Marks of an alarm that an incident shows; the others stay with the event.
SHOWN_MARKS: Final = frozenset(
    {
        Mark.UNREGISTERED, Mark.LATE, Mark.CLOCK_WRONG, Mark.RETAINED, Mark.TEST, Mark.DAMAGED, Mark.NOT_LIVE,
        Mark.STATUS, Mark.FLAPPING, Mark.DEVICE_MAY_DIE, Mark.NO_MOVEMENT, Mark.NEIGHBOURING_FIRE,
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Centre:
    """What writing an incident needs to know of the centre: its keys and its time zone (numbers carry its day)."""

    keyring: Keyring
    timezone: ZoneInfo

    def day(self, now: datetime) -> date:
        return now.astimezone(self.timezone).date()


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Who or what an incident is about, and where: as far as it is known when it opens."""

    actor: str
    subject: correlation.Subject
    source: str = "device"
    resident_id: int | None = None
    premises_id: int | None = None
    device_id: int | None = None
    area: str | None = None
    place: Place | None = None
    standing_at: datetime | None = None
    facts: tuple[tuple[str, str | int | bool | None], ...] = ()
    text: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What became of it: the case (None where nothing was touched), from which entry on it is new, and why."""

    case: Case | None
    first_new_seq: int
    reason: str
    opened: bool = False
    held: bool = False  #: nothing opened: a silence, a storm or the like holds it, and is on record for it


async def relate_and_apply(
    connection: Connection, assessed: Assessment, cause: Cause, *, centre: Centre, floor: Floor, now: datetime
) -> Effect:
    """Find out, under the subject's lock (which the caller holds), which incident it belongs to, and carry it out."""
    standing = await load_open(connection, cause.subject.key, cause.subject.family)
    before = await connection.fetchrow(_Q.last_resolved, cause.subject.key, cause.subject.family)
    assert before is not None, "one row, whatever is in it"
    last = _as_resolved(before)
    if standing is None and before["stays"] is not None:
        stayed = await load(connection, before["stays"])
        standing = stayed if stayed.state in UNRESOLVED else None
        last = _later(last, stayed) if standing is None else last
    decision = correlation.relate(assessed, _as_open(standing), last, now=now, standing_at=cause.standing_at)
    match decision:
        case correlation.OpenNew():
            return await _open(connection, assessed, cause, decision, centre=centre, floor=floor, now=now)
        case correlation.Join():
            assert standing is not None
            return await _join(connection, standing, assessed, cause, decision, centre=centre, floor=floor, now=now)
        case correlation.Count():
            counted = standing or await load(connection, decision.incident_id)
            return await _write(connection, counted, Action.COUNTED, cause, decision.reason, centre, now, count=True)
        case correlation.NoteOnly():
            assert standing is not None
            return await _write(connection, standing, Action.NOTED, cause, decision.reason, centre, now)
        case correlation.Restore():
            assert standing is not None
            return await restore(connection, standing, cause, decision.reason, centre=centre, now=now)
        case correlation.LogOnly():
            return Effect(case=None, first_new_seq=0, reason=decision.reason)


async def note_on(
    connection: Connection, incident_id: int, cause: Cause, reason: str, *, centre: Centre, now: datetime
) -> Effect:
    """Write a word of the wearer into an incident in which the device has an alert."""
    standing = await load(connection, incident_id)
    return await _write(connection, standing, Action.NOTED, cause, reason, centre, now)


async def count_on(
    connection: Connection, incident_id: int, cause: Cause, reason: str, *, centre: Centre, now: datetime
) -> Effect:
    """Count an alarm on an incident that has sounded for it already."""
    standing = await load(connection, incident_id)
    return await _write(connection, standing, Action.COUNTED, cause, reason, centre, now, count=True)


async def _open(
    connection: Connection,
    assessed: Assessment,
    cause: Cause,
    decision: correlation.OpenNew,
    *,
    centre: Centre,
    floor: Floor,
    now: datetime,
) -> Effect:
    opened = new_case(assessed, cause, floor=floor, follows=decision.follows, now=now)
    facts = (
        ("class", str(assessed.class_)), ("priority", assessed.priority.label), ("reason", str(assessed.reason)),
        ("policy", assessed.policy.version), ("related", str(decision.reason)), *cause.facts,
    )  # fmt: skip
    opened.note(Note(at=now, actor=cause.actor, action=Action.OPENED, to=State.OPEN, facts=facts, text=cause.text))
    await insert(connection, opened, keyring=centre.keyring, day=centre.day(now))
    await chains.opened(connection, opened, now=now)
    return Effect(case=opened, first_new_seq=1, reason=decision.reason, opened=True)


def new_case(assessed: Assessment, cause: Cause, *, floor: Floor, follows: int | None, now: datetime) -> Case:
    """The incident as it stands the moment it opens; `insert` gives it its id and number."""
    case = Case(
        id=0, number="", state=State.OPEN, priority=assessed.priority, class_=assessed.class_,
        family=cause.subject.family, subject=cause.subject.key, resident_id=cause.resident_id,
        premises_id=cause.premises_id, device_id=cause.device_id, area=cause.area, source=cause.source,
        marks=set(assessed.marks & SHOWN_MARKS), opened_at=now, oldest_alarm_at=now, sounded_at=now,
        sound_to=Target.DESKS, stage=0, alert_count=1, claimed_by=None, claimed_at=None, acted_at=None,
        answered_at=None, lease_until=None, last_owner=None, policy_version=assessed.policy.version,
        first_escalation_s=assessed.first_escalation_s, place=place_json(cause.place), outcome=None, safety=None,
        review=False, resolved_at=None, resolved_by=None, closed_at=None, follows=follows, version=1, last_seq=0,
        last_hash=bytes(32), policy=assessed.policy, plan=_plan_of(assessed),
    )  # fmt: skip
    delay_s = delay_s_of(assessed) if follows is None and cause.source == "device" else 0
    case.deadlines = deadlines.on_open(case.clocks, now=now, soft_s=assessed.soft_s, delay_s=delay_s, floor=floor)
    if _is_delayed(case):
        case.sound_to = Target.RECORD
    chains.opening(case, now=now)
    return case


def _is_delayed(case: Case) -> bool:
    """Whether nobody has heard it yet: a clear withdraws it, a claim or a further signal ends the delay."""
    return not case.attended and any(one.kind is DeadlineKind.DELAY for one in case.deadlines)


async def _join(
    connection: Connection,
    case: Case,
    assessed: Assessment,
    cause: Cause,
    decision: correlation.Join,
    *,
    centre: Centre,
    floor: Floor,
    now: datetime,
) -> Effect:
    first = case.last_seq + 1
    if decision.raise_to is not None:
        _raise(case, assessed, decision.raise_to, now)
    elif _comes_to_the_front(case, assessed, decision):
        sooner_s = min(case.first_escalation_s, assessed.first_escalation_s)
        bring_in(case, assessed)
        case.first_escalation_s = sooner_s
    elif decision.class_in_front is not None:
        case.plan = put_in_front(case.plan, _plan_of(assessed))
        if assessed.priority is case.priority:
            case.first_escalation_s = min(case.first_escalation_s, assessed.first_escalation_s)
    if decision.real_at_once:
        case.marks.discard(Mark.TEST)
    case.marks |= assessed.marks & SHOWN_MARKS - {Mark.TEST}
    case.alert_count += 1
    case.sounded_at, case.sound_to = now, Target.DESKS
    case.place = _place_after(case.place, cause.place)
    case.deadlines = deadlines.on_join(
        case.deadlines, case.clocks, now=now, raised=decision.raise_to is not None,
        confirm_within_s=decision.confirm_within_s, real_at_once=decision.real_at_once, floor=floor,
    )  # fmt: skip
    facts = (("class", str(assessed.class_)), ("reason", str(assessed.reason)), ("related", str(decision.reason)))
    case.note(Note(at=now, actor=cause.actor, action=Action.JOINED, facts=(*facts, *cause.facts), text=cause.text))
    await chains.joined(connection, case, assessed, raised=decision.raise_to is not None, now=now)
    await save(connection, case, keyring=centre.keyring)
    return Effect(case=case, first_new_seq=first, reason=decision.reason)


def _plan_of(assessed: Assessment) -> tuple[FrozenStep, ...]:
    plan = assessed.policy.plan_for(assessed.class_)
    # Left out only for who is known not to hear or speak: the register may be behind for everybody else.
    speechless = True if assessed.speechless else None
    return freeze(plan, class_=assessed.class_, policy=assessed.policy.version, speechless=speechless)


def bring_in(case: Case, assessed: Assessment) -> None:
    """Freeze the plan of a class that joins in front of what stands, and take its clocks (invariant 9)."""
    case.plan = put_in_front(case.plan, _plan_of(assessed))
    case.class_, case.first_escalation_s = assessed.class_, assessed.first_escalation_s
    case.policy, case.policy_version = assessed.policy, assessed.policy.version


def _raise(case: Case, assessed: Assessment, to: Priority, now: datetime) -> None:
    """The class that raised it comes to the front with its clocks; the rise is on record (invariant 9)."""
    facts = (("class", str(assessed.class_)), ("from_class", str(case.class_)))
    case.note(Note(at=now, actor=SYSTEM, action=Action.RAISED, from_=case.priority.label, to=to.label, facts=facts))
    case.priority = to
    bring_in(case, assessed)


def _comes_to_the_front(case: Case, assessed: Assessment, decision: correlation.Join) -> bool:
    """Of equal priority, the class that wants somebody sooner leads: smoke that a second detector makes a fire.

    One for which somebody is sent leads before one for which nobody is, whichever came first: a further alarm takes no
    help back, and brings its own.
    """
    sooner = assessed.first_escalation_s < case.first_escalation_s
    sends, sent = (policy.row(class_).dispatch is not Sent.NOBODY for policy, class_ in
                   ((assessed.policy, assessed.class_), (case.policy, case.class_)))  # fmt: skip
    leads = sooner if sends is sent else sends
    return decision.class_in_front is not None and assessed.priority is case.priority and leads


async def _write(
    connection: Connection,
    case: Case,
    action: Action,
    cause: Cause,
    reason: str,
    centre: Centre,
    now: datetime,
    *,
    count: bool = False,
) -> Effect:
    first = case.last_seq + 1
    case.alert_count += count
    case.note(Note(at=now, actor=cause.actor, action=action, facts=(("related", str(reason)), *cause.facts)))
    await save(connection, case, keyring=centre.keyring)
    return Effect(case=case, first_new_seq=first, reason=reason)


async def restore(
    connection: Connection, case: Case, cause: Cause, reason: str, *, centre: Centre, now: datetime
) -> Effect:
    """The cause of a technical incident has ended and nobody works on it: the system resolves it.

    One that was a call until somebody made it technical is a person's to end, by `safety`: there it is a note.
    """
    if await _was_a_call(connection, case):
        return await _write(connection, case, Action.NOTED, cause, correlation.Reason.END_WHILE_OWNED, centre, now)
    first, before = case.last_seq + 1, case.state
    case.state = after(case.state, Step.RESTORE, unattended=not case.attended)
    case.resolved_at, case.outcome = now, "technical"
    case.safety = {"kind": "no_person_involved"}
    case.deadlines = deadlines.on_step(
        case.deadlines, Step.RESTORE, case.clocks, now=now, attended=False, by_owner=False, life_safety=False
    )
    facts = (("related", str(reason)), *cause.facts)
    case.note(Note(at=now, actor=SYSTEM, action=Action.RESTORED, from_=before, to=case.state, facts=facts))
    await save(connection, case, keyring=centre.keyring)
    return Effect(case=case, first_new_seq=first, reason=reason)


async def _was_a_call(connection: Connection, case: Case) -> bool:
    classes = [Class(row["class"]) for row in await connection.fetch(_Q.classes_before, case.id)]
    return any(case.policy.row(class_).family is not Family.TECHNICAL for class_ in classes)


def _as_open(case: Case | None) -> correlation.OpenIncident | None:
    if case is None:
        return None
    return correlation.OpenIncident(
        id=case.id, state=case.state, class_=case.class_, priority=case.priority, attended=case.attended,
        opened_at=case.opened_at, marks=frozenset(case.marks), delayed=_is_delayed(case),
    )  # fmt: skip


def _later(last: correlation.ResolvedIncident | None, stayed: Case) -> correlation.ResolvedIncident | None:
    """Of the subject's own last case and the one into which an earlier one was merged: the later."""
    if stayed.resolved_at is None or (last is not None and last.resolved_at >= stayed.resolved_at):
        return last
    return correlation.ResolvedIncident(
        id=stayed.id, class_=stayed.class_, resolved_at=stayed.resolved_at, last_owner_id=stayed.last_owner,
        closed=stayed.state is State.CLOSED,
    )  # fmt: skip


def _place_after(kept: dict[str, Any] | None, fresh: Place | None) -> dict[str, Any] | None:
    """Where to send people after a further alarm: what a person said gives way to a fix in the alarm, not to less."""
    told = kept is not None and kept.get("kind") == PlaceKind.TOLD
    if told and fresh is not None and fresh.kind not in (PlaceKind.REPORTED, PlaceKind.TOLD):
        return kept
    return place_json(fresh) or kept


def _as_resolved(row: Any) -> correlation.ResolvedIncident | None:
    if row["id"] is None:
        return None
    return correlation.ResolvedIncident(
        id=row["id"],
        class_=row["class"],
        resolved_at=row["resolved_at"],
        last_owner_id=row["last_owner"],
        closed=row["state"] == State.CLOSED,
    )


def place_json(place: Place | None) -> dict[str, Any] | None:
    """As contract.md writes it: `{kind, lat, lon, accuracy_m, source, at, age_s, distance_from_home_m, …}`."""
    if place is None:
        return None
    fields = asdict(place)
    point = fields.pop("point")
    fields |= point or {"lat": None, "lon": None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}
