"""When an incident is looked at next, and what happens then (invariants 5, 6, 7 and 8).

An incident that is not closed always has at least one deadline. The clocks are values: `on_open`, `on_join`,
`on_step` and `on_fire` take the deadlines that stand and return those that stand afterwards; the earliest is
the incident's `next_due_at`. At most one of a kind stands at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.domain.ladders import Ladder
from rules.domain.vocabulary import UNRESOLVED, Priority, State, Step

#: Without a human act of its owner in this time a case is unattended again (invariant 8; from P3 down ours).
ACT_LIMIT_S: Final = MappingProxyType(
    {
        Priority.CRITICAL: 180,
        Priority.URGENT: 600,
        Priority.NOTICE: 1800,
        Priority.TECHNICAL: 24 * 3600,
        Priority.INFORMATION: 24 * 3600,
    }
)
#: The owner is reminded this long before: time to press a key, not enough to finish the sleep.
REMIND_BEFORE_S: Final = 30
WRAP_UP_S: Final = 24 * 3600
#: A life-safety condition still reported this long after `resolved` is raised again (invariant 5).
RECHECK_S: Final = 600
#: With every desk on duty holding a P1, the first stage does not wait for them (centre.md, 9).
ALL_BUSY_FIRST_STAGE_S: Final = 20
#: A claim given back sooner than this without a step did not stop the answer clock (centre.md, 37).
CLAIM_COUNTS_AFTER_S: Final = 10
#: Life at stake: a case that loses its owner is escalated at once and not after the class's first wait.
_AT_ONCE: Final = frozenset({Priority.CRITICAL, Priority.URGENT})


class DeadlineKind(StrEnum):
    ESCALATE = "escalate"  #: a stage of the desk chain, while unattended
    TEST = "test"  #: an alarm in test mode becomes real
    CONFIRM = "confirm"  #: the owner confirms a further alarm
    ACT = "act"  #: the owner shows a human act; stage 0 reminds, stage 1 ends the claim
    WRAP_UP = "wrap_up"
    RECHECK = "recheck"
    DELAY = "delay"  #: a clear withdraws it until then, before anybody hears it; never of a life-safety class
    DISPATCH = "dispatch"  #: the machine sends, and looks again whether anybody comes; stage counts its sendings
    SERVICES = "services"  #: a person must have called the emergency services
    FAMILY = "family"  #: the contacts are told
    CALL_BACK = "call_back"  #: a hand-over that was queued is asked about again
    TRANSFER = "transfer"  #: a case offered to a colleague falls back


#: They run beside the desk chain, whoever holds the case: neither a claim nor its loss takes them away, the end of the
#: trouble does (centre.md, 2: two chains side by side).
BESIDE: Final = frozenset(
    {
        *(DeadlineKind.DISPATCH, DeadlineKind.SERVICES, DeadlineKind.FAMILY, DeadlineKind.CALL_BACK),
        DeadlineKind.TRANSFER,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadline:
    """What is due, and when. `stage` counts the rungs of the ladder, or the reminders of an act."""

    kind: DeadlineKind
    due_at: datetime
    stage: int = 0
    round: int = 0  #: how often the ladder has begun again
    failures: int = 0  #: how often its step failed since it last went well


Deadlines = tuple[Deadline, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Floor:
    """Who is at the desks, as far as the first stage depends on it."""

    desks_on_duty: int = 1
    every_desk_holds_p1: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Clocks:
    """What an incident's deadlines are set by: frozen with its plan, raised with its priority."""

    priority: Priority
    ladder: Ladder
    first_escalation_s: int


class NoDeadlineLeft(Exception):
    """Never to be seen: an incident that is not closed was left without a deadline."""


def next_due(deadlines: Iterable[Deadline]) -> datetime | None:
    """When the incident is looked at next; None only for a closed one."""
    return min((deadline.due_at for deadline in deadlines), default=None)


