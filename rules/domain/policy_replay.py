"""Recorded events through two policies: what would have been judged, opened and heard otherwise.

Pure: rows come in the order of receipt and nothing of them is kept but sums and the open case of each subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from devices.event import EventType
from rules.domain import correlation
from rules.domain.policy import Assessment, Context, Effect, assess
from rules.domain.policy_row import Sent
from rules.domain.policy_value import Policy
from rules.domain.vocabulary import Priority, State

#: Where the record does not tell how long a case was worked on.
CASE_LASTS: Final = timedelta(hours=1)
#: A subject nothing was heard of for so long is forgotten: its next alarm opens a case anyway.
FORGOTTEN_AFTER: Final = timedelta(hours=24)
#: How many changed events are shown one by one; all of them are counted.
SHOWN_MOST: Final = 1_000
_PRUNE_EVERY: Final = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """One event as it stands in the record, and what is known about whom it is of."""

    no: int
    type: EventType
    received_at: datetime
    context: Context
    device_id: int
    resident_id: int | None = None
    premises_id: int | None = None
    resolved_at: datetime | None = None  #: of the case it belonged to


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What a policy makes of an event, as far as a difference is looked for."""

    effect: str
    class_: str
    priority: str
    first_stage_s: int
    dispatch: str
    decision: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """An event whose class, priority, first stage, automatic dispatch or effect would be another."""

    no: int
    type: str
    received_at: datetime
    before: Judged
    after: Judged


@dataclass(kw_only=True, slots=True)
class Tally:
    """What one policy made of all events."""

    classes: Counter[str] = field(default_factory=Counter)
    priorities: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)  #: cases, by class
    joined: int = 0
    sounded: Counter[datetime] = field(default_factory=Counter)  #: alarms that a desk hears, by hour


@dataclass(slots=True)
class _Open:
    incident: correlation.OpenIncident
    until: datetime


