"""What a figure of the report is made of: samples, and how they are counted, merged and measured (centre.md, 37)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

#: Misses named one by one in a figure; the rest is counted.
MISSES_MOST: Final = 2_000

#: Percentiles that are printed, by nearest rank over the whole period and never averaged.
PERCENTILES: Final = (50, 90, 95, 99)


class Kind(StrEnum):
    """How the samples of a figure become its value."""

    TIME = "time"  #: a measure of each, mostly seconds; what never got there counts as never
    SHARE = "share"  #: of the samples, those that did
    AMOUNT = "amount"  #: a sum over a sum


class Exclusion(StrEnum):
    """Why a sample is left out; each is counted and printed beside the figure."""

    CONFIRMED_TEST = "confirmed_test"
    GAVE_UP_EARLY = "gave_up_early"
    PLAN_WITHOUT_CALL = "plan_without_call"
    RESIDENT_REACHED = "resident_reached"
    RESOLVED_WITHOUT_DISPATCH = "resolved_without_dispatch"
    DISPATCHED_BEFORE_CLAIM = "dispatched_before_claim"
    STOOD_DOWN = "stood_down"
    ONLY_EMERGENCY_SERVICE = "only_emergency_service"
    NOBODY_MAY_BE_TOLD = "nobody_may_be_told"
    IN_HOSPITAL = "in_hospital"
    AWAY_ALL_PERIOD = "away_all_period"
    IN_CARE_HOME = "in_care_home"
    DIED = "died"
    MOVED = "moved"
    LEFT_SERVICE = "left_service"
    CALLED_OFF = "called_off"
    ABSENCE = "absence"
    NO_DESK_ON_DUTY = "no_desk_on_duty"
    NO_DUTY_RECORD = "no_duty_record"
    STILL_RUNNING = "still_running"  #: its limit has not passed at the moment of the report


class Beside(StrEnum):
    """What is never left out, only shown beside."""

    STORM = "storm"
    LATE = "late"
    UNREGISTERED = "unregistered"
    ON_THEIR_WORD = "on_their_word"  #: an arrival by the desk, on the responder's word
    ENDED_BY_ITSELF = "ended_by_itself"  #: the cause ended before anybody answered; a miss all the same
    CLOCK_NOT_TRUSTED = "clock_not_trusted"
    REJECTED = "rejected"
    QUEUED = "queued"


class By(StrEnum):
    """What a figure is broken down by."""

    AREA = "area"
    CLASS = "class"
    PRIORITY = "priority"
    HOUR = "hour"
    DESK_LOAD = "desk_load"
    MODEL = "model"
    TAG = "tag"
    USER = "user"
    CHANNEL = "channel"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What is agreed: this share of the samples within (or, where `most`, at most this share)."""

    share: float
    limit: float | None = None  #: seconds; None: the sample's own limit, or of a share the share itself
    most: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One thing that a figure counts. `value` is seconds, 0 or 1, or an amount; None is "never"."""

    ref: str  #: `incident:17`, `call:4`: what to open to look into it
    at: datetime  #: when its clock started
    value: float | None
    weight: float = 1.0
    limit: float | None = None  #: its own, where it differs from sample to sample
    excluded: Exclusion | None = None
    beside: frozenset[Beside] = frozenset()
    groups: Mapping[By, str] = field(default_factory=dict)
    missed: bool | None = None  #: said outright where neither its value nor a limit says it

    def within(self, limit: float | None) -> bool:
        """Whether it got there in time; without any limit, whether it got there."""
        if self.value is None:
            return False
        bound = self.limit if limit is None else limit
        return bound is None or self.value <= bound


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Samples of one figure in one pile; piles of areas or months add up."""

    numerator: float
    denominator: float
    values: tuple[float, ...]  #: in order; never is infinite
    exclusions: Mapping[Exclusion, int]
    beside: Mapping[Beside, int]
    misses: tuple[Sample, ...]

    @property
    def value(self) -> float | None:
        """Numerator over denominator; None where there is nothing to divide by, which is no zero."""
        return self.numerator / self.denominator if self.denominator else None


def tally(kind: Kind, samples: Iterable[Sample], *, target: Target | None = None) -> Tally:
    """Count the samples; the order in which they come changes nothing."""
    ordered = sorted(samples, key=_order)
    counted = [sample for sample in ordered if sample.excluded is None]
    limit = target.limit if target is not None else None
    return Tally(
        numerator=_numerator(kind, counted, limit),
        denominator=math.fsum(s.weight for s in counted) if kind is Kind.AMOUNT else float(len(counted)),
        values=tuple(sorted(_value(kind, sample) for sample in counted)),
        exclusions=Counter(sample.excluded for sample in ordered if sample.excluded is not None),
        beside=Counter(word for sample in counted for word in sample.beside),
        misses=tuple(sample for sample in counted if _is_miss(kind, sample, target)),
    )


def merged(first: Tally, second: Tally) -> Tally:
    """Two piles as one: numerators and denominators add up, percentiles are taken anew over all of it."""
    return Tally(
        numerator=first.numerator + second.numerator,
        denominator=first.denominator + second.denominator,
        values=tuple(sorted((*first.values, *second.values))),
        exclusions=Counter(first.exclusions) + Counter(second.exclusions),
        beside=Counter(first.beside) + Counter(second.beside),
        misses=tuple(sorted((*first.misses, *second.misses), key=_order)),
    )


def nearest_rank(ordered: Sequence[float], percent: float) -> float | None:
    """The smallest value that so many percent of them do not exceed; None of an empty list, infinite where "never"."""
    if not ordered:
        return None
    rank = max(1, math.ceil(percent / 100 * len(ordered) - 1e-9))
    return ordered[rank - 1]


def share_within(values: Sequence[float], limit: float) -> float | None:
    """The share of them within the limit."""
    return sum(1 for value in values if value <= limit) / len(values) if values else None


def grouped(samples: Iterable[Sample], by: By) -> dict[str, list[Sample]]:
    """The samples by one of their properties; those without it are in no group."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        key = sample.groups.get(by)
        if key is not None:
            found.setdefault(key, []).append(sample)
    return found


def _order(sample: Sample) -> tuple[datetime, str, float]:
    return sample.at, sample.ref, math.inf if sample.value is None else sample.value


def _numerator(kind: Kind, counted: Sequence[Sample], limit: float | None) -> float:
    if kind is Kind.TIME:
        return float(sum(1 for sample in counted if sample.within(limit)))
    return math.fsum(sample.value for sample in counted if sample.value is not None)


def _value(kind: Kind, sample: Sample) -> float:
    if sample.value is None:
        return math.inf
    return sample.value / sample.weight if kind is Kind.AMOUNT and sample.weight else sample.value


def _is_miss(kind: Kind, sample: Sample, target: Target | None) -> bool:
    """Beyond its limit; of a share what did not, or, where little is wanted, what did."""
    if sample.missed is not None:
        return sample.missed
    if kind is Kind.TIME:
        return not sample.within(target.limit if target is not None else None)
    if kind is Kind.SHARE:
        did = bool(sample.value)
        return did if target is not None and target.most else not did
    return False
