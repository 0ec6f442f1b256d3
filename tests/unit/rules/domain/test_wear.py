from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.wear import (
    Battery,
    Sample,
    Stuck,
    days_left,
    judge_battery,
    judge_stuck,
    says_test_since,
    stuck_in_test,
)
from rules.domain.wear import test_overdue as is_overdue

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
B = Battery


@pytest.mark.parametrize(
    ("pct", "left", "standing", "judged"),
    [
        (21, None, B.WELL, B.WELL),
        (20, None, B.WELL, B.LOW),
        (10, None, B.WELL, B.CRITICAL),
        (25, None, B.LOW, B.LOW),
        (15, None, B.CRITICAL, B.CRITICAL),
        (30, None, B.CRITICAL, B.WELL),
        (40, 6.0, B.WELL, B.SOON),
        (40, 8.0, B.WELL, B.WELL),
        (40, 6.0, B.LOW, B.SOON),
    ],
)
def test_a_battery_is_judged_with_a_gap_between_low_and_well(
    pct: float, left: float | None, standing: Battery, judged: Battery
) -> None:
    assert judge_battery(pct, days_left=left, standing=standing) is judged


def test_a_falling_battery_has_days_left_and_a_steady_or_young_one_none() -> None:
    assert days_left([(day, 50.0 - 5 * day) for day in range(6)]) == pytest.approx(5.0)
    assert days_left([(day, 80.0) for day in range(30)]) is None
    assert days_left([(0, 90.0), (1, 80.0)]) is None
    assert days_left([]) is None


def test_a_charge_begins_the_trend_anew() -> None:
    fell = [(day, 60.0 - 10 * day) for day in range(5)]
    charged = [(day, 100.0 - 2 * (day - 5)) for day in range(5, 11)]
    assert days_left([*fell, *charged]) == pytest.approx(45.0)


def test_thirty_five_days_after_the_last_press_and_not_a_day_sooner() -> None:
    assert not is_overdue(last_test_at=NOW - timedelta(days=35), watched_from=NOW - timedelta(days=400), now=NOW)
    assert is_overdue(last_test_at=NOW - timedelta(days=36), watched_from=NOW - timedelta(days=400), now=NOW)
    assert is_overdue(last_test_at=None, watched_from=NOW - timedelta(days=36), now=NOW)
    assert not is_overdue(last_test_at=None, watched_from=NOW - timedelta(days=3), now=NOW)


def test_a_device_says_test_since_its_first_word_without_a_long_pause() -> None:
    hourly = [NOW - timedelta(hours=n) for n in range(30)]
    assert says_test_since(hourly) == NOW - timedelta(hours=29)
    assert stuck_in_test(hourly, now=NOW)
    assert not stuck_in_test(hourly[:20], now=NOW)
    assert not stuck_in_test(hourly, now=NOW + timedelta(hours=7)), "it has stopped"
    monthly = [NOW, NOW - timedelta(days=30)]
    assert says_test_since(monthly) == NOW
    assert says_test_since([]) is None


def fixes(number: int, *, every: timedelta, same_time: bool, same_value: bool, what: str = "fix") -> list[Sample]:
    return [
        Sample(
            received_at=NOW - n * every, at="2026-11-17T00:00:00Z" if same_time else f"t{n}", what=what,
            value="31.9" if same_value else f"31.9{n}",
        )
        for n in range(number)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("samples", "stuck"),
    [
        (fixes(8, every=timedelta(minutes=10), same_time=True, same_value=True), Stuck.FIX_TIME),
        (fixes(5, every=timedelta(minutes=10), same_time=True, same_value=True), None),
        (fixes(8, every=timedelta(seconds=1), same_time=True, same_value=True), None),
        (fixes(8, every=timedelta(minutes=10), same_time=False, same_value=True), None),
        (fixes(60, every=timedelta(minutes=30), same_time=False, same_value=True), Stuck.VALUE),
        (fixes(60, every=timedelta(minutes=30), same_time=False, same_value=True, what="temperature"), Stuck.VALUE),
        (fixes(60, every=timedelta(minutes=30), same_time=False, same_value=True, what="battery_voltage"), None),
        (fixes(60, every=timedelta(minutes=30), same_time=False, same_value=False, what="temperature"), None),
        ([], None),
    ],
)
def test_what_only_repeats_itself_stands_still(samples: list[Sample], stuck: Stuck | None) -> None:
    assert judge_stuck(samples) is stuck
