"""A figure as the report writes it: its definition's id and version, what was counted, left out and missed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from rules.domain.kpi import (
    MISSES_MOST,
    PERCENTILES,
    By,
    Exclusion,
    Kind,
    Sample,
    Tally,
    Target,
    grouped,
    nearest_rank,
    share_within,
    tally,
)
from rules.domain.kpi_definition import Definition, NoData, Words

#: Groups of one breakdown that are named; a county has more areas than anybody reads.
_GROUPS_MOST: Final = 500


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A text in both languages."""

    zh: str
    en: str


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many were left out for a reason, or are shown beside."""

    reason: str
    count: int


class TargetMet(msgspec.Struct, frozen=True, kw_only=True):
    """One target and how the period stands to it."""

    share: float
    at_most: bool  #: at most this share, not at least
    limit: float | None  #: None: each sample's own, or a share without one
    actual: float | None
    met: bool | None


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """What to open to look into it; `value` is null where it never got there."""

    ref: str
    at: datetime
    value: float | None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a breakdown."""

    key: str
    numerator: float
    denominator: float
    p50: float | None
    p90: float | None


class FigureReport(msgspec.Struct, frozen=True, kw_only=True):
    """One figure; without a record it says why in `no_data`, never a zero."""

    id: str
    version: int
    name: Name
    unit: str
    starts: Name
    stops: Name
    target: Name
    source: str
    no_data: str | None
    numerator: float | None
    denominator: float | None
    value: float | None
    percentiles: Mapping[str, float | None]  #: by nearest rank; null where it falls on what never got there
    targets: Sequence[TargetMet]
    exclusions: Sequence[Counted]  #: each that the definition names, also where nothing was left out for it
    beside: Sequence[Counted]
    misses: Sequence[Miss]
    misses_total: int
    groups: Mapping[str, Sequence[Group]]


class ChainHead(msgspec.Struct, frozen=True, kw_only=True):
    """The newest anchor over all records: what the figures were read from can be checked against it."""

    no: int
    at: datetime
    hash: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a period."""

    from_: datetime = msgspec.field(name="from")
    to: datetime
    areas: Sequence[str]  #: none: everywhere
    made_at: datetime
    time_zone: str
    software: str
    seq: int
    chain: ChainHead | None
    figures: Sequence[FigureReport]


def figure_report(definition: Definition, samples: Sequence[Sample], why: NoData | None) -> FigureReport:
    """Count the samples as the definition says."""
    counted = tally(definition.kind, samples if why is None else (), target=definition.main_target)
    if why is None and not counted.denominator:
        why = _nothing(counted)
    known = why is None
    return FigureReport(
        id=definition.figure, version=definition.version, name=_words(definition.name), unit=definition.unit,
        starts=_words(definition.starts), stops=_words(definition.stops), target=_words(definition.target),
        source=definition.source, no_data=why, numerator=counted.numerator if known else None,
        denominator=counted.denominator if known else None, value=_rounded(counted.value) if known else None,
        percentiles=_percentiles(definition, counted) if known else {},
        targets=[_target(definition, target, counted) for target in definition.targets] if known else [],
        exclusions=[
            Counted(reason=reason, count=counted.exclusions.get(reason, 0)) for reason in definition.exclusions
        ],
        beside=[Counted(reason=word, count=count) for word, count in sorted(counted.beside.items())],
        misses=[_miss(sample) for sample in counted.misses[:MISSES_MOST]], misses_total=len(counted.misses),
        groups={by: _groups(definition, samples, by) for by in By if known and _is_grouped(samples, by)},
    )  # fmt: skip


def _nothing(counted: Tally) -> NoData | None:
    """Why there is nothing to divide by; None where everything was left out for a reason, which is printed."""
    if set(counted.exclusions) == {Exclusion.NO_DUTY_RECORD}:
        return NoData.NOT_RECORDED
    return None if counted.exclusions else NoData.NOTHING_HAPPENED


def _words(words: Words) -> Name:
    return Name(zh=words.zh, en=words.en)


def _percentiles(definition: Definition, counted: Tally) -> dict[str, float | None]:
    if definition.kind is not Kind.TIME:
        return {}
    return {f"p{percent}": _rounded(nearest_rank(counted.values, percent)) for percent in PERCENTILES}


def _target(definition: Definition, target: Target, counted: Tally) -> TargetMet:
    if definition.kind is Kind.TIME and target.limit is not None:
        actual = share_within(counted.values, target.limit)
    else:
        actual = counted.value
    met = None if actual is None else actual <= target.share if target.most else actual >= target.share
    return TargetMet(share=target.share, at_most=target.most, limit=target.limit, actual=_rounded(actual), met=met)


def _is_grouped(samples: Iterable[Sample], by: By) -> bool:
    return any(by in sample.groups for sample in samples)


def _groups(definition: Definition, samples: Sequence[Sample], by: By) -> list[Group]:
    found = []
    for key, members in sorted(grouped(samples, by).items())[:_GROUPS_MOST]:
        counted = tally(definition.kind, members, target=definition.main_target)
        timed = definition.kind is Kind.TIME
        found.append(
            Group(
                key=key, numerator=counted.numerator, denominator=counted.denominator,
                p50=_rounded(nearest_rank(counted.values, 50)) if timed else None,
                p90=_rounded(nearest_rank(counted.values, 90)) if timed else None,
            )
        )  # fmt: skip
    return found


def _miss(sample: Sample) -> Miss:
    return Miss(ref=sample.ref, at=sample.at, value=_rounded(sample.value))


def _rounded(value: float | None) -> float | None:
    """To the millisecond; "never" has no number."""
    return None if value is None or math.isinf(value) else round(value, 4)
