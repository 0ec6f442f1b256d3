from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.place import Fix, PlaceKind, PlaceSource, Point, Reason, decide, distance_m, told
from rules.domain.vocabulary import Wearer

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
HOME = Point(lat=32.0, lon=121.0)
MARKET = Point(lat=32.036, lon=121.0)


def fix(*, age_s: float = 5, accuracy_m: float | None = 20, with_alarm: bool = True) -> Fix:
    return Fix(
        point=MARKET,
        at=NOW - timedelta(seconds=age_s),
        accuracy_m=accuracy_m,
        source=PlaceSource.GNSS,
        with_alarm=with_alarm,
    )


def test_the_fix_of_a_band_decides_and_not_the_address() -> None:
    place = decide(wearer=Wearer.PERSONAL, fix=fix(), home=HOME, now=NOW)
    assert place is not None
    assert (place.kind, place.point, place.hint) == (PlaceKind.REPORTED, MARKET, False)
    assert place.distance_from_home_m == pytest.approx(4003, abs=2)


@pytest.mark.parametrize(
    ("age_s", "accuracy_m", "hint"),
    [(600, 300, False), (601, 20, True), (5, 301, True), (5, None, True), (-30, 20, False)],
)
def test_an_old_or_wide_fix_is_only_a_hint(age_s: float, accuracy_m: float | None, hint: bool) -> None:
    place = decide(wearer=Wearer.PERSONAL, fix=fix(age_s=age_s, accuracy_m=accuracy_m), home=HOME, now=NOW)
    assert place is not None
    assert place.hint is hint
    assert place.age_s == max(0, age_s)


def test_a_fix_from_before_the_alarm_is_the_last_known_place() -> None:
    place = decide(wearer=Wearer.PERSONAL, fix=fix(with_alarm=False), home=HOME, now=NOW)
    assert place is not None
    assert (place.kind, place.reason) == (PlaceKind.LAST_KNOWN, Reason.FIX_BEFORE_ALARM)


def test_a_wall_button_is_where_it_hangs_whatever_a_fix_says() -> None:
    place = decide(wearer=Wearer.SHARED, fix=fix(), home=HOME, now=NOW)
    assert place is not None
    assert (place.kind, place.point, place.hint) == (PlaceKind.PREMISES, HOME, False)


def test_a_band_without_a_fix_may_be_anywhere_so_the_address_is_a_hint() -> None:
    place = decide(wearer=Wearer.PERSONAL, fix=None, home=HOME, now=NOW)
    assert place is not None
    assert (place.kind, place.reason, place.hint) == (PlaceKind.PREMISES, Reason.NO_FIX, True)


def test_what_is_known_nowhere_has_no_place() -> None:
    assert decide(wearer=Wearer.SHARED, fix=None, home=None, now=NOW) is None
    found = decide(wearer=Wearer.SHARED, fix=fix(), home=None, now=NOW)
    assert found is not None
    assert (found.kind, found.distance_from_home_m) == (PlaceKind.REPORTED, None)


def test_a_person_may_say_where_in_words_or_on_the_map() -> None:
    on_map = told(MARKET, HOME, now=NOW)
    assert (on_map.kind, on_map.source, on_map.hint) == (PlaceKind.TOLD, PlaceSource.PERSON, False)
    assert told(None, HOME, now=NOW).distance_from_home_m is None


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        (HOME, HOME, 0),
        (Point(lat=0, lon=0), Point(lat=0, lon=1), 111_195),
        (Point(lat=0, lon=179.5), Point(lat=0, lon=-179.5), 111_195),
        (Point(lat=90, lon=0), Point(lat=-90, lon=77), 20_015_115),
    ],
)
def test_distance_is_along_the_great_circle(a: Point, b: Point, metres: float) -> None:
    assert distance_m(a, b) == pytest.approx(metres, rel=1e-4)
    assert distance_m(a, b) == distance_m(b, a)
