"""Any bytes are a watch's frames or refused, no alarm is lost between them, and what is written is read back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devices.encoders.watch3g import encode
from devices.encoding import encode as canonical
from devices.event import LIFE_SAFETY, Event, EventType, Location, Vitals
from devices.report import report
from devices.sources.watch3g import decode
from devices.topics import is_device_id
from devices.watch_frames import frame, frames
from devices.watch_status import BITS

times = st.datetimes(datetime(2001, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis adds the zone
    lambda at: at.replace(microsecond=0)
)
places = st.builds(
    Location,
    lat=st.floats(-89.9, 89.9).filter(lambda degrees: abs(degrees) > 0.001),
    lon=st.floats(-179.9, 179.9),
    altitude_m=st.none() | st.floats(-400, 9000),
    speed_mps=st.none() | st.floats(0, 400),
)
batteries = st.none() | st.integers(0, 100).map(float)
alarms = st.builds(
    lambda type_, at, location, battery: report(type_, at=at, location=location, battery_pct=battery),
    st.sampled_from(sorted(BITS)),
    times,
    st.none() | places,
    batteries,
)
positions = st.builds(
    lambda at, location, battery: report(EventType.LOCATION, at=at, location=location, battery_pct=battery),
    times,
    places,
    batteries,
)
heartbeats = st.builds(
    lambda at, battery: report(EventType.HEARTBEAT, at=at, battery_pct=battery), st.none() | times, batteries
)
events = alarms | positions | heartbeats
bodies = st.one_of(
    st.builds(lambda bpm: Vitals(heart_rate_bpm=bpm), st.integers(30, 220).map(float)),
    st.builds(lambda pct: Vitals(spo2_pct=pct), st.integers(60, 100).map(float)),
    st.builds(lambda tenths: Vitals(temperature_c=tenths / 10), st.integers(300, 420)),
    st.builds(lambda low: Vitals(systolic_mmhg=low + 40.0, diastolic_mmhg=float(low)), st.integers(40, 120)),
)
words = st.sampled_from(
    ["AL", "AL_LTE", "UD", "UD2", "WT", "LK", "heart", "bphrt", "btemp2", "oxygen", "TK", "INIT", "CR"]
)
fields = st.text(st.characters(codec="utf-8", exclude_characters="[]*,"), max_size=8) | st.sampled_from(
    ["160326", "081530", "A", "V", "32.04", "-84.14", "N", "S", "E", "W", "0", "81", "00010000", "00010001", "FFFFFFFF"]
)
contents = st.builds(lambda word, rest: ",".join([word, *rest]), words, st.lists(fields, max_size=22))
built = st.builds(lambda content: frame("3G", "1", content), contents)
payloads = st.binary() | st.lists(built | st.binary(max_size=12), max_size=4).map(b"".join)


@given(payloads)
@example(b"[" * 200_000)
@example(b"[3G*" * 60_000)
@example(b"[3G*1*0002*LK" * 20_000)
@example(b"[3G*1*FFFF*" * 20_000)
@example(b"[3G*1*0002*LK]" * 18_000)
@example(b'{"hex":"5b"}')
@example(b'{"data":"W10="}')
def test_any_payload_is_events_or_refused(payload: bytes) -> None:
    decoded = decode("watch3g", payload)
    assert decoded.events or decoded.rejected
    for event in decoded.events:
        assert is_device_id(event.device or "")
        assert json.loads(canonical(event))
    life = [event.type in LIFE_SAFETY for event in decoded.events]
    assert life == sorted(life, reverse=True)


@given(payloads)
def test_no_byte_but_blanks_is_lost_between_frames(payload: bytes) -> None:
    rebuilt = b"".join(one.raw for one in frames(payload))
    blanks = b" \t\r\n\0"
    assert rebuilt.translate(None, blanks) == payload.translate(None, blanks)


@given(events)
def test_what_is_written_is_read_back(event: Event) -> None:
    topic, payload = encode(event, device="9705100012")
    decoded = decode(topic, payload)
    assert not decoded.rejected
    assert decoded.device == "9705100012"
    (read,) = decoded.events
    assert (read.type, read.at, read.at_given) == (event.type, event.at, event.at_given)
    assert read.battery_pct == event.battery_pct
    assert not read.is_state
    assert not read.damaged
    assert _near(read.location, event.location)


def _near(read: Location | None, written: Location | None) -> bool:
    if read is None or written is None:
        return read is written
    assert read.lat == pytest.approx(written.lat, abs=1e-6)
    assert read.lon == pytest.approx(written.lon, abs=1e-6)
    assert read.speed_mps == (None if written.speed_mps is None else pytest.approx(written.speed_mps, abs=0.01))
    assert read.altitude_m == (None if written.altitude_m is None else pytest.approx(written.altitude_m, abs=0.06))
    return True


@given(bodies)
def test_a_measurement_is_read_back(vitals: Vitals) -> None:
    decoded = decode(*encode(report(EventType.VITALS, vitals=vitals), device="1"))
    (read,) = decoded.events
    assert (read.type, read.vitals) == (EventType.VITALS, vitals)


@given(alarms, st.data())
def test_an_alarm_survives_being_cut_off_behind_its_type(event: Event, data: st.DataObject) -> None:
    payload = encode(event, device="1")[1]
    end = data.draw(st.integers(payload.index(b"AL,") + 3, len(payload) - 1))
    decoded = decode("", payload[:end])
    assert decoded.events
    assert all(one.damaged for one in decoded.events)
    assert {one.type for one in decoded.events} <= {event.type, EventType.SOS}


@given(alarms, st.integers(0, 0xFFFF))
def test_an_alarm_survives_a_length_that_lies(event: Event, length: int) -> None:
    payload = encode(event, device="1")[1]
    maker, id_, told, content = payload.split(b"*", 3)
    if int(told, 16) == length:
        length ^= 1
    decoded = decode("", b"*".join((maker, id_, b"%04X" % length, content)))
    assert event.type in {one.type for one in decoded.events}
    assert all(one.damaged for one in decoded.events)
