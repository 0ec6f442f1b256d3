from __future__ import annotations

import itertools

import pytest

from rules.domain.lifecycle import IllegalStep, NotYours, after, allowed, may, refuse_unless_may, to_mermaid
from rules.domain.vocabulary import Actor, State, Step

S = State


@pytest.mark.parametrize(
    ("state", "step", "unattended", "expected"),
    [
        (S.OPEN, Step.CLAIM, True, S.CLAIMED),
        (S.OPEN, Step.DISPATCH, True, S.DISPATCHED),
        (S.OPEN, Step.RESTORE, True, S.RESOLVED),
        (S.OPEN, Step.PASS, True, S.OPEN),
        (S.CLAIMED, Step.RELEASE, False, S.OPEN),
        (S.CLAIMED, Step.PASS, False, S.OPEN),
        (S.CLAIMED, Step.LEASE_LOST, False, S.OPEN),
        (S.CLAIMED, Step.DISPATCH, False, S.DISPATCHED),
        (S.CLAIMED, Step.RESOLVE, False, S.RESOLVED),
        (S.DISPATCHED, Step.CLAIM, True, S.DISPATCHED),
        (S.DISPATCHED, Step.RELEASE, False, S.DISPATCHED),
        (S.DISPATCHED, Step.LEASE_LOST, False, S.DISPATCHED),
        (S.DISPATCHED, Step.TRANSFER, False, S.DISPATCHED),
        (S.DISPATCHED, Step.ARRIVE, True, S.ON_SCENE),
        (S.DISPATCHED, Step.DECLINE, False, S.CLAIMED),
        (S.DISPATCHED, Step.DECLINE, True, S.OPEN),
        (S.ON_SCENE, Step.STAND_DOWN, False, S.CLAIMED),
        (S.ON_SCENE, Step.STAND_DOWN, True, S.OPEN),
        (S.ON_SCENE, Step.RESOLVE, False, S.RESOLVED),
        (S.RESOLVED, Step.REOPEN, True, S.CLAIMED),
        (S.RESOLVED, Step.CLOSE, True, S.CLOSED),
        (S.CLOSED, Step.CORRECT, True, S.CLOSED),
        *((state, Step.MERGE, True, S.CLOSED) for state in State if state is not S.CLOSED),
    ],
)
def test_a_step_leads_where_the_contract_says(state: State, step: Step, unattended: bool, expected: State) -> None:
    assert after(state, step, unattended=unattended) is expected


@pytest.mark.parametrize(
    ("state", "step", "unattended"),
    [
        (S.OPEN, Step.RESOLVE, True),
        (S.OPEN, Step.CLOSE, True),
        (S.OPEN, Step.ARRIVE, True),
        (S.CLAIMED, Step.CLAIM, False),
        (S.CLAIMED, Step.RESTORE, False),
        (S.CLAIMED, Step.CLOSE, False),
        (S.DISPATCHED, Step.CLAIM, False),
        (S.DISPATCHED, Step.RESOLVE, True),
        (S.ON_SCENE, Step.RELEASE, True),
        (S.RESOLVED, Step.CLAIM, True),
        (S.RESOLVED, Step.RESOLVE, True),
        *((S.CLOSED, step, True) for step in Step if step is not Step.CORRECT),
    ],
)
def test_every_other_pair_is_refused(state: State, step: Step, unattended: bool) -> None:
    with pytest.raises(IllegalStep):
        after(state, step, unattended=unattended)


def test_every_pair_of_state_and_step_is_either_a_state_or_a_refusal() -> None:
    for state, step, unattended, going in itertools.product(State, Step, (True, False), (True, False)):
        try:
            assert after(state, step, unattended=unattended, others_going=going) in State
        except IllegalStep as refusal:
            assert str(step) in str(refusal)


def test_nothing_moves_while_another_responder_is_going() -> None:
    assert after(S.DISPATCHED, Step.DECLINE, unattended=True, others_going=True) is S.DISPATCHED
    assert after(S.ON_SCENE, Step.STAND_DOWN, unattended=False, others_going=True) is S.ON_SCENE


def test_a_case_is_not_reopened_while_a_later_one_of_the_same_trouble_is_open() -> None:
    with pytest.raises(IllegalStep, match="take that one"):
        after(S.RESOLVED, Step.REOPEN, unattended=True, later_open=True)


def test_the_steps_on_offer_are_those_that_are_not_refused() -> None:
    assert Step.CLAIM in allowed(S.OPEN, unattended=True)
    assert Step.CLAIM not in allowed(S.DISPATCHED, unattended=False)
    assert allowed(S.CLOSED, unattended=True) == {Step.CORRECT}


@pytest.mark.parametrize(
    ("step", "actor", "expected"),
    [
        (Step.CLAIM, Actor.DESK, True),
        (Step.CLAIM, Actor.SYSTEM, False),
        (Step.CLAIM, Actor.RESPONDER, False),
        (Step.RESOLVE, Actor.OWNER, True),
        (Step.RESOLVE, Actor.DESK, False),
        (Step.RESOLVE, Actor.SUPERVISOR, False),
        (Step.RESOLVE, Actor.SYSTEM, False),
        (Step.RESTORE, Actor.SYSTEM, True),
        (Step.RESTORE, Actor.DESK, False),
        (Step.LOWER_PRIORITY, Actor.SYSTEM, False),
        (Step.LOWER_PRIORITY, Actor.OWNER, True),
        (Step.ARRIVE, Actor.RESPONDER, True),
        (Step.DISPATCH, Actor.SYSTEM, True),
        (Step.CLOSE, Actor.SYSTEM, True),
    ],
)
def test_a_step_is_taken_by_whom_the_contract_names(step: Step, actor: Actor, expected: bool) -> None:
    assert may(S.CLAIMED, step, frozenset({actor})) is expected


def test_after_closing_only_a_supervisor_corrects() -> None:
    assert may(S.RESOLVED, Step.CORRECT, frozenset({Actor.DESK}))
    with pytest.raises(NotYours):
        refuse_unless_may(S.CLOSED, Step.CORRECT, frozenset({Actor.DESK}))
    refuse_unless_may(S.CLOSED, Step.CORRECT, frozenset({Actor.SUPERVISOR}))


def test_the_machine_never_resolves_a_case_somebody_works_on() -> None:
    for state in (S.CLAIMED, S.DISPATCHED, S.ON_SCENE):
        assert Step.RESTORE not in allowed(state, unattended=False) | allowed(state, unattended=True)


def test_the_diagram_shows_every_state() -> None:
    diagram = to_mermaid()
    assert all(f"{state}" in diagram for state in State)
    assert "open --> claimed: claim" in diagram


def test_nobody_takes_a_case_from_its_owner_by_saying_i_cannot() -> None:
    assert not may(S.CLAIMED, Step.PASS, frozenset({Actor.DESK}))
    assert may(S.CLAIMED, Step.PASS, frozenset({Actor.DESK, Actor.OWNER}))
    assert may(S.OPEN, Step.PASS, frozenset({Actor.DESK}))