def earliest(deadlines: Iterable[Deadline]) -> Deadline | None:
    """The deadline to fire first; of several due together, in the order of the kinds."""
    order = {kind: place for place, kind in enumerate(DeadlineKind)}
    return min(deadlines, key=lambda deadline: (deadline.due_at, order[deadline.kind]), default=None)


def on_open(
    clocks: Clocks, *, now: datetime, soft_s: int = 0, delay_s: int = 0, floor: Floor | None = None
) -> Deadlines:
    """The deadlines of an incident that opens. `now` is the receipt; paper entered later uses when it occurred.

    In test mode (`soft_s`) the desk chain starts when the alarm becomes real; with a delay, when nothing has withdrawn
    it by then (`suppression.delay_s_of` says for whom there is none).
    """
    if soft_s > 0:
        return (_in(DeadlineKind.TEST, soft_s, now),)
    if delay_s > 0:
        return (_in(DeadlineKind.DELAY, delay_s, now),)
    return (_in(DeadlineKind.ESCALATE, first_stage_s(clocks, floor), now),)


def first_stage_s(clocks: Clocks, floor: Floor | None) -> int:
    """Seconds to the first stage: none with no desk on duty, less when every desk holds a P1."""
    if floor is None:
        return clocks.first_escalation_s
    if floor.desks_on_duty == 0 and clocks.priority <= Priority.NOTICE:
        return 0
    if floor.every_desk_holds_p1 and clocks.priority in _AT_ONCE:
        return min(clocks.first_escalation_s, ALL_BUSY_FIRST_STAGE_S)
    return clocks.first_escalation_s


def on_join(
    standing: Deadlines,
    clocks: Clocks,
    *,
    now: datetime,
    raised: bool,
    confirm_within_s: int | None,
    real_at_once: bool = False,
    floor: Floor | None = None,
) -> Deadlines:
    """The deadlines after a further alarm: an answer clock of its own that never puts one off that stands.

    `clocks` are those after the rise. `confirm_within_s` is set while somebody owns the case.
    """
    if confirm_within_s is not None:
        kept = _without(standing, DeadlineKind.ESCALATE, DeadlineKind.TEST)
        confirming = _sooner(kept, _in(DeadlineKind.CONFIRM, confirm_within_s, now))
        return _sooner(confirming, *_act(clocks, now)) if raised else confirming
    started = _find(standing, DeadlineKind.ESCALATE)
    if started is None and _find(standing, DeadlineKind.TEST) is not None and not real_at_once:
        return standing
    fresh = _in(DeadlineKind.ESCALATE, first_stage_s(clocks, floor), now)
    # A second signal ends a delay at once.
    rest = _without(standing, DeadlineKind.ESCALATE, DeadlineKind.TEST, DeadlineKind.DELAY)
    if started is None:
        return (*rest, fresh)
    if raised:
        # Another ladder: its first rung, but not later than what was about to happen.
        sooner = Deadline(kind=DeadlineKind.ESCALATE, due_at=min(fresh.due_at, started.due_at))
        return (*rest, sooner)
    if started.stage or started.round:
        # It goes on from where it is. Begun again by each press of somebody who goes on pressing, with nobody at a
        # desk, it would stay on its first rung and ring no telephone.
        within = _in(DeadlineKind.ESCALATE, clocks.first_escalation_s, now, stage=started.stage, round_=started.round)
        return (*rest, within if within.due_at < started.due_at else started)
    return (*rest, fresh if fresh.due_at < started.due_at else started)


#: Steps by which the owner shows to have seen a further alarm; a note may have been half typed before it came.
_CONFIRMS: Final = frozenset(
    {Step.CONFIRM, Step.ANSWER, Step.CALL, Step.DISPATCH, Step.HANDOVER, Step.RECLASSIFY, Step.LOWER_PRIORITY}
)
_TAKES: Final = frozenset({Step.CLAIM, Step.TRANSFER_ACCEPTED, Step.REOPEN})
_LOSES: Final = frozenset({Step.RELEASE, Step.PASS, Step.LEASE_LOST})


