"""What The Things Stack v3 says about devices, and what it says about itself."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import EventType
from devices.sources.ttn import decode

PRESS = b64encode(bytes.fromhex("014d011e01000000000000")).decode()
IDS = {"device_id": "hall-7", "application_ids": {"application_id": "care"}, "dev_eui": "A1B2C3D4E5F60718"}


def message(kind: str, payload: object, model: str | None = None, **beside: Any) -> Decoded:
    topic = f"v3/care@county/devices/hall-7/{kind}"
    values = {"end_device_ids": IDS, "received_at": "2026-02-12T15:15:46.014773143Z", **beside}
    name = {"up": "uplink_message", "join": "join_accept"}.get(kind, kind.replace("/", "_"))
    return decode(topic, json.dumps({**values, name: payload}).encode(), model=model)


def types(told: Decoded) -> list[str]:
    return [str(one.type) for one in told.events]


def test_an_uplink_names_device_application_time_id_and_signal() -> None:
    uplink = {"session_key_id": "AXA5", "f_cnt": 9, "decoded_payload": {"sos": "TRUE"}, "rx_metadata": [{"rssi": -90}]}
    told = message("up", uplink)
    (first,) = told.events
    assert (told.device, told.hub, first.type) == ("hall-7", "care", EventType.SOS)
    assert (first.id, first.signal_dbm) == ("AXA5.9", -90)
    assert first.at.isoformat() == "2026-02-12T15:15:46.014773+00:00"


def test_an_absent_counter_is_zero() -> None:
    assert message("up", {"session_key_id": "AXA5", "decoded_payload": {"sos": 1}}).events[0].id == "AXA5.0"


@pytest.mark.parametrize(
    ("model", "version"), [("Netvox R312A", {}), (None, {"version_ids": {"model_id": "r312a"}}), (None, {})]
)
def test_bytes_are_read_by_model_and_port(model: str | None, version: dict[str, Any]) -> None:
    told = message("up", {"f_port": 6, "frm_payload": PRESS, **version}, model)
    assert types(told)[0] == "sos"
    assert told.events[0].damaged == (model is None and not version)


def test_what_somebody_typed_in_is_no_alarm_and_no_sign_of_the_device() -> None:
    told = message("up", {"f_port": 6, "frm_payload": PRESS}, "R312A", simulated=True)
    assert types(told) == ["heartbeat"]
    assert told.events[0].device == "care"


def test_the_place_in_the_register_is_no_fix() -> None:
    registered = {"user": {"latitude": 31.9, "longitude": 120.5, "source": "SOURCE_REGISTRY"}}
    told = message("up", {"decoded_payload": {"temperature": 20.5}, "locations": registered})
    assert types(told) == ["reading"]


@pytest.mark.parametrize(
    ("kind", "payload", "expected", "is_device"),
    [
        ("join", {"session_key_id": "AXA5"}, "online", True),
        ("downlink/ack", {"f_cnt": 3}, "heartbeat", True),
        ("downlink/sent", {"f_cnt": 3}, "heartbeat", False),
        ("downlink/failed", {}, "heartbeat", False),
        ("service/data", {"service": "x"}, "heartbeat", False),
        ("location/solved", {"location": {"latitude": 31.9, "longitude": 120.5}}, "location", True),
        ("location/solved", {"location": {}}, "heartbeat", False),
    ],
)
def test_only_what_the_device_itself_sent_is_its_sign_of_life(
    kind: str, payload: dict[str, Any], expected: str, is_device: bool
) -> None:
    told = message(kind, payload)
    assert types(told) == [expected]
    assert told.events[0].device == (None if is_device else "care")


def test_the_gateways_time_stands_where_the_network_tells_none() -> None:
    told = message(
        "up", {"decoded_payload": {"sos": 1}, "rx_metadata": [{"time": "2026-01-29T13:02:34Z"}]}, received_at=None
    )
    assert told.events[0].at.isoformat() == "2026-01-29T13:02:34+00:00"


def test_an_unknown_model_was_heard_and_its_bytes_are_kept() -> None:
    told = message("up", {"f_port": 15, "frm_payload": "VGVtcA=="})
    assert types(told) == ["heartbeat"]
    assert [refused.reason for refused in told.rejected] == [RejectReason.BAD_VALUE]


def test_a_topic_that_claims_anothers_device_is_refused_and_still_a_call() -> None:
    told = message("up", {"decoded_payload": {"sos": True}}, end_device_ids={"device_id": "other"})
    (refused,) = told.rejected
    assert (refused.reason, refused.type_word, told.events) == (RejectReason.DEVICE_MISMATCH, "sos", ())


def test_a_message_cut_off_still_calls() -> None:
    whole = json.dumps({"uplink_message": {"decoded_payload": {"sos": True}}, "end_device_ids": IDS}).encode()
    (call,) = decode("v3/care@county/devices/hall-7/up", whole[:-1]).events
    assert (call.type, call.damaged) == (EventType.SOS, True)


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"7", b'{"uplink_message": 3}'])
def test_a_message_of_no_kind_is_refused(payload: bytes) -> None:
    assert decode("v3/care@county/devices/hall-7/up", payload).rejected[0].reason is RejectReason.NOT_AN_EVENT


def test_bytes_that_are_no_base64_are_refused_beside_the_object() -> None:
    told = message("up", {"frm_payload": "?", "decoded_payload": {"sos": True}})
    assert types(told) == ["sos"]
    assert told.rejected[0].detail.startswith("frm_payload")
