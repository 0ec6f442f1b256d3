"""Hours of the week by the site's clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from rules.domain.hours import Window, next_start, period_at

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = (Window(from_min=1320, to_min=360, days=frozenset({5})),)  # Friday night


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026 by the site's clocks; the 20th is a Friday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "begins_at"),
    [
        (at(20, 21, 59), None),
        (at(20, 22), at(20, 22)),
        (at(21, 5, 59), at(20, 22)),
        (at(21, 6), None),
        (at(21, 23), None),
    ],
)
def test_a_window_over_midnight_belongs_to_its_first_day(now: datetime, begins_at: datetime | None) -> None:
    period = period_at(NIGHT, now, ZONE)
    assert (None if period is None else period.begins_at) == begins_at


def test_the_next_start_is_later_than_now_also_a_week_on() -> None:
    assert next_start(NIGHT, at(20, 21), ZONE) == at(20, 22)
    assert next_start(NIGHT, at(20, 22), ZONE) == at(27, 22)
    assert next_start((), at(20, 22), ZONE) is None


def test_a_whole_day_is_one_that_ends_where_it_begins() -> None:
    assert period_at((Window(),), at(20, 0), ZONE) is not None
    assert period_at((Window(),), at(20, 23, 59), ZONE) is not None
