"""What devices say in their own bytes; frames put together from the vendors' tables, none of them recorded."""

from __future__ import annotations

import json

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import ALARMS, CLEARS, EventType
from devices.sources.lorawan import decode

EUI = "a1b2c3d4e5f60718"


def frame(hex_digits: str, model: str | None = None, port: int | None = None, **beside: object) -> Decoded:
    values: dict[str, object] = {"hex": hex_digits.replace(" ", ""), **beside}
    if port is not None:
        values["fPort"] = port
    return decode(f"county/lora/{EUI}", json.dumps(values).encode(), model=model)


def types(told: Decoded) -> list[str]:
    return [str(event.type) for event in told.events]


def readings(told: Decoded) -> dict[str, float | None]:
    found = [event for event in told.events if event.type is EventType.READING]
    return {json.loads(event.detail or b"{}")["name"]: event.value for event in found}


def checked(first_five: str) -> str:
    """Add the byte that makes a GS524N's sum zero."""
    return first_five + f"{-sum(bytes.fromhex(first_five)) % 256:02x}"


@pytest.mark.parametrize(
    ("model", "port", "hex_digits", "expected"),
    [
        ("Milesight WS101", 85, "01 75 40 ff 2e 02", ["button"]),
        ("WS101-SOS", 85, "ff 2e 01", ["button"]),
        ("milesight-iot ws101 SOS", None, "ff 2e 02", ["sos"]),
        ("WS202", 85, "03 00 00", ["vacant"]),
        ("ws303", 85, "03 00 01", ["water_leak"]),
        ("ws303", 85, "03 00 00", ["water_leak_clear"]),
        ("EM300-ZLD", 85, "05 00 01", ["water_leak"]),
        ("EM300-MCS", 85, "06 00 00", ["door_closed"]),
        ("Milesight AT101", 85, "07 00 01", ["tamper"]),
        ("GS601", 85, "00 55 0f 01", ["tamper"]),
        ("GS601", 85, "0a 21", ["fire"]),
        ("GS601", 85, "02 11 30", ["reading"]),
        ("VS360", 85, "03 f4 01 01", ["fault"]),
        ("VS373", 85, "06 fb 02 00 00 00 ff", ["fall"]),
        ("VS373", 85, "06 fb 02 00 00 03 ff", ["muted"]),
        ("VS373", 85, "06 fb 02 00 08 01 ff", ["fall"]),
        ("VS373", 85, "06 fb ff ff 06 01 02", ["medical"]),
        ("VS373", 85, "06 fb 02 00 03 01 01", ["activity"]),
        ("VS373", 85, "03 f8 04 01 05 00 06 00", ["fall", "occupied"]),
        ("Netvox R312A", 6, "01 4d 01 9c 01 00 00 00 00 00 00", ["sos", "battery_low", "reading"]),
        ("R312A", 6, "01 4d 01 1c 00 00 00 00 00 00 00", ["reading"]),
        ("R312", 6, "01 55 01 1c 01 00 00 00 00 00 00", ["button", "reading"]),
        ("RA02C", 6, "01 11 01 1c 01 00 00 00 00 00 00", ["carbon_monoxide", "heat_clear", "reading"]),
        ("R311W", 6, "01 06 01 1c 00 01 00 00 00 00 00", ["water_leak", "reading"]),
        ("RA02A", 6, "01 0a 01 1c 00 01 02 10 00 00 00", ["heat", "smoke_clear", "reading", "reading"]),
        ("Yobiiq SD-1001", 8, "05 00 01 07 00 01 03 00 01", ["smoke", "test", "battery_low"]),
        ("Yobiiq SD-1001", 8, "06 00 01", ["smoke"]),
        ("Yobiiq SD-1001", 8, "02 00 00", ["power_lost"]),
        ("TG563A", 1, "01 7e 14 01 01", ["smoke", "removed_clear", "fault_clear", "reading"]),
        ("TG563A", 1, "02 7e 14 00 02", ["smoke_clear", "battery_low", "removed", "fault_clear", "reading"]),
        ("Abeeway compact tracker", 18, "05 10 40 80 00", ["sos", "reading"]),
        ("Abeeway badge", 19, "49 32 00 10 30", ["sos"]),
        ("AT3", 19, "09 32 00 10 10", ["sos"]),
        ("AT3", 19, "09 32 00 10 11", ["sos_clear"]),
        ("AT3", 19, "09 32 00 10 51", ["sos_clear", "fence_exit"]),
        ("TrackerD", 7, "4f a0 00", ["sos", "reading"]),
        ("LDS02", 10, "8b 80 01 00 00 02 00 00 03 01", ["door_open", "reading"]),
        ("LWL02", 10, "4b 80 02 00 00 02 00 00 03 00", ["water_leak", "reading"]),
        ("Browan TBPB100 button", 147, "01 0b 30", ["button", "reading", "reading"]),
        ("TBPB100 panic button", 147, "01 0b 30", ["sos", "reading", "reading"]),
        ("TBPB100 panic button", 147, "00 0b 30", ["reading", "reading"]),
        ("TBDW100", 100, "01 0b 30 00 00 00 00 00", ["door_open", "reading", "reading"]),
        ("TBMS100", None, "01 0b 30", ["occupied", "reading", "reading"]),
        ("MerryIoT DW10", 120, "05 0f 15 1c 00 00 02 00 00", ["tamper", "door_open"] + ["reading"] * 3),
        ("Yabby3", 4, "00 00 10 00 00 20 00 80 04", ["fall", "location", "reading"]),
        ("Oyster3", 1, "00 00 00 10 00 00 00 20 04 00 80", ["location", "reading"]),
    ],
)
def test_a_models_frame_says_what_its_table_says(
    model: str, port: int | None, hex_digits: str, expected: list[str]
) -> None:
    told = frame(hex_digits, model, port)
    assert sorted(types(told)) == sorted(expected)
    assert types(told)[0] == expected[0]
    assert not told.rejected
    assert told.device == EUI


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1", ["smoke"]),
        ("2", ["smoke", "muted"]),
        ("4", ["battery_low"]),
        ("5", ["fault"]),
        ("7", ["smoke_clear", "fault_clear"]),
        ("a", ["removed"]),
        ("b", ["removed_clear"]),
        ("e", ["test"]),
        ("f", ["test", "battery_low"]),
    ],
)
def test_a_smoke_alarm_that_is_hushed_is_still_an_alarm_and_a_test_is_none(code: str, expected: list[str]) -> None:
    told = frame(checked(f"221{code}500119"), "GS524N", 1)
    assert sorted(types(told)) == sorted([*expected, "reading"])
    assert told.events[0].battery_pct == 80