def on_step(
    standing: Deadlines,
    step: Step,
    clocks: Clocks,
    *,
    now: datetime,
    attended: bool,
    by_owner: bool,
    life_safety: bool,
    claim_counted: bool = True,
) -> Deadlines:
    """The deadlines after a step. `attended` and `clocks` are those after it.

    `claim_counted` is whether a claim now given back was kept 10 s or followed by a step: if not, it did not stop
    the answer clock. Steps of responders and of desks that do not own the case leave the clocks alone.
    """
    if step in (Step.CLOSE, Step.MERGE):
        return ()
    if step in (Step.RESOLVE, Step.RESTORE):
        return _after_resolved(now, life_safety=life_safety)
    if step in _TAKES:
        return (*_going_on(standing), *_act(clocks, now))
    if step in _LOSES and not attended:
        return (*_beside(standing), *_unattended(standing, step, clocks, now, claim_counted=claim_counted))
    if attended and by_owner:
        kept = _without(standing, DeadlineKind.ACT, *((DeadlineKind.CONFIRM,) if step in _CONFIRMS else ()))
        return (*kept, *_act(clocks, now))
    return standing


def on_act(standing: Deadlines, clocks: Clocks, *, now: datetime) -> Deadlines:
    """The deadlines after a key, an entry or a running call of the owner: only the act's own is put off."""
    if _find(standing, DeadlineKind.ACT) is None:
        return standing
    return (*_without(standing, DeadlineKind.ACT), *_act(clocks, now))


def after_loss(began_at: datetime, wait_s: int, first_s: int, *, now: datetime) -> datetime:
    """When what was left to a desk is the machine's, now that nobody has the case any more.

    A claim puts nothing off by a whole term: it is due when it would have been without one (`wait_s` after its oldest
    alarm), and where that is over, when the desks have had the class's first stage to take it up again.
    """
    due_at = began_at + timedelta(seconds=wait_s)
    return due_at if due_at > now else now + timedelta(seconds=min(wait_s, first_s))


def beside(standing: Deadlines, kind: DeadlineKind, due_at: datetime, *, stage: int = 0) -> Deadlines:
    """The deadlines with this one of a kind that runs beside the desk chain; one of its kind is replaced."""
    assert kind in BESIDE, f"{kind} is the desk chain's own"
    return (*_without(standing, kind), Deadline(kind=kind, due_at=due_at, stage=stage))


def without(standing: Deadlines, kind: DeadlineKind) -> Deadlines:
    """The deadlines without that of a kind that runs beside the desk chain."""
    assert kind in BESIDE, f"{kind} is the desk chain's own"
    return _without(standing, kind)


def sooner_first_stage(standing: Deadlines, due_at: datetime) -> Deadlines:
    """The deadlines with the first stage of the desk chain not later than this, where it has not fired yet."""
    started = _find(standing, DeadlineKind.ESCALATE)
    if started is None or started.stage or started.round:
        return standing
    return sooner_stage(standing, due_at)


def sooner_stage(standing: Deadlines, due_at: datetime) -> Deadlines:
    """The deadlines with the next stage of the desk chain not later than this; a case somebody holds is left alone."""
    started = _find(standing, DeadlineKind.ESCALATE)
    if started is None or started.due_at <= due_at:
        return standing
    moved = Deadline(kind=DeadlineKind.ESCALATE, due_at=due_at, stage=started.stage, round=started.round)
    return (*_without(standing, DeadlineKind.ESCALATE), moved)


def held_until(standing: Deadlines, until: datetime) -> Deadlines:
    """The deadlines with the desk chain waiting until then: a silence or a storm holds a technical case."""
    started = _find(standing, DeadlineKind.ESCALATE)
    if started is None:
        return standing
    later = Deadline(
        kind=DeadlineKind.ESCALATE, due_at=max(until, started.due_at), stage=started.stage, round=started.round
    )
    return (*_without(standing, DeadlineKind.ESCALATE), later)


def on_raise(standing: Deadlines, clocks: Clocks, *, now: datetime) -> Deadlines:
    """The deadlines after the machine or the owner changed the priority: nothing that stands is put off by it."""
    return _with_priority(standing, clocks, now)


