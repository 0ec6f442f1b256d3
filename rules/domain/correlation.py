"""Which incident an alarm belongs to: a new one, one that is open, or none (invariants 4, 5, 11 and 13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from devices.event import EventType
from rules.domain.policy import Assessment, Effect
from rules.domain.policy import Reason as PolicyReason
from rules.domain.vocabulary import LIFE_SAFETY, Class, Family, Mark, Priority, State, Wearer

#: The owner of a case confirms a further alarm within this, or the case is unattended again (invariant 5).
CONFIRM_LIMIT_S: Final = 60
#: A state that is reported again within this never cleared: the same episode. Later, it sounds again; an extra
#: sound is a nuisance, a missing one may be a death.
SAME_EPISODE_S: Final = 600
#: A new incident is shown with an earlier one of the same trouble for as long as that one's wrap-up lasts.
FOLLOWS_WITHIN_S: Final = 24 * 3600
#: More unregistered devices than this in the window, through one credential, become one incident (invariant 4).
UNREGISTERED_LIMIT: Final = 10
UNREGISTERED_WINDOW_S: Final = 300

#: Conditions a device goes on reporting while they last; everything else is a press or a happening, and each counts.
STATES: Final = frozenset(
    {
        EventType.SMOKE,
        EventType.FIRE,
        EventType.HEAT,
        EventType.GAS,
        EventType.CARBON_MONOXIDE,
        EventType.WATER_LEAK,
        EventType.TAMPER,
        EventType.REMOVED,
        EventType.BATTERY_LOW,
        EventType.POWER_LOST,
        EventType.FAULT,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Whom an incident is about. With the family it is the key of which at most one is unresolved."""

    key: str
    family: Family


def subject_of(
    assessment: Assessment,
    *,
    wearer: Wearer = Wearer.PERSONAL,
    resident_id: int | None = None,
    premises_id: int | None = None,
    device_id: int | str | None = None,
    system: str | None = None,
) -> Subject:
    """Whom the assessed event is about: `r` a person, `p` a home, `d` a device, `s` a part of the system.

    A shared device names nobody, so it is about the home. An unknown call is about the device the topic named.
    A technical one is about one device and one cause. `ValueError` where nothing at all is known.
    """
    holder = holder_key(wearer, resident_id=resident_id, premises_id=premises_id)
    device = None if device_id is None else f"d{device_id}"
    if system is not None:
        order: tuple[str | None, ...] = (f"s:{system}",)
    elif assessment.family is Family.TECHNICAL and device is not None:
        order = (f"{device}:{assessment.topic}",)
    elif assessment.class_ is Class.UNKNOWN:
        order = (device, holder)
    else:
        order = (holder, device)
    key = next((key for key in order if key is not None), None)
    if key is None:
        raise ValueError("an incident is about a person, a home, a device or a part of the system")
    return Subject(key=key, family=assessment.family)


def holder_key(wearer: Wearer, *, resident_id: int | None, premises_id: int | None) -> str | None:
    """The key of whoever a device's call is about: the person of one that is worn, the home of one that is shared."""
    person = None if resident_id is None else f"r{resident_id}"
    home = None if premises_id is None else f"p{premises_id}"
    return person or home if wearer is Wearer.PERSONAL else home or person


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenIncident:
    """The unresolved incident of the subject and family, read under its lock."""

    id: int
    state: State
    class_: Class
    priority: Priority
    attended: bool
    opened_at: datetime
    marks: frozenset[Mark] = frozenset()
    delayed: bool = False  #: nobody has heard it yet: its delay runs


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedIncident:
    """The latest resolved or closed incident of the subject and family."""

    id: int
    class_: Class
    resolved_at: datetime
    last_owner_id: int | None = None
    closed: bool = False


class Reason(StrEnum):
    """Why an event was related as it was."""

    NOTHING_OPEN = "nothing_open"
    AFTER_RESOLVED = "after_resolved"
    STILL_REPORTED = "still_reported"
    FURTHER_ALARM = "further_alarm"
    SAME_EPISODE = "same_episode"
    SAME_CALLER = "same_caller"  #: of the unregistered ones of a source: each sounds once
    TECHNICAL_REPEAT = "technical_repeat"
    END_OF_LIFE_SAFETY_CONDITION = "end_of_life_safety_condition"
    END_WHILE_OWNED = "end_while_owned"
    TECHNICAL_CAUSE_ENDED = "technical_cause_ended"
    WITHDRAWN_IN_DELAY = "withdrawn_in_delay"
    WORD_OF_WEARER = "word_of_wearer"
    NOTHING_TO_NOTE_ON = "nothing_to_note_on"
    ROUTINE = "routine"


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenNew:
    """Open an incident; `follows` names an earlier one of the same trouble, shown with it."""

    reason: Reason
    follows: int | None = None
    offered_first_to: int | None = None  #: the user who last owned the one it follows


@dataclass(frozen=True, kw_only=True, slots=True)
class Join:
    """The open incident takes the alarm in: it sounds again and has an answer clock of its own."""

    incident_id: int
    reason: Reason
    raise_to: Priority | None  #: None: the incident is already as high
    new_answer_clock: bool
    confirm_within_s: int | None  #: the owner confirms within this; None while nobody owns it
    class_in_front: Class | None  #: whose plan is put in front of the incident's; None: it is there already
    real_at_once: bool  #: a press after one "in test" is no test


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """The same thing said again: counted on the incident, no sound, nothing opened."""

    incident_id: int
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteOnly:
    """An entry on the incident: it resolves nothing, lowers nothing, stops no sound."""

    incident_id: int
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Restore:
    """The cause of a technical incident has ended and nobody works on it: the system resolves it."""

    incident_id: int
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class LogOnly:
    """Nothing to relate it to: kept as an event."""

    reason: Reason