@pytest.mark.parametrize(
    ("model", "port", "hex_digits", "alarm"),
    [
        ("GS524N", 1, "2211500119ff", "smoke"),  # the sum is wrong
        ("GS524N", 1, "221150", "smoke"),
        ("GS524N", 1, checked("2211500119") + "00", "smoke"),
        ("R312A", 6, "014d011e01", "sos"),
        ("R312A", 6, "014d011e01" + "00" * 20, "sos"),
        ("WS101 SOS", 85, "ff2e02 01", "sos"),
        ("VS373", 85, "06fb010000", "fall"),
        ("VS373", 85, "06fb01000001ff 0175", "fall"),
        ("TG563A", 1, "017e14010100", "smoke"),
        ("SD1001", 8, "050001 06", "smoke"),
        ("AT3", 19, "49", "sos"),
        ("AT2", 18, "0310", "sos"),
        ("TrackerD", 2, "00000000000000004f10", "sos"),
        ("TBWL100", 106, "01", "water_leak"),
        ("DW10", 120, "04", "tamper"),
    ],
)
def test_an_alarm_in_a_broken_frame_still_calls_and_is_marked(
    model: str, port: int, hex_digits: str, alarm: str
) -> None:
    told = frame(hex_digits, model, port)
    assert types(told) == [alarm]
    assert told.events[0].damaged
    assert told.events[0].damage


