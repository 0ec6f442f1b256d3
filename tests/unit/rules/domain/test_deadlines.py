from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.deadlines import (
    Clocks,
    Deadline,
    DeadlineKind,
    Deadlines,
    Floor,
    can_close,
    covers,
    earliest,
    next_due,
    on_act,
    on_join,
    on_open,
    on_raise,
    on_step,
)
from rules.domain.ladders import DEFAULT_LADDERS, Ladder, Stage
from rules.domain.vocabulary import Priority, State, Step, Target

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
K = DeadlineKind


def clocks(priority: Priority = Priority.CRITICAL, first_s: int = 60) -> Clocks:
    return Clocks(priority=priority, ladder=DEFAULT_LADDERS[priority], first_escalation_s=first_s)


def due(kind: DeadlineKind, seconds: int, stage: int = 0, round_: int = 0) -> Deadline:
    return Deadline(kind=kind, due_at=NOW + timedelta(seconds=seconds), stage=stage, round=round_)


def waits(deadlines: Deadlines) -> dict[DeadlineKind, float]:
    return {deadline.kind: (deadline.due_at - NOW).total_seconds() for deadline in deadlines}


def step(
    standing: Deadlines,
    taken: Step,
    *,
    attended: bool,
    by_owner: bool = False,
    life_safety: bool = True,
    claim_counted: bool = True,
    of: Clocks | None = None,
) -> Deadlines:
    return on_step(
        standing,
        taken,
        of or clocks(),
        now=NOW,
        attended=attended,
        by_owner=by_owner,
        life_safety=life_safety,
        claim_counted=claim_counted,
    )


CHAIN = (due(K.ESCALATE, 30, stage=2),)
ACT = (due(K.ACT, 10),)


def test_an_incident_opens_with_its_first_escalation() -> None:
    assert on_open(clocks(first_s=45), now=NOW) == (due(K.ESCALATE, 45),)


@pytest.mark.parametrize(
    ("floor", "priority", "expected_s"),
    [
        (Floor(desks_on_duty=0), Priority.CRITICAL, 0),
        (Floor(desks_on_duty=0), Priority.URGENT, 0),
        (Floor(desks_on_duty=0), Priority.TECHNICAL, 60),
        (Floor(desks_on_duty=2, every_desk_holds_p1=True), Priority.CRITICAL, 20),
        (Floor(desks_on_duty=2, every_desk_holds_p1=True), Priority.NOTICE, 60),
        (Floor(desks_on_duty=1), Priority.CRITICAL, 60),
    ],
)
def test_the_first_stage_knows_who_is_at_the_desks(floor: Floor, priority: Priority, expected_s: int) -> None:
    assert waits(on_open(clocks(priority), now=NOW, floor=floor)) == {K.ESCALATE: expected_s}


def test_an_alarm_in_test_mode_waits_a_minute_for_the_tester() -> None:
    assert waits(on_open(clocks(), now=NOW, soft_s=60)) == {K.TEST: 60}


def join(standing: Deadlines, *, raised: bool = False, confirm_s: int | None = None, real: bool = False) -> Deadlines:
    return on_join(standing, clocks(), now=NOW, raised=raised, confirm_within_s=confirm_s, real_at_once=real)


def test_a_further_alarm_never_puts_off_what_stands() -> None:
    assert join(CHAIN) == CHAIN


def test_a_further_alarm_brings_the_chain_forward_where_it_was_further_off() -> None:
    assert join((due(K.ESCALATE, 500, stage=1),)) == (due(K.ESCALATE, 60, stage=1),)
    assert join((due(K.ESCALATE, 500, round_=2),)) == (due(K.ESCALATE, 60, round_=2),)


