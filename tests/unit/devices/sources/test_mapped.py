"""What a vendor's JSON says by a mapping file: every key of the file, and every rule for bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import Datum, Event, EventType, Location, Vitals
from devices.sources.mapped import make

START = 'name = "x"\n[device]\nid = "id"\n'
Told = Callable[..., Decoded]


def told(mapping: str, values: object, *, topic: str = "t", start: str = START) -> Decoded:
    payload = values if isinstance(values, bytes) else json.dumps(values, ensure_ascii=False).encode()
    return make((start + mapping).encode())(topic, payload)


def said(mapping: str, values: object, **more: str) -> list[str]:
    return [str(event.type) for event in told(mapping, values, **more).events]


def one(mapping: str, values: object, **more: str) -> Event:
    (event,) = told(mapping, values, **more).events
    return event


SMOKE = '[[rule]]\npath = "smoke"\ntypes = { "1" = "smoke", "0" = "smoke_clear" }\nstate = true\n'


@pytest.mark.parametrize(
    ("value", "types"),
    [
        (1, ["smoke"]), ("1", ["smoke"]), (1.0, ["smoke"]), ("01", ["smoke"]), (True, ["smoke"]), (" 1 ", ["smoke"]),
        (0, ["smoke_clear"]), (False, ["smoke_clear"]), ("false", ["smoke_clear"]), ("0.0", ["smoke_clear"]),
        (None, []), ("", ["heartbeat"]), ([], ["heartbeat"]),
    ],
)  # fmt: skip
def test_a_word_is_a_word_however_it_is_written_and_null_is_none(value: object, types: list[str]) -> None:
    assert said(SMOKE, {"id": "d", "smoke": value}) == types


def test_a_rule_says_whether_it_is_a_state_and_how_long_a_repeat_is_the_same() -> None:
    event = one(SMOKE, {"id": "d", "smoke": 1})
    assert (event.is_state, event.repeat_s) == (True, 0)
    event = one('[[rule]]\npath = "k"\ntypes = { p = "sos" }\nrepeat_s = 10\n', {"id": "d", "k": "P"})
    assert (event.is_state, event.repeat_s) == (False, 10)


def test_an_alarm_field_with_a_word_that_the_table_has_not_is_seen() -> None:
    decoded = told(SMOKE, {"id": "d", "smoke": 7, "t": 1})
    (rejected,) = decoded.rejected
    assert (rejected.reason, rejected.type_word, decoded.device) == (RejectReason.UNKNOWN_TYPE, "7", "d")
    assert "`smoke`" in rejected.detail and "7" not in rejected.detail
    assert decoded.events == ()


def test_a_word_that_the_table_has_not_can_be_given_a_type() -> None:
    assert said(SMOKE + 'unknown = "fault"\n', {"id": "d", "smoke": 7}) == ["fault"]


def test_an_unknown_word_of_a_field_without_alarms_can_be_passed_over() -> None:
    rule = '[[rule]]\npath = "door"\ntypes = { open = "door_open" }\nunknown = "ignore"\n'
    assert said(rule, {"id": "d", "door": "ajar"}) == ["heartbeat"]


@pytest.mark.parametrize(
    ("test", "value", "holds"),
    [
        ("equals = 1", 1, True), ("equals = 1", "1", True), ("equals = 1", 2, False), ("equals = 1", None, False),
        ("equals = true", 1, True), ("equals = 'ON'", "on", True), ("in = [1, 'x']", "x", True), ("in = [1]", 2, False),
        ("not = 0", 1, True), ("not = 0", 0, False), ("not = 0", None, False),
        ("exists = true", 0, True), ("exists = true", None, False), ("exists = false", None, True),
        ("above = 60", 60.5, True), ("above = 60", 60, False), ("above = 60", None, False), ("above = 60", "61", True),
        ("below = 10", 9, True), ("below = 10", True, False), ("below = 10", None, False),
    ],
)  # fmt: skip
def test_a_condition_holds_or_does_not_and_absent_is_not_zero(test: str, value: object, holds: bool) -> None:
    rule = f"[[rule]]\nwhen = {{ path = 'v', {test} }}\ntype = 'heat'\n"
    assert said(rule, {"id": "d", "v": value}) == (["heat"] if holds else [])


def test_all_conditions_of_a_rule_must_hold() -> None:
    rule = "[[rule]]\nwhen = [{ path = 'a', equals = 1 }, { path = 'b', equals = 2 }]\ntype = 'sos'\n"
    assert said(rule, {"id": "d", "a": 1, "b": 2}) == ["sos"]
    assert said(rule, {"id": "d", "a": 1}) == []


def test_every_rule_that_holds_says_its_event_life_safety_first() -> None:
    rules = "[[rule]]\npath = 'batt'\ntypes = { low = 'battery_low' }\n[[rule]]\npath = 'key'\ntypes = { 1 = 'sos' }\n"
    assert said(rules, {"id": "d", "batt": "low", "key": 1}) == ["sos", "battery_low"]


def test_several_words_in_one_field_are_several_events() -> None:
    rule = "[[rule]]\npath = 'a'\nsplit = ','\ntypes = { sos = 'sos', lowBattery = ['battery_low', 'fault'] }\n"
    assert said(rule, {"id": "d", "a": "lowBattery, sos"}) == ["sos", "battery_low", "fault"]
    assert said(rule, {"id": "d", "a": ["lowbattery", "sos"]}) == ["sos", "battery_low", "fault"]
    decoded = told(rule, {"id": "d", "a": "sos,fall"})
    assert [event.type for event in decoded.events] == [EventType.SOS]
    assert [rejected.type_word for rejected in decoded.rejected] == ["fall"]


@pytest.mark.parametrize(
    ("value", "types"),
    [
        (0b1001, ["sos", "battery_low", "door_closed"]), ("9", ["sos", "battery_low", "door_closed"]),
        ("0x05", ["sos", "door_open"]), (0, ["door_closed"]), (None, []),
    ],
)  # fmt: skip
def test_a_bit_field_says_each_bit_that_is_set_and_the_clear_ones_that_say_something(
    value: object, types: list[str]
) -> None:
    door = "{ set = 'door_open', clear = 'door_closed' }"
    rule = f"[[rule]]\npath = 'f'\nbits = {{ 3 = 'battery_low', 0 = 'sos', 2 = {door} }}\n"
    assert said(rule, {"id": "d", "f": value}) == types


def test_a_bit_field_that_is_no_number_is_seen() -> None:
    (rejected,) = told("[[rule]]\npath = 'f'\nbits = { 0 = 'sos' }\n", {"id": "d", "f": "zz"}).rejected
    assert rejected.reason is RejectReason.UNKNOWN_TYPE


@pytest.mark.parametrize(
    ("spec", "value", "battery"),
    [
        ("'b'", 80, 80), ("'b'", "80.5", 80.5), ("'b'", 101, None), ("'b'", -1, None), ("'b'", None, None),
        ("'b'", True, None), ("'b'", "CHARGING", None),
        ("{ path = 'b', unit = 'fraction' }", 0.5, 50), ("{ path = 'b', unit = '/255' }", 255, 100),
        ("{ path = 'b', scale = 20 }", 4, 80), ("{ path = 'b', scale = -1, offset = 100 }", 30, 70),
        ("{ path = 'b', missing = [255, 'N/A'] }", 255, None), ("{ path = 'b', missing = [0] }", 0, None),
        ("{ path = 'b', table = { full = 100, half = 50 } }", "Half", 50),
        ("{ path = 'b', split = '/', index = 1 }", "3/60", 60),
        ("{ path = 'b', split = '/', index = 2 }", "3/60", None),
        ("{ path = ['x', 'b'] }", 7, 7), ("{ const = 50 }", None, 50),
        ("{ path = 'b', when = { path = 'id', equals = 'd' } }", 9, 9),
        ("{ path = 'b', when = { path = 'id', equals = 'e' } }", 9, None),
    ],
)  # fmt: skip
def test_a_battery_comes_in_the_units_and_forms_that_vendors_write(
    spec: str, value: object, battery: float | None
) -> None:
    decoded = told(f"[event]\nbattery_pct = {spec}\n" + SMOKE, {"id": "d", "b": value, "smoke": 1})
    assert decoded.events[0].battery_pct == battery


@pytest.mark.parametrize(
    ("unit", "value", "speed"), [("m/s", 2, 2), ("km/h", 36, 10), ("kn", 36, 18.52), ("mph", 10, 4.4704)]
)
def test_a_place_comes_in_degrees_and_metres_a_second(unit: str, value: float, speed: float) -> None:
    place = f"[location]\nlat = 'y'\nlon = 'x'\nspeed_mps = {{ path = 'v', unit = '{unit}' }}\n"
    event = one(place, {"id": "d", "y": 32.04, "x": "121.12", "v": value})
    assert event.type is EventType.LOCATION
    assert event.location is not None and event.location.speed_mps == pytest.approx(speed)


@pytest.mark.parametrize(
    ("lat", "lon", "values"),
    [
        ("{ path = 'y', unit = '1e-7 deg' }", "{ path = 'x', unit = '1e-7 deg' }", {"y": 320400000, "x": 1211200000}),
        ("{ path = 'y', unit = 'ddmm.mmmm' }", "{ path = 'x', unit = 'ddmm.mmmm' }", {"y": "3202.4", "x": "12107.2"}),
        ("{ path = 'p', split = ',', index = 1 }", "{ path = 'p', split = ',', index = 0 }", {"p": "121.12, 32.04"}),
        ("'p[1]'", "'p[0]'", {"p": [121.12, 32.04]}),
    ],
)
def test_a_place_comes_however_vendors_write_it(lat: str, lon: str, values: dict[str, Any]) -> None:
    event = one(f"[location]\nlat = {lat}\nlon = {lon}\ndatum = 'bd09'\n", {"id": "d", **values})
    assert event.location == Location(lat=32.04, lon=121.12, datum=Datum.BD09)


def test_south_and_west_are_negative_whatever_the_sign() -> None:
    lat = "{ path = 'y', negative = { path = 'ns', equals = 'S' } }"
    event = one(f"[location]\nlat = {lat}\nlon = 'x'\n", {"id": "d", "y": -32.04, "x": 121.12, "ns": "S"})
    assert event.location == Location(lat=-32.04, lon=121.12)


def test_a_place_without_a_fix_is_none_and_stands_in_the_detail_as_reported() -> None:
    place = "[location]\nlat = 'y'\nlon = 'x'\nwhen = { path = 'fix', equals = 'A' }\n" + SMOKE
    for values in ({"y": 32, "x": 121, "fix": "V"}, {"y": 0, "x": 0, "fix": "A"}, {"y": 132, "x": 1, "fix": "A"}):
        event = one(place, {"id": "d", "smoke": 1, **values})
        assert event.location is None
        assert values.items() <= json.loads(event.detail or b"").items()


def test_vitals_are_body_measurements_and_zero_is_not_worn() -> None:
    vitals = "[vitals]\nheart_rate_bpm = 'hr'\ntemperature_c = { path = 't', unit = '°F' }\nsteps = 'st'\n"
    event = one(vitals, {"id": "d", "hr": 71, "t": 98.6, "st": 0})
    assert (event.type, event.vitals) == (EventType.VITALS, Vitals(heart_rate_bpm=71, temperature_c=37, steps=0))
    assert one(vitals, {"id": "d", "hr": 0, "st": 5}).vitals == Vitals(steps=5)


def test_further_measurements_are_readings_in_the_unit_that_everybody_reads() -> None:
    readings = (
        "[[reading]]\nname = 'temperature'\npath = 't'\nunit = '0.1 °C'\n"
        "[[reading]]\nname = 'battery_voltage'\npath = 'mv'\nunit = 'mV'\n"
        "[[reading]]\nname = 'illuminance'\npath = 'lx'\nunit = 'lx'\n"
    )
    events = told(readings, {"id": "d", "t": -15, "mv": 3010, "lx": None}).events
    assert [(event.value, event.unit) for event in events] == [(-1.5, "°C"), (3.01, "V")]


def test_a_message_of_readings_alone_keeps_the_rest_with_the_first() -> None:
    reading = "[[reading]]\nname = 'temperature'\npath = 't'\nunit = '°C'\n"
    assert json.loads(one(reading, {"id": "d", "t": 20.9, "fw": "1"}).detail or b"") == {
        "fw": "1",
        "name": "temperature",
    }


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ("", "2026-03-01T00:15:30Z"),
        ("", 1_772_324_130),
        ("", "1772324130000"),
        ("zone = 'Asia/Shanghai'", "2026-03-01 08:15:30"),
        ("zone = '+08:00'\nformat = 'rfc3339'", "2026-03-01T08:15:30"),
        ("format = 'epoch_s'", "1772324130"),
        ("format = 'epoch_ms'", 1_772_324_130_000),
        ("format = '%Y%m%d%H%M%S'\nzone = 'Asia/Shanghai'", "20260301081530"),
        ("format = '%Y%m%d%H%M%S'\nzone = 'Asia/Shanghai'", 20260301081530),
        ("format = '%d/%m/%y %H:%M:%S %z'", "01/03/26 08:15:30 +0800"),
    ],
)
def test_a_time_comes_however_vendors_write_it(spec: str, value: object) -> None:
    event = one(f"[time]\npath = 'ts'\n{spec}\n" + SMOKE, {"id": "d", "smoke": 1, "ts": value})
    assert (event.at, event.at_given) == (datetime(2026, 3, 1, 0, 15, 30, tzinfo=UTC), True)


@pytest.mark.parametrize("value", [None, 12, "yesterday", True, 1e300, "20269901000000", [1]])
def test_a_time_that_is_none_is_not_invented(value: object) -> None:
    event = one("[time]\npath = 'ts'\n" + SMOKE, {"id": "d", "smoke": 1, "ts": value})
    assert not event.at_given
    assert json.loads(event.detail or b"").get("ts") == value, "what cannot be used stays as reported"


def test_an_id_is_what_the_file_names_and_else_not_given() -> None:
    event = one("[event]\nid = ['boot', 'seq']\n" + SMOKE, {"id": "d", "smoke": 1, "boot": 3, "seq": 17})
    assert (event.id, event.id_given) == ("3.17", True)
    assert not one("[event]\nid = ['boot', 'seq']\n" + SMOKE, {"id": "d", "smoke": 1, "seq": 17}).id_given


@pytest.mark.parametrize(
    ("start", "values", "device"),
    [
        ("[device]\nid = 'id'\n", {"id": 862_000_000_000_017}, "862000000000017"),
        ("[device]\nid = ['pk', 'id']\n", {"pk": "a", "id": "b"}, "a.b"),
        ("[device]\nid = { path = 'id', prefix = 'v-' }\n", {"id": "b"}, "v-b"),
        ("[message]\ntopic = 'v/{device}/up'\n[device]\nid = 'topic:device'\n", {}, "d1"),
        ("[message]\ntopic = ['a', 'v/#']\n[device]\nid = 'topic:1'\n", {}, "d1"),
    ],
)
def test_a_device_is_named_by_the_message_or_by_the_topic(start: str, values: dict[str, Any], device: str) -> None:
    decoded = told(SMOKE, {"smoke": 1, **values}, topic="v/d1/up", start='name = "x"\n' + start)
    assert decoded.device == device


@pytest.mark.parametrize("name", [None, "", True, 1.5, [], {}])
def test_an_alarm_of_nobody_is_refused_as_an_alarm(name: object) -> None:
    (rejected,) = told(SMOKE, {"id": name, "smoke": 1}).rejected
    assert (rejected.reason, rejected.type_word) == (RejectReason.BAD_ID, "smoke")
    assert rejected.detail == "device.id: nothing at `id`"


def test_the_hub_that_carried_a_message_is_named() -> None:
    start = 'name = "x"\n[device]\nid = "id"\nhub = "gw"\n'
    assert told(SMOKE, {"id": "d", "gw": "gateway-1", "smoke": 1}, start=start).hub == "gateway-1"
    assert told(SMOKE, {"id": "d", "gw": "d", "smoke": 1}, start=start).hub is None


DEVICES = (
    'name = "x"\n[message]\neach = ["devices", "services"]\n[device]\nid = "^.id"\nhub = "$.gw"\n[time]\npath = "at"\n'
)


def test_arrays_of_devices_with_arrays_of_readings_are_gone_through() -> None:
    values = {
        "gw": "g",
        "devices": [
            {"id": "a", "services": [{"kind": "x", "v": 1}, {"smoke": 0, "at": 1_772_324_130}]},
            {"id": "b", "services": [{"smoke": 1}]},
        ],
    }
    decoded = told(SMOKE, values, start=DEVICES)
    assert (decoded.device, decoded.hub) == (None, "g")
    assert [(event.device, str(event.type)) for event in decoded.events] == [
        ("a", "smoke_clear"),
        ("b", "smoke"),
        ("a", "heartbeat"),
    ]
    assert json.loads(decoded.events[2].detail or b"") == {"kind": "x", "v": 1}


def test_an_object_of_devices_is_gone_through_by_its_names() -> None:
    start = 'name = "x"\n[message]\neach = "devices.*"\n[device]\nid = "key:"\n'
    decoded = told(SMOKE, {"devices": {"a": {"smoke": 1}, "b": {"smoke": 0}}}, start=start)
    assert [(event.device, str(event.type)) for event in decoded.events] == [("a", "smoke"), ("b", "smoke_clear")]


def test_two_equal_reports_of_one_message_do_not_become_one() -> None:
    start = 'name = "x"\n[message]\neach = "s"\n[device]\nid = "$.id"\n[event]\nid = "$.seq"\n'
    events = told(SMOKE, {"id": "d", "seq": 5, "s": [{"smoke": 1}, {"smoke": 1}]}, start=start).events
    assert [event.id for event in events] == ["5", "5.2"]


def test_what_the_vendor_says_besides_stands_in_the_detail_without_what_was_understood() -> None:
    mapping = "[event]\nbattery_pct = 'p.batt'\n" + SMOKE
    event = one(mapping, {"id": "d", "smoke": 1, "p": {"batt": 80, "x": 1}, "fw": "1.2"})
    assert json.loads(event.detail or b"") == {"smoke": 1, "p": {"x": 1}, "fw": "1.2"}
    assert one("[message]\ndetail = 'none'\n" + SMOKE, {"id": "d", "smoke": 1}).detail is None


def test_a_message_that_says_nothing_else_is_a_sign_of_life() -> None:
    assert said("[event]\nbattery_pct = 'b'\n" + SMOKE, {"id": "d", "b": 80}) == ["heartbeat"]


def test_a_mapping_that_finds_nothing_says_where_it_looked() -> None:
    (rejected,) = told("[event]\nbattery_pct = 'b'\n" + SMOKE, {"id": "d", "x": 80}).rejected
    assert rejected.reason is RejectReason.NOT_AN_EVENT
    assert rejected.detail == "message: the mapping finds nothing in it; it looked for `smoke`, `b`"


@pytest.mark.parametrize("values", [{"id": "d"}, {"id": "d", "devices": None}, {"devices": []}, [], 5, "x"])
def test_an_array_that_is_not_there_is_named(values: object) -> None:
    (rejected,) = told(SMOKE, values, start=DEVICES).rejected
    assert (rejected.reason, "devices" in rejected.detail) == (RejectReason.NOT_AN_EVENT, True)


def test_a_topic_that_is_not_the_mappings_is_refused() -> None:
    start = 'name = "x"\n[message]\ntopic = "v/{device}/up"\n[device]\nid = "topic:device"\n'
    for topic in ("v/up", "v/a/b/up", "v/a/up/", ""):
        (rejected,) = told(SMOKE, {"smoke": 1}, topic=topic, start=start).rejected
        assert rejected.reason is RejectReason.UNKNOWN_TOPIC


def test_an_alarm_in_a_message_that_was_cut_off_is_raised_as_damaged() -> None:
    decoded = told("[event]\nbattery_pct = 'b'\n" + SMOKE, b'{"id":"d","smoke":1,"b":8')
    (event,) = decoded.events
    assert (event.type, event.damaged, event.battery_pct, decoded.rejected) == (EventType.SMOKE, True, None, ())


def test_the_rest_of_a_message_that_was_cut_off_is_refused() -> None:
    decoded = told(SMOKE, b'{"id":"d","smoke":0,"b":8')
    assert (decoded.events, decoded.rejected[0].reason) == ((), RejectReason.NOT_JSON)


def test_a_topic_that_names_an_alarm_makes_an_unreadable_message_a_call() -> None:
    start = 'name = "x"\n[message]\ntopic = "v/{device}/{what}"\n[device]\nid = "topic:device"\n'
    rule = "[[rule]]\npath = 'topic:what'\ntypes = { sos = 'sos', up = 'none' }\n"
    decoded = told(rule, b"\xff\xfe", topic="v/d1/sos", start=start)
    assert (decoded.device, decoded.rejected[0].type_word) == ("d1", "sos")
    assert told(rule, b"", topic="v/d1/up", start=start).rejected[0].type_word is None


def test_more_elements_than_are_read_are_not_passed_over_unseen() -> None:
    start = 'name = "x"\n[message]\neach = "s"\n[device]\nid = "$.id"\n'
    decoded = told(SMOKE, {"id": "d", "s": [{"smoke": 0}] * 2000}, start=start)
    assert (len(decoded.events), decoded.rejected[0].reason) == (1024, RejectReason.TOO_LARGE)


MAPPINGS = Path(__file__).parents[4] / "docs" / "vendors" / "mappings"


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("alink-call-button", [["sos"], ["battery_low"], ["sos_clear"], [], ["sos"]]),
        (
            "tuya-smoke-alarm",
            [["smoke", "heartbeat", "battery_low", "reading"], ["muted"], [], ["sos"], ["offline"]],
        ),
    ],
)
def test_the_worked_mappings_say_what_their_pages_show(name: str, types: list[list[str]]) -> None:
    source = make((MAPPINGS / f"{name}.toml").read_bytes())
    rows = [json.loads(line) for line in (MAPPINGS / f"{name}.jsonl").read_text("utf-8").splitlines()]
    decoded = [
        source(row["topic"], (p if isinstance(p := row["payload"], str) else json.dumps(p)).encode()) for row in rows
    ]
    assert [[str(event.type) for event in one.events] for one in decoded] == types
    assert all(one.events or one.rejected for one in decoded)
