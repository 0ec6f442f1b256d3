"""What a phone with OwnTracks says, by the members that its booklet names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import EventType, Location
from devices.naming import device_id
from devices.sources.owntracks import decode

PHONE = "owntracks/wang/phone"
PLACE = {"lat": 32.04, "lon": 121.12, "acc": 12, "tst": 1_772_324_130}
AT = datetime(2026, 3, 1, 0, 15, 30, tzinfo=UTC)


def told(values: object, topic: str = PHONE) -> Decoded:
    payload = values if isinstance(values, bytes) else json.dumps(values, ensure_ascii=False).encode()
    return decode(topic, payload)


def said(values: object, topic: str = PHONE) -> list[str]:
    return [str(event.type) for event in told(values, topic).events]


def test_a_location_says_where_and_when_and_how_full_the_battery_is() -> None:
    (event,) = told({"_type": "location", **PLACE, "alt": 8, "vel": 36, "batt": 41, "inregions": ["家"]}).events
    assert (event.type, event.at, event.battery_pct) == (EventType.LOCATION, AT, 41)
    assert event.location == Location(lat=32.04, lon=121.12, accuracy_m=12, altitude_m=8, speed_mps=10)
    assert json.loads(event.detail or b"")["inregions"] == ["家"]


@pytest.mark.parametrize(
    ("values", "location"),
    [
        ({"lat": "32.04", "lon": "121.12", "acc": "50"}, Location(lat=32.04, lon=121.12, accuracy_m=50)),
        ({"lat": 32.04, "lon": 121.12, "acc": 0, "vel": -1}, Location(lat=32.04, lon=121.12)),
        (
            {"lat": 32.04, "lon": 121.12, "acc": 5000, "vel": 0},
            Location(lat=32.04, lon=121.12, accuracy_m=5000, speed_mps=0),
        ),
        ({"lat": 0, "lon": 0, "acc": 0}, None),
        ({"lat": 101, "lon": 121.12}, None),
        ({"lat": None, "lon": 121.12}, None),
        ({}, None),
    ],
)
def test_what_cannot_be_a_place_is_none_and_the_message_still_a_sign_of_life(
    values: dict[str, Any], location: Location | None
) -> None:
    (event,) = told({"_type": "location", **values, "tst": 1_772_324_130}).events
    assert event.location == location
    assert event.type is (EventType.LOCATION if location else EventType.HEARTBEAT)


@pytest.mark.parametrize(
    ("tst", "is_given"),
    [(1_772_324_130, True), ("1772324130", True), (1, False), (None, False), ("soon", False), (1e300, False)],
)
def test_a_time_is_given_only_where_it_can_be_read(tst: object, is_given: bool) -> None:
    (event,) = told({"_type": "location", **PLACE, "tst": tst}).events
    assert event.at_given is is_given
    assert not is_given or event.at == AT


@pytest.mark.parametrize(
    ("cause", "types"),
    [
        ("p", ["location"]),
        ("u", ["location"]),
        ("1", ["location"]),
        ("9", ["battery_low", "location"]),
        (9, ["battery_low", "location"]),
        ("e", ["power_lost", "location"]),
        ("E", ["power_restored", "location"]),
        ("GTSOS", ["sos", "location"]),
        (None, ["location"]),
        (["9"], ["location"]),
    ],
)
def test_a_tracker_says_what_made_it_send(cause: object, types: list[str]) -> None:
    assert said({"_type": "location", **PLACE, "t": cause}) == types


def test_a_trackers_call_without_a_fix_is_a_call() -> None:
    (event,) = told({"_type": "location", "lat": 0, "lon": 0, "t": "GTSOS", "batt": 12}).events
    assert (event.type, event.location, event.battery_pct) == (EventType.SOS, None, 12)


@pytest.mark.parametrize(("word", "type_"), [("enter", "fence_enter"), ("leave", "fence_exit"), ("dwell", "heartbeat")])
def test_a_transition_is_a_fence_entered_or_left(word: str, type_: str) -> None:
    (event,) = told({"_type": "transition", "event": word, "desc": "家", **PLACE}, f"{PHONE}/event").events
    assert str(event.type) == type_
    assert event.at == AT
    assert event.location == Location(lat=32.04, lon=121.12, accuracy_m=12)
    assert not event.is_state


def test_an_old_apps_transition_is_one_as_well() -> None:
    assert said({"_type": "location", "event": "leave", **PLACE}) == ["fence_exit"]
    assert said({"_type": "location", "event": "party", **PLACE}) == ["location"]


def test_a_beacons_transition_has_no_place_and_counts_all_the_same() -> None:
    values = {"_type": "transition", "event": "leave", "t": "b", "lat": 0.0, "lon": 0.0, "acc": 0.0, "desc": "床"}
    (event,) = told(values).events
    assert (event.type, event.location) == (EventType.FENCE_EXIT, None)


def test_two_fences_in_one_second_are_two_events_and_a_copy_is_none() -> None:
    def number(**values: object) -> tuple[str, bool]:
        (event,) = told({"_type": "transition", "event": "leave", **PLACE, **values}).events
        return event.id, event.id_given

    assert number(desc="家") == number(desc="家")
    assert number(desc="家") != number(desc="医院")
    assert number(desc="家", rid="a1") == ("a1", True)
    assert number(desc="家", tst=2) == ("fence_exit", False)  # Without a time the region alone is no happening.
    assert number() == ("fence_exit", False)


def test_a_phone_that_the_broker_lost_is_offline_at_a_time_unknown() -> None:
    (event,) = told({"_type": "lwt", "tst": 1_772_324_130}).events
    assert (event.type, event.at_given) == (EventType.OFFLINE, False)


def test_steps_are_vitals() -> None:
    (event,) = told({"_type": "steps", "steps": 4321, "from": 1_772_320_000, "to": 1_772_324_130}).events
    assert (event.type, event.at) == (EventType.VITALS, AT)
    assert event.vitals is not None
    assert event.vitals.steps == 4321
    assert said({"_type": "steps", "steps": -1}) == ["heartbeat"]


@pytest.mark.parametrize("kind", ["waypoint", "waypoints", "beacon", "status", "dump", "request", "something new"])
def test_what_else_a_phone_says_is_a_sign_of_life(kind: str) -> None:
    assert said({"_type": kind, "desc": "家", "rad": "50", "tst": "1385997757"}) == ["heartbeat"]


@pytest.mark.parametrize(
    "values",
    [
        {"_type": "cmd", "action": "reportLocation"},
        {"_type": "card", "name": "王"},
        {"_type": "setConfiguration", "configuration": {"password": "x"}},
        {"_type": "encrypted", "data": "1Vu7"},
        {"_type": 7, "lat": 32.04, "lon": 121.12},
        {"desc": "家"},
        "location",
        7,
        None,
    ],
)
def test_what_is_no_word_of_a_phone_is_refused_with_its_reason(values: object) -> None:
    decoded = told(values)
    assert not decoded.events
    assert [one.reason for one in decoded.rejected] == [RejectReason.NOT_AN_EVENT]


def test_an_encrypted_message_says_how_it_could_be_read() -> None:
    (refused,) = told({"_type": "encrypted", "data": "1Vu7"}).rejected
    assert "TLS" in refused.detail


def test_pictures_and_passwords_are_not_kept() -> None:
    (event,) = told({"_type": "location", **PLACE, "image": "A" * 100_000, "imagename": "1.jpg"}).events
    assert json.loads(event.detail or b"")["imagename"] == "1.jpg"
    (event,) = told({"_type": "dump", "configuration": {"password": "x"}, "password": "x"}).events
    assert json.loads(event.detail or b"") == {"_type": "dump"}


def test_a_queue_sent_as_one_array_is_taken_element_by_element() -> None:
    queue = [{"_type": "location", **PLACE}, {"_type": "location", **PLACE, "t": "GTSOS"}, 7]
    decoded = told(queue)
    assert [str(event.type) for event in decoded.events] == ["sos", "location", "location"]
    assert decoded.is_array
    assert len(decoded.rejected) == 1
    assert [one.reason for one in told([]).rejected] == [RejectReason.EMPTY]


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("owntracks/wang/phone", "wang:phone"),
        ("owntracks/wang/phone/event", "wang:phone"),
        ("owntracks/wang/phone/anything/more", "wang:phone"),
        ("/owntracks/wang/phone", "wang:phone"),
        ("county/owntracks/wang/phone", "wang:phone"),
        ("owntracks/wang", "wang"),
        ("owntracks/owntracks/phone", "owntracks:phone"),
        ("track/wang/phone/event", "wang:phone"),
        ("owntracks/王/手机", device_id("王/手机")),
        ("owntracks/a:b/c", device_id("a:b/c")),
        ("owntracks/<user>/<device>", device_id("<user>/<device>")),
        ("owntracks/wang/" + "p" * 70, device_id("wang/" + "p" * 70)),
        ("phone", "phone"),
        ("owntracks", "owntracks"),
    ],
)
def test_user_and_device_are_one_id(topic: str, device: str) -> None:
    assert told({"_type": "lwt"}, topic).device == device


@pytest.mark.parametrize("topic", ["", "/", "///"])
def test_a_topic_without_a_name_is_refused(topic: str) -> None:
    assert [one.reason for one in told({"_type": "lwt"}, topic).rejected] == [RejectReason.UNKNOWN_TOPIC]


@pytest.mark.parametrize(
    ("payload", "types"),
    [
        (b'{"_type":"transition","event":"leave","desc":"home","tst":17', ["fence_exit"]),
        (b'{"_type":"location","t":"GTSOS","lat":32.0', ["sos"]),
        (b'{"_type":"transition","event":"enter","desc":"ho', []),
        (b'--{"_type":"location","lat":32.04,"lon":121.12,"tst":1772324130}**', []),
        (b'{"_type":"lwt","tst":1', []),
        (b"", []),
        (b"\xff\xfe", []),
    ],
)
def test_of_a_broken_message_only_what_calls_somebody_is_raised(payload: bytes, types: list[str]) -> None:
    decoded = told(payload)
    assert [str(event.type) for event in decoded.events] == types
    assert all(event.damaged for event in decoded.events)
    assert bool(decoded.rejected) is not bool(types)


def test_of_a_queue_that_is_cut_off_what_calls_somebody_is_raised_and_the_rest_kept() -> None:
    decoded = told(b'[{"_type":"transition","event":"leave"},{"_type":"location","lat":3')
    assert [event.type for event in decoded.events] == [EventType.FENCE_EXIT]
    assert [one.reason for one in decoded.rejected] == [RejectReason.NOT_JSON]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"_type": "transition", "event": "left", "desc": "home"}, "event=left"),
        ({"_type": "transition", "event": None}, "event=None"),
        ({"_type": "location", "lat": 31.9, "lon": 121.2, "alarm": "sos"}, "sos"),
        ({"_type": "status", "sos": True}, "sos"),
    ],
)
def test_what_may_be_an_alarm_and_is_no_word_of_the_booklet_is_seen(values: dict[str, Any], word: str) -> None:
    (refused,) = decode("owntracks/u/d", json.dumps(values).encode()).rejected
    assert (refused.reason, refused.type_word) == (RejectReason.UNKNOWN_TYPE, word)


def test_what_the_owner_calls_a_place_is_no_alarm() -> None:
    values = {"_type": "transition", "event": "enter", "desc": "alarm", "tst": 1700000000, "inregions": ["leak"]}
    assert not decode("owntracks/u/d", json.dumps(values).encode()).rejected
