"""Fences: which side a fix proves, when a side is believed, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.domain import fences
from rules.domain.fences import Fence, FenceKind, Finding, Fix, Reason, Shape, Side, State
from rules.domain.hours import Window
from rules.domain.place import PlaceSource, Point

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 19, 4, 0, tzinfo=UTC)
HOME = Point(lat=31.9, lon=121.2)
CIRCLE = Shape(points=(HOME,), radius_m=300)
SQUARE = Shape(
    points=(
        Point(lat=31.89, lon=121.19), Point(lat=31.89, lon=121.21), Point(lat=31.91, lon=121.21),
        Point(lat=31.91, lon=121.19),
    )
)  # fmt: skip
KEEP_IN = Fence(id=1, kind=FenceKind.KEEP_IN, shape=CIRCLE)


def north(metres: float) -> Point:
    return Point(lat=HOME.lat + metres / 111_195, lon=HOME.lon)


def fix(metres: float, *, second: int = 0, accuracy_m: float | None = 10.0, source: PlaceSource | None = None) -> Fix:
    at = NOON + timedelta(seconds=second)
    return Fix(point=north(metres), received_at=at, fix_at=at, accuracy_m=accuracy_m, source=source)


def walk(fence: Fence, *metres: float, state: State | None = None) -> tuple[State, list[Finding]]:
    """A fix a minute."""
    state, told = state or State(), []
    for number, one in enumerate(metres):
        this = fix(one, second=60 * number)
        state, finding = fences.judge(state, this, fence, this.received_at, ZONE)
        told += [finding] if finding is not None else []
    return state, told


@pytest.mark.parametrize(
    ("metres", "accuracy_m", "source", "side"),
    [
        (0, 10, None, Side.INSIDE),
        (280, 30, None, Side.UNKNOWN),
        (320, 30, None, Side.UNKNOWN),
        (340, 30, None, Side.OUTSIDE),
        (340, None, None, Side.UNKNOWN),
        (360, None, None, Side.OUTSIDE),
        (360, 5, PlaceSource.WIFI, Side.UNKNOWN),
        (900, 5, PlaceSource.CELL, Side.UNKNOWN),
        (1_400, 5, PlaceSource.CELL, Side.OUTSIDE),
        (900, 5, PlaceSource.GNSS, Side.OUTSIDE),
    ],
)
def test_a_side_is_proven_only_by_the_whole_circle(
    metres: float, accuracy_m: float | None, source: PlaceSource | None, side: Side
) -> None:
    assert fences.side_of(fix(metres, accuracy_m=accuracy_m, source=source), KEEP_IN) is side


@pytest.mark.parametrize(
    ("lat", "lon", "edge_m"),
    [(31.9, 121.2, -945), (31.9, 121.22, 944), (31.92, 121.2, 1_112), (31.905, 121.2, -556), (31.92, 121.22, 1_459)],
)
def test_the_edge_of_a_polygon_is_as_far_as_it_is(lat: float, lon: float, edge_m: float) -> None:
    assert SQUARE.edge_m(Point(lat=lat, lon=lon)) == pytest.approx(edge_m, abs=3)


def test_near_the_water_is_at_the_water() -> None:
    water = Fence(id=1, kind=FenceKind.WATER, shape=CIRCLE)
    assert fences.side_of(fix(335), water) is Side.INSIDE
    assert fences.side_of(fix(375), water) is Side.OUTSIDE


def test_two_fixes_are_believed_and_one_is_not() -> None:
    assert walk(KEEP_IN, 0, 0, 900)[1] == []
    state, (told,) = walk(KEEP_IN, 0, 0, 900, 900, 900)
    assert (told.reason, told.left, state.side) == (Reason.CROSSED, True, Side.OUTSIDE)


def test_first_seen_there_counts_as_there() -> None:
    _, (told,) = walk(KEEP_IN, 900, 900, 900)
    assert told.reason is Reason.FIRST_SEEN_THERE


def test_a_single_fix_is_believed_once_it_has_stood() -> None:
    state, _ = walk(KEEP_IN, 900)
    due = fences.next_look_at(state, KEEP_IN, NOON, ZONE)
    assert due == NOON + timedelta(seconds=KEEP_IN.dwell_s)
    assert fences.judge(state, None, KEEP_IN, due - timedelta(seconds=1), ZONE)[1] is None
    _, told = fences.judge(state, None, KEEP_IN, due, ZONE)
    assert told is not None and told.left


def test_back_is_told_once_and_only_to_whom_leaving_was() -> None:
    _, told = walk(KEEP_IN, 0, 0, 900, 900, 0, 0, 0)
    assert [(one.reason, one.left) for one in told] == [(Reason.CROSSED, True), (Reason.CAME_BACK, False)]


def test_hours_that_begin_while_outside_tell_it_each_time() -> None:
    night = replace(KEEP_IN, windows=(Window(from_min=22 * 60, to_min=6 * 60),))
    state, told = walk(night, 900, 900)
    assert told == []
    begins_at = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)
    assert fences.next_look_at(state, night, NOON, ZONE) == begins_at
    assert fences.judge(state, None, night, begins_at, ZONE)[1] is None, "nine hours old: the next fix says"
    evening = replace(state, heard_at=begins_at - timedelta(hours=1))
    after, finding = fences.judge(evening, None, night, begins_at, ZONE)
    assert finding is not None and finding.reason is Reason.THERE_WHEN_IT_BEGAN
    assert fences.judge(after, None, night, begins_at + timedelta(hours=1), ZONE)[1] is None
    next_night = replace(after, heard_at=begins_at + timedelta(hours=23))
    assert fences.judge(next_night, None, night, begins_at + timedelta(days=1), ZONE)[1] is not None


@pytest.mark.parametrize("late", [True, False])
def test_what_is_late_or_of_the_same_fix_time_says_nothing(late: bool) -> None:
    state, _ = walk(KEEP_IN, 0, 0)
    old = replace(fix(900, second=600 if late else 60), late=late)
    for _ in range(5):
        assert fences.judge(state, old, KEEP_IN, NOON, ZONE) == (state, None)
