"""What the Traccar encoder writes the source reads as the same event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.encoders.traccar import NotSaidByTraccar, encode
from devices.event import Datum, Event, EventType, Location, Vitals
from devices.sources.traccar import decode
from devices.traccar_words import WORDS

AT = datetime(2026, 3, 1, tzinfo=UTC)
SAYABLE = [*WORDS, EventType.LOCATION, EventType.HEARTBEAT, EventType.VITALS, EventType.ONLINE, EventType.OFFLINE]
locations = st.builds(
    Location,
    lat=st.floats(-90, 90).filter(lambda lat: abs(lat) > 1e-6),
    lon=st.floats(-180, 180),
    accuracy_m=st.none() | st.floats(1, 5000),
    altitude_m=st.none() | st.floats(1, 5000),
    speed_mps=st.none() | st.just(0.0),
)
vitals = st.builds(
    Vitals, heart_rate_bpm=st.none() | st.integers(30, 200), spo2_pct=st.integers(70, 100), steps=st.integers(0, 99)
)


@given(
    st.sampled_from(SAYABLE),
    st.integers(0, 10**11),
    st.none() | locations,
    st.none() | st.integers(0, 100),
    st.none() | vitals,
)
def test_what_is_written_is_read_back(
    type_: EventType, at_ms: int, location: Location | None, battery_pct: int | None, body: Vitals | None
) -> None:
    at = AT + timedelta(milliseconds=at_ms)
    written = Event(id="x", at=at, type=type_, location=location, battery_pct=battery_pct, vitals=body)
    decoded = decode(*encode(written, device="990001234567890"))
    expected = {EventType.HEARTBEAT, EventType.VITALS, EventType.LOCATION}
    assert decoded.device == "990001234567890"
    read = decoded.events[0]
    assert read.at == at
    if type_ in (EventType.ONLINE, EventType.OFFLINE):
        assert read.type is type_
        return
    assert (read.location, read.battery_pct, read.vitals) == (location, battery_pct, body)
    assert read.type is type_ or {read.type, type_} <= expected  # What a position says decides what it is.


def test_a_speed_comes_back_within_rounding() -> None:
    place = Location(lat=32.04, lon=121.12, speed_mps=3.3)
    (event,) = decode(*encode(Event(id="7", at=AT, type=EventType.LOCATION, location=place), device="b")).events
    assert event.location is not None
    assert event.location.speed_mps == pytest.approx(3.3)
    assert event.id == "p7"


@pytest.mark.parametrize(
    "event",
    [
        Event(id="1", at=AT, type=EventType.SMOKE),
        Event(id="1", at=AT, type=EventType.SOS, location=Location(lat=1, lon=1, datum=Datum.GCJ02)),
    ],
)
def test_what_traccar_cannot_say_is_refused(event: Event) -> None:
    with pytest.raises(NotSaidByTraccar):
        encode(event, device="b")
