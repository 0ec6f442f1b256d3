"""What a social alarm says in SCAIP, by the standard's codes."""

from __future__ import annotations

import json

import pytest

from devices.decoding import RejectReason
from devices.event import ENDS, EventType
from devices.scaip_codes import DEVICE_TYPES, STATUSES, Kind
from devices.scaip_xml import DEPTH_MAX, MESSAGE_BYTES_MAX
from devices.sources.scaip import decode


def request(root: str = "mrq", **elements: str) -> bytes:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{inner}</{root}>'.encode()


def said(**elements: str) -> EventType:
    (event,) = decode("scaip/in", request(cid="0049301", did="A17", ref="r1", **elements)).events
    return event.type


@pytest.mark.parametrize(
    ("dty", "stc", "expected"),
    [
        ("0003", "0010", EventType.SOS),
        ("0004", "0009", EventType.SOS),
        ("0007", "0006", EventType.SOS),
        ("0005", "0009", EventType.FALL),
        ("0005", "0010", EventType.SOS),
        ("0023", "0009", EventType.SMOKE),
        ("0023", "0010", EventType.SMOKE),
        ("0026", "0009", EventType.CARBON_MONOXIDE),
        ("0033", "0009", EventType.WATER_LEAK),
        ("0047", "0009", EventType.FIRE),
        ("0015", "0009", EventType.WANDERING),
        ("0019", "0009", EventType.MEDICAL),
        ("0010", "0009", EventType.INACTIVITY),
        ("0010", "0006", EventType.ACTIVITY),
        ("0010", "0050", EventType.INACTIVITY),
        ("0038", "0125", EventType.TAMPER),
        ("0014", "0076", EventType.DOOR_OPEN),
        ("0014", "0021", EventType.DOOR_CLOSED),
        ("0012", "0117", EventType.OCCUPIED),
        ("0003", "0016", EventType.BATTERY_LOW),
        ("0003", "0014", EventType.BATTERY_LOW),
        ("0003", "0015", EventType.HEARTBEAT),
        ("0002", "0085", EventType.POWER_LOST),
        ("0002", "0086", EventType.POWER_RESTORED),
        ("0002", "0073", EventType.OFFLINE),
        ("0002", "0075", EventType.ONLINE),
        ("0003", "0019", EventType.CANCEL),
        ("0003", "0102", EventType.TEST),
        ("0002", "0110", EventType.SOS),
        ("0003", "0111", EventType.ANSWERED),
        ("0023", "0092", EventType.SMOKE_CLEAR),
        ("0023", "0094", EventType.SMOKE_CLEAR),
        ("0004", "0070", EventType.HEARTBEAT),
    ],
)
def test_device_type_and_status_together_say_what_happened(dty: str, stc: str, expected: EventType) -> None:
    assert said(dty=dty, stc=stc, mty="ME") is expected


def test_every_pair_of_codes_has_a_meaning_and_no_alarm_is_lost_to_a_missing_one() -> None:
    ends = frozenset(ENDS.values())
    for dty in (*DEVICE_TYPES, "9999"):
        for stc, status in STATUSES.items():
            found = said(dty=dty, stc=stc)
            if status.says in (Kind.ALARM, Kind.MANUAL):
                assert found in ends or found is EventType.ACTIVITY, (dty, stc)


def test_a_tracker_at_the_fence_has_left_it_and_a_reset_is_the_way_back() -> None:
    assert said(dty="0051", stc="0006", lco="019") is EventType.FENCE_EXIT
    assert said(dty="0051", stc="0092", lco="019") is EventType.FENCE_ENTER
    assert said(dty="0051", stc="0010", lco="019") is EventType.SOS
    assert said(dty="0023", stc="0009", lco="019") is EventType.SMOKE


def test_a_heartbeat_is_one_with_and_without_a_status() -> None:
    assert said(dty="0002", mty="PI") is EventType.HEARTBEAT
    assert said(mty="PI") is EventType.HEARTBEAT
    assert said(dty="0003", mty="RE", stc="0010") is EventType.SOS_CLEAR


def test_a_manual_alarm_without_its_device_type_is_raised_and_marked() -> None:
    (event,) = decode("t", request(cid="1", did="A17", stc="0010")).events
    assert (event.type, event.damaged) == (EventType.SOS, True)
    (event,) = decode("t", request(cid="1", did="A17", dty="0023", stc="0999")).events
    assert (event.type, event.damaged) == (EventType.SMOKE, True)


def test_the_device_is_its_own_id_and_the_controller_the_hub() -> None:
    decoded = decode("t", request(cid="0049301", did="A17", dty="0003", stc="0010", ref="R7", lco="021", pri="3"))
    (event,) = decoded.events
    assert (decoded.device, decoded.hub, event.id, event.at_given) == ("A17", "0049301", "R7", False)
    detail = json.loads(event.detail or b"")
    assert (detail["lco"], detail["pri"], detail["device_type"]) == ("021", 3, "personal trigger")
    alone = decode("t", request(cid="0049301", dty="0003", stc="0010"))
    assert (alone.device, alone.hub) == ("0049301", None)
    nobody = decode("scaip/unit-5", request(dty="0003", stc="0010"))
    assert nobody.device == "unit-5"


