"""The canonical source: what is accepted, what is refused with which word, and which alarm survives damage."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import EPOCH, Datum, Event, EventType, Location, Vitals
from devices.sources.canonical import ELEMENTS_MAX, EVENT_BYTES_MAX, MESSAGE_BYTES_MAX, decode, online_state
from devices.topics import Channel

TELEMETRY = "sw/v1/band-1/telemetry"
ALARM = "sw/v1/band-1/alarm"


def _fields(**fields: object) -> dict[str, object]:
    return {"id": "1", "at": "2026-03-01T08:15:30Z", "type": "reading"} | fields


def _event(payload: bytes, topic: str = TELEMETRY) -> Event:
    decoded = decode(topic, payload)
    assert not decoded.rejected
    (event,) = decoded.events
    return event


def _refusal(payload: bytes, topic: str = TELEMETRY) -> tuple[str, str | None, str | None]:
    decoded = decode(topic, payload)
    assert not decoded.events
    (rejected,) = decoded.rejected
    assert rejected.raw == payload
    assert "\n" not in rejected.detail
    return str(rejected.reason), rejected.event_id, rejected.type_word


def test_every_field_of_the_contract_arrives() -> None:
    sent = _fields(
        device="band-1",
        location={"lat": 32.04, "lon": 121.12, "accuracy_m": 5, "altitude_m": -3, "speed_mps": 0, "datum": "bd09"},
        battery_pct=81,
        signal_dbm=-87.5,
        vitals={"heart_rate_bpm": 71, "temperature_c": 36.6},
        value=1.5,
        unit="°C",
        detail={"室": [1, None]},
    )
    assert _event(json.dumps(sent, ensure_ascii=False).encode()) == Event(
        id="1",
        at=datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC),
        type=EventType.READING,
        location=Location(lat=32.04, lon=121.12, accuracy_m=5, altitude_m=-3, speed_mps=0, datum=Datum.BD09),
        battery_pct=81,
        signal_dbm=-87.5,
        vitals=Vitals(heart_rate_bpm=71, temperature_c=36.6),
        value=1.5,
        unit="°C",
        detail='{"室": [1, null]}'.encode(),
    )


def test_null_is_absent_and_absent_is_not_zero() -> None:
    names = ("location", "battery_pct", "signal_dbm", "vitals", "value", "unit", "detail", "device")
    event = _event(json.dumps(_fields(**dict.fromkeys(names))).encode())
    assert event == _event(json.dumps(_fields()).encode())
    assert event.battery_pct is None and event.detail is None


@pytest.mark.parametrize("word", EventType)
def test_every_type_of_the_contract_is_read(word: EventType) -> None:
    assert _event(json.dumps(_fields(type=str(word))).encode()).type is word


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ("2026-03-01T08:15:30+08:00", datetime(2026, 3, 1, 0, 15, 30, tzinfo=UTC)),
        ("2026-03-01t08:15:30.1234567z", datetime(2026, 3, 1, 8, 15, 30, 123_457, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("1969-12-31T23:00:00-05:00", datetime(1970, 1, 1, 4, tzinfo=UTC)),
        ("2100-12-31T23:59:59Z", datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("1987-05-01T00:00:00Z", datetime(1987, 5, 1, tzinfo=UTC)),
        (0, EPOCH),
        (1_772_352_930_251, EPOCH + timedelta(milliseconds=1_772_352_930_251)),
        (4_133_980_799_999, datetime(2100, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
def test_a_time_with_its_zone_or_whole_milliseconds_is_a_time_also_decades_off(sent: object, at: datetime) -> None:
    read = _event(json.dumps(_fields(at=sent)).encode()).at
    assert read == at
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "at",
    [
        *("", "now", "2026-03-01", "2026-03-01T08:15:30", "2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z"),
        *("1969-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1772352930250"),
        *(1772352930.25, 1.0, True, None, -1, 4_133_980_800_000, 10**30, [], {}),
    ],
)
def test_what_is_no_time_is_refused_and_id_and_type_are_still_told(at: object) -> None:
    sent = json.dumps(_fields(at=at, type="sos")).encode()
    assert _refusal(sent, ALARM) == (RejectReason.BAD_TIME, "1", "sos")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", RejectReason.EMPTY),
        (b" \r\n\0", RejectReason.EMPTY),
        (b"[]", RejectReason.EMPTY),
        (b"\xff\xfe\x00", RejectReason.NOT_UTF8),
        (b'{"id":"1","at":0,"type":"reading","unit":"\xbd\xf4"}', RejectReason.NOT_UTF8),
        (b'{"id":"1","at":0,"type":"reading","x":"\xed\xa0\x80"}', RejectReason.NOT_UTF8),
        (b"sos", RejectReason.NOT_JSON),
        (b'{"id":"1","at":0,"type":"reading"', RejectReason.NOT_JSON),
        (b'{"id":"1","at":0,"type":"reading"}}', RejectReason.NOT_JSON),
        (b'{"id":"1","at":0,"type":"reading","x":01}', RejectReason.NOT_JSON),
        (b'{"id":"1","at":0,"type":"reading","x":"\x01"}', RejectReason.NOT_JSON),
        (b"{'id':'1'}", RejectReason.NOT_JSON),
        (b"1", RejectReason.NOT_AN_EVENT),
        (b'"sos"', RejectReason.NOT_AN_EVENT),
        (b"null", RejectReason.NOT_AN_EVENT),
        (b"{}", RejectReason.NOT_AN_EVENT),
        (b'{"hello":1}', RejectReason.NOT_AN_EVENT),
        (b'{"id":"1","at":0,"type":"reading","value":NaN}', RejectReason.BAD_VALUE),
        (b'{"id":"1","at":0,"type":"reading","value":-Infinity}', RejectReason.BAD_VALUE),
        (b'{"id":"1","at":0,"type":"reading","value":1e999999}', RejectReason.BAD_VALUE),
        (b'{"id":"1","at":0,"type":"reading","value":1' + b"0" * 5000 + b"}", RejectReason.BAD_VALUE),
        (b'{"id":"1","at":0,"type":"reading","detail":{"a":NaN}}', RejectReason.BAD_VALUE),
        (b'{"id":"1","at":0,"type":"reading","new":NaN}', RejectReason.BAD_VALUE),
        (b"[" * 2000, RejectReason.TOO_DEEP),
        (b'{"a":' * 33 + b"1" + b"}" * 33, RejectReason.TOO_DEEP),
        (b'{"a":"' + b"x" * EVENT_BYTES_MAX + b'"}', RejectReason.TOO_LARGE),
        (b"x" * (MESSAGE_BYTES_MAX + 1), RejectReason.TOO_LARGE),
        (b"[" + b"," * ELEMENTS_MAX + b"]", RejectReason.TOO_LARGE),
    ],
)
def test_bytes_that_are_no_event_are_refused_by_their_first_fault(sent: bytes, reason: RejectReason) -> None:
    assert decode(TELEMETRY, sent).rejected[0].reason is reason
    assert not decode(TELEMETRY, sent).events


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("battery_pct", wrong) for wrong in (-1, 100.5, "81", True, [81])],
        *[("value", wrong) for wrong in ("1", False, {"a": 1})],
        ("signal_dbm", "-80"),
        *[("unit", wrong) for wrong in (1, "x" * 65, ["C"])],
        *[("detail", wrong) for wrong in (1, "text", [1], True)],
        *[("location", wrong) for wrong in ([1], "here", {"lat": 1}, {"lat": 90.1, "lon": 0}, {"lat": 0, "lon": 181})],
        ("location", {"lat": "32", "lon": 121}),
        ("location", {"lat": 32, "lon": 121, "datum": "nad27"}),
        ("location", {"lat": 32, "lon": 121, "accuracy_m": -1}),
        ("vitals", {"spo2_pct": 101}),
        ("vitals", {"heart_rate_bpm": "71"}),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_the_name_of_its_field(name: str, value: object) -> None:
    sent = json.dumps(_fields(**{name: value})).encode()
    assert _refusal(sent) == (RejectReason.BAD_VALUE, "1", "reading")
    assert decode(TELEMETRY, sent).rejected[0].detail.startswith(f"{name}: ")


@pytest.mark.parametrize("wrong", [{"battery_pct": "abc"}, {"detail": 1}, {"location": {"lat": 99}}, {"unit": 5}])
def test_an_alarm_with_a_wrong_value_is_an_alarm_without_it(wrong: dict[str, object]) -> None:
    for topic in (ALARM, TELEMETRY):
        event = _event(json.dumps(_fields(type="sos", value=7, **wrong)).encode(), topic)
        assert (event.type, event.value, event.damaged) == (EventType.SOS, 7, True)
        assert event.damage is not None and event.damage.startswith(next(iter(wrong)))


@pytest.mark.parametrize(
    "sent",
    [
        b'{"id":"1","at":0,"type":"smoke","battery_pct":8',
        b'{"id":"1","at":0,"type":"smoke","battery_pct":NaN}',
        b'{"id":"1","at":0,"type":"smoke","detail":{"a":tru}}',
        b'{"id":"1","at":0,"type":"smoke","unit":"\xbd\xf4"}',
        b'{"id":"1","at":0,"type":"smoke"}\xff\xff',
        b'{"id":"1","at":0,"type":"smoke"',
        b'{"id":"1","at":0,"type":"smoke",}',
        b'\x02{"id":"1","at":0,"type":"smoke"}\x03',
        b'{"id":"1",,"at":0,"type":"smoke"}',
    ],
)
def test_an_alarm_is_recognised_in_a_broken_message(sent: bytes) -> None:
    event = _event(sent, ALARM)
    assert (event.id, event.at, event.type, event.damaged) == ("1", EPOCH, EventType.SMOKE, True)
    assert (event.battery_pct, event.unit, event.detail) == (None, None, None)


def test_a_time_that_was_cut_off_is_not_taken_for_an_earlier_one() -> None:
    assert _refusal(b'{"id":"1","type":"sos","at":17723', ALARM) == (RejectReason.NOT_JSON, "1", "sos")


def test_of_a_place_that_was_cut_off_only_whole_numbers_are_kept() -> None:
    start = b'{"id":"1","at":0,"type":"sos","location":{"lat":32.04,"lon":121.1'
    assert _event(start, ALARM).location is None
    assert _event(start + b'2,"accuracy_m":1', ALARM).location == Location(lat=32.04, lon=121.12)


def test_a_place_in_an_unknown_datum_is_no_place() -> None:
    place = {"lat": 32, "lon": 121, "datum": "nad27"}
    assert _event(json.dumps(_fields(type="sos", location=place)).encode(), ALARM).location is None


def test_vitals_of_an_alarm_keep_what_is_good() -> None:
    vitals = {"heart_rate_bpm": 40, "spo2_pct": 400}
    assert _event(json.dumps(_fields(type="medical", vitals=vitals)).encode()).vitals == Vitals(heart_rate_bpm=40)


@pytest.mark.parametrize("id_", ["", "x" * 65, "a\0", "a\u202eb", "\ud800", " a", 7, None, [], {"a": 1}])
def test_an_odd_id_is_refused_even_of_an_alarm(id_: object) -> None:
    reason, _, word = _refusal(json.dumps(_fields(id=id_, type="fall")).encode(), ALARM)
    assert (reason, word) == (RejectReason.BAD_ID, "fall")


@pytest.mark.parametrize(("id_", "echoed"), [("x" * 65, "x" * 65), (7, "7"), ("a\0", None), ("x" * 257, None)])
def test_an_odd_id_is_echoed_where_it_can_be(id_: object, echoed: str | None) -> None:
    assert _refusal(json.dumps(_fields(id=id_)).encode())[1] == echoed


@pytest.mark.parametrize("word", ["SOS", "sos ", "", "unknown", None, 1, ["sos"]])
def test_a_type_that_is_not_in_the_contract_is_refused(word: object) -> None:
    assert _refusal(json.dumps(_fields(type=word)).encode())[0] == RejectReason.UNKNOWN_TYPE


@pytest.mark.parametrize("device", ["band-2", "", 1, ["band-1"]])
def test_a_payload_that_names_another_device_is_refused(device: object) -> None:
    sent = json.dumps(_fields(device=device, type="sos")).encode()
    assert _refusal(sent, ALARM) == (RejectReason.DEVICE_MISMATCH, "1", "sos")


def test_text_is_cleaned_and_the_event_is_kept() -> None:
    sent = rb'{"id":"1","at":0,"type":"reading","unit":"\ud800a\u0000\u202eb\n","detail":{"t":"\udc00","n":1e999999}}'
    event = _event(sent)
    assert (event.unit, event.damaged) == ("\ufffda\ufffdb ", False)
    assert event.detail == '{"t":"\ufffd","n":"1e999999"}'.encode()


@pytest.mark.parametrize(("before", "after"), [(b"\xef\xbb\xbf", b""), (b" \n", b"\0\r\n"), (b"", b"\0\0")])
def test_what_firmware_leaves_around_a_message_is_no_damage(before: bytes, after: bytes) -> None:
    assert _event(before + b'{"id":"1","at":0,"type":"test"}' + after) == Event(id="1", at=EPOCH, type=EventType.TEST)


def test_a_device_cannot_mark_its_own_event_as_damaged() -> None:
    assert not _event(b'{"id":"1","at":0,"type":"test","damaged":true,"damage":"x"}').damaged


def test_an_event_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    frame = b'{"id":"1","at":0,"type":"sos","detail":{"a":"%s"}}'
    room = EVENT_BYTES_MAX - len(frame) + 2
    assert _event(frame % (b"x" * room)).detail is not None
    assert _refusal(frame % (b"x" * (room + 1))) == (RejectReason.TOO_LARGE, "1", "sos")


def test_nesting_is_taken_up_to_the_limit() -> None:
    frame = b'{"id":"1","at":0,"type":"sos","detail":{"a":%s}}'
    assert _event(frame % (b"[" * 30 + b"]" * 30)).detail is not None
    assert _refusal(frame % (b"[" * 31 + b"]" * 31)) == (RejectReason.TOO_DEEP, "1", "sos")


def test_ten_thousand_events_in_one_array_are_ten_thousand_events() -> None:
    sent = json.dumps([_fields(id=f"e{n}", location={"lat": 32.0, "lon": 121.0}) for n in range(10_000)]).encode()
    decoded = decode(TELEMETRY, sent)
    assert decoded.is_array
    assert [event.id for event in decoded.events] == [f"e{n}" for n in range(10_000)]


def test_in_an_array_each_element_stands_alone() -> None:
    good = json.dumps(_fields()).encode()
    deep = b'{"id":"2","at":0,"type":"gas","detail":{"a":' + b"[" * 40 + b"]" * 40 + b"}}"
    large = b'{"id":"3","at":0,"type":"gas","unit":"' + b"x" * EVENT_BYTES_MAX + b'"}'
    decoded = decode(ALARM, b"[" + b",".join([good, b"7", deep, b'{"value":NaN}', large, b"[]", good]) + b"]")
    assert len(decoded.events) == 2
    assert [(one.reason, one.event_id) for one in decoded.rejected] == [
        (RejectReason.NOT_AN_EVENT, None),
        (RejectReason.TOO_DEEP, "2"),
        (RejectReason.NOT_AN_EVENT, None),
        (RejectReason.TOO_LARGE, "3"),
        (RejectReason.NOT_AN_EVENT, None),
    ]
    assert [one.raw for one in decoded.rejected] == [b"7", deep, b'{"value":NaN}', large, b"[]"]


def test_a_flush_that_was_cut_off_says_so_and_loses_only_its_end() -> None:
    good = json.dumps(_fields()).encode()
    decoded = decode(ALARM, b"[" + good + b"," + good)
    assert len(decoded.events) == 2
    assert decoded.rejected[0].reason is RejectReason.NOT_JSON
    assert decode(ALARM, b"[" + good + b',{"id":"2","at":1,"type":"so').rejected[0].event_id == "2"


@pytest.mark.parametrize("frame", [b"[%s] tail", b"[%s]]", b"[%s],[%s]", b"[%s}"])
def test_what_stands_around_an_array_does_not_vanish(frame: bytes) -> None:
    payload = frame.replace(b"%s", json.dumps(_fields()).encode())
    decoded = decode(ALARM, payload)
    assert len(decoded.events) == 1
    assert [(one.reason, one.raw) for one in decoded.rejected] == [(RejectReason.NOT_JSON, payload)]


def test_a_reason_repeats_no_value_of_the_device() -> None:
    place = {"lat": 32, "lon": 121, "datum": "it's 'secret'"}
    (rejected,) = decode(TELEMETRY, json.dumps(_fields(location=place)).encode()).rejected
    assert rejected.detail == "location: Invalid enum value - at `$.datum`; leave it out or correct it"


def test_life_safety_comes_first_and_the_rest_stays_in_order() -> None:
    words = ["intrusion_clear", "smoke", "intrusion", "heartbeat", "sos", "water_leak"]
    sent = json.dumps([_fields(type=word) for word in words]).encode()
    kept = ["smoke", "sos", "intrusion_clear", "intrusion", "heartbeat", "water_leak"]
    assert [str(event.type) for event in decode(ALARM, sent).events] == kept


@pytest.mark.parametrize("topic", ["", "x", "sw/v1/band 1/alarm", "sw/v1/band-1/other", "$SYS/broker"])
def test_a_topic_that_is_not_ours_names_no_device(topic: str) -> None:
    decoded = decode(topic, b"{}")
    assert (decoded.device, decoded.channel, decoded.rejected[0].reason) == (None, None, RejectReason.UNKNOWN_TOPIC)


@pytest.mark.parametrize("channel", [Channel.ONLINE, Channel.REPLY, Channel.ACK, Channel.DOWN])
def test_other_channels_carry_no_events(channel: Channel) -> None:
    decoded = decode(f"sw/v1/band-1/{channel}", json.dumps(_fields()).encode())
    assert (decoded.device, decoded.channel, decoded.events) == ("band-1", channel, ())
    assert decoded.rejected[0].reason is RejectReason.NOT_AN_EVENT


@pytest.mark.parametrize(("payload", "online"), [(b"1", True), (b"0\n", False), (b"", None), (b"true", None)])
def test_online_is_one_or_zero(payload: bytes, online: bool | None) -> None:
    assert online_state(payload) is online


@pytest.mark.parametrize("exhaustion", [MemoryError, RecursionError])
def test_running_out_of_memory_or_stack_stays_with_its_message(
    exhaustion: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_payload: bytes) -> bool:
        raise exhaustion

    monkeypatch.setattr("devices.sources.canonical.is_too_deep", fails)
    assert decode(ALARM, b"{}") == Decoded(
        device="band-1", channel=Channel.ALARM, rejected=decode(ALARM, b"{}").rejected
    )
    assert decode(ALARM, b"{}").rejected[0].reason is RejectReason.EXHAUSTED
