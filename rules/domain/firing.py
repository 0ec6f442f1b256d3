"""What happens when a deadline is due: who is reached, what stands next, what is on record.

The next deadline counts from the moment of firing, never from when it was due. After an outage the latest stage that
is due fires, and those before it are recorded as passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.domain.deadlines import (
    BESIDE,
    RECHECK_S,
    REMIND_BEFORE_S,
    WRAP_UP_S,
    Clocks,
    Deadline,
    DeadlineKind,
    Deadlines,
    Floor,
    earliest,
    first_stage_s,
)
from rules.domain.ladders import FIXED_LADDER, Ladder
from rules.domain.vocabulary import LIFE_SAFETY, Action, Class, Priority, State, Target

#: Seconds until a step that failed is tried again; after that many tries it is replaced (invariant 6).
RETRY_AFTER_S: Final = (5, 15, 60)


class Reason(StrEnum):
    """Why a deadline did what it did."""

    UNATTENDED = "unattended"
    CAUGHT_UP_AFTER_OUTAGE = "caught_up_after_outage"
    AGED = "aged"
    TEST_NOT_CONFIRMED = "test_not_confirmed"
    ALARM_NOT_CONFIRMED = "alarm_not_confirmed"
    NO_HUMAN_ACT_SOON = "no_human_act_soon"
    NO_HUMAN_ACT = "no_human_act"
    FILE_NOT_FINISHED = "file_not_finished"
    NOTHING_LEFT_TO_DO = "nothing_left_to_do"
    CONDITION_STILL_REPORTED = "condition_still_reported"
    CONDITION_ENDED = "condition_ended"
    LEFT_OVER = "left_over"
    DELAY_ENDED = "delay_ended"
    TIME_TO_SEND = "time_to_send"
    SERVICES_NOT_CALLED = "services_not_called"
    TIME_TO_TELL = "time_to_tell"
    HAND_OVER_UNANSWERED = "hand_over_unanswered"
    TRANSFER_NOT_TAKEN = "transfer_not_taken"
    STEP_FAILED = "step_failed"


#: Counting further says nothing more, and a count kept for days must not outgrow its column.
FAILURES_COUNTED: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentView:
    """An incident as the engine sees it, read under its lock."""

    id: int
    state: State
    class_: Class
    attended: bool
    clocks: Clocks
    deadlines: Deadlines
    ages_to: Priority | None = None
    aged_ladder: Ladder | None = None  #: its chain once it has aged
    test: bool = False
    review: bool = False  #: somebody still has to look at the file
    still_reported: bool = False  #: a life-safety condition of it has not ended
    follower_open: bool = False  #: an incident that follows it is unresolved
    floor: Floor | None = None  #: who is at the desks, where its desk chain may begin only now

    @property
    def unresolved(self) -> bool:
        return self.state not in (State.RESOLVED, State.CLOSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class PassedOver:
    """A stage that an outage of ours swallowed."""

    stage: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Firing:
    """What to write and whom to reach. `deadlines` are all that stand afterwards."""

    incident_id: int
    kind: DeadlineKind
    stage: int
    round: int
    entry: Action
    reason: Reason
    resound_to: tuple[Target, ...]
    deadlines: Deadlines
    due_at: datetime
    passed_over: tuple[PassedOver, ...] = ()
    raise_to: Priority | None = None
    becomes_real: bool = False  #: an alarm in test mode sounds from now on
    unclaim: bool = False  #: the claim ends (`lease_lost`); the last owner is still named
    raise_again: bool = False  #: open an incident that follows this one
    close: bool = False  #: take the step `close` as the system


def on_fire(view: IncidentView, *, now: datetime) -> Firing | None:
    """Fire the earliest deadline that is due, or None where none is. Call again until it says None."""
    due = earliest(deadline for deadline in view.deadlines if deadline.due_at <= now)
    if due is None or view.state is State.CLOSED:
        return None
    if not _concerns(view, due.kind):
        return _left_over(view, due, now)
    return _FIRES[due.kind](view, due, now)


def _concerns(view: IncidentView, kind: DeadlineKind) -> bool:
    """Whether a deadline of this kind still means something for the incident as it is now."""
    if not view.unresolved:
        return kind in (DeadlineKind.WRAP_UP, DeadlineKind.RECHECK)
    if kind in BESIDE:
        return True
    if view.attended:
        return kind in (DeadlineKind.CONFIRM, DeadlineKind.ACT, DeadlineKind.TEST)
    return kind in (DeadlineKind.ESCALATE, DeadlineKind.TEST, DeadlineKind.DELAY)


def fixed_step(view: IncidentView, due: Deadline, *, now: datetime) -> Firing:
    """What replaces a step that failed three times: every supervisor; needs no plan and no policy.

    The claim, the state and the other deadlines stay as they are; what failed is tried once more a minute later.
    """
    again = replace(due, due_at=now + timedelta(seconds=FIXED_LADDER.again_after_s), failures=len(RETRY_AFTER_S))
    return Firing(
        incident_id=view.id,
        kind=due.kind,
        stage=due.stage,
        round=due.round,
        entry=Action.STEP_FAILED,
        reason=Reason.STEP_FAILED,
        resound_to=(Target.SUPERVISORS,),
        deadlines=(*_others(view, due), again),
        due_at=due.due_at,
    )


def _escalate(view: IncidentView, due: Deadline, now: datetime) -> Firing:
    """Fire the latest rung that is due; the desks hear of it too where rungs were passed over."""
    fired, passed = _caught_up(view.clocks, due, now)
    ladder = view.clocks.ladder
    stage = ladder.stages[fired.stage]
    following = ladder.after(fired.stage)
    next_ = Deadline(
        kind=DeadlineKind.ESCALATE,
        due_at=now + timedelta(seconds=ladder.wait_s(fired.stage)),
        stage=following,
        round=fired.round + (following == 0),
    )
    ages = view.ages_to is not None and view.ages_to < view.clocks.priority
    raise_to = view.ages_to if ages else None
    if raise_to is not None:
        aged = view.aged_ladder
        if aged is not None and aged is not ladder:
            next_ = Deadline(
                kind=DeadlineKind.ESCALATE, due_at=now + timedelta(seconds=aged.again_after_s), stage=0, round=0
            )
    targets = stage.to if not passed else tuple(dict.fromkeys((*stage.to, Target.DESKS)))
    return Firing(
        incident_id=view.id,
        kind=due.kind,
        stage=fired.stage,
        round=fired.round,
        entry=Action.ESCALATED,
        reason=Reason.CAUGHT_UP_AFTER_OUTAGE if passed else Reason.AGED if ages else Reason.UNATTENDED,
        resound_to=targets,
        deadlines=(*_others(view, due), next_),
        due_at=due.due_at,
        passed_over=passed,
        raise_to=raise_to,
    )


def _caught_up(clocks: Clocks, due: Deadline, now: datetime) -> tuple[Deadline, tuple[PassedOver, ...]]:
    """The latest rung due by now, and the rungs of the last round before it that nobody was reached by."""
    ladder = clocks.ladder
    whole_rounds = max(0, int((now - due.due_at).total_seconds()) // ladder.round_s)
    # Whole rounds are skipped in one step: an outage of a week is not walked rung by rung.
    at = due.due_at + timedelta(seconds=whole_rounds * ladder.round_s)
    # Another class may have brought a shorter ladder: whoever is past its end stands on its last rung.
    stage = min(due.stage, len(ladder.stages) - 1)
    fired = replace(due, due_at=at, stage=stage, round=due.round + whole_rounds)
    passed = [PassedOver(stage=due.stage, due_at=due.due_at)] if whole_rounds else []
    while (next_at := fired.due_at + timedelta(seconds=ladder.wait_s(fired.stage))) <= now:
        passed.append(PassedOver(stage=fired.stage, due_at=fired.due_at))
        following = ladder.after(fired.stage)
        fired = replace(fired, due_at=next_at, stage=following, round=fired.round + (following == 0))
    return fired, tuple(passed)


def _becomes_real(view: IncidentView, due: Deadline, now: datetime) -> Firing:
    """No tester has confirmed it: it rings for everybody, or whoever holds it learns that it is no test."""
    start = Deadline(kind=DeadlineKind.ESCALATE, due_at=now + timedelta(seconds=first_stage_s(view.clocks, view.floor)))
    rest = _others(view, due)
    return Firing(
        incident_id=view.id,
        kind=due.kind,
        stage=due.stage,
        round=due.round,
        entry=Action.TEST_UNCONFIRMED,
        reason=Reason.TEST_NOT_CONFIRMED,
        resound_to=(Target.OWNER if view.attended else Target.DESKS,),
        deadlines=rest if view.attended and rest else (*rest, start),
        due_at=due.due_at,
        becomes_real=True,
    )


def _owner_silent(view: IncidentView, due: Deadline, now: datetime) -> Firing:
    """Remind the owner, or end the claim: then the desks and supervisors hear the case at once."""
    if due.kind is DeadlineKind.ACT and due.stage == 0:
        last = Deadline(kind=DeadlineKind.ACT, due_at=now + timedelta(seconds=REMIND_BEFORE_S), stage=1)
        return _simple(
            view, due, Action.REMINDED, Reason.NO_HUMAN_ACT_SOON, (Target.OWNER,), (*_others(view, due), last)
        )
    ladder = view.clocks.ladder
    following = ladder.after(0)
    next_ = Deadline(
        kind=DeadlineKind.ESCALATE,
        due_at=now + timedelta(seconds=ladder.wait_s(0)),
        stage=following,
        round=int(following == 0),
    )
    targets = tuple(dict.fromkeys((Target.DESKS, *ladder.stages[0].to)))
    reason = Reason.ALARM_NOT_CONFIRMED if due.kind is DeadlineKind.CONFIRM else Reason.NO_HUMAN_ACT
    kept = tuple(deadline for deadline in view.deadlines if deadline.kind in BESIDE)
    fired = _simple(view, due, Action.UNATTENDED_AGAIN, reason, targets, (*kept, next_))
    return replace(fired, unclaim=True)


def _wrap_up(view: IncidentView, due: Deadline, now: datetime) -> Firing:
    """Close what needs nobody's eye; everything else goes on the supervisor's list, every day until it is done."""
    trivial = view.clocks.priority >= Priority.TECHNICAL and view.class_ not in LIFE_SAFETY
    if trivial and not (view.review or view.still_reported):
        return replace(_simple(view, due, Action.CLOSED, Reason.NOTHING_LEFT_TO_DO, (), ()), close=True)
    again = Deadline(kind=DeadlineKind.WRAP_UP, due_at=now + timedelta(seconds=WRAP_UP_S), stage=due.stage + 1)
    return _simple(
        view,
        due,
        Action.WRAP_UP_OVERDUE,
        Reason.FILE_NOT_FINISHED,
        (Target.SUPERVISORS,),
        (*_others(view, due), again),
    )


def _recheck(view: IncidentView, due: Deadline, now: datetime) -> Firing:
    """Raise again what is still reported; look again as long as it is."""
    if not view.still_reported:
        return _kept_covered(view, due, now, Action.RECHECKED, Reason.CONDITION_ENDED)
    again = Deadline(kind=DeadlineKind.RECHECK, due_at=now + timedelta(seconds=RECHECK_S), stage=due.stage + 1)
    targets = () if view.follower_open else (Target.DESKS, Target.SUPERVISORS)
    fired = _simple(
        view,
        due,
        Action.STILL_REPORTED,
        Reason.CONDITION_STILL_REPORTED,
        targets,
        (*_others(view, due), again),
    )
    return replace(fired, raise_again=not view.follower_open)


def _runs_beside(view: IncidentView, due: Deadline, now: datetime) -> Firing:
    """The desk chain is not touched; what is done, and when again, is the chain's whose deadline it is."""
    return _kept_covered(view, due, now, *_BESIDE_ENTRIES[due.kind])