@pytest.mark.parametrize("floor", [Floor(desks_on_duty=0), Floor(desks_on_duty=2, every_desk_holds_p1=True)])
@pytest.mark.parametrize("standing", [due(K.ESCALATE, 30, stage=1), due(K.ESCALATE, 60, round_=1)])
def test_a_chain_that_has_begun_is_not_begun_again_by_a_further_alarm(floor: Floor, standing: Deadline) -> None:
    """The mistake: somebody who went on pressing kept the chain on its first rung, before any telephone."""
    assert on_join((standing,), clocks(), now=NOW, raised=False, confirm_within_s=None, floor=floor) == (standing,)


def test_a_rise_begins_the_higher_ladder_no_later_than_what_was_about_to_happen() -> None:
    raised = join(CHAIN, raised=True)
    assert raised == (due(K.ESCALATE, 30, stage=0),)


def test_an_owner_confirms_a_further_alarm_and_still_owes_an_act() -> None:
    assert waits(join(ACT, confirm_s=60)) == {K.ACT: 10, K.CONFIRM: 60}


def test_a_third_alarm_does_not_put_off_the_confirmation_of_the_second() -> None:
    standing = (*ACT, due(K.CONFIRM, 5))
    assert waits(join(standing, confirm_s=60))[K.CONFIRM] == 5


def test_a_second_press_in_test_mode_starts_the_chain_at_once() -> None:
    assert waits(join((due(K.TEST, 40),), real=True)) == {K.ESCALATE: 60}
    assert waits(join((due(K.TEST, 40),))) == {K.TEST: 40}


@pytest.mark.parametrize("taken", [Step.CLAIM, Step.TRANSFER_ACCEPTED, Step.REOPEN])
def test_a_claim_ends_the_desk_chain_and_asks_for_an_act(taken: Step) -> None:
    assert waits(step(CHAIN, taken, attended=True, by_owner=True)) == {K.ACT: 150}
    urgent = clocks(Priority.URGENT)
    assert waits(step(CHAIN, taken, attended=True, by_owner=True, of=urgent)) == {K.ACT: 570}


def test_a_responders_step_ends_no_chain() -> None:
    for taken in (Step.DISPATCH, Step.ARRIVE, Step.DECLINE, Step.NOTE, Step.CALL, Step.HANDOVER):
        assert step(CHAIN, taken, attended=False) == CHAIN


def test_a_colleagues_note_is_no_act_of_the_owner() -> None:
    assert step(ACT, Step.NOTE, attended=True, by_owner=False) == ACT


def test_an_owners_step_is_an_act_and_a_call_confirms_too_but_a_note_does_not() -> None:
    standing = (*ACT, due(K.CONFIRM, 40))
    assert waits(step(standing, Step.CALL, attended=True, by_owner=True)) == {K.ACT: 150}
    assert waits(step(standing, Step.NOTE, attended=True, by_owner=True)) == {K.ACT: 150, K.CONFIRM: 40}


def test_a_key_is_an_act_and_confirms_nothing() -> None:
    standing = (*ACT, due(K.CONFIRM, 40))
    assert waits(on_act(standing, clocks(), now=NOW)) == {K.ACT: 150, K.CONFIRM: 40}
    assert on_act(CHAIN, clocks(), now=NOW) == CHAIN


@pytest.mark.parametrize(
    ("taken", "claim_counted", "priority", "expected_s"),
    [
        (Step.RELEASE, True, Priority.CRITICAL, 60),
        (Step.RELEASE, False, Priority.CRITICAL, 0),
        (Step.RELEASE, False, Priority.NOTICE, 60),
        (Step.PASS, True, Priority.CRITICAL, 0),
        (Step.PASS, True, Priority.NOTICE, 0),
        (Step.LEASE_LOST, True, Priority.CRITICAL, 0),
        (Step.LEASE_LOST, True, Priority.URGENT, 0),
        (Step.LEASE_LOST, True, Priority.TECHNICAL, 60),
    ],
)
def test_a_case_that_loses_its_owner_is_escalated(
    taken: Step, claim_counted: bool, priority: Priority, expected_s: int
) -> None:
    after = step((*ACT, due(K.CONFIRM, 5)), taken, attended=False, claim_counted=claim_counted, of=clocks(priority))
    assert waits(after) == {K.ESCALATE: expected_s}


