"""Body readings: what is beyond whose bounds, for how long, and what of it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain import vitals
from rules.domain.vitals import Finding, Level, Personal, Reading, Reason, State

NOON = datetime(2026, 11, 19, 4, 0, tzinfo=UTC)
COUNTY = Personal()


def told(quantity: str, *values: float, personal: Personal = COUNTY, minutes: int = 1) -> list[Finding]:
    state, found = State(), []
    for number, value in enumerate(values):
        at = NOON + timedelta(minutes=minutes * number)
        state, finding = vitals.judge(state, Reading(values={quantity: value}, received_at=at, at=at), personal)
        found += [finding] if finding is not None else []
    return found


@pytest.mark.parametrize(
    ("quantity", "values", "levels"),
    [
        ("spo2_pct", [84], []),
        ("spo2_pct", [84, 85], ["danger"]),
        ("spo2_pct", [84, 97, 84, 97], []),
        ("spo2_pct", [92, 92, 92], ["attention"]),
        ("spo2_pct", [92, 84, 92], ["attention"]),
        ("spo2_pct", [84, 84, 84, 97, 97], ["danger", "normal"]),
        ("spo2_pct", [84, 84, 92, 84, 84], ["danger"]),
        ("heart_rate_bpm", [140, 140], ["danger"]),
        ("heart_rate_bpm", [0, 0, 0, 300, 300], []),
        ("heart_rate_bpm", [60, 112, 60, 112], []),
        ("heart_rate_bpm", [60, 112, 113], ["attention"]),
        ("temperature_c", [39.6, 39.7], ["danger"]),
        ("glucose_mmol_l", [2.8, 2.7], ["danger"]),
        ("steps", [1, 2, 3], []),
    ],
)
def test_what_is_told_of_a_row_of_readings(quantity: str, values: list[float], levels: list[str]) -> None:
    assert [str(finding.level) for finding in told(quantity, *values)] == levels


def test_around_a_bound_nothing_flaps() -> None:
    assert [str(one.level) for one in told("spo2_pct", 93, 93, 93, 94, 93, 94, 93, 94)] == ["attention"]


def test_a_persons_own_bounds_replace_only_what_they_name() -> None:
    own = Personal.of({"spo2_pct": {"danger_low": 80}, "heart_rate_bpm": {"danger_high": None, "attention_high": None}})
    assert told("spo2_pct", 85, 85, personal=own) == []
    assert told("heart_rate_bpm", *[150] * 5, personal=own) == []
    assert [one.level for one in told("heart_rate_bpm", 35, 35, personal=own)] == [Level.DANGER]


def test_a_fast_change_is_told_and_a_slow_one_is_not() -> None:
    assert [one.reason for one in told("spo2_pct", 99, 94, minutes=5)] == []
    (fast,) = told("heart_rate_bpm", 55, 108, 108, minutes=5)
    assert (fast.reason, fast.level) == (Reason.CHANGES_FAST, Level.ATTENTION)
    assert told("heart_rate_bpm", 55, 108, 108, minutes=60) == []


@pytest.mark.parametrize("change", [{"late": True}, {"worn": False}])
def test_what_is_late_or_not_worn_changes_nothing(change: dict[str, bool]) -> None:
    reading = Reading(values={"spo2_pct": 70}, received_at=NOON, at=NOON, **change)
    assert vitals.judge(State(), reading, COUNTY) == (State(), None)


@pytest.mark.parametrize(
    ("value", "said_before", "in_danger"),
    [(98, True, None), (92, False, False), (84, False, None), (84, True, True), (0, True, None)],
)
def test_a_devices_own_word_needs_a_second_reading(value: float, said_before: bool, in_danger: bool | None) -> None:
    assert vitals.in_danger(State(), {"spo2_pct": value}, COUNTY, said_before=said_before) is in_danger


def test_a_reading_just_before_is_the_second_one() -> None:
    state, _ = vitals.judge(State(), Reading(values={"spo2_pct": 85}, received_at=NOON, at=NOON), COUNTY)
    assert vitals.in_danger(state, {"spo2_pct": 84}, COUNTY, said_before=False) is True
    assert vitals.in_danger(state, {"heart_rate_bpm": 30}, COUNTY, said_before=False) is None