def _delay_ends(view: IncidentView, due: Deadline, now: datetime) -> Firing:
    """Nothing withdrew it: from now on it sounds, and its first stage counts from here."""
    start = Deadline(kind=DeadlineKind.ESCALATE, due_at=now + timedelta(seconds=first_stage_s(view.clocks, view.floor)))
    kept = (*_others(view, due), start)
    return _simple(view, due, Action.DELAY_ENDED, Reason.DELAY_ENDED, (Target.DESKS,), kept)


def _left_over(view: IncidentView, due: Deadline, now: datetime) -> Firing:
    return _kept_covered(view, due, now, Action.PASSED_OVER, Reason.LEFT_OVER)


def _kept_covered(view: IncidentView, due: Deadline, now: datetime, entry: Action, reason: Reason) -> Firing:
    """Take the deadline away, and put one in its place if it was the last."""
    rest = _others(view, due) or (_default(view, now),)
    return _simple(view, due, entry, reason, (), rest)


def _default(view: IncidentView, now: datetime) -> Deadline:
    """What an incident that is not closed waits for if nothing else is set."""
    if view.state is State.RESOLVED:
        return Deadline(kind=DeadlineKind.WRAP_UP, due_at=now + timedelta(seconds=WRAP_UP_S))
    if view.attended:
        return Deadline(kind=DeadlineKind.ACT, due_at=now + timedelta(seconds=REMIND_BEFORE_S))
    wait_s = max(1, view.clocks.first_escalation_s)
    return Deadline(kind=DeadlineKind.ESCALATE, due_at=now + timedelta(seconds=wait_s))


