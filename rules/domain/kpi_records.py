"""The figures that come from other records than a case's own: calls, tests, complaints, looks, what came back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from rules.domain.kpi import By, Exclusion, Sample
from rules.domain.kpi_load import hour_groups
from rules.domain.kpi_read import Period
from rules.domain.vocabulary import Outcome

GAVE_UP_S: Final = 5.0
CAME_BACK: Final = timedelta(hours=24)
CHANNEL_BY: Final = time(9)
CANARY_S: Final = 5.0
#: A round takes about a minute: a press this near to a minute speaks for it.
CANARY_NEAR: Final = timedelta(seconds=20)
_MINUTE: Final = timedelta(minutes=1)

#: Cases whose end says that nobody needed help: who calls again soon after is looked into.
_NOTHING_NEEDED: Final = frozenset({Outcome.ACCIDENTAL, Outcome.FALSE_ALARM, Outcome.NO_ANSWER})
#: A purpose that names what it was for; anything else was typed.
_NAMED: Final = re.compile(r"^(case|call|visit|task|assignment|complaint|audit)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class CallIn:
    """One incoming call."""

    id: int
    at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    area: str | None = None


def telephone_answers(calls: Iterable[CallIn], period: Period) -> Iterator[Sample]:
    """From the first ring to a person; who rang off within five seconds is counted beside."""
    for call in calls:
        stop = None if call.answered_at is None else (call.answered_at - call.at).total_seconds()
        gone_s = None if call.ended_at is None else (call.ended_at - call.at).total_seconds()
        yield Sample(
            ref=f"call:{call.id}", at=call.at, value=None if stop is None else max(0.0, stop),
            excluded=_of_call(stop, gone_s, (period.as_of - call.at).total_seconds()), groups=_of(call, period),
        )  # fmt: skip


def _of_call(answered_s: float | None, gone_s: float | None, since_s: float) -> Exclusion | None:
    if answered_s is not None:
        return None
    if gone_s is None:
        return Exclusion.STILL_RUNNING if since_s < 15 else None
    return Exclusion.GAVE_UP_EARLY if gone_s < GAVE_UP_S else None


def given_up(calls: Iterable[CallIn], period: Period) -> Iterator[Sample]:
    """Whether a call ended before anybody answered it."""
    for sample in telephone_answers(calls, period):
        yield replace(sample, value=1.0 if sample.value is None else 0.0)


def _of(call: CallIn, period: Period) -> dict[By, str]:
    return hour_groups(call.at.astimezone(period.timezone), call.area)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A case of a person that was resolved."""

    incident_id: int
    resident_id: int
    resolved_at: datetime
    outcome: str
    class_: str
    area: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A P1 case of a person."""

    incident_id: int
    resident_id: int
    opened_at: datetime


def came_back(ended: Iterable[Ended], opened: Iterable[Opened], period: Period) -> Iterator[Sample]:
    """Of the cases that ended as nothing, those after which the same person called again within a day."""
    calls: dict[int, list[Opened]] = {}
    for one in opened:
        calls.setdefault(one.resident_id, []).append(one)
    for case in ended:
        if case.outcome not in _NOTHING_NEEDED:
            continue
        until = case.resolved_at + CAME_BACK
        again = any(
            case.resolved_at < one.opened_at <= until and one.incident_id != case.incident_id
            for one in calls.get(case.resident_id, ())
        )
        groups = hour_groups(case.resolved_at.astimezone(period.timezone), case.area) | {By.CLASS: case.class_}
        yield Sample(ref=f"incident:{case.incident_id}", at=case.resolved_at, value=float(again), groups=groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelUse:
    """How often devices of one model raised an alarm without cause, and for how long they were in use."""

    model: str
    false_alarms: int
    device_days: float


def false_alarms(models: Iterable[ModelUse], period: Period) -> Iterator[Sample]:
    """Per 100 devices and 30 days; a model above three times the median is its vendor's task."""
    used = [model for model in models if model.device_days > 0]
    rates = sorted(model.false_alarms / model.device_days for model in used)
    median = rates[(len(rates) - 1) // 2] if rates else 0.0
    for model in used:
        rate = model.false_alarms / model.device_days
        yield Sample(
            ref=f"model:{model.model}", at=period.start, value=float(model.false_alarms),
            weight=model.device_days / 3000, missed=median > 0 and rate > 3 * median, groups={By.MODEL: model.model},
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class CanaryRound:
    """One press of a canary: on a stream after so many seconds, or never."""

    at: datetime
    seconds: float | None


def system_watch(rounds: Iterable[CanaryRound], period: Period) -> Iterator[Sample]:
    """Each hour's minutes whose press, in them or just beside them, came the whole way in time."""
    good, bad = set[int](), set[int]()
    for one in rounds:
        fine = one.seconds is not None and one.seconds <= CANARY_S
        for at in (one.at - CANARY_NEAR, one.at, one.at + CANARY_NEAR) if fine else (one.at,):
            (good if fine else bad).add((at - period.start) // _MINUTE)
    minutes = (min(period.end, period.as_of) - period.start) // _MINUTE
    for first in range(0, minutes, 60):
        hour = range(first, min(first + 60, minutes))
        watched = sum(number in good and number not in bad for number in hour)
        at = period.start + first * _MINUTE
        yield Sample(
            ref=f"time:{at.isoformat()}", at=at, value=float(watched), weight=float(len(hour)),
            missed=watched < len(hour), groups={By.HOUR: period.hour_of(at)},
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class TestPassed:
    """A channel's test of one day, in site time; None where it did not pass."""

    channel: str
    day: date
    passed_at: datetime | None  #: in site time


TestPassed.__test__ = False  # type: ignore[attr-defined]  # a test runner takes the name for a test


def channel_health(tests: Iterable[TestPassed], period: Period) -> Iterator[Sample]:
    """For each channel and day on which it was tested: whether it had passed by nine in the morning."""
    first: dict[tuple[date, str], datetime | None] = {}
    for test in tests:
        before = first.get((test.day, test.channel))
        passed = [at for at in (before, test.passed_at) if at is not None]
        first[test.day, test.channel] = min(passed, default=None)
    for (day, channel), at in sorted(first.items()):
        by = datetime.combine(day, CHANNEL_BY, tzinfo=period.timezone)
        done = at is not None and at <= by
        yield Sample(
            ref=f"channel:{channel}:{day.isoformat()}", at=by, value=float(done), groups={By.CHANNEL: channel},
            excluded=Exclusion.STILL_RUNNING if not done and period.as_of < by else None,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditedMonth:
    """One dispatcher and month: how many of their calls were scored."""

    user_id: int
    month: date
    scored: int
    emergencies: int  #: of them, whole emergencies from press to end


def call_audits(months: Iterable[AuditedMonth], period: Period) -> Iterator[Sample]:
    """At least two calls, one of them an emergency end to end."""
    for one in months:
        at = datetime.combine(one.month, time(0), tzinfo=period.timezone)
        enough = one.scored >= 2 and one.emergencies >= 1
        yield Sample(ref=f"user:{one.user_id}", at=at, value=float(enough), groups={By.USER: str(one.user_id)})


@dataclass(frozen=True, kw_only=True, slots=True)
class ComplaintFact:
    """One complaint, with the days that are no working days taken out."""

    id: int
    received_at: datetime
    days: int | None  #: working days to the word in question; None while there is none
    waited: int  #: working days until the report
    area: str | None = None


def complaints(facts: Iterable[ComplaintFact], limit_days: int) -> Iterator[Sample]:
    """From the complaint to its acknowledgement, or to its answer."""
    for one in facts:
        runs = one.days is None and one.waited <= limit_days
        yield Sample(
            ref=f"complaint:{one.id}", at=one.received_at, value=None if one.days is None else float(one.days),
            excluded=Exclusion.STILL_RUNNING if runs else None,
            groups={By.AREA: one.area} if one.area is not None else {},
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A look at a whole record."""

    no: int
    at: datetime
    user_id: int
    object: str
    purpose: str


def looks_without_a_case(looks: Iterable[Look]) -> Iterator[Sample]:
    """Only a typed reason: neither the record of a case nor a purpose that names a case, a visit or a task."""
    for look in looks:
        named = look.object.startswith("incident:") or bool(_NAMED.match(look.purpose))
        yield Sample(
            ref=f"audit:{look.no}", at=look.at, value=0.0 if named else 1.0, groups={By.USER: str(look.user_id)}
        )


def working_days(start: date, end: date, holidays: frozenset[date] = frozenset()) -> int:
    """Working days after `start` up to `end`: Saturdays, Sundays and the named holidays are none."""
    count, day = 0, start
    while day < end:
        day += timedelta(days=1)
        count += day.weekday() < 5 and day not in holidays
    return count