def can_close(state: State, *, still_reported: bool) -> bool:
    """A life-safety condition that is still reported keeps its incident from being closed."""
    return state is State.RESOLVED and not still_reported


def covers(state: State, standing: Deadlines) -> bool:
    """The invariant itself: closed and nothing due, or not closed and something due."""
    return (state is State.CLOSED) == (not standing)


def _after_resolved(now: datetime, *, life_safety: bool) -> Deadlines:
    wrap_up = _in(DeadlineKind.WRAP_UP, WRAP_UP_S, now)
    return (wrap_up, _in(DeadlineKind.RECHECK, RECHECK_S, now)) if life_safety else (wrap_up,)


def _unattended(standing: Deadlines, step: Step, clocks: Clocks, now: datetime, *, claim_counted: bool) -> Deadlines:
    started = _find(standing, DeadlineKind.ESCALATE)
    testing = _find(standing, DeadlineKind.TEST)
    if testing is not None:
        return (testing,)
    if started is not None:
        # A desk that cannot take a waiting case: its next stage fires at once, whichever that is.
        return (Deadline(kind=DeadlineKind.ESCALATE, due_at=now, stage=started.stage, round=started.round),)
    abrupt = clocks.priority in _AT_ONCE and (step is Step.LEASE_LOST or not claim_counted)
    if step is Step.PASS or abrupt:
        return (_in(DeadlineKind.ESCALATE, 0, now),)
    return (_in(DeadlineKind.ESCALATE, clocks.first_escalation_s, now),)


def _with_priority(standing: Deadlines, clocks: Clocks, now: datetime) -> Deadlines:
    started = _find(standing, DeadlineKind.ESCALATE)
    if started is not None:
        due_at = min(started.due_at, now + timedelta(seconds=clocks.first_escalation_s))
        kept = _without(standing, DeadlineKind.ESCALATE)
        return (*kept, Deadline(kind=DeadlineKind.ESCALATE, due_at=due_at))
    if _find(standing, DeadlineKind.ACT) is not None:
        return _sooner(standing, *_act(clocks, now))
    return standing


def _act(clocks: Clocks, now: datetime) -> Deadlines:
    return (_in(DeadlineKind.ACT, ACT_LIMIT_S[clocks.priority] - REMIND_BEFORE_S, now),)


def _in(kind: DeadlineKind, seconds: int, now: datetime, *, stage: int = 0, round_: int = 0) -> Deadline:
    return Deadline(kind=kind, due_at=now + timedelta(seconds=seconds), stage=stage, round=round_)


def _beside(standing: Deadlines) -> Deadlines:
    return tuple(deadline for deadline in standing if deadline.kind in BESIDE)


def _going_on(standing: Deadlines) -> Deadlines:
    """What a claim leaves as it is: whoever takes a press on test is not its tester, and its minute runs on."""
    return tuple(deadline for deadline in standing if deadline.kind in BESIDE or deadline.kind is DeadlineKind.TEST)


def _find(standing: Deadlines, kind: DeadlineKind) -> Deadline | None:
    return next((deadline for deadline in standing if deadline.kind is kind), None)


def _without(standing: Deadlines, *kinds: DeadlineKind) -> Deadlines:
    return tuple(deadline for deadline in standing if deadline.kind not in kinds)


def _sooner(standing: Deadlines, *fresh: Deadline) -> Deadlines:
    """Put each fresh deadline in, unless one of its kind stands that is due sooner."""
    for deadline in fresh:
        stands = _find(standing, deadline.kind)
        if stands is None or deadline.due_at < stands.due_at:
            standing = (*_without(standing, deadline.kind), deadline)
    return standing


assert set(ACT_LIMIT_S) == set(Priority), "a new priority needs its time to act"
assert min(ACT_LIMIT_S.values()) > REMIND_BEFORE_S, "the reminder comes before the end"
assert State.CLOSED not in UNRESOLVED
