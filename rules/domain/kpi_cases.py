"""The figures that one case gives: pure functions from its record to samples (centre.md, part 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from rules.domain import kpi_course as course
from rules.domain import kpi_sending as sending
from rules.domain.kpi import Beside, Exclusion, Sample
from rules.domain.kpi_course import CaseFacts
from rules.domain.kpi_definition import Figure
from rules.domain.kpi_read import Period, Read, Run, clock, read_case
from rules.domain.vocabulary import Family, Outcome, Priority

#: An owner is missed only after this; the limit of the figure Unattended is beyond it.
UNATTENDED_AFTER_S: Final = 60
UNATTENDED_LIMIT_S: Final = 180
TOWN_CIRCLE_S: Final = 15 * 60.0
COUNTRY_CIRCLE_S: Final = 25 * 60.0


def samples_of(
    case: CaseFacts, period: Period, *, hand_overs: Sequence[sending.HandedOver] = ()
) -> Iterator[tuple[Figure, Sample]]:
    """Every sample that this case gives; the order of its entries and the moment of reading change nothing."""
    read = read_case(case, period, hand_overs)
    for figure, samples in _FIGURES.items():
        for sample in samples(read):
            if period.has(sample.at):
                yield figure, sample


def _answer(read: Read) -> Iterator[Sample]:
    for alarm in read.alarms:
        if not alarm.is_pressing:
            continue
        stopped = course.answered(read.case, alarm, read.holds, read.period.as_of)
        alone = stopped.at is None and course.ended_at(read.case) is not None
        run = Run(
            start=alarm.at, stop=stopped.at, priority=alarm.priority, class_=alarm.class_, is_open=stopped.is_open,
            beside=frozenset({Beside.ENDED_BY_ITSELF}) if alone else frozenset(),
        )  # fmt: skip
        yield clock(read, Figure.ANSWER, run)


def _first_contact(read: Read) -> Iterator[Sample]:
    without = None if read.case.has_call_in_plan else Exclusion.PLAN_WITHOUT_CALL
    for alarm in read.alarms:
        if alarm.is_pressing:
            stop = sending.first_contact(read.case, alarm.seq)
            excluded = without if stop is None else None
            run = Run(start=alarm.at, stop=stop, priority=alarm.priority, class_=alarm.class_, excluded=excluded)
            yield clock(read, Figure.FIRST_CONTACT, run)


def _no_answer_decision(read: Read) -> Iterator[Sample]:
    failed = sending.first_failed_call(read.case)
    if failed is None or read.first is None:
        return
    stop, reached = sending.decision_after(read.case, failed), sending.reached_after(read.case, failed)
    meanwhile = reached is not None and (stop is None or reached < stop)
    excluded = Exclusion.RESIDENT_REACHED if meanwhile else None
    run = Run(start=failed.at, stop=stop, priority=read.first.priority, excluded=excluded)
    yield clock(read, Figure.NO_ANSWER_DECISION, run)


def _dispatch(read: Read) -> Iterator[Sample]:
    first, stop = read.first, sending.first_offer(read.case)
    if first is not None:
        run = Run(start=first.at, stop=stop, priority=first.priority, excluded=_undispatched(read, stop))
        yield clock(read, Figure.DISPATCH, run)


def _undispatched(read: Read, stop: datetime | None) -> Exclusion | None:
    over = stop is None and course.ended_at(read.case) is not None
    return Exclusion.RESOLVED_WITHOUT_DISPATCH if over else None


def _decision_to_dispatch(read: Read) -> Iterator[Sample]:
    first, claim = read.first, course.first_claim(read.holds, read.period.as_of)
    if first is None or claim is None:
        return
    stop = sending.first_offer(read.case)
    before = stop is not None and stop < claim.at
    excluded = Exclusion.DISPATCHED_BEFORE_CLAIM if before else _undispatched(read, stop)
    run = Run(start=claim.at, stop=stop, priority=first.priority, excluded=excluded)
    yield clock(read, Figure.DECISION_TO_DISPATCH, run)


def _acceptance(read: Read) -> Iterator[Sample]:
    if read.first is None:
        return
    for offer in read.offers:
        ref = f"assignment:{offer.assignment}"
        run = Run(start=offer.at, stop=offer.accepted_at, priority=read.first.priority, ref=ref)
        sample = clock(read, Figure.ACCEPTANCE, run)
        # An offer that is over was not accepted, however short a time ago.
        over = sample.excluded is Exclusion.STILL_RUNNING and not offer.is_open
        yield replace(sample, excluded=None) if over else sample


def _arrival(read: Read) -> Iterator[Sample]:
    if read.first is None or not read.offers:
        return
    came = sending.first_arrival(read.offers)
    on_word = came is not None and came.on_their_word
    run = Run(
        start=read.offers[0].at, stop=came.arrived_at if came is not None else None, priority=read.first.priority,
        limit=COUNTRY_CIRCLE_S if read.case.is_country else TOWN_CIRCLE_S,
        excluded=_nobody_came(read) if came is None else None,
        beside=frozenset({Beside.ON_THEIR_WORD}) if on_word else frozenset(),
    )  # fmt: skip
    yield clock(read, Figure.ARRIVAL, run)


def _nobody_came(read: Read) -> Exclusion | None:
    if any(one.arrived_at is not None for one in read.hand_overs):
        return Exclusion.ONLY_EMERGENCY_SERVICE
    return Exclusion.STOOD_DOWN if sending.was_called_off(read.offers) else None


def _service_arrival(read: Read) -> Iterator[Sample]:
    if read.first is None:
        return
    for one in read.hand_overs:
        if one.answer in ("accepted", "queued") or one.arrived_at is not None:
            run = Run(
                start=one.dialled_at, stop=one.arrived_at, priority=read.first.priority, ref=f"hand_over:{one.id}"
            )
            yield clock(read, Figure.SERVICE_ARRIVAL, run)


def _door_to_help(read: Read) -> Iterator[Sample]:
    first = read.first
    if first is None:
        return
    came = sending.first_arrival(read.offers)
    helpers = [one.arrived_at for one in read.hand_overs if one.arrived_at is not None]
    helpers += [came.arrived_at] if came is not None and came.arrived_at is not None else []
    stop, excluded = min(helpers, default=None), None
    if stop is None:
        called_off = Exclusion.STOOD_DOWN if sending.was_called_off(read.offers) else None
        excluded = called_off or _undispatched(read, sending.first_offer(read.case))
    run = Run(start=first.at, stop=stop, priority=first.priority, excluded=excluded)
    yield clock(read, Figure.DOOR_TO_HELP, run)


def _hand_off(read: Read) -> Iterator[Sample]:
    if read.first is None:
        return
    confirmed = sending.confirmed_at(read.case) if read.case.family == Family.FIRE_AND_GAS else None
    for one in read.hand_overs:
        said = {"rejected": Beside.REJECTED, "queued": Beside.QUEUED}.get(one.answer or "")
        run = Run(
            start=min(one.dialled_at, confirmed) if confirmed is not None else one.dialled_at,
            stop=one.answered_at if one.answer == "accepted" else None, priority=read.first.priority,
            beside=frozenset({said}) if said is not None else frozenset(), ref=f"hand_over:{one.id}",
        )  # fmt: skip
        yield clock(read, Figure.HAND_OFF, run)


def _family_told(read: Read) -> Iterator[Sample]:
    """Of the classes of which the county wants it at once."""
    first = read.first
    if first is None or not read.case.family_at_once:
        return
    stop = sending.family_told(read.case, first.seq)
    nobody = stop is None and not read.case.may_tell_family
    excluded = Exclusion.NOBODY_MAY_BE_TOLD if nobody else None
    run = Run(start=first.at, stop=stop, priority=first.priority, excluded=excluded)
    yield clock(read, Figure.FAMILY_TOLD, run)


def _unattended(read: Read) -> Iterator[Sample]:
    """In minutes beyond the first of each stretch, and only as far as it lies in the period."""
    period, first = read.period, read.first
    if first is None:
        return
    stretches = [
        (begun, ended) for begun, ended in course.unattended(read.case, read.holds, period.as_of)
        if ended > period.start and begun < period.end
    ]  # fmt: skip
    if not stretches and not period.has(first.at):
        return
    late_s = sum(_late_s(begun, ended, period) for begun, ended in stretches)
    longest_s = max(((ended - begun).total_seconds() for begun, ended in stretches), default=0.0)
    at = first.at if period.has(first.at) else period.start
    sample = clock(read, Figure.UNATTENDED, Run(start=at, stop=at, priority=first.priority))
    yield replace(sample, value=late_s / 60, missed=longest_s > UNATTENDED_LIMIT_S)


def _late_s(begun: datetime, ended: datetime, period: Period) -> float:
    whole_s = (ended - begun).total_seconds()
    inside_s = (min(ended, period.end) - max(begun, period.start)).total_seconds()
    return max(0.0, min(inside_s, whole_s - UNATTENDED_AFTER_S))


def _machine_carried(read: Read) -> Iterator[Sample]:
    first = read.alarms[0] if read.alarms else None
    human = sending.first_human(read.case)
    if first is None or first.priority is not Priority.CRITICAL or human is None:
        return
    sample = clock(read, Figure.MACHINE_CARRIED, Run(start=first.at, stop=first.at, priority=first.priority))
    yield replace(sample, value=0.0 if human.user is not None else 1.0)


def _duration(read: Read) -> Iterator[Sample]:
    if read.first is not None:
        run = Run(start=read.case.opened_at, stop=read.case.resolved_at, priority=read.first.priority)
        yield clock(read, Figure.DURATION, run)


def _real_help(read: Read) -> Iterator[Sample]:
    first, outcome = read.first, course.outcome_of(read.case)
    if first is None or outcome is None:
        return
    sample = clock(read, Figure.REAL_HELP, Run(start=first.at, stop=first.at, priority=first.priority))
    yield replace(sample, value=1.0 if outcome in (Outcome.EMERGENCY, Outcome.ASSISTANCE) else 0.0)


_FIGURES: Final[Mapping[Figure, Callable[[Read], Iterator[Sample]]]] = MappingProxyType(
    {
        Figure.ANSWER: _answer,
        Figure.FIRST_CONTACT: _first_contact,
        Figure.NO_ANSWER_DECISION: _no_answer_decision,
        Figure.DISPATCH: _dispatch,
        Figure.DECISION_TO_DISPATCH: _decision_to_dispatch,
        Figure.ACCEPTANCE: _acceptance,
        Figure.ARRIVAL: _arrival,
        Figure.SERVICE_ARRIVAL: _service_arrival,
        Figure.DOOR_TO_HELP: _door_to_help,
        Figure.HAND_OFF: _hand_off,
        Figure.FAMILY_TOLD: _family_told,
        Figure.UNATTENDED: _unattended,
        Figure.MACHINE_CARRIED: _machine_carried,
        Figure.DURATION: _duration,
        Figure.REAL_HELP: _real_help,
    }
)