@pytest.mark.parametrize(
    ("model", "port", "hex_digits", "named"),
    [
        ("GS524N", 1, "2217500119ff", "crc"),
        ("R312A", 6, "014d01", "frame"),
        ("Netvox", 6, "01ee011e01000000000000", "device type"),
        ("EM320-TH", 85, "0367 34", "channel 0367"),
        ("EM320-TH", 85, "01", "channel"),
        ("TBDW100", 42, "01", "fPort"),
        ("DW10", 120, "000f", "frame"),
        ("Oyster3", 1, "0011", "frame"),
        ("LGT92", 2, "0011", "frame"),
        ("TG563A", 1, "007e14", "frame"),
    ],
)
def test_a_frame_that_cannot_be_used_is_refused_by_the_name_of_what_is_wrong(
    model: str, port: int, hex_digits: str, named: str
) -> None:
    told = frame(hex_digits, model, port)
    assert not told.events
    (refused,) = told.rejected
    assert refused.detail.startswith(named)
    assert refused.reason is RejectReason.BAD_VALUE


def test_what_stands_before_an_unknown_channel_is_kept_and_the_rest_refused() -> None:
    told = frame("017540 0367dc00 a1b2c3", "EM300-TH")
    assert readings(told) == {"temperature": 22.0}
    assert told.events[0].battery_pct == 64
    assert [refused.detail.split(":")[0] for refused in told.rejected] == ["channel a1b2"]


@pytest.mark.parametrize(
    ("model", "hex_digits"),
    [
        ("EM300-SLD", "20ce 00105e5f fa00 60 01"),
        ("VS373", "20ce 00105e5f 0100 00 01 ff"),
        ("WS203", "20ce 00105e5f 03 01 fa00 60"),
        ("VS350", "20ce 00105e5f 01 0100 0200 0300 0400"),
    ],
)
def test_records_of_the_past_are_readings_with_their_own_time(model: str, hex_digits: str) -> None:
    told = frame(hex_digits, model)
    assert {event.type for event in told.events} == {EventType.READING}
    assert {event.at.isoformat() for event in told.events} == {"2020-09-13T12:26:40+00:00"}


def test_a_place_out_of_the_world_stays_in_the_detail() -> None:
    told = frame("0000 0044 0000 0090 00 00 80", "Oyster3", 1)
    assert types(told) == ["reading"]
    assert json.loads(told.events[0].detail or b"")["latitudeDeg"] == pytest.approx(114.0850688)


def test_a_failed_fix_is_no_place() -> None:
    assert types(frame("0000 0010 0000 0020 02 00 80", "Oyster3", 1)) == ["reading"]


def test_an_sos_of_a_tracker_carries_its_place() -> None:
    told = frame("00 60 5c 40 07 27 0e 00 4f a0 00", "TrackerD", 3)
    assert types(told)[:2] == ["sos", "location"]
    assert told.events[0].location == told.events[1].location
    assert told.events[0].is_state


def test_a_leak_without_a_battery_percentage_has_volts() -> None:
    told = frame("01 0b 36 28 36", "TBWL100")
    assert readings(told) == {"battery_voltage": 3.6, "temperature_board": 22, "temperature": 22, "humidity": 40}
    assert told.events[0].battery_pct is None


def test_the_two_forms_of_a_door_sensor_say_the_same_air() -> None:
    short = frame("00 0f 15 1c 0000 020000", "DW10")
    long = frame("00 0f d200 1c 0000 020000", "DW10")
    assert readings(short) == readings(long) == {"temperature": 21, "humidity": 28, "battery_voltage": 3.6}


def test_half_a_clock_is_made_whole_by_the_time_of_receipt() -> None:
    told = frame("09 32 00 3c 30", "AT3", 19, time="2026-03-01T12:05:00Z")
    assert told.events[0].at.isoformat() == "2026-03-01T12:01:00+00:00"
    late = frame("09 32 a8 c0 30", "AT3", 19, time="2026-03-01T12:05:00Z")
    assert late.events[0].at.isoformat() == "2026-03-01T12:00:00+00:00"
    assert not frame("09 32 00 3c 30", "AT3", 19).events[0].at_given


