"""Fire panels' packets: which state words raise what, who they are about, and what damage leaves of them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import Event, EventType
from devices.gb26875_codes import COMPONENTS, alarm_of
from devices.gb26875_frames import APPLICATION_BYTES_MAX
from devices.sources.gbt26875 import MESSAGE_BYTES_MAX, PACKETS_MAX, decode

SOURCE = "0a0b0c0d0e0f"
TAG = bytes((30, 15, 8, 16, 3, 26))  # 08:15:30 on 16 March 2026, in China
SENT = bytes((31, 15, 8, 16, 3, 26))
AT = datetime(2026, 3, 16, 0, 15, 30, tzinfo=UTC)
SENT_AT = datetime(2026, 3, 16, 0, 15, 31, tzinfo=UTC)


def _packet(unit: bytes, *, command: int = 2, serial: int = 7, source: str = SOURCE) -> bytes:
    body = serial.to_bytes(2, "little") + b"\x01\x01" + SENT + bytes.fromhex(source)[::-1] + bytes(6)
    body += len(unit).to_bytes(2, "little") + bytes((command,)) + unit
    return b"@@" + body + bytes((sum(body) & 0xFF,)) + b"##"


def _system(flag: int, tag: bytes = TAG) -> bytes:
    return b"\x01\x01" + b"\x01\x02" + flag.to_bytes(2, "little") + tag


def _component(flag: int, kind: int = 40, *, text: bytes = b"", count: int = 1) -> bytes:
    one = bytes((1, 2, kind)) + bytes((5, 0, 6, 0)) + flag.to_bytes(2, "little") + text.ljust(31, b"\0") + TAG
    return bytes((2, count)) + one


def _value(kind: int, raw: int) -> bytes:
    return b"\x03\x01\x01\x02\x28\x05\x00\x06\x00" + bytes((kind,)) + raw.to_bytes(2, "little", signed=True) + TAG


def _read(payload: bytes, topic: str = "fire/county/up") -> Decoded:
    decoded = decode(topic, payload)
    assert not decoded.rejected
    return decoded


def _types(unit: bytes, **how: Any) -> list[str]:
    return [str(event.type) for event in _read(_packet(unit, **how)).events]


def _detail(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(event.detail or b"{}")
    return told


def test_a_smoke_detectors_fire_names_component_place_and_transmitter() -> None:
    decoded = _read(_packet(_component(0b11, text="三楼东走廊".encode("gb18030"))))
    (alarm, *_) = decoded.events
    assert (alarm.type, alarm.at, alarm.id, alarm.is_state) == (EventType.SMOKE, AT, "7.0", True)
    assert decoded.device == f"{SOURCE}:1.2.{0x00060005}"
    assert decoded.hub == SOURCE
    told = _detail(alarm)
    assert (told["description"], told["component"], told["state"]) == ("三楼东走廊", "smoke_detector", ["alarm"])
    assert (told["serial"], told["source_addr"], told["app_len"]) == (7, SOURCE, 48)


@pytest.mark.parametrize(
    ("kind", "alarm"),
    [
        (40, "smoke"),
        (43, "smoke"),
        (51, "smoke"),
        (0, "smoke"),
        (31, "heat"),
        (12, "gas"),
        (74, "gas"),
        (23, "fire"),
        (24, "fire"),
        (62, "fire"),
        (1, "fire"),
        (85, "fire"),
        (99, "fire"),
        (200, "fire"),
    ],
)
def test_the_component_says_what_its_fire_bit_means(kind: int, alarm: str) -> None:
    assert _types(_component(0b10, kind)) == [alarm]


def test_every_type_of_component_raises_an_alarm() -> None:
    assert {alarm_of(kind) for kind in range(256)} == {EventType.SMOKE, EventType.HEAT, EventType.GAS, EventType.FIRE}
    assert all(0 <= kind <= 127 for kind in COMPONENTS)


def test_fire_on_test_is_fire_all_the_same_and_marked() -> None:
    (event,) = _read(_packet(_component(0b10))).events
    assert event.type is EventType.SMOKE
    assert _detail(event)["state"] == ["test_state", "alarm"]


def test_on_test_nothing_is_cleared() -> None:
    (event,) = _read(_packet(_component(0))).events
    assert (event.type, event.is_state) == (EventType.HEARTBEAT, False)
    assert _detail(event)["state"] == ["test_state"]


def test_a_normal_word_clears_everything_it_could_have_said() -> None:
    events = _read(_packet(_component(1))).events
    assert [str(event.type) for event in events] == ["smoke_clear", "fault_clear", "power_restored"]
    assert all(event.is_state for event in events)


@pytest.mark.parametrize(
    ("flag", "types"),
    [
        (0b101, ["fault", "fire_clear", "power_restored"]),
        (0b1001, ["fault", "fire_clear", "power_restored"]),
        (0x101, ["power_lost", "fire_clear", "fault_clear"]),
        (0x105, ["fault", "fire_clear"]),
        (0x201, ["fault", "fire_clear", "power_restored"]),
        (0x401, ["fault", "fire_clear", "power_restored"]),
        (0x011, ["fire_clear", "fault_clear", "power_restored"]),
        (0x003, ["fire", "fault_clear", "power_restored"]),
        (0x007, ["fire", "fault", "power_restored"]),
        (0x204, ["fault"]),
    ],
)
def test_a_systems_word(flag: int, types: list[str]) -> None:
    assert _types(_system(flag)) == types


@pytest.mark.parametrize(
    ("flag", "types"),
    [
        (0b1, ["fire_clear", "fault_clear", "power_restored"]),
        (0b11, ["fire", "fault_clear", "power_restored"]),
        (0b1001, ["power_lost", "fire_clear", "fault_clear"]),
        (0b10001, ["fault", "fire_clear", "power_restored"]),
        (0b100001, ["fault", "fire_clear", "power_restored"]),
    ],
)
def test_a_transmitters_word_is_about_itself(flag: int, types: list[str]) -> None:
    decoded = _read(_packet(b"\x15\x01" + bytes((flag,)) + TAG))
    assert [str(event.type) for event in decoded.events] == types
    assert (decoded.device, decoded.hub) == (SOURCE, None)


@pytest.mark.parametrize(
    ("flag", "types"),
    [
        (0b100, ["fire"]),
        (0b10, ["muted"]),
        (0b1000, ["cancel"]),
        (0b1000000, ["test"]),
        (0b110001, ["heartbeat"]),
        (0b1000110, ["muted", "fire", "test"]),
    ],
)
def test_what_a_person_did_at_the_panel_is_an_event(flag: int, types: list[str]) -> None:
    for unit in (b"\x18\x01" + bytes((flag, 9)) + TAG, b"\x04\x01\x01\x02" + bytes((flag, 9)) + TAG):
        events = _read(_packet(unit)).events
        assert sorted(str(event.type) for event in events) == sorted(types)
        assert not any(event.is_state for event in events)


def test_old_operations_that_were_asked_for_call_nobody() -> None:
    assert _types(b"\x18\x01\x04\x09" + TAG, command=5) == ["heartbeat"]


@pytest.mark.parametrize(
    ("kind", "raw", "value", "unit"),
    [
        (3, 215, 21.5, "°C"),
        (3, -105, -10.5, "°C"),
        (2, 150, 1.5, "m"),
        (6, 250, 25.0, "%LEL"),
        (8, 2205, 220.5, "V"),
        (12, 3, 3.0, "m/s"),
        (1, 12, 12.0, None),
        (130, -7, -7.0, None),
    ],
)
def test_quantities_are_readings_in_their_unit(kind: int, raw: int, value: float, unit: str | None) -> None:
    (event,) = _read(_packet(_value(kind, raw))).events
    assert (event.type, event.value, event.unit, event.at) == (EventType.READING, value, unit, AT)
    assert _detail(event)["param_raw"] == raw


@pytest.mark.parametrize(("kind", "raw"), [(3, -3000), (6, 1200), (12, 30), (2, -1)])
def test_a_quantity_that_cannot_be_is_told_and_no_reading(kind: int, raw: int) -> None:
    (event,) = _read(_packet(_value(kind, raw))).events
    assert (event.type, event.value) == (EventType.HEARTBEAT, None)
    assert _detail(event)["param_raw"] == raw


def test_two_quantities_of_one_packet_are_two_events() -> None:
    unit = b"\x03\x02" + _value(3, 215)[2:] + _value(8, 36)[2:]
    first, second = _read(_packet(unit)).events
    assert (first.id, second.id) == ("7.0", "7.1")


def test_a_packet_sent_again_is_the_same_event_and_the_next_one_another() -> None:
    alarm = _component(0b11)
    assert _read(_packet(alarm)).events == _read(_packet(alarm)).events
    assert _read(_packet(alarm, serial=8)).events[0].id != _read(_packet(alarm)).events[0].id


def test_a_time_that_is_none_gives_way_to_the_packets() -> None:
    (event, *_) = _read(_packet(_system(0b11, bytes(6)))).events
    assert event.at == SENT_AT
    assert _detail(event)["bad_time"] == "000000000000"


@pytest.mark.parametrize(
    "unit",
    [
        b"\x05\x01\x01\x02\x03\x04",
        b"\x07\x01\x01\x02\x28\x05\x00\x06\x00" + "一号".encode("gb18030").ljust(31, b"\0"),
        b"\x08\x01\x01\x02" + TAG,
        b"\x19\x01\x03\x04",
        b"\x1c\x01" + TAG,
        b"\x06\x01\x01\x02\x02ab",
        b"\x1a\x01\x02ab",
        b"\x5b\x01" + TAG,
        b"\x01\x00",
        b"",
    ],
)
def test_everything_else_is_a_sign_of_life(unit: bytes) -> None:
    assert _types(unit) == ["heartbeat"]


@pytest.mark.parametrize("command", [1, 3, 4, 6, 200])
def test_packets_without_data_are_signs_of_life(command: int) -> None:
    assert _types(b"", command=command) == ["heartbeat"]


def test_several_packets_with_anything_between_are_all_read() -> None:
    other = _packet(_system(0b11), source="000000000001")
    decoded = decode("", b"\x31\x40U" + _packet(_component(0b11)) + b"\r\n" + other + b"@@")
    assert {event.device for event in decoded.events} == {f"{SOURCE}:1.2.393221", "000000000001:1.2"}
    assert [event.type for event in decoded.events][:2] == [EventType.SMOKE, EventType.FIRE]
    assert (decoded.device, decoded.hub) == (None, None)
    assert [one.reason for one in decoded.rejected] == [RejectReason.NOT_AN_EVENT, RejectReason.NOT_AN_EVENT]


@pytest.mark.parametrize("broken", [-3, -2, -1, 20])
def test_a_packet_with_a_wrong_checksum_or_end_is_refused_and_its_alarm_named(broken: int) -> None:
    payload = bytearray(_packet(_component(0b11)))
    payload[broken] ^= 0x11
    decoded = decode("", bytes(payload))
    assert not decoded.events
    (refusal, *_) = decoded.rejected
    assert (refusal.reason, refusal.type_word) == (RejectReason.BAD_VALUE, "smoke")
    assert refusal.device == SOURCE


def test_a_broken_packet_costs_only_itself() -> None:
    broken = bytearray(_packet(_component(0b101)))
    broken[-3] ^= 0xFF
    decoded = decode("", bytes(broken) + _packet(_component(0b11)))
    assert decoded.events[0].type is EventType.SMOKE
    assert [one.type_word for one in decoded.rejected] == [None]


def test_a_length_that_lies_does_not_hide_the_next_packet() -> None:
    lying = bytearray(_packet(_component(0b101)))
    lying[24:26] = (900).to_bytes(2, "little")
    decoded = decode("", bytes(lying) + _packet(_component(0b11)))
    assert decoded.events[0].type is EventType.SMOKE
    assert len(decoded.rejected) == 1


def test_a_length_beyond_the_standard_begins_nothing() -> None:
    payload = bytearray(_packet(_component(0b11)))
    payload[24:26] = (APPLICATION_BYTES_MAX + 1).to_bytes(2, "little")
    assert not decode("", bytes(payload)).events


def test_a_count_that_lies_leaves_the_alarms_marked_as_damaged() -> None:
    decoded = decode("", _packet(_component(0b111, count=22)))
    (event,) = decoded.events
    assert (event.type, event.damaged) == (EventType.SMOKE, True)
    assert [one.reason for one in decoded.rejected] == [RejectReason.BAD_VALUE]


def test_an_object_beyond_the_count_is_not_lost_if_it_is_an_alarm() -> None:
    decoded = decode("", _packet(_component(0b101, 40) + _component(0b111, 31)[2:]))
    assert [(str(event.type), event.damaged) for event in decoded.events] == [
        ("heat", True),
        ("fault", False),
        ("smoke_clear", False),
        ("power_restored", False),
    ]
    assert [one.reason for one in decoded.rejected] == [RejectReason.BAD_VALUE]


def test_an_object_cut_off_behind_its_state_is_named_in_the_refusal() -> None:
    decoded = decode("", _packet(_component(0b11)[:-6]))
    assert not decoded.events
    assert decoded.rejected[0].type_word == "smoke"


def test_an_application_data_unit_alone_has_its_topic_for_a_transmitter() -> None:
    decoded = _read(_component(0b11), topic="fire/unit-7")
    assert (decoded.device, decoded.hub) == ("unit-7:1.2.393221", "unit-7")
    assert not decoded.events[0].id_given


def test_a_bridge_may_say_that_it_is_an_application_data_unit() -> None:
    wrapped = {"hex": _component(0b11, count=3).hex(), "layer": "application_data_unit"}
    decoded = decode("unit-7", json.dumps(wrapped).encode())
    assert [(event.type, event.damaged) for event in decoded.events] == [(EventType.SMOKE, True)]


@pytest.mark.parametrize("payload", [b"", b"\x31@U1@U", b"@@", b"hello", b"{}", b"\x02\x16\x01"])
def test_what_is_no_packet_is_refused(payload: bytes) -> None:
    decoded = decode("", payload)
    assert not decoded.events
    assert len(decoded.rejected) == 1


def test_too_much_at_once_is_refused() -> None:
    assert decode("", b"@" * (MESSAGE_BYTES_MAX + 1)).rejected[0].reason is RejectReason.TOO_LARGE
    decoded = decode("", _packet(b"") * (PACKETS_MAX + 1))
    assert len(decoded.events) == PACKETS_MAX
    assert decoded.rejected[0].reason is RejectReason.TOO_LARGE


def test_a_maker_s_own_type_is_seen_and_its_transmitter_known_to_live() -> None:
    decoded = decode("t", _packet(b"\x80\x01abc"))
    assert [event.type for event in decoded.events] == [EventType.HEARTBEAT]
    (refused,) = decoded.rejected
    assert (refused.reason, refused.type_word, refused.device) == (RejectReason.UNKNOWN_TYPE, "app_type=128", SOURCE)


def test_objects_behind_a_count_of_none_still_say_their_alarm() -> None:
    decoded = decode("t", _packet(_component(3, count=0)))
    assert [(event.type, event.damaged) for event in decoded.events] == [(EventType.SMOKE, True)]
    assert decoded.rejected


def test_without_any_time_a_serial_is_no_identity() -> None:
    unit = _component(3)[:-6] + bytes(6)
    packet = bytearray(_packet(unit))
    packet[6:12] = bytes(6)
    packet[-3] = sum(packet[2:-3]) & 0xFF
    assert {(event.id_given, event.at_given) for event in decode("t", bytes(packet)).events} == {(False, False)}


@pytest.mark.parametrize(
    "written",
    [
        lambda packet: packet.hex().encode(),
        lambda packet: packet.hex().upper().encode() + b"\r\n",
        lambda packet: packet.hex(" ").upper().encode(),
        lambda packet: b"0x" + packet.hex().encode(),
        lambda packet: json.dumps({"hex": "0x" + packet.hex()}).encode(),
        lambda packet: json.dumps({"hex": packet.hex(":")}).encode(),
        lambda packet: json.dumps({"hex": packet.hex("-").upper()}).encode(),
        lambda packet: json.dumps({"data": b64encode(packet).decode() + "\n"}).encode(),
    ],
)
def test_a_packet_is_read_however_a_bridge_writes_its_bytes(written: Callable[[bytes], bytes]) -> None:
    packet = _packet(_component(3))
    assert decode("t", written(packet)) == decode("t", packet)
