"""GPS watches' frames: which conditions each raises, what is only told, and what damage leaves of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.decoding import RejectReason
from devices.encoders.watch3g import NotSaidByWatch, encode
from devices.event import Event, EventType, Vitals
from devices.report import report
from devices.sources.watch3g import FRAMES_MAX, MESSAGE_BYTES_MAX, REPEAT_S, decode

AT = datetime(2026, 3, 16, 0, 15, 30, tzinfo=UTC)
FIX = "160326,001530,A,32.041200,N,121.120500,E,3.60,90,12.0,8,80,81,1200,3"
NO_FIX = "160326,001530,V,0.000000,N,0.000000,E,0.00,0,0.0,0,80,81,1200,3"


def _frame(content: str, *, maker: str = "3G", length: int | None = None, index: str = "") -> bytes:
    body = content.encode()
    told = len(body) if length is None else length
    return f"[{maker}*9705100012*{index}{told:04X}*".encode() + body + b"]"


def _events(payload: bytes) -> tuple[Event, ...]:
    decoded = decode("watch3g/up", payload)
    assert not decoded.rejected
    assert decoded.device == "9705100012"
    assert decoded.hub is None
    return decoded.events


def _types(payload: bytes) -> list[str]:
    return [str(event.type) for event in _events(payload)]


def _detail(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(event.detail or b"{}")
    return told


def test_an_sos_carries_place_battery_and_time() -> None:
    (event,) = _events(_frame(f"AL,{FIX},00010000,1,0,460,0,9336,3981,141"))
    assert (event.type, event.at, event.id, event.battery_pct) == (EventType.SOS, AT, "AL-160326001530", 81)
    assert event.location is not None
    assert (event.location.lat, event.location.lon, event.location.altitude_m) == (32.0412, 121.1205, 12)
    assert event.location.speed_mps == pytest.approx(1.0)
    assert event.vitals is not None
    assert event.vitals.steps == 1200
    assert _detail(event)["cells_wifi"] == "1,0,460,0,9336,3981,141"


@pytest.mark.parametrize(
    ("status", "types"),
    [
        ("00010000", ["sos"]),
        ("00010001", ["sos", "battery_low"]),
        ("00030000", ["sos", "battery_low"]),
        ("00200000", ["fall"]),
        ("00400000", ["fall"]),
        ("00610000", ["sos", "fall"]),
        ("00100000", ["removed"]),
        ("00040000", ["fence_exit"]),
        ("00080000", ["fence_enter"]),
        ("00020000", ["battery_low"]),
        ("00004000", ["power_lost"]),
        ("00000001", ["battery_low"]),
        ("00000000", ["location"]),
        ("00000008", ["location"]),
        ("00010008", ["sos"]),
    ],
)
def test_every_condition_of_an_alarm_is_its_own_event_and_the_call_comes_first(status: str, types: list[str]) -> None:
    assert _types(_frame(f"AL_LTE,{FIX},{status},0,0,0")) == types


def test_a_low_battery_beside_a_call_is_a_state_and_alone_in_an_alarm_an_event() -> None:
    beside = _events(_frame(f"AL,{FIX},00010001,0,0,0"))
    assert [(event.type, event.is_state) for event in beside] == [("sos", False), ("battery_low", True)]
    (alone,) = _events(_frame(f"AL,{FIX},00000001,0,0,0"))
    assert not alone.is_state


def test_a_state_in_a_position_leaves_the_position_and_its_detail() -> None:
    where, low = _events(_frame(f"UD,{FIX},00000001,0,0,0"))
    assert (where.type, low.type, low.is_state) == (EventType.LOCATION, EventType.BATTERY_LOW, True)
    assert _detail(where)["status"] == "00000001"
    assert low.detail is None


def test_an_alarm_bit_in_a_position_is_one_call_with_the_alarm_before_it() -> None:
    for word in ("UD", "UD2", "UD_WCDMA"):
        (event,) = _events(_frame(f"{word},{FIX},00010000,0,0,0"))
        assert (event.type, event.is_state, event.repeat_s) == (EventType.SOS, False, REPEAT_S)
    (event,) = _events(_frame(f"AL,{FIX},00010000,0,0,0"))
    assert event.repeat_s == 0


def test_off_the_wrist_is_told_and_calls_nobody() -> None:
    (event,) = _events(_frame(f"UD,{FIX},00000008,0,0,0"))
    assert _detail(event)["off_wrist"] is True


@pytest.mark.parametrize(
    ("lat", "north", "lon", "east", "place"),
    [
        ("9.951861", "N", "-84.1422119", "W", (9.951861, -84.1422119)),
        ("-33.480366", "N", "-70.7630692", "W", (-33.480366, -70.7630692)),
        ("33.480366", "S", "70.7630692", "W", (-33.480366, -70.7630692)),
        ("-33.480366", "S", " 70.7630692", "E", (-33.480366, 70.7630692)),
        ("52.745450", "N", "0.369512", "", (52.74545, 0.369512)),
    ],
)
def test_minus_and_letter_both_mean_negative_and_not_twice(
    lat: str, north: str, lon: str, east: str, place: tuple[float, float]
) -> None:
    content = f"UD,160326,001530,A,{lat},{north},{lon},{east},0,0,0,8,80,81,0,0,00000000,0,0,0"
    (event,) = _events(_frame(content))
    assert event.location is not None
    assert (event.location.lat, event.location.lon) == place


def test_without_a_fix_the_place_is_as_wide_as_a_cell_so_that_nobody_is_sent_there_unasked() -> None:
    content = "UD,160326,001530,V,32.0412,N,121.1205,E,22.0,0,-1,0,80,81,0,0,00000000,0,0,0"
    (event,) = _events(_frame(content))
    assert event.type is EventType.LOCATION
    assert event.location is not None
    assert (event.location.lat, event.location.lon, event.location.accuracy_m) == (32.0412, 121.1205, 2000)
    told = _detail(event)
    assert (told["lat"], told["lon"], told["speed_kmh"], told["fix_valid"]) == (32.0412, 121.1205, 22.0, False)


@pytest.mark.parametrize("fix", ["V", "A"])
def test_zeros_are_no_place_and_no_location(fix: str) -> None:
    content = f"UD,160326,001530,{fix},0.0,N,0.0,E,0,0,0,0,80,81,0,0,00000000,0,0,0"
    (event,) = _events(_frame(content))
    assert (event.type, event.location) == (EventType.HEARTBEAT, None)
    assert _detail(event)["lat"] == 0


def test_a_call_without_a_fix_is_a_call() -> None:
    (event,) = _events(_frame(f"AL,{NO_FIX},00010000,0,0,0"))
    assert (event.type, event.location) == (EventType.SOS, None)


def test_a_clock_at_its_default_is_told_as_it_is_but_makes_no_id() -> None:
    content = "AL,010120,000012,V,0.0,N,0.0,E,0,0,0,0,80,81,0,0,00010000,0,0,0"
    (event,) = _events(_frame(content))
    assert (event.at, event.id_given) == (datetime(2020, 1, 1, 0, 0, 12, tzinfo=UTC), False)
    assert event.repeat_s == REPEAT_S


def test_the_same_alarm_again_is_the_same_event() -> None:
    payload = _frame(f"AL,{FIX},00010000,0,0,0")
    assert _events(payload) == _events(payload)


@pytest.mark.parametrize(
    ("content", "vitals"),
    [
        ("heart,71", Vitals(heart_rate_bpm=71)),
        ("PULSE,72", Vitals(heart_rate_bpm=72)),
        ("bphrt,121,79,68", Vitals(systolic_mmhg=121, diastolic_mmhg=79, heart_rate_bpm=68)),
        ("bphrt,121,79,68,170,1,80,65", Vitals(systolic_mmhg=121, diastolic_mmhg=79, heart_rate_bpm=68)),
        ("BLOOD,121,79", Vitals(systolic_mmhg=121, diastolic_mmhg=79)),
        ("bphrt,121,79,0", Vitals(systolic_mmhg=121, diastolic_mmhg=79)),
        ("TEMP,36.5", Vitals(temperature_c=36.5)),
        ("btemp2,1,36.7", Vitals(temperature_c=36.7)),
        ("oxygen,0,98", Vitals(spo2_pct=98)),
    ],
)
def test_measurements_are_vitals(content: str, vitals: Vitals) -> None:
    (event,) = _events(_frame(content, maker="CS"))
    assert (event.type, event.vitals) == (EventType.VITALS, vitals)
    assert not event.at_given
    assert not event.id_given


@pytest.mark.parametrize(
    "content", ["heart,0", "oxygen,0,0", "btemp2,0,36.7", "TEMP,0", "bphrt,0,0,0", "heart,", "heart"]
)
def test_what_nobody_wears_measures_nothing(content: str) -> None:
    (event,) = _events(_frame(content))
    assert (event.type, event.vitals) == (EventType.HEARTBEAT, None)


@pytest.mark.parametrize(
    ("content", "battery", "steps"),
    [
        ("LK", None, None),
        ("LK,0,100", None, None),
        ("LK,1200,10,81", 81, 1200),
        ("LK,,,", None, None),
        ("LK,1,2,x", None, 1),
    ],
)
def test_a_link_is_a_sign_of_life(content: str, battery: float | None, steps: int | None) -> None:
    (event,) = _events(_frame(content))
    assert (event.type, event.battery_pct) == (EventType.HEARTBEAT, battery)
    assert (event.vitals.steps if event.vitals else None) == steps


@pytest.mark.parametrize("content", ["TKQ", "INIT,1", "CONFIG,TY:g36", "AL", "RAD,1", "sleep,7,2"])
def test_other_types_are_signs_of_life(content: str) -> None:
    (event,) = _events(_frame(content))
    assert event.type is EventType.HEARTBEAT
    assert _detail(event)["message_type"] == content.split(",", maxsplit=1)[0]


def test_sound_is_counted_and_not_kept() -> None:
    (event,) = _events(b"[3G*9705100012*0008*TK,\x00\x80AMR]")
    assert _detail(event)["bytes"] == 5


def test_makers_with_an_index_are_read() -> None:
    (event,) = _events(_frame("TEMP,36.5", maker="ZJ", index="0001*"))
    assert event.type is EventType.VITALS


def test_several_frames_are_several_messages_of_several_watches() -> None:
    other = _frame(f"AL,{FIX},00010000,0,0,0").replace(b"9705100012", b"9705100013")
    decoded = decode("", _frame("LK") + b"\r\n" + other)
    assert [(event.device, event.type) for event in decoded.events] == [
        ("9705100013", "sos"),
        ("9705100012", "heartbeat"),
    ]
    assert (decoded.device, decoded.rejected) == (None, ())


def test_a_wireless_network_may_be_called_anything() -> None:
    rest = f"AL,{FIX},00010000,0,0,1,客厅[3楼],aa:bb:cc:dd:ee:ff,-60"
    for encoding in ("utf-8", "gb18030"):
        body = rest.encode(encoding)
        (event,) = _events(b"[3G*9705100012*%04X*" % len(body) + body + b"]")
        assert event.type is EventType.SOS
        assert "客厅[3楼]" in _detail(event)["cells_wifi"]


@pytest.mark.parametrize("wrapped", ["hex", "data"])
def test_a_bridge_may_wrap_the_bytes(wrapped: str) -> None:
    from base64 import b64encode

    body = _frame("heart,71")
    text = body.hex() if wrapped == "hex" else b64encode(body).decode()
    assert _types(json.dumps({wrapped: text}).encode()) == ["vitals"]


@pytest.mark.parametrize("length", [0, 1, 90, 5000, 0xFFFF])
def test_a_lying_length_leaves_the_alarm_marked_as_damaged(length: int) -> None:
    (event,) = _events(_frame(f"AL,{FIX},00010000,0,0,0", length=length))
    assert (event.type, event.damaged) == (EventType.SOS, True)


def test_a_lying_length_does_not_swallow_the_frame_behind_it() -> None:
    alarm = _frame(f"AL,{FIX},00010000,0,0,0")
    lying = _frame("LK", length=len(alarm) + 3)
    assert _types(lying + alarm) == ["sos", "heartbeat"]


def test_a_lying_length_leaves_nothing_else() -> None:
    for content in (f"UD,{FIX},00000000,0,0,0", "heart,71"):
        decoded = decode("", _frame(content, length=500))
        assert not decoded.events
        assert [(one.reason, one.device) for one in decoded.rejected] == [(RejectReason.BAD_VALUE, "9705100012")]
    assert _types(_frame("LK,1,2,81", length=500)) == ["heartbeat"]


@pytest.mark.parametrize("off", [-3, -1, 1, 3])
def test_a_makers_miscount_is_forgiven(off: int) -> None:
    content = f"UD,{FIX},00000000,0,0,0"
    assert _types(_frame(content, length=len(content) + off)) == ["location"]


def test_an_alarm_whose_status_cannot_be_read_is_a_call() -> None:
    for content in ("AL,160326,0015", f"AL,{FIX},xyz,0,0,0", f"AL,{FIX}"):
        (event,) = _events(_frame(content))
        assert (event.type, event.damaged) == (EventType.SOS, True)


def test_an_alarm_without_a_time_is_an_alarm() -> None:
    (event,) = _events(_frame(f"AL,{FIX},00200000,0,0,0".replace("160326", "320326")))
    assert (event.type, event.damaged, event.at_given) == (EventType.FALL, True, False)


@pytest.mark.parametrize(
    "content", ["UD,160326,0015", f"UD,{FIX},xyz", f"UD,{FIX},00000000".replace("160326", "991326")]
)
def test_a_position_that_cannot_be_read_is_refused(content: str) -> None:
    decoded = decode("", _frame(content))
    assert (decoded.events, decoded.device) == ((), "9705100012")
    assert [one.reason for one in decoded.rejected] == [RejectReason.BAD_VALUE]


def test_an_alarm_bit_that_no_table_names_is_refused_beside_its_place() -> None:
    decoded = decode("", _frame(f"AL,{FIX},80000000,0,0,0"))
    assert [event.type for event in decoded.events] == [EventType.LOCATION]
    assert [one.reason for one in decoded.rejected] == [RejectReason.UNKNOWN_TYPE]


@pytest.mark.parametrize("payload", [b"", b" \r\n", b"hello", b"[3G*9705100012*", b"[]", b'{"a":1}'])
def test_what_is_no_frame_is_refused(payload: bytes) -> None:
    decoded = decode("", payload)
    assert not decoded.events
    assert len(decoded.rejected) == 1


def test_an_alarm_without_its_head_is_still_seen() -> None:
    (refusal,) = decode("", f"0012*007B*AL,{FIX},00010000,0,0,0]".encode()).rejected
    assert refusal.type_word == "sos"


def test_too_much_at_once_is_refused() -> None:
    assert decode("", b"[" * (MESSAGE_BYTES_MAX + 1)).rejected[0].reason is RejectReason.TOO_LARGE
    decoded = decode("", _frame("LK") * (FRAMES_MAX + 1))
    assert len(decoded.events) == FRAMES_MAX
    assert decoded.rejected[0].reason is RejectReason.TOO_LARGE


@pytest.mark.parametrize(
    "event",
    [
        report(EventType.SMOKE, at=AT),
        report(EventType.SOS),
        report(EventType.SOS, at=datetime(1999, 12, 31, tzinfo=UTC)),
        report(EventType.LOCATION, at=AT),
        report(EventType.VITALS, vitals=Vitals(steps=3)),
    ],
)
def test_what_a_watch_cannot_say_is_refused(event: Event) -> None:
    with pytest.raises(NotSaidByWatch):
        encode(event, device="1")


def _alarm_frame(kind: str, status: str) -> bytes:
    fields = f"160326,001530,A,31.900000,N,121.200000,E,0.0,0,10,7,60,90,0,0,{status},0"
    content = f"{kind},{fields}"
    return f"[3G*1234567890*{len(content):04X}*{content}]".encode()


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (_alarm_frame("AL", "01000000"), "status=01000000"),
        (_alarm_frame("AL", "00001000"), "status=00001000"),
        (_alarm_frame("UD", "01000000"), "status=01000000"),
        (b"[3G*1234567890*0006*FALL,1]", "type=FALL"),
    ],
)
def test_an_alarm_that_no_table_names_is_seen(payload: bytes, word: str) -> None:
    (refused,) = decode("t", payload).rejected
    assert (refused.reason, refused.type_word, refused.device) == (RejectReason.UNKNOWN_TYPE, word, "1234567890")


@pytest.mark.parametrize("payload", [b"[3G*1234567890*0004*SOS1]", b"[3G*1234567890*0008*FALLDOWN]"])
def test_a_setting_that_is_confirmed_is_no_alarm(payload: bytes) -> None:
    assert not decode("t", payload).rejected


def test_a_frame_is_read_behind_a_byte_order_mark_and_in_digits() -> None:
    frame = _alarm_frame("AL", "00010000")
    whole = decode("t", frame)
    assert whole.events[0].type is EventType.SOS
    assert decode("t", b"\xef\xbb\xbf" + frame) == whole
    assert decode("t", frame.hex(" ").upper().encode()) == whole
