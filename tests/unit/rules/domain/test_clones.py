"""Two devices with one id come and come again; one on a bad line does so rarely."""

from __future__ import annotations

import pytest

from rules.domain.clones import REMEMBERED, fought_over


def arrivals(every_s: float, count: int) -> list[float]:
    return [number * every_s for number in range(count)]


@pytest.mark.parametrize(("every_s", "count"), [(0.1, 8), (1, 8), (5, 8), (8, 8), (10, 20), (30, 20)])
def test_two_that_throw_each_other_out_are_told(every_s: float, count: int) -> None:
    assert fought_over(arrivals(every_s, count))


@pytest.mark.parametrize(("every_s", "count"), [(1, 0), (1, 1), (1, 7), (45, 20), (60, 20), (3_600, 20), (10, 19)])
def test_one_on_a_bad_line_is_not(every_s: float, count: int) -> None:
    assert not fought_over(arrivals(every_s, count))


def test_a_day_of_quiet_before_does_not_hide_them() -> None:
    assert fought_over([0.0, *(86_400 + at_s for at_s in arrivals(1, 8))])


def test_no_more_is_remembered_than_the_slow_fight_needs() -> None:
    assert REMEMBERED == 20