def test_a_buffered_sos_is_told_with_its_own_time() -> None:
    told = frame("49 b2 5f5e1000 30", "AT3", 19, time="2026-03-01T12:05:00Z")
    assert types(told) == ["sos"]
    assert told.events[0].at.isoformat() == "2020-09-13T12:26:40+00:00"


@pytest.mark.parametrize(
    ("port", "hex_digits", "alarm"),
    [
        (6, "014d011e01000000000000", "sos"),
        (None, "014d011e01000000000000", "sos"),
        (1, checked("2211500119"), "smoke"),
        (19, "4932001030", "sos"),
        (85, "06fb01000001ff", "fall"),
    ],
)
def test_without_a_model_a_recognisable_alarm_is_said_as_damaged(port: int | None, hex_digits: str, alarm: str) -> None:
    told = frame(hex_digits, None, port)
    assert types(told) == [alarm]
    assert told.events[0].damaged


@pytest.mark.parametrize(
    ("port", "hex_digits"),
    [(85, "030001"), (2, "0000000000000000ff4f"), (85, "ff2e02"), (1, "2217500119ff"), (10, "4b8002"), (200, "0101")],
)
def test_without_a_model_nothing_is_invented_and_nothing_ended(port: int, hex_digits: str) -> None:
    told = frame(hex_digits, None, port)
    assert not {event.type for event in told.events} & (ALARMS | CLEARS)
    assert told.events or told.rejected[0].detail.startswith("model")


@pytest.mark.parametrize(
    "payload",
    [b"\xff\x2e\x02", b"ff2e02", b'{"hex":"ff2e02"}', b'{"data":"/y4C","fPort":85}', b'{"hex":"FF2E02","port":"85"}'],
)
def test_a_frame_may_come_bare_as_digits_or_wrapped(payload: bytes) -> None:
    assert types(decode("any/topic", payload, model="WS101 SOS")) == ["sos"]


def test_the_message_may_name_model_and_device_itself() -> None:
    told = decode("lora/up", b'{"hex":"ff2e02","model":"WS101 SOS","devEui":"A1B2C3D4E5F60718"}')
    assert (told.device, types(told)) == (EUI, ["sos"])


def test_a_device_that_is_not_the_topics_is_refused() -> None:
    told = frame("ff2e02", "WS101 SOS", devEui="0000000000000001")
    assert [refused.reason for refused in told.rejected] == [RejectReason.DEVICE_MISMATCH]


@pytest.mark.parametrize("payload", [b'{"fPort":85}', b'{"hex":"ff2"}', b'{"hex":7}', b"{}"])
def test_json_without_a_frame_says_what_to_send(payload: bytes) -> None:
    told = decode("any", payload, model="WS101")
    assert told.rejected[0].detail.startswith("hex")


def test_nothing_and_too_much_are_refused() -> None:
    assert decode("any", b"", model="WS101").rejected[0].reason is RejectReason.EMPTY
    assert decode("any", b"\x01" * 300, model="WS101").rejected[0].reason is RejectReason.TOO_LARGE


def test_ids_need_more_than_a_counter() -> None:
    told = frame("03 67 dc 00 04 68 50", "EM320-TH", devAddr="00189440", fCnt=7)
    assert [event.id for event in told.events] == ["00189440.7:temperature", "00189440.7:humidity"]
    assert not frame("ff2e02", "WS101", fCnt=7).events[0].id_given


@pytest.mark.parametrize(
    "payload", [b"FF2E02", b"ff 2e 02\r\n", b"0xff2e02", b'{"hex": "FF:2E:02"}', b'{"hex": "0xFF2E02"}']
)
def test_a_frame_is_read_however_its_digits_are_written(payload: bytes) -> None:
    assert types(decode("a/0102030405060708", payload, model="WS101 SOS")) == ["sos"]
