"""What should have happened and did not: a visit, medicine, the way back to bed, an answer to a wellbeing call.

One rule serves them all. Something is awaited from one moment to another; it may be asked for several times; when
the last patience is over and nobody saw it happen, that is told, once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from devices.event import EventType
from rules.domain.vocabulary import Class

#: GB/T 42195: 3 is severely impaired, 4 completely (centre.md, part 3: "alone and ability 3-4").
_DEPENDENT_ABILITY: Final = 3
#: What the resident's own device says for them.
ANSWERS: Final = frozenset({EventType.BUTTON, EventType.ANSWERED, EventType.CANCEL, EventType.TEST})


class Kind(StrEnum):
    VISIT = "visit"
    VISIT_CRITICAL = "visit_critical"
    MEDICINE = "medicine"
    BED_RETURN = "bed_return"
    WELLBEING = "wellbeing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long after its end something is still waited for, how often it is asked for, and how far apart."""

    grace: timedelta
    tries: int = 0
    apart: timedelta = timedelta(minutes=10)


#: Visits: an hour past the window (centre.md, part 3). Bed: half an hour. Wellbeing: two tries, ten minutes apart.
PATIENCE: Final = MappingProxyType(
    {
        Kind.VISIT: Patience(grace=timedelta(minutes=60)),
        Kind.VISIT_CRITICAL: Patience(grace=timedelta(minutes=60)),
        Kind.MEDICINE: Patience(grace=timedelta(minutes=30), tries=1),
        Kind.BED_RETURN: Patience(grace=timedelta(minutes=30)),
        Kind.WELLBEING: Patience(grace=timedelta(minutes=10), tries=2),
    }
)


class Outcome(StrEnum):
    AWAITED = "awaited"
    HAPPENED = "happened"
    MISSED = "missed"
    CALLED_OFF = "called_off"


class Act(StrEnum):
    TRY = "try"  #: ask for it: ring, announce
    MISSED = "missed"


class Reason(StrEnum):
    """Why something is done."""

    ASKED_FOR = "asked_for"
    DID_NOT_HAPPEN = "did_not_happen"


@dataclass(frozen=True, kw_only=True, slots=True)
class Awaited:
    """What is awaited: between two moments, of one kind."""

    kind: Kind
    from_at: datetime
    until_at: datetime
    patience: Patience | None = None  #: None: the kind's

    @property
    def its_patience(self) -> Patience:
        return self.patience or PATIENCE[self.kind]

    @property
    def missed_at(self) -> datetime:
        """When patience ends: after the grace, and after the last try had its time."""
        patience = self.its_patience
        last_try = self.until_at + patience.apart * max(0, patience.tries - 1)
        return last_try + patience.grace


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How it stands; carried in the database."""

    outcome: Outcome = Outcome.AWAITED
    tries: int = 0
    tried_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something to do, once; `number` counts the tries."""

    act: Act
    reason: Reason
    number: int


def judge(
    state: State, happened_at: datetime | None, awaited: Awaited, now: datetime
) -> tuple[State, Finding | None]:  # fmt: skip
    """Say how it stands now; `happened_at` is when it was seen to happen, None where it was not."""
    if state.outcome is not Outcome.AWAITED:
        return state, None
    if happened_at is not None and happened_at >= awaited.from_at:
        return replace(state, outcome=Outcome.HAPPENED), None
    patience = awaited.its_patience
    if state.tries < patience.tries:
        if now < _next_try_at(state, awaited):
            return state, None
        tried = replace(state, tries=state.tries + 1, tried_at=now)
        return tried, Finding(act=Act.TRY, reason=Reason.ASKED_FOR, number=tried.tries)
    if now < _missed_at(state, awaited):
        return state, None
    missed = replace(state, outcome=Outcome.MISSED)
    return missed, Finding(act=Act.MISSED, reason=Reason.DID_NOT_HAPPEN, number=state.tries)


def next_look_at(state: State, awaited: Awaited, now: datetime) -> datetime | None:
    """When something is due next; None once it is over."""
    if state.outcome is not Outcome.AWAITED:
        return None
    due = _next_try_at(state, awaited) if state.tries < awaited.its_patience.tries else _missed_at(state, awaited)
    return max(now, due)


def _next_try_at(state: State, awaited: Awaited) -> datetime:
    return awaited.until_at if state.tried_at is None else state.tried_at + awaited.its_patience.apart


def _missed_at(state: State, awaited: Awaited) -> datetime:
    """After an outage of ours the last try still has its time to be answered."""
    if state.tried_at is None:
        return awaited.missed_at
    return max(awaited.missed_at, state.tried_at + awaited.its_patience.grace)


def class_of(kind: Kind, *, alone: bool, ability: int) -> Class:
    """What the missing of it is, for whom it concerns."""
    if kind is Kind.VISIT_CRITICAL:
        return Class.VISIT_MISSED_CRITICAL
    if kind is Kind.VISIT:
        return Class.VISIT_MISSED
    if kind is Kind.BED_RETURN:
        return Class.INACTIVITY
    at_risk = alone and ability >= _DEPENDENT_ABILITY
    return Class.WELLBEING_UNANSWERED_AT_RISK if at_risk else Class.WELLBEING_UNANSWERED
