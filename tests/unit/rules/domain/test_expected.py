"""What should have happened: asked for, waited for, told once when it did not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain import expected
from rules.domain.expected import Act, Awaited, Kind, Outcome, State
from rules.domain.vocabulary import Class

NOON = datetime(2026, 11, 19, 4, 0, tzinfo=UTC)


def acts(kind: Kind, minutes: int, *, happened: int | None = None) -> list[tuple[int, Act]]:
    """The minutes after its end at which something is done, looking each minute."""
    awaited, state, found = Awaited(kind=kind, from_at=NOON - timedelta(hours=1), until_at=NOON), State(), []
    for minute in range(-60, minutes):
        at = NOON + timedelta(minutes=minute)
        seen = at if happened is not None and minute >= happened else None
        state, finding = expected.judge(state, seen, awaited, at)
        found += [(minute, finding.act)] if finding is not None else []
    return found


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        (Kind.VISIT, [(60, Act.MISSED)]),
        (Kind.VISIT_CRITICAL, [(60, Act.MISSED)]),
        (Kind.BED_RETURN, [(30, Act.MISSED)]),
        (Kind.MEDICINE, [(0, Act.TRY), (30, Act.MISSED)]),
        (Kind.WELLBEING, [(0, Act.TRY), (10, Act.TRY), (20, Act.MISSED)]),
    ],
)
def test_each_kind_has_its_patience(kind: Kind, done: list[tuple[int, Act]]) -> None:
    assert acts(kind, 300) == done


def test_what_happened_ends_it_wherever_it_stands() -> None:
    assert acts(Kind.WELLBEING, 300, happened=-5) == []
    assert acts(Kind.WELLBEING, 300, happened=15) == [(0, Act.TRY), (10, Act.TRY)]
    assert acts(Kind.VISIT, 300, happened=59) == []


def test_what_happened_before_it_was_awaited_does_not_count() -> None:
    awaited = Awaited(kind=Kind.VISIT, from_at=NOON, until_at=NOON)
    state, _ = expected.judge(State(), NOON - timedelta(hours=1), awaited, NOON)
    assert state.outcome is Outcome.AWAITED


def test_after_an_outage_of_ours_the_tries_are_still_made() -> None:
    awaited = Awaited(kind=Kind.WELLBEING, from_at=NOON, until_at=NOON)
    state, found = State(), []
    for minute in range(180, 240):
        state, finding = expected.judge(state, None, awaited, NOON + timedelta(minutes=minute))
        found += [(minute, finding.act)] if finding is not None else []
    assert found == [(180, Act.TRY), (190, Act.TRY), (200, Act.MISSED)]


@pytest.mark.parametrize(
    ("kind", "alone", "ability", "class_"),
    [
        (Kind.VISIT, True, 4, Class.VISIT_MISSED),
        (Kind.VISIT_CRITICAL, False, 0, Class.VISIT_MISSED_CRITICAL),
        (Kind.WELLBEING, True, 2, Class.WELLBEING_UNANSWERED),
        (Kind.WELLBEING, True, 3, Class.WELLBEING_UNANSWERED_AT_RISK),
        (Kind.WELLBEING, False, 4, Class.WELLBEING_UNANSWERED),
        (Kind.BED_RETURN, True, 4, Class.INACTIVITY),
    ],
)
def test_what_its_missing_is(kind: Kind, alone: bool, ability: int, class_: Class) -> None:
    assert expected.class_of(kind, alone=alone, ability=ability) is class_
