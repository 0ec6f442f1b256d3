"""What a batch says about its devices' states: places are WGS-84 whatever the device sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from devices.event import Datum, Event, EventType, Location
from gateway.moves import Moves, note
from gateway.telemetry import data_of

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
#: The published pair for 39.915 N, 116.404 E.
SENT = Location(lat=39.91640428150164, lon=116.41024449916938, accuracy_m=8, datum=Datum.GCJ02)


def _fix(location: Location) -> Event:
    return Event(id="1", at=NOW, type=EventType.LOCATION, location=location)


def test_a_fix_in_a_chinese_datum_is_the_devices_place_in_wgs84() -> None:
    moves: Moves = {}
    note(moves, 7, _fix(SENT), NOW, late=False)
    place = moves[7].location
    assert place is not None
    assert (place.lat, place.lon) == pytest.approx((39.915, 116.404), abs=1e-6)
    assert (place.datum, place.accuracy_m) == (Datum.WGS84, 8)


def test_what_is_stored_of_a_fix_is_wgs84() -> None:
    stored = json.loads(data_of(_fix(SENT)))["location"]
    assert (stored["lat"], stored["lon"]) == pytest.approx((39.915, 116.404), abs=1e-6)
    assert "datum" not in stored
