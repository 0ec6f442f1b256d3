"""The life of an assignment: its table, its clocks, and what cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.domain.assignments import (
    GRACE_S,
    OPEN,
    WORDS,
    Assignment,
    Effect,
    NextStep,
    Reason,
    Ruling,
    Standing,
    Word,
    WordRefused,
    after,
    answer_s,
    heard,
    may_take_back,
    movement_s,
    on_due,
)
from rules.domain.doubts import Doubt, doubt_arrival, doubt_done
from rules.domain.vocabulary import Priority

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
P1 = Priority.CRITICAL


def _offer(**more: Any) -> Assignment:
    return Assignment(
        id=1, responder_id=2, standing=Standing.OFFERED, round=0, offered_at=NOW, step=NextStep.ANSWER,
        due_at=_in(60), eta_s=240, **more,
    )  # fmt: skip


def _in(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def _said(a: Assignment, *words: Word, at_s: float = 0) -> Assignment:
    for word in words:
        a = heard(a, word, priority=P1, circle_s=900, now=_in(at_s))
    return a


def test_what_has_ended_hears_nothing_more() -> None:
    for standing in (Standing.DECLINED, Standing.STOOD_DOWN, Standing.LEFT):
        assert not WORDS[standing]
        with pytest.raises(WordRefused):
            after(standing, Word.ACCEPT)


def test_who_is_not_asked_may_still_say_yes_late() -> None:
    assert after(Standing.TIMED_OUT, Word.ACCEPT) is Standing.ACCEPTED


def test_who_says_yes_late_is_shown_as_coming_and_not_as_ended() -> None:
    """The mistake: the end of the offer stood on, and the desk read that whoever was on the way had ended."""
    ruling = on_due(_offer(), priority=P1, another_accepted=False, now=_in(60))
    assert ruling is not None
    assert ruling.assignment.ended_at is not None
    assert _said(ruling.assignment, Word.ACCEPT, at_s=90).ended_at is None


def test_offers_and_movement_have_their_times_by_priority() -> None:
    assert [answer_s(priority) for priority in Priority][:3] == [60, 180, 600]
    assert movement_s(P1) == 180


def test_an_offer_nobody_answers_times_out_and_the_next_is_asked() -> None:
    assert on_due(_offer(), priority=P1, another_accepted=False, now=_in(59)) is None
    ruling = on_due(_offer(), priority=P1, another_accepted=False, now=_in(60))
    assert ruling is not None
    assert (ruling.assignment.standing, ruling.reason) == (Standing.TIMED_OUT, Reason.NOT_ANSWERED)
    assert ruling.effects == {Effect.NEXT}


def test_while_another_has_accepted_an_offer_stays_open() -> None:
    ruling = on_due(_offer(), priority=P1, another_accepted=True, now=_in(60))
    assert ruling is not None
    assert (ruling.assignment.standing, ruling.assignment.due_at, ruling.effects) == (
        Standing.OFFERED, _in(120), frozenset(),
    )  # fmt: skip


def test_after_an_outage_of_ours_an_offer_gets_one_more_term_from_now() -> None:
    ruling = on_due(_offer(), priority=P1, another_accepted=False, now=_in(1260))
    assert ruling is not None
    assert (ruling.assignment.standing, ruling.assignment.due_at) == (Standing.OFFERED, _in(1320))
    assert (ruling.reason, ruling.effects) == (Reason.OUTAGE_OF_OURS, {Effect.OFFER_AGAIN})


def _late(a: Assignment, after_s: int) -> Ruling:
    """Its clock, looked at by an engine that is a minute late."""
    assert a.due_at is not None
    ruling = on_due(a, priority=P1, another_accepted=False, now=a.due_at + timedelta(seconds=after_s))
    assert ruling is not None
    return ruling


def test_an_engine_that_is_always_late_gives_one_term_more_and_then_asks_the_next() -> None:
    once = _late(_offer(), 60)
    assert once.reason is Reason.OUTAGE_OF_OURS
    twice = _late(once.assignment, 60)
    assert (twice.assignment.standing, twice.effects) == (Standing.TIMED_OUT, {Effect.NEXT})


def test_who_accepted_and_does_not_move_is_noticed_by_an_engine_that_is_always_late() -> None:
    once = _late(_said(_offer(), Word.ACCEPT), 60)
    assert once.reason is Reason.OUTAGE_OF_OURS
    assert _late(once.assignment, 60).reason is Reason.NOT_MOVING


def test_a_silent_responder_is_an_alarm_though_the_engine_is_always_late() -> None:
    called = _late(_said(_offer(), Word.ACCEPT, Word.ARRIVE), 60)
    again = _late(called.assignment, 60)
    assert again.effects == {Effect.CALL}
    assert Effect.ALARM in _late(again.assignment, 60).effects


def test_a_word_earns_one_more_term_again() -> None:
    once = _late(_said(_offer(), Word.ACCEPT), 60)
    assert _said(once.assignment, Word.ACCEPT, at_s=500).renewed_at is None


def test_an_acceptance_waits_for_movement_and_movement_for_arrival() -> None:
    accepted = _said(_offer(), Word.ACCEPT)
    assert (accepted.step, accepted.due_at) == (NextStep.MOVEMENT, _in(180))
    assert accepted.arrive_by == _in(240 + GRACE_S)
    moving = _said(accepted, Word.EN_ROUTE, at_s=30)
    assert (moving.step, moving.due_at, moving.moving_at) == (NextStep.ARRIVAL, _in(240 + GRACE_S), _in(30))
    there = _said(moving, Word.ARRIVE, at_s=200)
    assert (there.step, there.due_at, there.arrived_at) == (NextStep.REPORT, _in(800), _in(200))


def test_without_a_known_distance_the_circle_is_the_arrivals_limit() -> None:
    accepted = _said(replace(_offer(), eta_s=None), Word.ACCEPT)
    assert accepted.arrive_by == _in(900)


def test_their_own_word_about_the_time_counts() -> None:
    accepted = heard(_offer(), Word.ACCEPT, priority=P1, circle_s=900, now=NOW, eta_s=1200)
    assert accepted.arrive_by == _in(1200 + GRACE_S)


def test_who_does_not_move_gets_a_second_beside_and_is_called() -> None:
    ruling = on_due(_said(_offer(), Word.ACCEPT), priority=P1, another_accepted=False, now=_in(180))
    assert ruling is not None
    assert ruling.assignment.standing is Standing.ACCEPTED
    assert ruling.effects == {Effect.BESIDE, Effect.CALL}
    assert ruling.assignment.called_at == _in(180)


def test_an_overdue_arrival_raises_the_case_and_of_who_is_watched_silence_is_an_alarm() -> None:
    moving = replace(_said(_offer(), Word.ACCEPT, Word.EN_ROUTE), is_watched=True)
    overdue = on_due(moving, priority=P1, another_accepted=False, now=_in(540))
    assert overdue is not None
    assert overdue.effects == {Effect.RAISE, Effect.BESIDE, Effect.CALL}
    assert overdue.assignment.step is NextStep.SILENCE
    silent = on_due(overdue.assignment, priority=P1, another_accepted=False, now=_in(660))
    assert silent is not None
    assert Effect.ALARM in silent.effects


def test_a_word_after_the_call_ends_the_silence() -> None:
    there = _said(_offer(), Word.ACCEPT, Word.ARRIVE)
    called = on_due(there, priority=P1, another_accepted=False, now=_in(600))
    assert called is not None
    well = _said(called.assignment, Word.REPORT, at_s=650)
    assert (well.step, well.due_at, well.called_at) == (NextStep.REPORT, _in(1250), None)


def test_a_call_back_that_stuck_in_our_outage_is_made_once_more() -> None:
    there = _said(_offer(), Word.ACCEPT, Word.ARRIVE)
    called = on_due(there, priority=P1, another_accepted=False, now=_in(600))
    assert called is not None
    again = on_due(called.assignment, priority=P1, another_accepted=False, now=_in(2000))
    assert again is not None
    assert (again.effects, again.assignment.step) == ({Effect.CALL}, NextStep.SILENCE)


@pytest.mark.parametrize(
    ("away_m", "after_s", "doubt"),
    [(100, 1, None), (501, 600, Doubt.FAR_AWAY), (None, 59, Doubt.TOO_SOON), (None, 61, None)],
)
def test_an_arrival_is_doubted_by_place_or_by_time(away_m: float | None, after_s: int, doubt: Doubt | None) -> None:
    accepted = _said(_offer(), Word.ACCEPT)
    found = doubt_arrival(accepted, away_m=away_m, accuracy_m=0, is_eta_measured=True, now=_in(after_s))
    assert found is doubt


def test_done_in_a_moment_is_doubted() -> None:
    there = _said(_offer(), Word.ACCEPT, Word.ARRIVE)
    assert doubt_done(there, now=_in(30)) is Doubt.TOO_SOON
    assert doubt_done(there, now=_in(90)) is None
    assert doubt_done(_said(_offer(), Word.ACCEPT), now=_in(90)) is Doubt.NOT_ARRIVED


def test_arrived_and_done_are_taken_back_within_a_minute() -> None:
    there = _said(_offer(), Word.ACCEPT, Word.ARRIVE)
    assert may_take_back(there, now=_in(60))
    assert not may_take_back(there, now=_in(61))
    back = _said(there, Word.TAKE_BACK, at_s=20)
    assert (back.standing, back.arrived_at, back.is_open) == (Standing.EN_ROUTE, None, True)
    done = _said(there, Word.COMPLETE, at_s=300)
    assert (done.is_open, done.due_at, may_take_back(done, now=_in(360))) == (False, None, True)
    assert _said(done, Word.TAKE_BACK, at_s=310).standing is Standing.ON_SCENE


def test_the_open_standings_are_those_that_wait() -> None:
    assert {a.standing for a in (_offer(), _said(_offer(), Word.ACCEPT), _said(_offer(), Word.EN_ROUTE))} <= OPEN
