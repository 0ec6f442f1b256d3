"""What Tasmota says, by the names of its documentation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import EventType
from devices.naming import device_id
from devices.sources.tasmota import decode


def told(topic: str, values: object) -> Decoded:
    return decode(topic, json.dumps(values).encode())


def zigbee(members: dict[str, Any], model: str | None = None) -> Decoded:
    message = {"ZbReceived": {"0x8F20": {"Device": "0x8F20", **members, "Endpoint": 1, "LinkQuality": 88}}}
    return decode("tele/bridge/SENSOR", json.dumps(message).encode(), model=model)


def types(decoded: Decoded) -> list[EventType]:
    return [event.type for event in decoded.events]


#: What every zone status says beside its alarm.
SOUND = [EventType.TAMPER_CLEAR, EventType.FAULT_CLEAR]


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("tele/plug-1/STATE", "plug-1"),
        ("plug-1/tele/STATE", "plug-1"),
        ("/plug-1/tele/STATE", "plug-1"),
        ("haus/tele/plug-1/STATE", device_id("haus/plug-1")),
        ("plug-1/STATE", "plug-1"),
    ],
)
def test_the_topic_names_the_device_in_whichever_order(topic: str, device: str) -> None:
    decoded = told(topic, {"Uptime": "0T00:00:13"})
    assert (decoded.device, types(decoded)) == (device, [EventType.HEARTBEAT])


@pytest.mark.parametrize(
    ("payload", "expected"),
    [(b"Online", EventType.ONLINE), (b"Offline", EventType.OFFLINE), (b"ONLINE", EventType.ONLINE)],
)
def test_the_will_is_a_state(payload: bytes, expected: EventType) -> None:
    (event,) = decode("tele/plug-1/LWT", payload).events
    assert (event.type, event.is_state) == (expected, True)


def test_a_state_is_a_sign_of_life_with_volts_of_the_chip_and_decibels() -> None:
    first, volts = told("tele/p/STATE", {"Vcc": 3.4, "Wifi": {"RSSI": 86, "Signal": -57}, "POWER": "ON"}).events
    assert (first.type, first.signal_dbm, first.battery_pct) == (EventType.HEARTBEAT, -57, None)
    assert (volts.value, volts.unit) == (3.4, "V")


def test_only_a_time_with_an_offset_is_a_time() -> None:
    (event,) = told("tele/p/STATE", {"Time": "2026-03-01T08:15:30+08:00"}).events
    assert (event.at, event.at_given) == (datetime(2026, 3, 1, 0, 15, 30, tzinfo=UTC), True)
    (event,) = told("tele/p/STATE", {"Time": "2026-03-01T08:15:30"}).events
    assert not event.at_given
    assert b"08:15:30" in (event.detail or b"")


def test_readings_are_in_our_units_and_two_sensors_keep_apart() -> None:
    sensors = {"AM2301": {"Temperature": 68.0, "Humidity": 41.5}, "DS18B20": {"Temperature": 50, "Id": "03"}}
    _, *readings = told("tele/p/SENSOR", {**sensors, "TempUnit": "F"}).events
    assert [(event.value, event.unit) for event in readings] == [(20.0, "°C"), (41.5, "%"), (10.0, "°C")]
    assert len({event.id for event in readings}) == 3
    assert types(told("tele/p/SENSOR", {"DS18B20": {"Temperature": None}})) == [EventType.HEARTBEAT]


@pytest.mark.parametrize(
    ("topic", "values", "expected"),
    [
        ("tele/p/SENSOR", {"Switch1": "ON"}, EventType.HEARTBEAT),
        ("stat/p/STATUS8", {"StatusSNS": {"Switch1": "ON"}}, EventType.HEARTBEAT),
        ("stat/p/SWITCH1", {"STATE": "ON"}, EventType.ACTIVITY),
        ("stat/p/RESULT", {"Switch1": {"Action": "ON"}}, EventType.ACTIVITY),
        ("stat/p/BUTTON1", {"ACTION": "SINGLE"}, EventType.BUTTON),
        ("stat/p/RESULT", {"Button1": {"Action": "SINGLE"}}, EventType.BUTTON),
        ("stat/p/RESULT", {"POWER": "ON"}, EventType.HEARTBEAT),
        ("tele/p/RESULT", {"RfReceived": {"Data": "2E4E8C"}}, EventType.ACTIVITY),
    ],
)
def test_a_change_says_that_somebody_is_there_and_a_state_only_that_the_device_lives(
    topic: str, values: dict[str, Any], expected: EventType
) -> None:
    assert types(told(topic, values)) == [expected]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"Fire": 1, "ZoneStatusChange": 1}, [EventType.SMOKE, *SOUND]),
        ({"Fire": 0, "ZoneStatusChange": 0}, [EventType.SMOKE_CLEAR, *SOUND]),
        ({"CO": 1}, [EventType.CARBON_MONOXIDE]),
        ({"PersonalAlarm": 1, "ZoneStatusChange": 2}, [EventType.SOS, *SOUND]),
        ({"Panic": 1}, [EventType.SOS]),
        ({"Contact": 1}, [EventType.DOOR_OPEN]),
        ({"Contact": False}, [EventType.DOOR_CLOSED]),
        ({"Contact": None}, [EventType.HEARTBEAT]),
        ({"Occupancy": 1}, [EventType.OCCUPIED]),
        ({"Occupancy": 0, "ZoneStatusChange": 0}, [EventType.VACANT, *SOUND]),
        ({"Water": 1}, [EventType.WATER_LEAK]),
        ({"Water": 0}, [EventType.HEARTBEAT]),
        ({"Water": 0, "ZoneStatusChange": 1}, [EventType.WATER_LEAK, *SOUND]),
        ({"0500<00": "010000FF0000"}, [EventType.WATER_LEAK, *SOUND]),
        ({"Name": "Rauchmelder", "ZoneStatus": 1}, [EventType.SMOKE, *SOUND]),
        ({"Name": "door-1", "ZoneStatusChange": 1}, [EventType.DOOR_OPEN, *SOUND]),
        (
            {"Fire": 1, "ZoneStatusChange": 0x10D},
            [EventType.SMOKE, EventType.TAMPER, EventType.TEST, EventType.BATTERY_LOW, EventType.FAULT_CLEAR],
        ),
        ({"0501!02": ""}, [EventType.SOS]),
        ({"0501!03": ""}, [EventType.FIRE]),
        ({"Click": "single"}, [EventType.BUTTON]),
        ({"0006!02": "", "Power": 2}, [EventType.BUTTON]),
        ({"Power": True}, [EventType.HEARTBEAT]),
    ],
)
def test_a_zigbee_device_says_what_its_zone_and_its_bits_say(
    members: dict[str, Any], expected: list[EventType]
) -> None:
    decoded = zigbee(members)
    assert types(decoded) == expected
    assert decoded.hub == "bridge"


def test_the_registered_model_tells_what_a_zone_without_a_kind_watches() -> None:
    assert types(zigbee({"ZoneStatusChange": 1}, "TS0215A SOS button")) == [EventType.SOS, *SOUND]
    assert types(zigbee({"ZoneStatusChange": 1}, "motion sensor")) == [EventType.OCCUPIED, *SOUND]


def test_a_press_is_an_event_told_several_times_and_smoke_a_state() -> None:
    press, smoke = zigbee({"Panic": 1}).events[0], zigbee({"Fire": 1}).events[0]
    assert (press.is_state, press.repeat_s) == (False, 5)
    assert (smoke.is_state, smoke.repeat_s) == (True, 0)


def test_a_zigbee_device_is_its_own_by_name_or_address_with_its_battery() -> None:
    decoded = zigbee({"Name": "Kitchen", "BatteryPercentage": 98, "BatteryVoltage": 3.0, "Temperature": 21.5})
    assert decoded.device == "bridge:Kitchen"
    first, *readings = decoded.events
    assert first.battery_pct == 98
    assert [(event.value, event.unit) for event in readings] == [(21.5, "°C"), (3.0, "V")]
    assert zigbee({}).device == "bridge:0x8F20"
    alone = told("tele/bridge/8F20/SENSOR", {"ZbReceived": {"0x8F20": {"Contact": 1}}})
    assert (alone.device, alone.hub) == ("bridge:0x8F20", "bridge")


def test_several_devices_of_one_message_keep_their_names_and_life_goes_first() -> None:
    decoded = told("tele/bridge/SENSOR", {"ZbReceived": {"a": {"Contact": 1}, "b": {"Fire": 1}}})
    assert [(event.device, event.type) for event in decoded.events] == [
        ("bridge:b", EventType.SMOKE),
        ("bridge:a", EventType.DOOR_OPEN),
    ]
    assert decoded.device is None


def test_a_message_cut_off_behind_its_alarm_is_raised_and_marked() -> None:
    whole = b'{"ZbReceived":{"0x8F20":{"Fire":1,"LinkQuality":88}}}'
    (event,) = decode("tele/bridge/SENSOR", whole[:-5]).events
    assert (event.type, event.damaged) == (EventType.SMOKE, True)
    quiet = decode("tele/bridge/SENSOR", whole.replace(b":1,", b":0,")[:-5])
    assert (quiet.events, [one.reason for one in quiet.rejected]) == ((), [RejectReason.NOT_JSON])


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("tele/p/LWT", b""),
        ("tele/p/LWT", b"perhaps"),
        ("tele/p/STATE", b""),
        ("tele/p/STATE", b"{"),
        ("cmnd/p/POWER", b"ON"),
        ("somewhere/else", b"{}"),
        ("", b"{}"),
    ],
)
def test_what_says_nothing_is_refused(topic: str, payload: bytes) -> None:
    decoded = decode(topic, payload)
    assert decoded.events == ()
    assert decoded.rejected


RINGS: Any = {"Device": "0x5ADF", "Name": "Rauch Flur", "Fire": 1, "Endpoint": 1, "LinkQuality": 120}


@pytest.mark.parametrize(
    ("topic", "values"),
    [
        ("tele/bridge/SENSOR", {"ZbReceived": {"0x5ADF": RINGS}}),
        ("tele/bridge/SENSOR", {"ZbReceived": {"Rauch Flur": RINGS}}),
        ("tele/bridge/SENSOR", {"ZbReceived": [{"0x5ADF": RINGS}]}),
        ("tele/bridge/5ADF/SENSOR", {"ZbReceived": {"0x5ADF": RINGS}}),
        ("tele/bridge/Rauch_Flur/SENSOR", {"ZbReceived": {"0x5ADF": RINGS}}),
        ("tele/bridge/ZbReceived", {"0x5ADF": RINGS}),
        ("tele/bridge/5ADF/ZbReceived", {"0x5ADF": RINGS}),
        ("tele/bridge/5ADF/SENSOR", {"ZbReceived": RINGS}),
        ("tele/bridge/Rauch Flur/ZbReceived", RINGS),
    ],
)
def test_a_detector_rings_under_one_name_however_the_bridge_is_set_to_tell_it(topic: str, values: Any) -> None:
    decoded = told(topic, values)
    assert types(decoded) == [EventType.SMOKE]
    assert (decoded.device, decoded.hub) == (device_id("bridge:Rauch Flur"), "bridge")


def test_a_device_that_only_the_topic_names_is_called_by_it() -> None:
    decoded = told("tele/bridge/5ADF/SENSOR", {"ZbReceived": {"Water": 1, "Endpoint": 1}})
    assert (types(decoded), decoded.device) == ([EventType.WATER_LEAK], "bridge:5ADF")


@pytest.mark.parametrize(
    ("zone", "type_"),
    [(40, EventType.SMOKE), (0x2B, EventType.CARBON_MONOXIDE), (0x2C, EventType.SOS), (0x15, EventType.DOOR_OPEN)],
)
def test_the_zone_s_own_type_says_what_it_watches(zone: int, type_: EventType) -> None:
    assert types(zigbee({"ZoneStatusChange": 1, "ZoneType": zone}))[0] is type_


@pytest.mark.parametrize(("members", "word"), [({"Fire": "alarm"}, "alarm"), ({"SmokeAlarm": 1}, "SmokeAlarm=1")])
def test_a_word_that_sounds_like_an_alarm_is_seen(members: dict[str, Any], word: str) -> None:
    (refused,) = zigbee(members).rejected
    assert (refused.reason, refused.type_word, refused.device) == (RejectReason.UNKNOWN_TYPE, word, "bridge:0x8F20")
