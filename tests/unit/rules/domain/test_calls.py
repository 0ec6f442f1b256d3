"""Which calls count as nobody reached, and when that moves a case on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.call_words import CallResult, CallTo, Verified
from rules.domain.calls import (
    CallMade,
    Unanswered,
    asks_once_more,
    reaches_nobody,
    said_ok,
    unanswered,
    unanswered_within,
)
from rules.domain.vocabulary import Priority

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def call(result: CallResult, seconds_ago: int = 0, *, to: CallTo = CallTo.RESIDENT, verified: str = "none") -> CallMade:
    return CallMade(at=NOW - timedelta(seconds=seconds_ago), to=to, result=result, verified=Verified(verified))


@pytest.mark.parametrize(
    ("result", "urgent", "other"),
    [
        (CallResult.SPOKE_OK, False, False),
        (CallResult.SPOKE_HELP, False, False),
        (CallResult.UNCLEAR, True, False),
        (CallResult.NO_ANSWER, True, True),
        (CallResult.BUSY, True, False),
        (CallResult.VOICEMAIL, True, False),
        (CallResult.REFUSED, True, False),
        (CallResult.WRONG_NUMBER, True, False),
        (CallResult.LINE_FAILED, True, False),
    ],
)
def test_with_life_at_stake_everything_in_which_nobody_was_heard_is_no_answer(
    result: CallResult, urgent: bool, other: bool
) -> None:
    assert reaches_nobody(result, Priority.CRITICAL) is reaches_nobody(result, Priority.URGENT) is urgent
    assert reaches_nobody(result, Priority.NOTICE) is other


@pytest.mark.parametrize(
    ("calls", "attempts"),
    [
        ([], 0),
        ([call(CallResult.NO_ANSWER, 60)], 1),
        ([call(CallResult.NO_ANSWER, 60), call(CallResult.VOICEMAIL)], 2),
        ([call(CallResult.BUSY, 60), call(CallResult.LINE_FAILED, 30), call(CallResult.UNCLEAR)], 3),
        ([call(CallResult.NO_ANSWER, 60), call(CallResult.SPOKE_OK, 30), call(CallResult.NO_ANSWER)], 1),
        ([call(CallResult.NO_ANSWER, 60), call(CallResult.SPOKE_HELP, 30)], 0),
        ([call(CallResult.NO_ANSWER, 60, to=CallTo.CONTACT), call(CallResult.BUSY, to=CallTo.SERVICE)], 0),
        ([call(CallResult.NO_ANSWER, 60), call(CallResult.SPOKE_OK, 30, to=CallTo.CONTACT)], 1),
        ([call(CallResult.NO_ANSWER, -60)], 0),
    ],
)
def test_attempts_count_since_somebody_last_spoke_with_the_person(calls: list[CallMade], attempts: int) -> None:
    found = unanswered(calls, NOW)
    assert found.attempts == attempts
    assert found.moves_on is (attempts >= 2)


def test_who_cannot_use_the_telephone_is_never_no_answer() -> None:
    calls = [call(CallResult.NO_ANSWER, 60), call(CallResult.NO_ANSWER)]
    assert unanswered(calls, NOW, speechless=True) == Unanswered()


def test_two_calls_ten_minutes_apart_are_asked_for_where_a_class_wants_them() -> None:
    soon = unanswered([call(CallResult.NO_ANSWER, 60), call(CallResult.NO_ANSWER)], NOW)
    apart = unanswered([call(CallResult.NO_ANSWER, 600), call(CallResult.NO_ANSWER)], NOW)
    assert (soon.moves_on_apart(600), apart.moves_on_apart(600)) == (False, True)
    assert not Unanswered().moves_on_apart(0)


@pytest.mark.parametrize(
    ("ago", "within"), [((120, 0), True), ((121, 0), False), ((500, 121, 100), True), ((300, 150, 0), False)]
)
def test_two_attempts_within_two_minutes_are_the_services_line(ago: tuple[int, ...], within: bool) -> None:
    assert unanswered_within([call(CallResult.NO_ANSWER, seconds) for seconds in ago], NOW) is within


def test_a_word_with_the_person_takes_the_earlier_attempts_back() -> None:
    calls = [call(CallResult.NO_ANSWER, 60), call(CallResult.NO_ANSWER, 50), call(CallResult.SPOKE_OK, 40)]
    assert not unanswered_within(calls, NOW)


def test_fine_in_a_voice_nobody_knows_asks_once_more() -> None:
    assert asks_once_more(CallResult.SPOKE_OK, Verified.NONE)
    assert not asks_once_more(CallResult.SPOKE_OK, Verified.VOICE_KNOWN)
    assert not asks_once_more(CallResult.SPOKE_HELP, Verified.NONE), "help is believed from any voice"
    assert not said_ok([call(CallResult.SPOKE_OK)])
    assert said_ok([call(CallResult.SPOKE_OK, verified="code_word")])
    assert not said_ok([call(CallResult.SPOKE_OK, 20, verified="code_word"), call(CallResult.SPOKE_HELP)])


@given(st.lists(st.builds(call, st.sampled_from(CallResult), st.integers(0, 1000), to=st.sampled_from(CallTo))))
def test_the_order_of_the_record_does_not_matter_and_contacts_never_move_a_case(calls: list[CallMade]) -> None:
    found = unanswered(calls, NOW)
    assert found.attempts == unanswered([c for c in calls if c.to is CallTo.RESIDENT], NOW).attempts
    assert found.attempts <= len(calls)
    assert (found.first_at is None) is (found.attempts == 0)
