"""One case read for all figures at once, and its clocks as samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from rules.domain import kpi_course as course
from rules.domain import kpi_sending as sending
from rules.domain.kpi import Beside, By, Exclusion, Sample
from rules.domain.kpi_course import CaseFacts, Hold, Sounded
from rules.domain.kpi_definition import Figure
from rules.domain.kpi_definitions import DEFINITIONS
from rules.domain.vocabulary import Mark, Priority

_MARKS: Final[Mapping[str, Beside]] = MappingProxyType(
    {Mark.LATE: Beside.LATE, Mark.RETAINED: Beside.LATE, Mark.UNREGISTERED: Beside.UNREGISTERED}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """What is reported, and when: clocks that started in [start, end), as the record stood at `as_of`."""

    start: datetime
    end: datetime
    as_of: datetime
    timezone: ZoneInfo  #: of the site: months and hours are its own
    load: Callable[[datetime], str | None] = lambda _: None  #: how busy the desks were then

    def has(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def hour_of(self, at: datetime) -> str:
        """The hour of the day at the site."""
        return f"{at.astimezone(self.timezone):%H}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """One case with what every figure asks of it, read once."""

    case: CaseFacts
    alarms: tuple[Sounded, ...]
    holds: tuple[Hold, ...]
    offers: tuple[sending.Asked, ...]
    hand_overs: Sequence[sending.HandedOver]
    period: Period
    is_test: bool

    @property
    def first(self) -> Sounded | None:
        """The case's first P1 or P2 alarm."""
        return next((alarm for alarm in self.alarms if alarm.is_pressing), None)


def read_case(case: CaseFacts, period: Period, hand_overs: Sequence[sending.HandedOver]) -> Read:
    """Read it in the order it was written, however its entries came."""
    case = case.ordered()
    return Read(
        case=case,
        alarms=course.sounded(case),
        holds=course.holds(case),
        offers=sending.asked(case),
        hand_overs=hand_overs,
        period=period,
        is_test=course.is_confirmed_test(case),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One clock of a case: from when to when, and what is said of it."""

    start: datetime
    stop: datetime | None
    priority: Priority  #: as the clock started
    class_: str | None = None  #: None: the case's
    limit: float | None = None  #: its own
    excluded: Exclusion | None = None
    is_open: bool = False  #: a claim that has not shown yet whether it counts
    beside: frozenset[Beside] = frozenset()
    ref: str | None = None


def clock(read: Read, figure: Figure, run: Run) -> Sample:
    """A clock as a sample: in seconds, never negative; still running where its longest limit has not passed."""
    case, period = read.case, read.period
    groups = {
        By.CLASS: run.class_ or case.class_,
        By.PRIORITY: run.priority.label,
        By.HOUR: period.hour_of(run.start),
        By.AREA: case.area,
        By.DESK_LOAD: period.load(run.start),
    }
    return Sample(
        ref=run.ref or f"incident:{case.id}",
        at=run.start,
        value=None if run.stop is None else max(0.0, (run.stop - run.start).total_seconds()),
        limit=run.limit,
        excluded=_left_out(read, figure, run),
        beside=_beside(case) | run.beside,
        groups={by: key for by, key in groups.items() if key is not None},
    )


def _left_out(read: Read, figure: Figure, run: Run) -> Exclusion | None:
    """The first reason that the definition names; whatever it does not name excludes nothing."""
    if read.is_test and Exclusion.CONFIRMED_TEST in DEFINITIONS[figure].exclusions:
        return Exclusion.CONFIRMED_TEST
    if run.excluded is not None:
        return run.excluded
    return Exclusion.STILL_RUNNING if _still_runs(read, figure, run) else None


def _still_runs(read: Read, figure: Figure, run: Run) -> bool:
    if run.stop is not None or course.ended_at(read.case) is not None:
        return False
    limits = [target.limit or run.limit or 0.0 for target in DEFINITIONS[figure].targets]
    waited_s = (read.period.as_of - run.start).total_seconds()
    return run.is_open or not limits or waited_s < max(limits)


def _beside(case: CaseFacts) -> frozenset[Beside]:
    storm = frozenset({Beside.STORM}) if case.in_storm else frozenset[Beside]()
    return frozenset(_MARKS[mark] for mark in case.marks if mark in _MARKS) | storm
