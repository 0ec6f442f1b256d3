"""The three datums of maps in China, WGS-84, GCJ-02 and BD-09: turning one into another, and links that open a map.

GCJ-02 has no official publication. The formulas are the ones every open implementation shares (`eviltransform`,
`wandergis/coordtransform`, `gcoord`): a Krasovsky ellipsoid and a sum of sines; BD-09 turns and stretches GCJ-02 once
more. They agree with the map makers' own services within a few metres. There is no inverse in closed form: ours
iterates until the step is far below what any receiver resolves.

Where the maps are shifted is decided by an outline and not by the usual box (0.8-55.8 N, 72-137.8 E), which would
move places in Seoul, Hanoi, Singapore or Ulaanbaatar by half a kilometre. The outline encloses the mainland, Hainan,
the islands along the coast, Hong Kong and Macau, where the Chinese maps shift, with 5 to 35 km around them; it leaves
out Taiwan but for the islands off Fujian, which they do not shift. It is made from Natural Earth 1:50m (public
domain), says where a formula applies, and nothing about any border. Outside it the three datums are one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import atan2, cos, hypot, pi, sin, sqrt
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import quote

from msgspec.structs import replace

from devices.event import Datum, Location

#: The Krasovsky ellipsoid of 1940: half its greater axis, and the square of its eccentricity.
_AXIS_M: Final = 6_378_245.0
_ECCENTRICITY_SQUARED: Final = 0.00669342162296594323
#: The published sums of sines are about this point.
_ORIGIN_LAT: Final = 35.0
_ORIGIN_LON: Final = 105.0

_BD_TURNS: Final = pi * 3000.0 / 180.0
_BD_LAT: Final = 0.006
_BD_LON: Final = 0.0065

#: A thousandth of a millimetre; each step of the iteration is at least forty times smaller than the one before.
_STEP_DEGREES: Final = 1e-11
_STEPS_MAX: Final = 12
#: A tenth of a millimetre: what comes back of a round trip is the number that went in.
_KEPT_DECIMALS: Final = 9
#: A decimetre, as map links are written.
_LINK_DECIMALS: Final = 6

#: (lon, lat), clockwise from the west.
_OUTLINE: Final = (
    (73.3, 39.1), (73.7, 40.2), (74.7, 40.8), (76.3, 40.7), (76.8, 41.3), (78.0, 41.4), (79.9, 42.3),
    (80.4, 43.4), (79.7, 45.1), (82.0, 45.5), (82.9, 47.5), (85.3, 47.4), (85.4, 48.5), (86.4, 48.8),
    (86.8, 49.4), (87.9, 49.5), (88.9, 48.4), (90.5, 47.9), (91.3, 46.6), (91.0, 45.5), (93.6, 45.3),
    (95.5, 44.6), (96.6, 43.1), (101.5, 42.9), (105.0, 41.9), (106.7, 42.6), (110.2, 43.1), (111.4, 43.8),
    (111.1, 44.5), (111.8, 45.4), (113.6, 45.1), (117.3, 46.9), (119.4, 46.9), (118.1, 47.7), (117.4, 47.3),
    (115.8, 47.4), (115.2, 48.2), (116.5, 50.1), (117.8, 49.8), (118.9, 50.3), (120.4, 52.2), (119.8, 52.4),
    (119.8, 52.9), (120.9, 53.6), (123.6, 53.9), (125.8, 53.3), (126.6, 52.5), (127.9, 49.9), (130.7, 49.1),
    (131.2, 48.0), (134.3, 48.7), (134.9, 48.5), (135.1, 47.8), (133.3, 44.9), (131.4, 44.6), (131.6, 43.4),
    (131.3, 42.6), (130.6, 42.2), (130.0, 42.5), (128.6, 41.7), (128.2, 41.1), (126.8, 41.4), (124.1, 39.5),
    (123.3, 36.8), (121.6, 35.2), (123.4, 31.2), (123.3, 29.5), (122.2, 27.5), (119.9, 25.0), (117.4, 22.7),
    (114.5, 21.4), (112.6, 19.5), (113.4, 17.3), (113.0, 15.7), (111.0, 15.5), (108.3, 18.2), (108.0, 19.2),
    (108.4, 20.5), (107.9, 21.2), (106.5, 21.7), (106.0, 22.6), (105.2, 23.0), (104.0, 22.2), (102.6, 22.4),
    (101.9, 22.1), (102.1, 21.2), (101.8, 20.8), (100.9, 21.3), (100.0, 21.2), (99.0, 21.9), (99.0, 22.8),
    (98.6, 23.0), (98.4, 23.8), (97.6, 23.6), (97.2, 23.9), (97.2, 24.7), (98.2, 26.0), (98.4, 27.2),
    (97.7, 28.0), (96.1, 28.1), (95.8, 29.0), (94.5, 28.9), (92.0, 27.4), (90.0, 28.0), (88.9, 27.0),
    (88.5, 27.7), (85.9, 27.6), (81.8, 30.0), (81.0, 29.7), (78.6, 31.0), (78.1, 32.5), (78.8, 32.9),
    (78.5, 34.2), (77.7, 35.2), (76.0, 35.5), (75.6, 36.4), (74.1, 36.9), (74.1, 37.3), (74.6, 37.6),
    (74.5, 38.3), (73.6, 38.3),
)  # fmt: skip
_EDGES: Final = tuple(zip(_OUTLINE, (*_OUTLINE[1:], _OUTLINE[0]), strict=True))
#: What is farther out than any shift is not even looked at.
_MARGIN_DEGREES: Final = 0.1
_WEST: Final = min(lon for lon, _ in _OUTLINE) - _MARGIN_DEGREES
_EAST: Final = max(lon for lon, _ in _OUTLINE) + _MARGIN_DEGREES
_SOUTH: Final = min(lat for _, lat in _OUTLINE) - _MARGIN_DEGREES
_NORTH: Final = max(lat for _, lat in _OUTLINE) + _MARGIN_DEGREES

#: Asked for each event: a name of the module's costs a tenth of a member of an enumeration.
_WGS84: Final = Datum.WGS84

#: Who opens a link sees who made it; Baidu and Tencent ask for it.
_REFERRER: Final = "shouwang"


class Degrees(NamedTuple):
    """A pair of coordinates in a datum that the context names."""

    lat: float
    lon: float


def is_shifted(lat: float, lon: float) -> bool:
    """Say whether Chinese maps shift this place, given in WGS-84."""
    if not (_SOUTH < lat < _NORTH and _WEST < lon < _EAST):
        return False
    inside = False
    for (lon_a, lat_a), (lon_b, lat_b) in _EDGES:
        if (lat_a > lat) != (lat_b > lat) and lon < (lon_b - lon_a) * (lat - lat_a) / (lat_b - lat_a) + lon_a:
            inside = not inside
    return inside


def converted(lat: float, lon: float, source: Datum, target: Datum) -> Degrees:
    """Return the place in another datum; outside China, and from a datum to itself, the numbers given.

    There and back again is the same to a tenth of a millimetre. Just outside the outline a shifted pair can be read
    as one from inside: 5 km or more from where anybody of ours lives.
    """
    given = Degrees(lat, lon)
    if source is target or not (_SOUTH < lat < _NORTH and _WEST < lon < _EAST):
        return given
    true = _rounded(_UNSHIFTED[source](given))
    return _rounded(_SHIFTED[target](true)) if is_shifted(*true) else given


def to_wgs84(location: Location) -> Location:
    """Return the location in WGS-84, everything else as it was; one that is in WGS-84 comes back itself."""
    if location.datum is _WGS84:
        return location
    lat, lon = converted(location.lat, location.lon, location.datum, Datum.WGS84)
    return replace(location, lat=lat, lon=lon, datum=Datum.WGS84)


def amap_link(lat: float, lon: float, title: str) -> str:
    """Return the link that shows a WGS-84 place on 高德地图 (GCJ-02), in its application where there is one.

    Parameters of Amap's URI API: `position` is lon,lat; `coordinate=gaode` says GCJ-02.
    """
    place = _written(converted(lat, lon, Datum.WGS84, Datum.GCJ02), lon_first=True)
    return (
        f"https://uri.amap.com/marker?position={place}&name={_quoted(title)}"
        f"&src={_REFERRER}&coordinate=gaode&callnative=1"
    )


def baidu_link(lat: float, lon: float, title: str) -> str:
    """Return the link that shows a WGS-84 place on 百度地图 (BD-09).

    Parameters of Baidu's URI API: `location` is lat,lon; `coord_type=bd09ll` says BD-09 in degrees.
    """
    place = _written(converted(lat, lon, Datum.WGS84, Datum.BD09))
    return (
        f"https://api.map.baidu.com/marker?location={place}&title={_quoted(title)}&content={_quoted(title)}"
        f"&coord_type=bd09ll&output=html&src=webapp.{_REFERRER}.console"
    )


def tencent_link(lat: float, lon: float, title: str) -> str:
    """Return the link that shows a WGS-84 place on 腾讯地图 (GCJ-02).

    Parameters of Tencent's URI API: `coord` is lat,lon; `title` and `addr` must both be there.
    """
    place = _written(converted(lat, lon, Datum.WGS84, Datum.GCJ02))
    marker = f"coord:{place};title:{_quoted(title)};addr:{_quoted(title)}"
    return f"https://apis.map.qq.com/uri/v1/marker?marker={marker}&referer={_REFERRER}"


def tianditu_link(lat: float, lon: float, title: str) -> str:
    """Return the link that shows a WGS-84 place in the middle of 天地图 (CGCS2000: within decimetres of WGS-84).

    天地图 documents no link of this kind and sets no marker: these are the parameters that its own page takes. It has
    nowhere to put the title.
    """
    del title
    return f"https://map.tianditu.gov.cn/?center={_written(Degrees(lat, lon), lon_first=True)}&zoom=17"


#: Each takes latitude and longitude in WGS-84 and a title, and is written in the datum of the map that it opens.
MAP_LINKS: Final[Mapping[str, Callable[[float, float, str], str]]] = MappingProxyType(
    {"amap": amap_link, "baidu": baidu_link, "tencent": tencent_link, "tianditu": tianditu_link}
)


def _same(place: Degrees) -> Degrees:
    return place


def _gcj02(place: Degrees) -> Degrees:
    """Return GCJ-02 of WGS-84, wherever it lies."""
    y, x = place.lat - _ORIGIN_LAT, place.lon - _ORIGIN_LON
    north_m, east_m = _shift_m(x, y)
    latitude = place.lat * pi / 180.0
    flattened = 1 - _ECCENTRICITY_SQUARED * sin(latitude) ** 2
    along_meridian_m = _AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (flattened * sqrt(flattened))
    along_parallel_m = _AXIS_M / sqrt(flattened) * cos(latitude)
    return Degrees(
        place.lat + north_m * 180.0 / (along_meridian_m * pi), place.lon + east_m * 180.0 / (along_parallel_m * pi)
    )


def _shift_m(x: float, y: float) -> tuple[float, float]:
    """How far north and east GCJ-02 lies, in metres, `x` and `y` degrees from the origin: the published sums."""
    both = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    root = sqrt(abs(x))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + both
    north_m += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north_m += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y / 30.0 * pi)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + both
    east_m += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east_m += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    return north_m, east_m


def _bd09_of_gcj02(place: Degrees) -> Degrees:
    x, y = place.lon, place.lat
    length = hypot(x, y) + 0.00002 * sin(y * _BD_TURNS)
    angle = atan2(y, x) + 0.000003 * cos(x * _BD_TURNS)
    return Degrees(length * sin(angle) + _BD_LAT, length * cos(angle) + _BD_LON)


def _bd09(place: Degrees) -> Degrees:
    return _bd09_of_gcj02(_gcj02(place))


def _inverse(shift: Callable[[Degrees], Degrees], shifted: Degrees) -> Degrees:
    """Find the place that is shifted to this one: a shift hardly changes within its own length, so steps fall fast."""
    lat, lon = shifted
    for _ in range(_STEPS_MAX):
        there = shift(Degrees(lat, lon))
        off_lat, off_lon = there.lat - shifted.lat, there.lon - shifted.lon
        lat, lon = lat - off_lat, lon - off_lon
        if abs(off_lat) < _STEP_DEGREES and abs(off_lon) < _STEP_DEGREES:
            break
    return Degrees(lat, lon)


def _wgs84_of_gcj02(place: Degrees) -> Degrees:
    return _inverse(_gcj02, place)


def _wgs84_of_bd09(place: Degrees) -> Degrees:
    return _inverse(_bd09, place)


_SHIFTED: Final = {Datum.WGS84: _same, Datum.GCJ02: _gcj02, Datum.BD09: _bd09}
_UNSHIFTED: Final = {Datum.WGS84: _same, Datum.GCJ02: _wgs84_of_gcj02, Datum.BD09: _wgs84_of_bd09}


def _rounded(place: Degrees) -> Degrees:
    return Degrees(round(place.lat, _KEPT_DECIMALS), round(place.lon, _KEPT_DECIMALS))


def _written(place: Degrees, *, lon_first: bool = False) -> str:
    lat, lon = f"{place.lat:.{_LINK_DECIMALS}f}", f"{place.lon:.{_LINK_DECIMALS}f}"
    return f"{lon},{lat}" if lon_first else f"{lat},{lon}"


def _quoted(title: str) -> str:
    """Everything that could end the value, Tencent's `;` and `:` among it."""
    return quote(title, safe="", errors="replace")
