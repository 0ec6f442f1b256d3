"""Whatever the record says: order of reading changes nothing, areas add up, and nothing is left out unsaid."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.kpi import By, Kind, Sample, merged, nearest_rank, tally
from rules.domain.kpi_cases import samples_of
from rules.domain.kpi_course import CaseFacts, Fact, holds, unattended
from rules.domain.kpi_definition import Figure
from rules.domain.kpi_definitions import DEFINITIONS
from rules.domain.kpi_read import Period
from rules.domain.vocabulary import Action, Priority, Step

START = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
PERIOD = Period(
    start=START, end=START + timedelta(days=1), as_of=START + timedelta(days=2), timezone=ZoneInfo("Asia/Shanghai")
)

ACTIONS = [
    *(Step.CLAIM, Step.RELEASE, Step.PASS, Step.LEASE_LOST, Step.NOTE, Step.CALL, Step.DISPATCH, Step.ARRIVE),
    *(Step.STAND_DOWN, Step.DECLINE, Step.RESOLVE, Step.REOPEN, Step.CONFIRM, Step.TRANSFER_ACCEPTED, Step.MERGE),
    *(Action.JOINED, Action.RAISED, Action.OFFERED, Action.ACCEPTED, Action.TAKEN_BACK, Action.TIMED_OUT),
    *(Action.NOTIFIED, Action.RESTORED, Action.ACCEPTED_BY_PHONE, Action.UNATTENDED_AGAIN),
]
ACTORS = ["system", "user:1", "user:2", "responder:7"]


@st.composite
def cases(draw: Any) -> CaseFacts:
    """A case with any record at all, also one that no machine would write."""
    now, entries = START, [Fact(seq=1, at=START, actor="system", action=Action.OPENED)]
    for seq in range(2, draw(st.integers(1, 14)) + 1):
        now += timedelta(seconds=draw(st.integers(0, 400)))
        action = draw(st.sampled_from(ACTIONS))
        facts: dict[str, Any] = {"assignment": draw(st.integers(1, 3)), "recipient": "contact:1", "to": "resident"}
        facts["result"] = draw(st.sampled_from(["no_answer", "spoke_ok"]))
        to = draw(st.sampled_from([None, "P1", "P2", "P3"])) if action == Action.RAISED else None
        entries.append(Fact(seq=seq, at=now, actor=draw(st.sampled_from(ACTORS)), action=action, to=to, facts=facts))
    return CaseFacts(
        id=draw(st.integers(1, 50)), class_="sos", family="person", source="device",
        priority_at_start=Priority(draw(st.integers(1, 4))), opened_at=START, entries=tuple(entries),
        area=draw(st.sampled_from([None, "a.b", "a.c"])), family_at_once=draw(st.booleans()),
        marks=frozenset(draw(st.sets(st.sampled_from(["late", "unregistered", "test"])))),
    )  # fmt: skip


@given(facts=cases(), seed=st.integers())
def test_the_order_in_which_entries_are_read_changes_nothing(facts: CaseFacts, seed: int) -> None:
    shuffled = list(facts.entries)
    random.Random(seed).shuffle(shuffled)
    assert list(samples_of(facts, PERIOD)) == list(samples_of(replace(facts, entries=tuple(shuffled)), PERIOD))


@given(facts=cases())
def test_nothing_is_left_out_for_a_reason_that_its_definition_does_not_name(facts: CaseFacts) -> None:
    for figure, sample in samples_of(facts, PERIOD):
        assert sample.excluded is None or sample.excluded in DEFINITIONS[figure].exclusions
        assert sample.value is None or sample.value >= 0
        assert sample.groups[By.PRIORITY] in ("P1", "P2")


@given(facts=cases())
def test_a_further_entry_never_improves_an_answer_that_was_given(facts: CaseFacts) -> None:
    """Each answer that stands keeps standing whatever is written after it: a figure of last month does not move."""
    late = Fact(seq=99, at=PERIOD.as_of, actor="user:1", action=Step.CLAIM)
    before = [s for f, s in samples_of(facts, PERIOD) if f is Figure.ANSWER]
    after = [s for f, s in samples_of(replace(facts, entries=(*facts.entries, late)), PERIOD) if f is Figure.ANSWER]
    for old, new in zip(before, after, strict=True):
        assert old.value is None or new.value == old.value


@given(facts=cases())
def test_marks_of_trouble_leave_nothing_out(facts: CaseFacts) -> None:
    calm = replace(facts, marks=frozenset(), in_storm=False)
    troubled = replace(facts, marks=frozenset({"late", "unregistered", "clock_wrong", "retained"}), in_storm=True)
    kept = [(figure, sample.value, sample.excluded) for figure, sample in samples_of(calm, PERIOD)]
    assert [(figure, sample.value, sample.excluded) for figure, sample in samples_of(troubled, PERIOD)] == kept


@given(facts=cases())
def test_stretches_without_an_owner_never_overlap_and_never_lie_in_a_claim(facts: CaseFacts) -> None:
    held = holds(facts)
    stretches = list(unattended(facts, held, PERIOD.as_of))
    assert all(begun <= ended for begun, ended in stretches)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(stretches))
    for begun, ended in stretches:
        for hold in held:
            assert not (hold.at < ended and begun < (hold.to_at or PERIOD.as_of)) or hold.at == hold.to_at


samples = st.lists(
    st.builds(
        Sample,
        ref=st.sampled_from(["incident:1", "incident:2", "incident:3"]),
        at=st.integers(0, 1000).map(lambda s: START + timedelta(seconds=s)),
        value=st.one_of(st.none(), st.integers(0, 500).map(float)),
        weight=st.just(1.0),
    ),
    max_size=30,
)


@given(first=samples, second=samples, kind=st.sampled_from(Kind))
def test_areas_add_up(first: list[Sample], second: list[Sample], kind: Kind) -> None:
    target = DEFINITIONS[Figure.ANSWER].main_target
    whole = tally(kind, [*second, *first], target=target)
    parts = merged(tally(kind, first, target=target), tally(kind, second, target=target))
    assert parts.numerator == pytest.approx(whole.numerator)
    assert parts.denominator == whole.denominator
    assert parts.values == whole.values, "percentiles are taken anew over all of it"
    assert parts.exclusions == whole.exclusions
    assert len(parts.misses) == len(whole.misses)


@given(values=st.lists(st.floats(0, 1e6), min_size=1), percent=st.sampled_from([50, 90, 95, 99]))
def test_a_percentile_is_a_value_that_was_measured(values: list[float], percent: int) -> None:
    ordered = sorted(values)
    found = nearest_rank(ordered, percent)
    assert found in ordered
    assert found is not None
    assert sum(value <= found for value in ordered) >= percent / 100 * len(ordered) - 1e-6