def _others(view: IncidentView, due: Deadline) -> Deadlines:
    return tuple(deadline for deadline in view.deadlines if deadline is not due)


def _simple(
    view: IncidentView,
    due: Deadline,
    entry: Action,
    reason: Reason,
    resound_to: tuple[Target, ...],
    deadlines: Deadlines,
) -> Firing:
    return Firing(
        incident_id=view.id,
        kind=due.kind,
        stage=due.stage,
        round=due.round,
        entry=entry,
        reason=reason,
        resound_to=resound_to,
        deadlines=deadlines,
        due_at=due.due_at,
    )


_BESIDE_ENTRIES: Final = MappingProxyType(
    {
        DeadlineKind.DISPATCH: (Action.DISPATCH_DUE, Reason.TIME_TO_SEND),
        DeadlineKind.SERVICES: (Action.SERVICES_DUE, Reason.SERVICES_NOT_CALLED),
        DeadlineKind.FAMILY: (Action.FAMILY_DUE, Reason.TIME_TO_TELL),
        DeadlineKind.CALL_BACK: (Action.CALL_BACK_DUE, Reason.HAND_OVER_UNANSWERED),
        DeadlineKind.TRANSFER: (Action.TRANSFER_LAPSED, Reason.TRANSFER_NOT_TAKEN),
    }
)
assert set(_BESIDE_ENTRIES) == BESIDE, "a new kind needs its entry"

