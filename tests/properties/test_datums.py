"""Any place: there and back is where it was, and the three datums agree outside China."""

from __future__ import annotations

from itertools import permutations
from math import cos, hypot, radians

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from devices.datums import MAP_LINKS, converted, is_shifted
from devices.event import Datum

#: A degree of latitude, in metres, near enough for distances of a metre.
DEGREE_M = 111_320.0
#: The published shift is 50 to 700 m; BD-09 adds up to 1.2 km.
SHIFT_MOST_M = 2_000.0

lats = st.floats(15.5, 54.0)
lons = st.floats(73.0, 135.2)


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    return hypot(one[0] - other[0], (one[1] - other[1]) * cos(radians(one[0]))) * DEGREE_M


@pytest.mark.parametrize(("source", "target"), list(permutations(Datum, 2)))
@given(lat=lats, lon=lons)
@example(lat=39.1, lon=73.3)  # a corner of the outline
@example(lat=35.0, lon=105.0)  # where the sums of sines begin
def test_there_and_back_is_the_same_place(source: Datum, target: Datum, lat: float, lon: float) -> None:
    assume(is_shifted(lat, lon))
    given_ = converted(lat, lon, Datum.WGS84, source)
    there = converted(*given_, source, target)
    assert distance_m(converted(*there, target, source), given_) < 0.01
    assert distance_m(there, given_) < SHIFT_MOST_M


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180), source=st.sampled_from(Datum), target=st.sampled_from(Datum))
def test_any_place_in_any_datum_is_a_place_in_any_other(lat: float, lon: float, source: Datum, target: Datum) -> None:
    there = converted(lat, lon, source, target)
    assert -90 <= there.lat <= 90 and -180 <= there.lon <= 180
    assert distance_m(there, (lat, lon)) < SHIFT_MOST_M
    if not (15 < lat < 54.1 and 73 < lon < 135.4):
        assert there == (lat, lon)


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180), title=st.text())
def test_any_title_makes_a_link_of_plain_ascii(lat: float, lon: float, title: str) -> None:
    for link in MAP_LINKS.values():
        url = link(lat, lon, title)
        assert url.isascii() and url.isprintable() and " " not in url