Decision = OpenNew | Join | Count | NoteOnly | Restore | LogOnly


def relate(
    assessment: Assessment,
    open_: OpenIncident | None,
    last_resolved: ResolvedIncident | None,
    *,
    now: datetime,
    standing_at: datetime | None = None,
) -> Decision:
    """Say which incident the event belongs to.

    `open_` and `last_resolved` are those of `subject_of(assessment)`. For a word of the wearer (`cancel`, `muted`,
    `answered`) call it once for each unresolved incident in which the device has an alert.
    `standing_at` is when this device last reported this very condition without an end since; None if it never did
    or has taken it back.
    """
    if assessment.effect is Effect.LOG:
        return LogOnly(reason=Reason.ROUTINE)
    if assessment.effect is Effect.NOTE:
        return _note(assessment, open_)
    repeated = _same_episode(assessment, standing_at, now)
    if open_ is not None:
        return _further(assessment, open_, repeated=repeated)
    return _first(last_resolved, now=now, repeated=repeated)


def still_reported(
    event_type: EventType,
    *,
    last_report_at: datetime,
    ended_at: datetime | None,
    resolved_at: datetime,
    sends_ends: bool,
    resolved_again: bool,
) -> bool:
    """Whether a device's condition goes on after its incident was resolved (docs/adr/0010).

    A press never does. A state does while its device was heard saying it since `resolved_at`, the last time that
    somebody resolved this trouble: the incident, or one that follows it. Silence proves nothing, with one exception
    that comes once: a device known to send ends of this type (`sends_ends`: it has sent one before) which has not
    sent this one may stand in the smoke and say no more of it. Whoever has resolved the trouble a second time
    (`resolved_again`) has answered that; an end that was lost would ring every ten minutes for ever.
    """
    if event_type not in STATES or (ended_at is not None and ended_at >= last_report_at):
        return False
    return last_report_at > resolved_at or (sends_ends and not resolved_again)


def folds_unregistered(devices_in_window: int) -> bool:
    """Whether one more unregistered device of a credential joins the incident of that credential.

    Grouped, never dropped: each device still sounds (invariant 4; centre.md, 29).
    """
    return devices_in_window > UNREGISTERED_LIMIT


def _same_episode(assessment: Assessment, standing_at: datetime | None, now: datetime) -> bool:
    if assessment.event_type not in STATES or standing_at is None:
        return False
    return now - standing_at <= timedelta(seconds=SAME_EPISODE_S)


def _note(assessment: Assessment, open_: OpenIncident | None) -> Decision:
    if open_ is None:
        return LogOnly(reason=Reason.NOTHING_TO_NOTE_ON)
    if assessment.reason is PolicyReason.WORD_OF_WEARER:
        return NoteOnly(incident_id=open_.id, reason=Reason.WORD_OF_WEARER)
    if _withdraws(assessment, open_):
        return Restore(incident_id=open_.id, reason=Reason.WITHDRAWN_IN_DELAY)
    if assessment.family is not Family.TECHNICAL:
        return NoteOnly(incident_id=open_.id, reason=Reason.END_OF_LIFE_SAFETY_CONDITION)
    if open_.attended or open_.state is not State.OPEN:
        return NoteOnly(incident_id=open_.id, reason=Reason.END_WHILE_OWNED)
    return Restore(incident_id=open_.id, reason=Reason.TECHNICAL_CAUSE_ENDED)


def _withdraws(assessment: Assessment, open_: OpenIncident) -> bool:
    """Whether this end takes back what nobody has heard; what life may depend on is never taken back by its end."""
    life_safety = assessment.life_safety or open_.class_ in LIFE_SAFETY or open_.priority < Priority.NOTICE
    return open_.delayed and not open_.attended and open_.state is State.OPEN and not life_safety


def _further(assessment: Assessment, open_: OpenIncident, *, repeated: bool) -> Decision:
    raises = assessment.priority < open_.priority
    if repeated and not raises:
        return Count(incident_id=open_.id, reason=Reason.SAME_EPISODE)
    silent = assessment.family is Family.TECHNICAL and not raises and not assessment.life_safety
    if silent and not open_.delayed:
        return Count(incident_id=open_.id, reason=Reason.TECHNICAL_REPEAT)
    within_s = min(CONFIRM_LIMIT_S, max(1, assessment.first_escalation_s))
    return Join(
        incident_id=open_.id,
        reason=Reason.FURTHER_ALARM,
        raise_to=assessment.priority if raises else None,
        new_answer_clock=True,
        confirm_within_s=within_s if open_.attended else None,
        class_in_front=assessment.class_ if assessment.class_ is not open_.class_ else None,
        real_at_once=Mark.TEST in open_.marks,
    )


def _first(last_resolved: ResolvedIncident | None, *, now: datetime, repeated: bool) -> Decision:
    if last_resolved is None:
        return OpenNew(reason=Reason.NOTHING_OPEN)
    since_s = (now - last_resolved.resolved_at).total_seconds()
    if repeated and since_s < SAME_EPISODE_S and not last_resolved.closed:
        # The recheck ten minutes after `resolved` raises it again if it is still reported then.
        return Count(incident_id=last_resolved.id, reason=Reason.SAME_EPISODE)
    if since_s > FOLLOWS_WITHIN_S:
        return OpenNew(reason=Reason.NOTHING_OPEN)
    return OpenNew(
        reason=Reason.STILL_REPORTED if repeated else Reason.AFTER_RESOLVED,
        follows=last_resolved.id,
        offered_first_to=last_resolved.last_owner_id,
    )
