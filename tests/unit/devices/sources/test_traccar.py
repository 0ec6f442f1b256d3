"""What Traccar's forwarder says, by the names of its Position and Event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import EventType, Location, Vitals
from devices.sources.traccar import decode

DEVICE = {"id": 7, "name": "Band", "uniqueId": "990001234567890", "status": "online"}
AT = "2026-03-01T00:15:30.250+00:00"
FIXED = {"deviceTime": AT, "fixTime": AT, "serverTime": AT, "valid": True, "latitude": 32.04, "longitude": 121.12}


def told(position: dict[str, Any] | None = None, event: dict[str, Any] | None = None, **more: Any) -> Decoded:
    message = {"event": event, "position": position, "device": DEVICE, **more}
    return decode("traccar/positions", json.dumps(message).encode())


def alarmed(alarm: object, **position: Any) -> Decoded:
    return told({**FIXED, **position, "attributes": {"alarm": alarm}})


def types(decoded: Decoded) -> list[EventType]:
    return [event.type for event in decoded.events]


def test_a_position_is_a_place_in_metres_per_second_and_a_battery_in_percent() -> None:
    position = {**FIXED, "speed": 10, "altitude": 12.0, "accuracy": 0.0, "attributes": {"batteryLevel": 41}}
    decoded = told(position)
    (event,) = decoded.events
    assert (decoded.device, decoded.hub) == ("990001234567890", "traccar")
    assert event.type is EventType.LOCATION
    assert event.at == datetime(2026, 3, 1, 0, 15, 30, 250_000, tzinfo=UTC)
    assert event.location == Location(lat=32.04, lon=121.12, altitude_m=12.0, speed_mps=10 * 1852 / 3600)
    assert event.battery_pct == 41


@pytest.mark.parametrize(
    ("alarm", "expected"),
    [
        ("sos", [EventType.SOS, EventType.LOCATION]),
        ("lowBattery,sos", [EventType.SOS, EventType.BATTERY_LOW, EventType.LOCATION]),
        (
            "removing, lowPower , fallDown",
            [EventType.FALL, EventType.REMOVED, EventType.BATTERY_LOW, EventType.LOCATION],
        ),
        ("SOS,sos", [EventType.SOS, EventType.LOCATION]),
        (["sos", "powerCut"], [EventType.SOS, EventType.POWER_LOST, EventType.LOCATION]),
        ("geofenceExit", [EventType.FENCE_EXIT, EventType.LOCATION]),
        ("accident", [EventType.MEDICAL, EventType.LOCATION]),
        ("hardBraking", [EventType.ACTIVITY, EventType.LOCATION]),
        ("general", [EventType.FAULT, EventType.LOCATION]),
        ("", [EventType.LOCATION]),
        (None, [EventType.LOCATION]),
    ],
)
def test_each_of_several_alarms_is_its_own_event_and_life_goes_first(alarm: object, expected: list[EventType]) -> None:
    decoded = alarmed(alarm)
    assert types(decoded) == expected
    assert decoded.rejected == ()


def test_an_alarm_comes_through_whether_or_not_the_position_changed() -> None:
    assert types(alarmed("sos", outdated=True)) == [EventType.SOS]
    assert types(alarmed("sos", valid=False)) == [EventType.SOS]
    assert types(alarmed("sos", latitude=0, longitude=0)) == [EventType.SOS]


def test_an_outdated_position_stays_as_reported_and_is_no_place() -> None:
    (event,) = alarmed("sos", outdated=True).events
    assert event.location is None
    assert json.loads(event.detail or b"")["latitude"] == 32.04


def test_a_fix_of_an_hour_ago_is_a_place_of_then_and_not_where_she_pressed() -> None:
    sos, location = alarmed("sos", fixTime="2026-02-28T23:15:30+00:00").events
    assert (sos.location, location.location is None) == (None, False)
    assert location.at == datetime(2026, 2, 28, 23, 15, 30, tzinfo=UTC)


def test_an_unknown_alarm_word_is_seen_and_one_that_sounds_like_a_call_is_raised() -> None:
    unknown = alarmed("solarFlare")
    assert types(unknown) == [EventType.LOCATION]
    assert [(one.reason, one.type_word) for one in unknown.rejected] == [(RejectReason.UNKNOWN_TYPE, "solarFlare")]
    called, location = alarmed("sosRemote").events
    assert (called.type, called.damaged, location.type) == (EventType.SOS, True, EventType.LOCATION)


@pytest.mark.parametrize(
    ("type_", "attributes", "expected"),
    [
        ("alarm", {"alarm": "fallDown"}, [EventType.FALL]),
        ("alarm", {"alarm": "sos,lowBattery"}, [EventType.SOS, EventType.BATTERY_LOW]),
        ("alarm", {}, [EventType.SOS]),
        ("deviceOnline", {}, [EventType.ONLINE]),
        ("deviceOffline", {}, [EventType.OFFLINE]),
        ("deviceUnknown", {}, [EventType.OFFLINE]),
        ("deviceInactive", {}, [EventType.OFFLINE]),
        ("geofenceExit", {}, [EventType.FENCE_EXIT]),
        ("geofenceEnter", {}, [EventType.FENCE_ENTER]),
        ("deviceMoving", {}, [EventType.ACTIVITY]),
        ("deviceStopped", {}, [EventType.HEARTBEAT]),
    ],
)
def test_an_event_says_its_own_and_not_what_its_position_said(
    type_: str, attributes: dict[str, Any], expected: list[EventType]
) -> None:
    event = {"id": 881, "type": type_, "eventTime": AT, "positionId": 5, "attributes": attributes}
    decoded = told({**FIXED, "attributes": {"alarm": "sos"}}, event)
    assert types(decoded) == expected
    assert decoded.events[0].id == "e881"
    assert decoded.events[0].is_state is (expected[0] in (EventType.ONLINE, EventType.OFFLINE))


def test_the_same_alarm_forwarded_twice_is_told_to_be_one() -> None:
    (from_event,) = told(FIXED, {"id": 3, "type": "alarm", "eventTime": AT, "attributes": {"alarm": "sos"}}).events
    from_position = alarmed("sos").events[0]
    assert from_event.at == from_position.at
    assert (from_event.repeat_s, from_position.repeat_s) == (5, 5)


def test_vitals_and_measurements_are_read_and_a_pulse_of_0_is_a_band_not_worn() -> None:
    attributes = {"heartRate": 0, "bloodOxygen": 97, "pressureHigh": 121, "pressureLow": 80, "steps": 12}
    first, *rest = told({"deviceTime": AT, "attributes": {**attributes, "battery": 3.9, "temp1": 21.5}}).events
    assert first.type is EventType.VITALS
    assert first.vitals == Vitals(spo2_pct=97, systolic_mmhg=121, diastolic_mmhg=80, steps=12)
    assert [(event.value, event.unit) for event in rest] == [(3.9, "V"), (21.5, "°C")]


def test_without_a_position_id_there_is_no_id() -> None:
    assert [alarmed("sos", id=number).events[0].id_given for number in (0, 9012)] == [False, True]


def test_a_message_of_nobody_is_refused_and_its_alarm_is_a_call_all_the_same() -> None:
    decoded = decode("t", b'{"position": {"attributes": {"alarm": "sos"}}}')
    assert (decoded.device, decoded.events) == (None, ())
    assert [one.type_word for one in decoded.rejected] == ["sos"]


def test_a_message_cut_off_behind_its_alarm_is_raised_and_marked() -> None:
    whole = json.dumps({"device": DEVICE, "position": {"attributes": {"alarm": "lowBattery,sos"}, "latitude": 32.04}})
    (event,) = decode("t", whole[:-12].encode()).events
    assert (event.type, event.damaged) == (EventType.SOS, True)
    cut = decode("t", json.dumps({"device": DEVICE, "position": FIXED}).encode()[:-5])
    assert (cut.events, [one.reason for one in cut.rejected]) == ((), [RejectReason.NOT_JSON])


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"null", b'{"device":{"uniqueId":"1"}}', b'"text"'])
def test_what_is_no_forwarded_message_is_refused(payload: bytes) -> None:
    decoded = decode("t", payload)
    assert decoded.events == ()
    assert decoded.rejected


def _forwarded(attributes: object, unique: str = "352656100000001") -> dict[str, Any]:
    return {"device": {"uniqueId": unique}, "position": {"id": 5, "attributes": attributes}}


def test_every_alarm_is_said_whichever_sign_stands_between_them() -> None:
    for words in ("sos;lowBattery", "sos|lowBattery", "lowBattery , sos"):
        events = decode("t", json.dumps(_forwarded({"alarm": words})).encode()).events
        assert [(event.type, event.damaged) for event in events] == [
            (EventType.SOS, False),
            (EventType.BATTERY_LOW, False),
        ]


@pytest.mark.parametrize(("attributes", "word"), [({"sos": True}, "sos"), ({"event": "fall"}, "fall")])
def test_an_alarm_among_the_other_attributes_is_seen(attributes: object, word: str) -> None:
    (refused,) = decode("t", json.dumps(_forwarded(attributes)).encode()).rejected
    assert (refused.reason, refused.type_word) == (RejectReason.UNKNOWN_TYPE, word)


def test_an_alarm_that_is_no_word_is_refused_and_not_passed_over() -> None:
    assert decode("t", json.dumps(_forwarded({"alarm": {"type": 1}})).encode()).rejected


def test_a_queue_sent_as_an_array_is_each_device_s_own() -> None:
    queue = [_forwarded({"ignition": True}, "1"), _forwarded({"alarm": "sos"}, "2")]
    decoded = decode("t", json.dumps(queue).encode())
    assert [(event.type, event.device) for event in decoded.events] == [
        (EventType.SOS, "2"),
        (EventType.HEARTBEAT, "1"),
    ]
    assert decoded.is_array
