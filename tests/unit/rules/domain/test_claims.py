"""What a claim puts off, and what becomes of it when the claim is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.claims import given_back, given_up, put_off
from rules.domain.deadlines import Deadline, DeadlineKind, Deadlines, after_loss

K = DeadlineKind
NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def due(kind: DeadlineKind, seconds: float, *, stage: int = 0, round_: int = 0) -> Deadline:
    return Deadline(kind=kind, due_at=NOW + timedelta(seconds=seconds), stage=stage, round=round_)


def kept(*standing: Deadline) -> str:
    found = put_off(standing)
    assert found is not None
    return found


def test_a_claim_of_a_case_in_which_nothing_waits_puts_nothing_off() -> None:
    assert put_off((due(K.TEST, 30), due(K.ACT, 150))) is None


def test_a_chain_that_was_taken_and_given_back_goes_on_from_its_rung() -> None:
    standing = (due(K.ESCALATE, 0),)
    assert given_back(standing, kept(due(K.ESCALATE, 12, stage=2, round_=1)), now=NOW) == (
        due(K.ESCALATE, 0, stage=2, round_=1),
    )


def test_what_was_due_while_somebody_had_it_is_due_now() -> None:
    standing = (due(K.ESCALATE, 0), due(K.DISPATCH, 180))
    after = given_back(standing, kept(due(K.DISPATCH, -4), due(K.FAMILY, -1)), now=NOW)
    assert {one.kind: one for one in after} == {one.kind: one for one in (due(K.ESCALATE, 0), due(K.DISPATCH, 0),
                                                                           due(K.FAMILY, 0))}  # fmt: skip


def test_what_has_gone_on_meanwhile_is_left_alone() -> None:
    standing = (due(K.ESCALATE, 0), due(K.DISPATCH, 300, stage=1))
    assert given_back(standing, kept(due(K.DISPATCH, -4)), now=NOW) == standing


def test_a_case_on_test_has_no_chain_to_go_on_with() -> None:
    assert given_back((due(K.TEST, 40),), kept(due(K.ESCALATE, 12, stage=2)), now=NOW) == (due(K.TEST, 40),)


def test_a_claim_that_counted_puts_off_nothing_that_is_still_to_come() -> None:
    standing = (due(K.ESCALATE, 60), due(K.DISPATCH, 60), due(K.SERVICES, 30))
    before = kept(due(K.ESCALATE, 5, stage=3), due(K.DISPATCH, 40), due(K.SERVICES, -20), due(K.FAMILY, 70))
    assert set(given_up(standing, before, now=NOW)) == {due(K.ESCALATE, 60), due(K.DISPATCH, 40), due(K.SERVICES, 30)}


@pytest.mark.parametrize(
    ("age_s", "expected_s"),
    [(0, 180), (130, 50), (179, 1), (180, 60), (4000, 60)],
)
def test_what_was_left_to_a_desk_is_the_machines_at_its_own_time_or_after_one_first_stage(
    age_s: int, expected_s: int
) -> None:
    began_at = NOW - timedelta(seconds=age_s)
    assert after_loss(began_at, 180, 60, now=NOW) == NOW + timedelta(seconds=expected_s)


stages = st.builds(due, st.sampled_from([K.ESCALATE, K.DISPATCH, K.SERVICES, K.FAMILY]), st.integers(-20, 400),
                   stage=st.integers(0, 4), round_=st.integers(0, 3))  # fmt: skip
chains = st.lists(stages, unique_by=lambda one: one.kind).map(tuple)


@given(standing=chains, before=chains.filter(bool))
def test_nothing_is_later_for_having_been_taken_and_given_back(standing: Deadlines, before: Deadlines) -> None:
    for after in (given_back(standing, kept(*before), now=NOW), given_up(standing, kept(*before), now=NOW)):
        found = {one.kind: one for one in after}
        assert len(found) == len(after)
        for one in standing:
            assert found[one.kind].due_at <= max(one.due_at, NOW)