@pytest.mark.parametrize(
    "payload",
    [
        b"MESSAGE sip:a@b SIP/2.0\r\nFrom: <sip:unit@b>\r\nContent-Type: application/scaip+xml\r\n\r\n"
        + request(did="A17", dty="0003", stc="0010"),
        b"\xef\xbb\xbf" + request(did="A17", dty="0003", stc="0010"),
        request("scaip", did="A17", dty="0003", stc="0010"),
        b'<s:mrq xmlns:s="urn:x"><s:did>A17</s:did><s:dty>0003</s:dty><s:stc>0010</s:stc></s:mrq>',
        b'<mrq xmlns="urn:x"><did> A17 </did><dty>3</dty><stc>10</stc></mrq>',
        b"<scaip><deviceId>A17</deviceId><deviceType>fixedTrigger</deviceType><statusCode>alarm</statusCode></scaip>",
        request(did="A17", dty="0003", stc="0010").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ],
)
def test_headers_namespaces_and_written_out_names_make_no_difference(payload: bytes) -> None:
    decoded = decode("t", payload)
    assert (decoded.device, [event.type for event in decoded.events]) == ("A17", [EventType.SOS])


def test_broken_xml_is_refused_unless_an_alarm_can_be_recognised() -> None:
    quiet = decode("t", request(did="A17", dty="0003", stc="0070")[:-6])
    assert (quiet.events, [one.reason for one in quiet.rejected]) == ((), [RejectReason.BAD_VALUE])
    (event,) = decode("t", request(did="A17", dty="0003", stc="0010")[:-6]).events
    assert (event.type, event.damaged) == (EventType.SOS, True)
    (event,) = decode("t", b"<mrq><did>A17</did><dty>0023</dty><stc>0009</stc><lte>K\xfcche</lte></mrq>").events
    assert (event.type, event.damaged) == (EventType.SMOKE, True)


def test_no_entity_is_expanded_and_its_alarm_is_still_a_call() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    (event,) = decode("t", bomb + b"<mrq><did>A17</did><stc>0010</stc><lte>&b;</lte></mrq>").events
    assert (event.type, event.damaged) == (EventType.SOS, True)
    assert b"aaaa" not in (event.detail or b"")
    assert decode("t", bomb + b"<mrq><did>A17</did><stc>0070</stc></mrq>").rejected


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"hello",
        b"<html></html>",
        b"<mrq/>",
        b"<mrq>" + b"<a>" * (DEPTH_MAX + 1),
        b"<mrq>" + b"<a/>" * 1000 + b"</mrq>",
        b"<mrq>" + b"x" * MESSAGE_BYTES_MAX + b"</mrq>",
    ],
)
def test_what_is_no_request_is_refused(payload: bytes) -> None:
    decoded = decode("t", payload)
    assert decoded.events == ()
    assert decoded.rejected


def test_an_answer_is_nobodys_alarm() -> None:
    decoded = decode("t", request("mrs", ref="R7", snu="0", stc="0010"))
    assert (decoded.device, [event.type for event in decoded.events]) == (None, [EventType.HEARTBEAT])


def test_several_messages_in_one_payload_are_each_whoever_s_they_are() -> None:
    alive = request(cid="1", mty="PI", ref="a").partition(b"?>")[2]
    fall = request(cid="2", did="F", dty="0005", stc="0009", ref="b")
    decoded = decode("scaip/in", alive + b"\r\n" + fall + b"\r\n\0")
    told = [(event.type, event.device, event.id, event.damaged) for event in decoded.events]
    assert told == [(EventType.FALL, "F", "b", False), (EventType.HEARTBEAT, "1", "a", False)]
    assert decoded.device is None


@pytest.mark.parametrize(
    "payload",
    [
        b'<scaip cid="1" dty="0003" stc="0010" ref="9"/>',
        b'<mrq><cid type="x">1</cid><dty a="b">0003</dty><stc c="d">0010</stc>',
        b"MESSAGE sip:desk SIP/2.0\r\n\r\n<mrq><cid>1</cid><dty>0003</dty><stc>0010</stc></mrq>\r\n\0",
        "\ufeff<?xml version='1.0' encoding='UTF-16'?><mrq><cid>1</cid><dty>3</dty><stc>10</stc></mrq>".encode(
            "utf-16"
        ),
        b"<mrq><cid>1</cid><dty>0003</dty><stc>0010</stc><snu>0</snu></mrq>",
    ],
)
def test_a_call_is_heard_in_whatever_dress_its_xml_comes(payload: bytes) -> None:
    decoded = decode("scaip/in", payload)
    assert ([event.type for event in decoded.events], decoded.device) == ([EventType.SOS], "1")
