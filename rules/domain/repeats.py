"""Whether a device says something new, or only again what it said before: from state to event (invariants 1, 2, 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from devices.event import ALARMS, FAULTS, EventType
from rules.domain.correlation import SAME_EPISODE_S, STATES
from rules.domain.policy_routes import ENDED
from rules.domain.vocabulary import UNRESOLVED, State

#: What a state report can begin; ENDED says what ends it, but for a low battery: there the next report says nothing.
BEGINNINGS: Final = frozenset(ALARMS | FAULTS | {EventType.FENCE_EXIT}) - frozenset(ENDED)
#: A word that has no end (`test`, `muted`) stands for as long as it is said again within this.
WORD_STANDS_S: Final = 24 * 3600
#: A broker that sends a message again has its reasons within this; what it sends later may be another press.
RESENT_WITHIN_S: Final = 24 * 3600


class Reason(StrEnum):
    """Why it is new, or only counted."""

    BEGINS = "begins"
    STILL_REPORTED = "still_reported"
    RECHECK_IS_DUE = "recheck_is_due"
    CASE_IS_OPEN = "case_is_open"
    CONCERNS_NOBODY = "concerns_nobody"
    NOTHING_STANDS = "nothing_stands"
    TOLD_TWICE = "told_twice"
    SENT_AGAIN = "sent_again"
    APART = "apart"


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """The last time a device said this, and what has become of the incident it went into, if it went into one."""

    last_copy_at: datetime
    at: datetime | None = None  #: by the device's clock, where it told a time
    state: State | None = None
    resolved_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in UNRESOLVED


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """`counted`: no event, no entry, no sound; where it is new, `stands` says that it never ended."""

    counted: bool
    reason: Reason
    stands: bool = False


def of_state(said: Said | None, *, type_: EventType, stands: bool, rings: bool, now: datetime) -> Verdict:
    """Judge a condition that is reported as a state: it is new on its edge, and after somebody took it for over.

    `said` is the event it stands by; `rings` whether it would open an incident today. Only what the recheck after
    `resolved` looks at may wait for it: a call for help that some button says as a state may be a second press.
    """
    if said is None or not stands:
        return Verdict(counted=False, reason=Reason.BEGINS)
    if said.is_open:
        return Verdict(counted=True, reason=Reason.CASE_IS_OPEN)
    if said.state is None:
        # Stored and no more, of a device that guarded nobody; by now it may.
        return Verdict(counted=not rings, reason=Reason.CONCERNS_NOBODY if not rings else Reason.BEGINS)
    if type_ in STATES and said.state is State.RESOLVED and _within(said.resolved_at, SAME_EPISODE_S, now):
        return Verdict(counted=True, reason=Reason.RECHECK_IS_DUE)
    return Verdict(counted=False, reason=Reason.STILL_REPORTED, stands=True)


def of_word(said: Said | None, *, alarm_since: bool, now: datetime) -> Verdict:
    """Judge a word without an end that is reported as a state; after a further alarm it is about that one."""
    if said is None or alarm_since or not _within(said.last_copy_at, WORD_STANDS_S, now):
        return Verdict(counted=False, reason=Reason.BEGINS)
    return Verdict(counted=True, reason=Reason.CASE_IS_OPEN if said.is_open else Reason.CONCERNS_NOBODY)


def of_report(said: Said | None, *, at: datetime | None, repeat_s: float, resent: bool, now: datetime) -> Verdict:
    """Judge a report that may be another's double; it never vanishes where its incident is not open any more.

    `at` is the device's time where it tells one: two messages about one press bear nearly the same, two presses that
    were kept and came together do not. `resent`: its very bytes came before, and the broker says that it sends again.
    """
    if said is None or not said.is_open:
        return Verdict(counted=False, reason=Reason.APART)
    if repeat_s > 0 and _is_double(said, at, repeat_s, now):
        return Verdict(counted=True, reason=Reason.TOLD_TWICE)
    if resent and _within(said.last_copy_at, RESENT_WITHIN_S, now):
        return Verdict(counted=True, reason=Reason.SENT_AGAIN)
    return Verdict(counted=False, reason=Reason.APART)


def _is_double(said: Said, at: datetime | None, repeat_s: float, now: datetime) -> bool:
    if at is not None and said.at is not None:
        return abs(at - said.at) < timedelta(seconds=repeat_s)
    return _within(said.last_copy_at, repeat_s, now)


def _within(since: datetime | None, limit_s: float, now: datetime) -> bool:
    return since is not None and now - since < timedelta(seconds=limit_s)