def test_who_cannot_take_a_waiting_case_fires_its_next_stage_at_once() -> None:
    assert step(CHAIN, Step.PASS, attended=False) == (due(K.ESCALATE, 0, stage=2),)


def test_a_pass_of_another_desk_leaves_the_owners_clocks_alone() -> None:
    assert step(ACT, Step.PASS, attended=True, by_owner=False) == ACT


def test_a_resolved_case_waits_for_its_file_and_for_smoke_that_goes_on() -> None:
    assert waits(step(ACT, Step.RESOLVE, attended=False)) == {K.WRAP_UP: 86_400, K.RECHECK: 600}
    assert waits(step(CHAIN, Step.RESTORE, attended=False, life_safety=False)) == {K.WRAP_UP: 86_400}


@pytest.mark.parametrize("taken", [Step.CLOSE, Step.MERGE])
def test_only_a_closed_case_waits_for_nothing(taken: Step) -> None:
    assert step((due(K.WRAP_UP, 5),), taken, attended=False) == ()


def test_a_rise_of_priority_puts_nothing_off() -> None:
    assert waits(on_raise(CHAIN, clocks(first_s=45), now=NOW)) == {K.ESCALATE: 30}
    assert waits(on_raise((due(K.ESCALATE, 500),), clocks(first_s=45), now=NOW)) == {K.ESCALATE: 45}
    assert waits(on_raise((due(K.ACT, 500),), clocks(), now=NOW)) == {K.ACT: 150}
    assert waits(on_raise(ACT, clocks(), now=NOW)) == {K.ACT: 10}
    assert on_raise((due(K.WRAP_UP, 9),), clocks(), now=NOW) == (due(K.WRAP_UP, 9),)


def test_a_case_whose_smoke_goes_on_cannot_be_closed() -> None:
    assert can_close(State.RESOLVED, still_reported=False)
    assert not can_close(State.RESOLVED, still_reported=True)
    assert not can_close(State.OPEN, still_reported=False)


def test_what_is_next_is_the_earliest() -> None:
    standing = (due(K.ACT, 50), due(K.CONFIRM, 40))
    assert next_due(standing) == NOW + timedelta(seconds=40)
    assert earliest(standing) == due(K.CONFIRM, 40)
    assert next_due(()) is None
    assert earliest(()) is None


def test_covered_means_closed_and_nothing_due_or_the_opposite() -> None:
    assert covers(State.CLOSED, ())
    assert covers(State.OPEN, CHAIN)
    assert not covers(State.OPEN, ())
    assert not covers(State.CLOSED, CHAIN)


def test_a_ladder_without_time_between_its_rungs_is_refused() -> None:
    with pytest.raises(ValueError, match="time between"):
        Ladder(name="bad", stages=(Stage(after_s=60, to=(Target.DESKS,)),), again_after_s=0)
    with pytest.raises(ValueError, match="needs stages"):
        Ladder(name="empty", stages=(), again_after_s=60)


def test_the_p1_ladder_reaches_the_county_after_five_minutes_and_begins_again() -> None:
    ladder = DEFAULT_LADDERS[Priority.CRITICAL]
    at_s, reached = 60, [(60, ladder.stages[0].to)]
    for stage in range(len(ladder.stages) - 1):
        at_s += ladder.wait_s(stage)
        reached.append((at_s, ladder.stages[stage + 1].to))
    phone = (Target.ON_CALL_PHONE,)
    assert reached[1:5] == [(90, phone), (150, phone), (210, phone), (270, phone)]
    assert reached[5] == (300, (Target.COUNTY_DUTY, Target.DESKS))
    assert ladder.after(5) == 0
    assert ladder.round_s == 300