_FIRES: Final[MappingProxyType[DeadlineKind, Callable[[IncidentView, Deadline, datetime], Firing]]] = MappingProxyType(
    {
        DeadlineKind.ESCALATE: _escalate,
        DeadlineKind.TEST: _becomes_real,
        DeadlineKind.CONFIRM: _owner_silent,
        DeadlineKind.ACT: _owner_silent,
        DeadlineKind.WRAP_UP: _wrap_up,
        DeadlineKind.RECHECK: _recheck,
        DeadlineKind.DELAY: _delay_ends,
        **dict.fromkeys(BESIDE, _runs_beside),
    }
)
assert set(_FIRES) == set(DeadlineKind), "a new kind needs to know what happens"


def decide(view: IncidentView, now: datetime) -> Firing | None:
    """What the engine does with an incident that is due: its step, or the fixed one where that failed too often."""
    due = earliest(deadline for deadline in view.deadlines if deadline.due_at <= now)
    if due is not None and due.failures > len(RETRY_AFTER_S):
        return fixed_step(view, due, now=now)
    return on_fire(view, now=now)


def put_off(due: Deadline, *, now: datetime) -> Deadline:
    """The deadline after its step failed: tried again after 5, 15 and 60 s, then replaced at once."""
    wait_s = RETRY_AFTER_S[due.failures] if due.failures < len(RETRY_AFTER_S) else 0
    return replace(due, due_at=now + timedelta(seconds=wait_s), failures=min(due.failures + 1, FAILURES_COUNTED))
