"""From state to event: what is new, and what is only said again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.event import ALARMS, EventType
from rules.domain.correlation import SAME_EPISODE_S
from rules.domain.repeats import BEGINNINGS, Reason, Said, of_report, of_state, of_word
from rules.domain.vocabulary import UNRESOLVED, State

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def said(state: State | None, *, ago_s: float = 3600, resolved_s: float | None = None) -> Said:
    return Said(
        last_copy_at=NOW - timedelta(seconds=ago_s), state=state,
        resolved_at=None if resolved_s is None else NOW - timedelta(seconds=resolved_s),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "stands", "rings", "counted", "reason"),
    [
        (None, True, True, False, Reason.BEGINS),
        (said(State.OPEN), False, True, False, Reason.BEGINS),
        (said(State.OPEN), True, True, True, Reason.CASE_IS_OPEN),
        (said(State.ON_SCENE, ago_s=400_000), True, True, True, Reason.CASE_IS_OPEN),
        (said(State.RESOLVED, resolved_s=SAME_EPISODE_S - 1), True, True, True, Reason.RECHECK_IS_DUE),
        (said(State.RESOLVED, resolved_s=SAME_EPISODE_S), True, True, False, Reason.STILL_REPORTED),
        (said(State.CLOSED, resolved_s=10), True, True, False, Reason.STILL_REPORTED),
        (said(State.CLOSED), True, True, False, Reason.STILL_REPORTED),
        (said(None), True, False, True, Reason.CONCERNS_NOBODY),
        (said(None), True, True, False, Reason.BEGINS),
    ],
)
def test_a_state_is_new_on_its_edge_and_after_somebody_took_it_for_over(
    before: Said | None, stands: bool, rings: bool, counted: bool, reason: Reason
) -> None:
    verdict = of_state(before, type_=EventType.SMOKE, stands=stands, rings=rings, now=NOW)
    assert (verdict.counted, verdict.reason) == (counted, reason)
    assert verdict.stands == (reason is Reason.STILL_REPORTED)


def test_a_call_said_as_a_state_right_after_resolved_may_be_a_second_press() -> None:
    before = said(State.RESOLVED, resolved_s=5)
    assert not of_state(before, type_=EventType.SOS, stands=True, rings=True, now=NOW).counted
    assert of_state(said(State.OPEN), type_=EventType.SOS, stands=True, rings=True, now=NOW).counted


@given(
    st.sampled_from([None, *State]), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 3600), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_a_press_never_vanishes_while_nothing_is_open(
    state: State | None, ago_s: float, resolved_s: float, repeat_s: float, resent: bool, dated: bool
) -> None:
    before = said(state, ago_s=ago_s, resolved_s=resolved_s)
    verdict = of_report(before, at=NOW if dated else None, repeat_s=repeat_s, resent=resent, now=NOW)
    if state not in UNRESOLVED:
        assert not verdict.counted
    if not resent and ago_s >= repeat_s:
        assert not verdict.counted


def test_a_word_is_said_anew_after_a_further_alarm_and_after_a_day() -> None:
    assert of_word(said(None), alarm_since=False, now=NOW).counted
    assert not of_word(said(None), alarm_since=True, now=NOW).counted
    assert not of_word(said(None, ago_s=90_000), alarm_since=False, now=NOW).counted
    assert not of_word(None, alarm_since=False, now=NOW).counted


def test_every_alarm_can_be_a_state_that_begins_and_no_end_can() -> None:
    assert ALARMS <= BEGINNINGS
    assert {EventType.BATTERY_LOW, EventType.POWER_LOST, EventType.FAULT, EventType.FENCE_EXIT} <= BEGINNINGS
    assert not {EventType.SMOKE_CLEAR, EventType.POWER_RESTORED, EventType.TEST, EventType.MUTED} & BEGINNINGS
