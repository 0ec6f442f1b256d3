"""Datums against published pairs, places that must not move, and the links of four maps."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from devices.datums import MAP_LINKS, converted, is_shifted, to_wgs84
from devices.event import Datum, Location

#: What `wandergis/coordtransform` publishes as the results of its own test; a millionth of a degree is a decimetre.
PUBLISHED = [
    (Datum.WGS84, (39.915, 116.404), Datum.GCJ02, (39.91640428150164, 116.41024449916938)),
    (Datum.GCJ02, (39.915, 116.404), Datum.BD09, (39.92133699351021, 116.41036949371029)),
]
#: The same library's inverses are one step of the iteration: within two metres of the true ones.
PUBLISHED_ROUGH = [
    (Datum.GCJ02, (39.915, 116.404), Datum.WGS84, (39.91359571849836, 116.39775550083061)),
    (Datum.BD09, (39.915, 116.404), Datum.GCJ02, (39.90865673957631, 116.39762729119315)),
]
SHIFTED = {
    "Beijing": (39.9042, 116.4074),
    "Hong Kong": (22.3, 114.17),
    "Macau": (22.19, 113.54),
    "Haikou": (20.03, 110.33),
    "Xiamen": (24.48, 118.09),
    "Shengsi, an island county": (30.72, 122.45),
    "Changhai, an island county": (39.27, 122.6),
    "Weizhou, an island": (21.03, 109.12),
    "Dandong, on the border": (40.12, 124.39),
    "Heihe, on the border": (50.24, 127.5),
    "Kashgar": (39.47, 75.99),
    "Lhasa": (29.65, 91.1),
    "Mohe": (53.48, 122.37),
}
UNMOVED = {
    "Taipei": (25.03, 121.56),
    "Seoul": (37.57, 126.98),
    "Pyongyang": (39.03, 125.75),
    "Tokyo": (35.68, 139.77),
    "Hanoi": (21.03, 105.85),
    "Singapore": (1.35, 103.82),
    "Ulaanbaatar": (47.92, 106.92),
    "Vladivostok": (43.12, 131.9),
    "Almaty": (43.24, 76.9),
    "Kathmandu": (27.7, 85.32),
    "New York": (40.71, -74.01),
    "the pole": (90.0, 0.0),
    "the other side of the date line": (-45.0, -180.0),
}


@pytest.mark.parametrize(("source", "given", "target", "wanted"), PUBLISHED)
def test_a_published_pair_comes_out(
    source: Datum, given: tuple[float, float], target: Datum, wanted: tuple[float, float]
) -> None:
    assert converted(*given, source, target) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(("source", "given", "target", "wanted"), PUBLISHED_ROUGH)
def test_a_published_inverse_is_near(
    source: Datum, given: tuple[float, float], target: Datum, wanted: tuple[float, float]
) -> None:
    assert converted(*given, source, target) == pytest.approx(wanted, abs=2e-5)


@pytest.mark.parametrize("place", SHIFTED.values(), ids=SHIFTED)
def test_where_chinese_maps_shift_every_datum_differs(place: tuple[float, float]) -> None:
    assert is_shifted(*place)
    assert converted(*place, Datum.WGS84, Datum.GCJ02) != place
    assert converted(*place, Datum.WGS84, Datum.BD09) != place


@pytest.mark.parametrize("place", UNMOVED.values(), ids=UNMOVED)
@pytest.mark.parametrize("source", Datum)
@pytest.mark.parametrize("target", Datum)
def test_elsewhere_no_datum_moves_a_place(place: tuple[float, float], source: Datum, target: Datum) -> None:
    assert not is_shifted(*place)
    assert converted(*place, source, target) == place


def test_a_location_in_another_datum_becomes_wgs84_and_keeps_everything_else() -> None:
    sent = Location(
        lat=39.91640428, lon=116.4102445, accuracy_m=12, altitude_m=44, speed_mps=0.5, datum=Datum.GCJ02
    )  # fmt: skip
    ours = to_wgs84(sent)
    assert (ours.lat, ours.lon) == pytest.approx((39.915, 116.404), abs=1e-6)
    assert (ours.accuracy_m, ours.altitude_m, ours.speed_mps, ours.datum) == (12, 44, 0.5, Datum.WGS84)


def test_a_location_in_wgs84_is_not_even_copied() -> None:
    sent = Location(lat=32.04, lon=121.12)
    assert to_wgs84(sent) is sent


#: One place, by the published pairs, in the datum and the order that each map asks for.
LINKS = {
    "amap": ("uri.amap.com", "position", (116.410244, 39.916404), {"coordinate": "gaode"}),
    "baidu": (
        "api.map.baidu.com",
        "location",
        (39.922699552216216, 116.41662724378733),
        {"coord_type": "bd09ll", "output": "html"},
    ),
    "tianditu": ("map.tianditu.gov.cn", "center", (116.404, 39.915), {}),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_map_link_is_written_in_the_datum_of_the_map_that_opens_it(name: str) -> None:
    host, key, wanted, beside = LINKS[name]
    url = urlsplit(MAP_LINKS[name](39.915, 116.404, "3 号楼"))
    query = {one: values[0] for one, values in parse_qs(url.query).items()}
    assert (url.scheme, url.netloc) == ("https", host)
    assert tuple(map(float, query[key].split(","))) == pytest.approx(wanted, abs=2e-6)
    assert beside.items() <= query.items()


def test_tencents_link_names_the_marker_in_gcj02_whatever_the_title_holds() -> None:
    url = urlsplit(MAP_LINKS["tencent"](39.915, 116.404, "a;coord:1,1&b=3 号楼"))
    assert (url.netloc, url.path) == ("apis.map.qq.com", "/uri/v1/marker")
    assert url.query.startswith("marker=coord:39.916404,116.410244;title:a%3Bcoord%3A1%2C1%26b%3D3%20")


def test_the_four_maps_have_a_link() -> None:
    assert set(MAP_LINKS) == {"amap", "baidu", "tencent", "tianditu"}