class _Cases:
    """The cases as a policy would have had them, by the same correlation that the alarms go through."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._open: dict[correlation.Subject, _Open] = {}
        self._resolved: dict[correlation.Subject, correlation.ResolvedIncident] = {}
        self._standing: dict[tuple[int, EventType], datetime] = {}
        self._number = 0

    def take(self, event: Recorded, assessed: Assessment) -> None:
        if assessed.effect is Effect.LOG:
            return
        subject = correlation.subject_of(
            assessed, wearer=event.context.wearer, resident_id=event.resident_id, premises_id=event.premises_id,
            device_id=event.device_id,
        )  # fmt: skip
        self._end_what_was_resolved(subject, event.received_at)
        open_ = self._open.get(subject)
        decision = correlation.relate(
            assessed, open_.incident if open_ else None, self._resolved.get(subject), now=event.received_at,
            standing_at=self._standing.get((event.device_id, event.type)),
        )  # fmt: skip
        if assessed.effect is Effect.RING:
            self._standing[event.device_id, event.type] = event.received_at
        self._apply(subject, decision, event, assessed)

    def _apply(
        self, subject: correlation.Subject, decision: correlation.Decision, event: Recorded, assessed: Assessment
    ) -> None:
        until = event.resolved_at or event.received_at + CASE_LASTS
        if isinstance(decision, correlation.OpenNew):
            self._number += 1
            self._open[subject] = _Open(_case(self._number, assessed, event.received_at), until)
            self._tally.opened[str(assessed.class_)] += 1
            self._hear(event, assessed)
        elif isinstance(decision, correlation.Join):
            open_ = self._open[subject]
            raised = min(open_.incident.priority, assessed.priority)
            class_ = decision.class_in_front or open_.incident.class_
            case = correlation.OpenIncident(
                id=open_.incident.id, state=State.OPEN, class_=class_, priority=raised, attended=False,
                opened_at=open_.incident.opened_at,
            )  # fmt: skip
            self._open[subject] = _Open(case, max(open_.until, until))
            self._tally.joined += 1
            self._hear(event, assessed)
        elif isinstance(decision, correlation.Restore):
            self._resolve(subject, event.received_at)

    def _hear(self, event: Recorded, assessed: Assessment) -> None:
        if assessed.sounds:
            self._tally.sounded[event.received_at.replace(minute=0, second=0, microsecond=0)] += 1

    def _end_what_was_resolved(self, subject: correlation.Subject, now: datetime) -> None:
        open_ = self._open.get(subject)
        if open_ is not None and open_.until <= now:
            self._resolve(subject, open_.until)

    def _resolve(self, subject: correlation.Subject, at: datetime) -> None:
        case = self._open.pop(subject).incident
        self._resolved[subject] = correlation.ResolvedIncident(id=case.id, class_=case.class_, resolved_at=at)

    def forget(self, now: datetime) -> None:
        """Keep no more than a day holds."""
        for subject in [subject for subject, open_ in self._open.items() if open_.until <= now]:
            self._resolve(subject, self._open[subject].until)
        long_ago = now - FORGOTTEN_AFTER
        self._resolved = {key: case for key, case in self._resolved.items() if case.resolved_at > long_ago}
        self._standing = {key: at for key, at in self._standing.items() if at > long_ago}


def _case(number: int, assessed: Assessment, at: datetime) -> correlation.OpenIncident:
    return correlation.OpenIncident(
        id=number, state=State.OPEN, class_=assessed.class_, priority=assessed.priority, attended=False, opened_at=at
    )


class Replay:
    """Takes events in the order of receipt; holds sums, the cases open at the moment, and the first differences."""

    def __init__(self, before: Policy, after: Policy) -> None:
        self.before, self.after = Tally(), Tally()
        self.events = 0
        self.changed = 0
        self.shown: list[Changed] = []
        self._policies = (before, after)
        self._cases = (_Cases(self.before), _Cases(self.after))

    def take(self, event: Recorded) -> Changed | None:
        """Judge one event by both policies; return what differs, None where nothing does."""
        self.events += 1
        judged = [self._judge(event, side) for side in (0, 1)]
        if self.events % _PRUNE_EVERY == 0:
            for cases in self._cases:
                cases.forget(event.received_at)
        before, after = judged
        if _same(before, after):
            return None
        changed = Changed(no=event.no, type=str(event.type), received_at=event.received_at, before=before, after=after)
        self.changed += 1
        if len(self.shown) < SHOWN_MOST:
            self.shown.append(changed)
        return changed

    def _judge(self, event: Recorded, side: int) -> Judged:
        policy, tally = self._policies[side], (self.before, self.after)[side]
        assessed = assess(event.type, event.context, now=event.received_at, policy=policy)
        tally.effects[str(assessed.effect)] += 1
        if assessed.effect is Effect.RING:
            tally.classes[str(assessed.class_)] += 1
            tally.priorities[assessed.priority.label] += 1
        self._cases[side].take(event, assessed)
        return judged_as(assessed)

    def desk_hours(self, desks: int) -> Iterator[tuple[datetime, float, float]]:
        """Each hour with a sound in it: alarms a desk would have heard before and after, with so many desks on duty."""
        for hour in sorted({*self.before.sounded, *self.after.sounded}):
            yield hour, self.before.sounded[hour] / desks, self.after.sounded[hour] / desks


def judged_as(assessed: Assessment) -> Judged:
    """What counts as a difference of one assessment from another."""
    row = assessed.policy.rows[assessed.class_]
    sent = row.dispatch is not Sent.NOBODY and assessed.effect is Effect.RING
    return Judged(
        effect=str(assessed.effect),
        class_=str(assessed.class_),
        priority=Priority(assessed.priority).label,
        first_stage_s=assessed.first_escalation_s,
        dispatch=f"{row.dispatch} {row.dispatch_s}s x{row.send_count}" if sent else str(Sent.NOBODY),
        decision=assessed.decision,
    )


def _same(before: Judged, after: Judged) -> bool:
    """Why it was judged so may differ: a renamed rule changes nothing for anybody."""
    if before.effect == after.effect == str(Effect.LOG):
        return True
    compared = ("effect", "class_", "priority", "first_stage_s", "dispatch")
    return all(getattr(before, name) == getattr(after, name) for name in compared)
