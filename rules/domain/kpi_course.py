"""The course of one case as its record tells it: what sounded, who held it and when, who was asked and who came.

Everything is read from the entries, which are never changed: the same record gives the same figures for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain.deadlines import CLAIM_COUNTS_AFTER_S
from rules.domain.vocabulary import Action, Mark, Outcome, Priority, Step

#: These give a case away: a claim followed by nothing else was no work on it.
GIVES_BACK: Final = frozenset({Step.RELEASE, Step.PASS})
_TAKES: Final = frozenset({Step.CLAIM, Step.TRANSFER_ACCEPTED, Step.REOPEN})
_ENDS_HOLD: Final = frozenset({Step.RELEASE, Step.LEASE_LOST, Step.MERGE, Action.UNATTENDED_AGAIN})
_OVER: Final = frozenset({Step.RESOLVE, Action.RESTORED, Action.CLOSED, Step.CLOSE, Step.MERGE})
_STEPS: Final = frozenset(Step) - GIVES_BACK - {Step.LEASE_LOST, Step.RESTORE}
_PRIORITY_CHANGES: Final = frozenset({Action.RAISED, Step.LOWER_PRIORITY, Step.RECLASSIFY})


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One entry of a record, without its personal text."""

    seq: int
    at: datetime
    actor: str
    action: str
    from_: str | None = None
    to: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> str | None:
        """The user who did it at a desk; None of the system, a responder, a telephone."""
        return self.actor if self.actor.startswith("user:") else None


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseFacts:
    """One case and its record."""

    id: int
    class_: str
    family: str
    source: str
    priority_at_start: Priority
    opened_at: datetime
    entries: tuple[Fact, ...]
    area: str | None = None
    is_country: bool = False
    marks: frozenset[str] = frozenset()
    outcome: str | None = None
    resident_id: int | None = None
    follows: int | None = None
    resolved_at: datetime | None = None
    has_call_in_plan: bool = True
    may_tell_family: bool = False
    family_at_once: bool = False  #: the county says so of its class
    in_storm: bool = False
    model: str | None = None  #: of the device it is about

    def ordered(self) -> CaseFacts:
        """The same with its entries in the order they were written, however they came."""
        return replace(self, entries=tuple(sorted(self.entries, key=lambda entry: entry.seq)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sounded:
    """An alarm that opened the case or sounded again in it."""

    at: datetime
    seq: int
    priority: Priority  #: as its clock started
    class_: str

    @property
    def is_pressing(self) -> bool:
        """P3 to P5 never stand in the figures of P1 and P2."""
        return self.priority <= Priority.URGENT


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """One claim, from taking the case to losing it."""

    user: str | None  #: None: the system took it, which never counts
    at: datetime
    seq: int
    to_at: datetime | None = None
    to_seq: int | None = None
    worked_at: tuple[tuple[int, datetime], ...] = ()  #: the owner's steps in it

    def counts(self, as_of: datetime) -> bool | None:
        """Whether it stops the clock; None while that is not known yet."""
        if self.user is None:
            return False
        if self.worked_at:
            return True
        kept = (self.to_at or as_of) - self.at >= timedelta(seconds=CLAIM_COUNTS_AFTER_S)
        return True if kept else False if self.to_at is not None else None

    def had_at(self, seq: int) -> bool:
        return self.seq < seq and (self.to_seq is None or self.to_seq > seq)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """When a clock stopped; `open` while a claim has not shown yet whether it counts."""

    at: datetime | None
    is_open: bool = False


def sounded(case: CaseFacts) -> tuple[Sounded, ...]:
    """Each alarm that opened the case or sounded again, with the priority its clock started at."""
    priority, found = case.priority_at_start, list[Sounded]()
    for entry in case.entries:
        if entry.action in _PRIORITY_CHANGES and entry.to in _LABELS:
            priority = _LABELS[entry.to]
        elif entry.action in (Action.OPENED, Action.JOINED):
            class_ = str(entry.facts.get("class") or case.class_)
            found.append(Sounded(at=entry.at, seq=entry.seq, priority=priority, class_=class_))
    return tuple(found)


_LABELS: Final = {priority.label: priority for priority in Priority}


def holds(case: CaseFacts) -> tuple[Hold, ...]:
    """Every claim of the case, in order."""
    done, now = list[Hold](), None
    for entry in case.entries:
        if entry.action in _TAKES and not (now is not None and now.user == entry.user):
            done += _ended(now, entry)
            now = Hold(user=_by_hand(entry), at=entry.at, seq=entry.seq)
        elif now is not None:
            if entry.user is not None and entry.user == now.user and entry.action in _STEPS:
                now = replace(now, worked_at=(*now.worked_at, (entry.seq, entry.at)))
            if _ends(entry, now):
                done += _ended(now, entry)
                now = None
    return (*done, now) if now is not None else tuple(done)


def _by_hand(entry: Fact) -> str | None:
    return None if entry.facts.get("automatic") else entry.user


def _ends(entry: Fact, now: Hold) -> bool:
    if entry.action == Step.PASS:
        return entry.user == now.user
    return entry.action in _ENDS_HOLD or entry.action in _OVER


def _ended(now: Hold | None, entry: Fact) -> list[Hold]:
    return [] if now is None else [replace(now, to_at=entry.at, to_seq=entry.seq)]


def answered(case: CaseFacts, alarm: Sounded, held: Sequence[Hold], as_of: datetime) -> Answered:
    """When this alarm's clock stopped: the first claim after it that counts, or the owner's next step."""
    stops, waits = [], False
    for hold in held:
        if hold.had_at(alarm.seq) and hold.user is not None:
            stops += [at for seq, at in hold.worked_at if seq > alarm.seq][:1]
        elif hold.seq > alarm.seq:
            counts = hold.counts(as_of)
            if counts:
                stops.append(hold.at)
            waits = waits or counts is None
    stops += [e.at for e in case.entries if e.seq > alarm.seq and e.action == Step.MERGE and e.user is not None]
    return Answered(at=min(stops)) if stops else Answered(at=None, is_open=waits)


def first_claim(held: Sequence[Hold], as_of: datetime) -> Hold | None:
    """The first claim that counts."""
    return next((hold for hold in held if hold.counts(as_of)), None)


def ended_at(case: CaseFacts) -> tuple[datetime, str] | None:
    """When and how the case was over the first time; None while it is not."""
    return next(((e.at, e.action) for e in case.entries if e.action in _OVER), None)


def unattended(case: CaseFacts, held: Sequence[Hold], as_of: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches in which the case was a P1 or P2, not over, and nobody's."""
    priority, since, owned = case.priority_at_start, case.opened_at, False
    over = False
    ends = {hold.to_seq for hold in held}
    takes = {hold.seq for hold in held}
    for entry in case.entries:
        pressing = priority <= Priority.URGENT and not over and not owned
        if entry.action in _PRIORITY_CHANGES and entry.to in _LABELS:
            priority = _LABELS[entry.to]
        owned = entry.seq in takes or (owned and entry.seq not in ends)
        over = entry.action in _OVER or (over and entry.action not in (Step.REOPEN, Step.SPLIT))
        presses = priority <= Priority.URGENT and not over and not owned
        if pressing and not presses:
            yield since, entry.at
        elif presses and not pressing:
            since = entry.at
    if priority <= Priority.URGENT and not over and not owned:
        yield since, as_of


def is_confirmed_test(case: CaseFacts) -> bool:
    """Whether it was a press in test mode that somebody confirmed; nothing else is left out as a test."""
    return Mark.TEST in case.marks and outcome_of(case) == Outcome.TEST


def outcome_of(case: CaseFacts) -> str | None:
    """How it ended, as corrected last."""
    said = [str(e.facts["outcome"]) for e in case.entries
            if e.action in (Step.RESOLVE, Step.CORRECT) and e.facts.get("outcome")]  # fmt: skip
    return said[-1] if said else case.outcome
