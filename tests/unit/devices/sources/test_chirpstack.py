"""What ChirpStack v4 says about devices, and what it says about itself."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import EventType
from devices.sources.chirpstack import decode

APP, EUI = "b0a1c2d3-0000-4000-8000-000000000001", "a1b2c3d4e5f60718"
PRESS = b64encode(bytes.fromhex("014d011e01000000000000")).decode()


def message(kind: str = "up", *, profile: str = "Care", eui: str = EUI, **values: Any) -> bytes:
    info = {"applicationId": APP, "deviceProfileName": profile, "deviceName": "hall", "devEui": eui, "tags": {}}
    common = {"deduplicationId": "d-1", "time": "2026-03-02T08:14:05.123456789+00:00", "deviceInfo": info}
    return json.dumps({**common, **values}).encode()


def event(kind: str, payload: bytes, model: str | None = None) -> Decoded:
    return decode(f"application/{APP}/device/{EUI}/event/{kind}", payload, model=model)


def types(told: Decoded) -> list[str]:
    return [str(one.type) for one in told.events]


def test_an_uplink_names_device_application_time_id_and_signal() -> None:
    told = event("up", message(object={"sos": True}, rxInfo=[{"rssi": -101}, {"rssi": -71}]))
    (first,) = told.events
    assert (told.device, told.hub, first.type) == (EUI, APP, EventType.SOS)
    assert (first.id, first.signal_dbm) == ("d-1", -71)
    assert first.at.isoformat() == "2026-03-02T08:14:05.123456+00:00"


@pytest.mark.parametrize("where", ["profile", "tag", "registered"])
def test_without_an_object_the_bytes_are_read_by_the_model_wherever_it_is_named(where: str) -> None:
    values = json.loads(message(profile="Netvox R312A" if where == "profile" else "x", data=PRESS, fPort=6))
    if where == "tag":
        values["deviceInfo"]["tags"] = {"model": "R312A"}
    model = "r312a" if where == "registered" else None
    told = event("up", json.dumps(values).encode(), model)
    assert types(told) == ["sos", "reading"]
    assert not told.events[0].damaged


def test_an_alarm_in_the_bytes_is_said_though_the_object_lacks_it() -> None:
    told = event("up", message(profile="Netvox R312A", data=PRESS, fPort=6, object={"Volt": 3.1}))
    assert types(told) == ["sos", "reading"]
    assert told.events[1].value == 3.1


def test_the_object_goes_before_the_bytes_otherwise() -> None:
    told = event("up", message(profile="Netvox R312A", data=PRESS, fPort=6, object={"Alarm": 1.0, "Volt": 2.5}))
    assert types(told) == ["sos", "reading"]
    assert told.events[1].value == 2.5


def test_an_unknown_model_was_heard_and_its_bytes_are_kept() -> None:
    told = event("up", message(data="aGVsbG8=", fPort=42))
    assert types(told) == ["heartbeat"]
    assert [refused.reason for refused in told.rejected] == [RejectReason.BAD_VALUE]


@pytest.mark.parametrize(
    ("kind", "values", "expected", "is_device"),
    [
        ("join", {"devAddr": "00189440"}, "online", True),
        ("status", {"margin": 7, "batteryLevel": 50.5}, "heartbeat", True),
        ("ack", {"acknowledged": True}, "heartbeat", True),
        ("ack", {}, "heartbeat", False),
        ("txack", {"gatewayId": "0016c001f153a14c"}, "heartbeat", False),
        ("log", {"level": "ERROR", "code": "UPLINK_MIC"}, "heartbeat", False),
        ("location", {"location": {"latitude": 31.9, "longitude": 120.5, "accuracy": 20}}, "location", True),
        ("location", {"location": {}}, "heartbeat", False),
    ],
)
def test_only_what_the_device_itself_sent_is_its_sign_of_life(
    kind: str, values: dict[str, Any], expected: str, is_device: bool
) -> None:
    told = event(kind, message(**values))
    assert types(told) == [expected]
    assert told.events[0].device == (None if is_device else APP)


@pytest.mark.parametrize("values", [{"externalPowerSource": True}, {"batteryLevelUnavailable": True}, {}])
def test_a_battery_that_is_not_told_is_not_empty(values: dict[str, Any]) -> None:
    assert event("status", message(**values)).events[0].battery_pct is None


def test_a_solved_position_of_an_integration_is_a_place() -> None:
    told = event("integration", message(object={"position_solution": {"llh": [31.9, 120.5, 4.0]}}))
    assert types(told) == ["heartbeat", "location"]


def test_an_absent_counter_is_zero() -> None:
    values = json.loads(message(object={"sos": 1}, devAddr="00189440"))
    del values["deduplicationId"]
    assert event("up", json.dumps(values).encode()).events[0].id == "00189440.0"


def test_a_topic_that_claims_anothers_device_is_refused_and_still_a_call() -> None:
    told = event("up", message(eui="0000000000000001", object={"sos": True}))
    (refused,) = told.rejected
    assert (refused.reason, refused.type_word, told.events) == (RejectReason.DEVICE_MISMATCH, "sos", ())


def test_a_message_cut_off_still_calls() -> None:
    whole = message(object={"sos": True, "temperature": 20.0})
    (call,) = event("up", whole[:-1]).events
    assert (call.type, call.damaged) == (EventType.SOS, True)
    told = event("up", message(object={"temperature": 20.0})[:-1])
    assert [refused.reason for refused in told.rejected] == [RejectReason.NOT_JSON]


def test_a_bridge_may_have_changed_the_topic() -> None:
    assert types(decode("bridge/7", message(object={"sos": True}))) == ["sos"]
    assert decode("bridge/7", message()).rejected[0].reason is RejectReason.UNKNOWN_TOPIC
    assert event("down", message()).rejected[0].reason is RejectReason.UNKNOWN_TOPIC


def test_bytes_that_are_no_base64_are_refused_beside_the_object() -> None:
    told = event("up", message(data="?", object={"sos": True}))
    assert types(told) == ["sos"]
    assert told.rejected[0].detail.startswith("data")


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"7", b'"up"'])
def test_a_message_that_holds_nothing_is_no_sign_of_life(payload: bytes) -> None:
    told = event("up", payload)
    assert not told.events
    assert [refused.reason for refused in told.rejected] == [RejectReason.NOT_AN_EVENT]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"alarm": True}, "alarm"),
        ({"smoke": "warning"}, "warning"),
        ({"smoke": 2.0}, "smoke=2"),
        ({"status": "ALARM"}, "ALARM"),
        ({"event": "sos"}, "sos"),
        ({"button": "emergency"}, "emergency"),
        ({"messages": [{"smokeAlarm": True}]}, "smokeAlarm"),
        ({"events": [{"type": "SOS"}]}, "sos"),
        ({"water": "leak"}, "leak"),
    ],
)
def test_a_word_that_sounds_like_an_alarm_is_seen(said: dict[str, Any], word: str) -> None:
    told = event("up", message(object=said))
    (refused,) = told.rejected
    assert (types(told), refused.reason, refused.type_word) == (["heartbeat"], RejectReason.UNKNOWN_TYPE, word)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("Netvox R312A", {"Alarm": 1.0}),
        ("Milesight GS524N", {"event": "alarm", "concentration": 90}),
        ("Milesight VS373", {"events": [{"alarm_type": "fall", "alarm_status": "alarm triggered"}]}),
        ("SEPT-S TG563A", {"smokeAlarm": True, "smokeAlarmCounter": 3, "testAlarmCounter": 1}),
        ("Care", {"sos": 0, "SOS": 1}),
        ("Care", {"flood": True, "history": [{"alarm": True}]}),
    ],
)
def test_a_word_that_is_understood_is_the_alarm_and_nothing_beside_it(profile: str, said: dict[str, Any]) -> None:
    told = event("up", message(profile=profile, object=said))
    assert not told.rejected
    assert types(told)[0] in {"sos", "smoke", "fall", "water_leak"}


def test_a_quiet_room_does_not_end_the_fall_of_the_same_frame() -> None:
    said = {"detection_status": "normal", "events": [{"alarm_type": "fall", "alarm_status": "alarm triggered"}]}
    assert "fall_clear" not in types(event("up", message(profile="VS373", object=said)))
