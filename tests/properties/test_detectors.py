"""Detectors under any order, doubling and lateness: no crossing is told twice, and a restart changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rules.domain import fences, inactivity, vitals
from rules.domain.fences import Fence, FenceKind, Fix, Shape, Side
from rules.domain.hours import Window
from rules.domain.inactivity import Act, Look, Rule, Sensor
from rules.domain.place import Point
from rules.domain.vocabulary import DeviceKind
from store.detector_rows import read, written

ZONE: Final = ZoneInfo("Asia/Shanghai")
NOON: Final = datetime(2026, 11, 19, 4, 0, tzinfo=UTC)
HOME: Final = Point(lat=31.9, lon=121.2)
FENCE: Final = Fence(id=1, kind=FenceKind.KEEP_IN, shape=Shape(points=(HOME,), radius_m=300))
DEGREES_A_METRE: Final = 1 / 111_195

#: Where somebody truly is, minute by minute: (minutes on, metres north, measured wrong by up to its accuracy).
walks = st.lists(st.tuples(st.floats(-2_000, 2_000), st.floats(-1, 1), st.floats(1, 500)), min_size=1, max_size=40)


def _fixes(walk: list[tuple[float, float, float]]) -> list[Fix]:
    """A fix a minute, each wrong by no more than it says."""
    fixes = []
    for minute, (metres, wrong, accuracy_m) in enumerate(walk):
        at = NOON + timedelta(minutes=minute)
        seen = metres + wrong * accuracy_m * 0.99
        point = Point(lat=HOME.lat + seen * DEGREES_A_METRE, lon=HOME.lon)
        fixes.append(Fix(point=point, received_at=at, fix_at=at, accuracy_m=accuracy_m))
    return fixes


def _kept(state: Any) -> Any:
    """What a restart leaves of a state: written to a row as text and read again."""
    return read(msgspec.json.decode(msgspec.json.encode(written(state))), type(state))


@given(walks)
def test_nobody_is_told_to_be_where_they_never_were(walk: list[tuple[float, float, float]]) -> None:
    state, left = fences.State(), 0
    for (metres, _, _), fix in zip(walk, _fixes(walk), strict=True):
        side = fences.side_of(fix, FENCE)
        truly = Side.OUTSIDE if abs(metres) > 300 else Side.INSIDE
        assert side in (truly, Side.UNKNOWN)
        state, finding = fences.judge(state, fix, FENCE, fix.received_at, ZONE)
        left += finding is not None and finding.left
    outside = [abs(metres) > 300 for metres, _, _ in walk]
    stays = sum(here and (number == 0 or not outside[number - 1]) for number, here in enumerate(outside))
    assert left <= stays


@given(walks, st.data())
def test_doubled_reordered_and_late_copies_tell_nothing_more(
    walk: list[tuple[float, float, float]], data: st.DataObject
) -> None:
    fixes = _fixes(walk)
    plain, told = fences.State(), []
    for fix in fixes:
        plain, finding = fences.judge(plain, fix, FENCE, fix.received_at, ZONE)
        told.append(finding)
    state, again = fences.State(), []
    for number, fix in enumerate(fixes):
        state, finding = fences.judge(_kept(state), fix, FENCE, fix.received_at, ZONE)
        again.append(finding)
        for old in data.draw(st.lists(st.sampled_from(fixes[: number + 1]), max_size=3)):
            state, finding = fences.judge(_kept(state), old, FENCE, fix.received_at, ZONE)
            assert finding is None
    assert (again, state) == (told, plain)


@given(st.lists(st.tuples(st.floats(0, 120), st.booleans(), st.booleans()), max_size=40), st.data())
def test_no_reading_is_counted_twice_and_a_restart_changes_nothing(
    story: list[tuple[float, bool, bool]], data: st.DataObject
) -> None:
    plain = state = vitals.State()
    for number, (value, late, worn) in enumerate(story):
        at = NOON + timedelta(minutes=number)
        reading = vitals.Reading(values={"spo2_pct": value}, received_at=at, at=at, late=late, worn=worn)
        plain, told = vitals.judge(plain, reading, vitals.Personal())
        state, again = vitals.judge(_kept(state), reading, vitals.Personal())
        assert (again, state) == (told, plain)
        if data.draw(st.booleans()):
            assert vitals.judge(state, reading, vitals.Personal()) == (state, None)


@given(st.lists(st.tuples(st.integers(1, 120), st.sampled_from(["quiet", "moves", "dead", "away"])), max_size=60))
def test_no_silence_is_told_twice_and_none_of_a_dead_sensor(story: list[tuple[int, str]]) -> None:
    rule = Rule(id=1, windows=(Window(),), after=timedelta(hours=2))
    state, now, sign = inactivity.State(), NOON, NOON
    standing = False
    for minutes, what in story:
        now += timedelta(minutes=minutes)
        sign = now if what == "moves" else sign
        sensors = (Sensor(kind=DeviceKind.MOTION_SENSOR, alive=what != "dead"),)
        look = Look(last_sign_at=sign, sensors=sensors, alone=True, away_at=now if what == "away" else None)
        before = state
        state, finding = inactivity.judge(_kept(state), look, rule, now, ZONE)
        assert state == inactivity.judge(before, look, rule, now, ZONE)[0]
        act = None if finding is None else finding.act
        if act is Act.RAISE:
            assert what == "quiet" and not standing and now - sign >= timedelta(hours=2)
        standing = act is Act.RAISE or (standing and what in ("quiet", "dead"))
