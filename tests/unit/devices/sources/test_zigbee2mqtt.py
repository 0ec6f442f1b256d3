"""What a Zigbee2MQTT bridge says, by the members that its documentation names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import ALARMS, EventType
from devices.naming import device_id
from devices.sources.zigbee2mqtt import decode

BUTTON = "zigbee2mqtt/button-7"


def said(values: object, topic: str = BUTTON) -> list[str]:
    return [str(event.type) for event in told(values, topic).events]


def told(values: object, topic: str = BUTTON) -> Decoded:
    payload = values if isinstance(values, bytes) else json.dumps(values, ensure_ascii=False).encode()
    return decode(topic, payload)


@pytest.mark.parametrize(
    ("values", "types"),
    [
        ({"smoke": True}, ["smoke"]),
        ({"smoke": False}, ["smoke_clear"]),
        ({"smoke": None}, ["heartbeat"]),
        ({"smoke": "true"}, ["smoke"]),
        ({"smoke": "maybe"}, ["heartbeat"]),
        ({"gas": True, "carbon_monoxide": False}, ["gas", "carbon_monoxide_clear"]),
        ({"carbon_monoxide": True}, ["carbon_monoxide"]),
        ({"heat_alarm": True}, ["heat"]),
        ({"water_leak": True}, ["water_leak"]),
        ({"water_leak": False}, ["water_leak_clear"]),
        ({"sos": True, "tamper": False}, ["sos", "tamper_clear"]),
        ({"sos": False}, ["sos_clear"]),
        ({"emergency": True}, ["sos"]),
        ({"emergency": False, "battery": 50}, ["sos_clear"]),
        ({"tamper": True}, ["tamper"]),
        ({"battery_low": True}, ["battery_low"]),
        ({"battery_low": False}, ["heartbeat"]),
        ({"battery_state": "low"}, ["battery_low"]),
        ({"test": True}, ["test"]),
        ({"test": False}, ["heartbeat"]),
        ({"trouble": True}, ["fault"]),
        ({"trouble": False, "battery_defect": True}, ["fault"]),
        ({"trouble": False, "battery_defect": False}, ["fault_clear"]),
        ({"ac_status": True}, ["power_lost"]),
        ({"ac_status": False}, ["power_restored"]),
        ({"contact": False}, ["door_open"]),
        ({"contact": True}, ["door_closed"]),
        ({"occupancy": True}, ["occupied"]),
        ({"occupancy": False}, ["vacant"]),
        ({"presence": None}, ["heartbeat"]),
        ({"presence": True, "occupancy": False}, ["occupied"]),
        ({"vibration": True}, ["activity"]),
        ({"vibration": False}, ["heartbeat"]),
        ({"fall_down_status": "fall"}, ["fall"]),
        ({"fall_down_status": "maybe_fall"}, ["heartbeat"]),
        ({"fall_down_status": "none"}, ["fall_clear"]),
        ({"fall_status": "fall_alarm"}, ["fall"]),
        ({"fall_status": "fall_warning"}, ["heartbeat"]),
        ({"fall_status": "normal"}, ["fall_clear"]),
        ({"fall_status": "unknown"}, ["heartbeat"]),
        ({"fall_status": "normal", "fall_down_status": "fall"}, ["fall"]),
        ({"fall_status": None}, ["heartbeat"]),
        ({"buzzer_manual_mute": True, "smoke": True}, ["smoke", "muted"]),
        ({"linkage_alarm": True, "linkage_alarm_state": True}, ["heartbeat"]),
        ({"self_test": "radar_fault"}, ["fault"]),
        ({"state": "ON", "brightness": 12}, ["heartbeat"]),
        ({}, ["heartbeat"]),
    ],
)
def test_a_state_says_how_things_stand_and_null_says_nothing(values: dict[str, Any], types: list[str]) -> None:
    assert said(values) == types
    assert all(event.is_state for event in told(values).events if event.type is not EventType.HEARTBEAT)


@pytest.mark.parametrize(
    ("action", "types"),
    [
        ("emergency", ["sos"]),
        ("panic", ["sos"]),
        ("sos", ["sos"]),
        ("emergency_2", ["sos"]),
        ("fire", ["fire"]),
        ("single", ["button"]),
        ("double", ["button"]),
        ("hold", ["button"]),
        ("sos_release", ["button"]),
        ("arm_all_zones", ["button"]),
        ("紧急", ["button"]),
        ("vibration", ["activity"]),
        ("fall", ["activity"]),  # the cube fell, nobody else
        ("", ["heartbeat"]),
        (None, ["heartbeat"]),
    ],
)
def test_an_action_is_an_event_each_time_and_an_empty_one_says_nothing(action: str | None, types: list[str]) -> None:
    assert said({"action": action, "battery": 51.5}) == types
    assert said((action or "").encode(), f"{BUTTON}/action") == types
    assert not any(event.is_state for event in told({"action": action}).events)


def test_a_press_on_both_topics_is_one_press() -> None:
    for decoded in (told({"action": "emergency"}), told(b"emergency", f"{BUTTON}/action")):
        (event,) = decoded.events
        assert (decoded.device, event.type, event.id, event.id_given) == ("button-7", EventType.SOS, "sos", False)
        assert event.repeat_s > 0


def test_an_empty_action_after_a_call_takes_nothing_back() -> None:
    assert said({"action": "", "linkquality": 90}) == ["heartbeat"]
    assert said({"action": "emergency", "sos": False}) == ["sos"]


def test_a_fire_during_a_test_is_both_and_the_fire_comes_first() -> None:
    assert said({"test": True, "smoke": True, "battery_low": True}) == ["smoke", "test", "battery_low"]
    assert said({"test": True, "smoke": False}) == ["test", "smoke_clear"]


def test_low_battery_and_a_call_in_one_message_are_both_said_the_call_first() -> None:
    assert said({"battery_low": True, "tamper": True, "sos": True}) == ["sos", "tamper", "battery_low"]


def test_the_first_event_holds_battery_time_and_what_else_was_sent() -> None:
    values = {"occupancy": True, "temperature": "20.90", "battery": "87.50", "linkquality": 102, "voltage": 3005}
    decoded = told({**values, "last_seen": "2026-03-01T08:15:30.250+08:00", "action_code": "1234"})
    first, *readings = decoded.events
    assert first.battery_pct == 87.5
    assert first.at == datetime(2026, 3, 1, 0, 15, 30, 250_000, UTC)
    assert json.loads(first.detail or b"") == {**values, "last_seen": "2026-03-01T08:15:30.250+08:00"}
    assert [(event.value, event.unit, event.battery_pct) for event in readings] == [
        (20.9, "°C", None),
        (3.005, "V", None),
    ]
    assert [json.loads(event.detail or b"") for event in readings] == [
        {"name": "temperature"},
        {"name": "battery_voltage"},
    ]


def test_the_voltage_of_a_plug_is_no_battery() -> None:
    assert said({"voltage": 231.4, "battery": None}) == ["heartbeat"]


def test_of_a_raw_count_beside_the_light_only_the_light_is_a_reading() -> None:
    events = told({"illuminance": 17_000, "illuminance_lux": 49}).events
    assert [event.value for event in events] == [None, 49]


@pytest.mark.parametrize(
    ("last_seen", "is_given"),
    [(1_772_324_130_250, True), ("2026-03-01T08:15:30+08:00", True), (None, False), (5, False)],
)
def test_a_time_is_given_only_where_it_can_be_read(last_seen: object, is_given: bool) -> None:
    (event,) = told({"smoke": True, "last_seen": last_seen}).events
    assert event.at_given is is_given


@pytest.mark.parametrize(
    ("topic", "device", "hub"),
    [
        ("zigbee2mqtt/kitchen", "kitchen", "zigbee2mqtt"),
        ("z2m_west/0x00124b0000000001", "0x00124b0000000001", "z2m_west"),
        ("zigbee2mqtt/二楼/厨房 烟感", device_id("二楼/厨房 烟感"), "zigbee2mqtt"),
        ("zigbee2mqtt/Détecteur cuisine", device_id("Détecteur cuisine"), "zigbee2mqtt"),
        ("/zigbee2mqtt/kitchen", "kitchen", "zigbee2mqtt"),
        ("kitchen", "kitchen", None),
        ("zigbee2mqtt/garden/bridge/lamp", device_id("garden/bridge/lamp"), "zigbee2mqtt"),
    ],
)
def test_the_topic_names_the_device_and_its_bridge(topic: str, device: str, hub: str | None) -> None:
    decoded = told({"smoke": True}, topic)
    assert (decoded.device, decoded.hub) == (device, hub)


def test_the_address_in_a_message_goes_before_its_name() -> None:
    papers = {"ieeeAddr": "0x00124b0000000001", "friendlyName": "kitchen", "model": "X1", "networkAddress": 4321}
    decoded = told({"smoke": True, "device": papers}, "zigbee2mqtt/kitchen")
    assert decoded.device == "0x00124b0000000001"
    assert json.loads(decoded.events[0].detail or b"")["device"] == {"friendlyName": "kitchen", "model": "X1"}


@pytest.mark.parametrize("papers", [None, "0x1", [], {"ieeeAddr": 7}, {"ieeeAddr": "a b"}, {}])
def test_an_address_that_cannot_be_one_leaves_the_name(papers: object) -> None:
    assert told({"smoke": True, "device": papers}, "zigbee2mqtt/kitchen").device == "kitchen"


@pytest.mark.parametrize(
    ("payload", "types"),
    [
        (b'{"state":"online"}', ["online"]),
        (b'{"state":"offline"}', ["offline"]),
        (b"online", ["online"]),
        (b'"offline"', ["offline"]),
        (b"", ["offline"]),
        (b"perhaps", []),
        (b'{"state":"offl', []),
        (b'{"state":7}', []),
        (b'{"state":["online"]}', []),
    ],
)
def test_availability_is_about_the_device(payload: bytes, types: list[str]) -> None:
    decoded = decode("zigbee2mqtt/二楼/烟感/availability", payload)
    assert [str(event.type) for event in decoded.events] == types
    assert (decoded.device, decoded.hub) == (device_id("二楼/烟感"), "zigbee2mqtt")
    assert bool(decoded.rejected) is not bool(types)


@pytest.mark.parametrize("payload", [b"offline", b'{"state":"offline"}'])
@pytest.mark.parametrize(("base", "hub"), [("zigbee2mqtt", "zigbee2mqtt"), ("county/west", device_id("county/west"))])
def test_a_bridge_that_is_lost_is_offline_itself(base: str, hub: str, payload: bytes) -> None:
    decoded = decode(f"{base}/bridge/state", payload)
    assert (decoded.device, decoded.hub, [event.type for event in decoded.events]) == (hub, None, [EventType.OFFLINE])


@pytest.mark.parametrize(
    ("kind", "data", "device", "types"),
    [
        ("device_announce", {"friendly_name": "lamp"}, "lamp", ["online"]),
        ("device_joined", {"friendly_name": "lamp"}, "lamp", ["online"]),
        ("device_interview", {"friendly_name": "lamp", "status": "successful"}, "lamp", ["online"]),
        ("device_interview", {"friendly_name": "lamp", "status": "failed"}, "zigbee2mqtt", ["heartbeat"]),
        ("device_leave", {"friendly_name": "lamp", "ieee_address": "0x01"}, "lamp", ["removed", "offline"]),
        ("device_leave", {"ieee_address": "0x01"}, "0x01", ["removed", "offline"]),
        ("device_leave", {}, "zigbee2mqtt", ["heartbeat"]),
        ("device_leave", None, "zigbee2mqtt", ["heartbeat"]),
        (["x"], {}, "zigbee2mqtt", ["heartbeat"]),
    ],
)
def test_what_happens_in_the_network_is_told_of_the_device(
    kind: object, data: object, device: str, types: list[str]
) -> None:
    decoded = told({"type": kind, "data": data}, "zigbee2mqtt/bridge/event")
    assert (decoded.device, [str(event.type) for event in decoded.events]) == (device, types)


@pytest.mark.parametrize("subject", ["info", "devices", "groups", "logging", "log", "health", "response/health_check"])
@pytest.mark.parametrize(
    "payload", [b'{"level":"error","message":"smoke","smoke":true,"sos":true}', b"[]", b"", b'{"smoke":true', b"\xff"]
)
def test_what_the_bridge_says_of_itself_is_never_an_alarm_and_never_lost(subject: str, payload: bytes) -> None:
    decoded = decode(f"zigbee2mqtt/bridge/{subject}", payload)
    assert (decoded.device, [event.type for event in decoded.events]) == ("zigbee2mqtt", [EventType.HEARTBEAT])


def test_a_bridges_lists_and_settings_are_not_kept() -> None:
    (event,) = told({"config": {"mqtt": {"password": "x"}}}, "zigbee2mqtt/bridge/info").events
    assert json.loads(event.detail or b"") == {"bridge": "info"}


@pytest.mark.parametrize("topic", ["button-7/set", "a/b/get", "button-7/set/state", "bridge/request/restart"])
def test_a_command_is_nobodys_word(topic: str) -> None:
    decoded = told({"state": "ON"}, f"zigbee2mqtt/{topic}")
    assert not decoded.events
    assert [one.reason for one in decoded.rejected] == [RejectReason.NOT_AN_EVENT]


@pytest.mark.parametrize(
    ("attribute", "payload", "types"),
    [
        ("smoke", b"true", ["smoke"]),
        ("smoke", b"false", ["smoke_clear"]),
        ("contact", b"false", ["door_open"]),
        ("presence", b"null", ["heartbeat"]),
        ("temperature", b"20.5", ["heartbeat", "reading"]),
        ("fall_status", b'"fall_alarm"', ["fall"]),
    ],
)
def test_a_bridge_that_publishes_attributes_is_understood(attribute: str, payload: bytes, types: list[str]) -> None:
    decoded = decode(f"{BUTTON}/{attribute}", payload)
    assert (decoded.device, [str(event.type) for event in decoded.events]) == ("button-7", types)


@pytest.mark.parametrize(
    ("payload", "types"),
    [
        (b'{"battery":100,"smoke":true', ["smoke"]),
        (b'{"smoke":true,"battery":10', ["smoke"]),
        (b'{"smoke":true,"sos":true,"test":true}}', ["smoke", "sos"]),
        (b'log: {"action":"emergency"}', ["sos"]),
        (b'{"name":"\xff","water_leak":true}', ["water_leak"]),
    ],
)
def test_an_alarm_in_a_broken_message_is_raised_and_marked(payload: bytes, types: list[str]) -> None:
    events = decode(BUTTON, payload).events
    assert sorted(str(event.type) for event in events) == sorted(types)
    assert all(event.damaged and event.damage for event in events)


@pytest.mark.parametrize(
    "payload", [b"", b"smoke", b'{"smoke":false', b'{"smoke":tru', b"[1]", b"7", b'{"battery_low":true,', b"{" * 100]
)
def test_of_a_broken_message_nothing_else_is_used_and_nothing_is_lost(payload: bytes) -> None:
    decoded = decode(BUTTON, payload)
    assert not decoded.events
    assert [one.raw for one in decoded.rejected] == [payload]


def test_a_device_that_leaves_is_seen_in_a_broken_message() -> None:
    decoded = decode("zigbee2mqtt/bridge/event", b'{"data":{"friendly_name":"lamp"},"type":"device_leave","x')
    assert (decoded.device, [(event.type, event.damaged) for event in decoded.events]) == (
        "lamp",
        [(EventType.REMOVED, True)],
    )
    unnamed = decode("zigbee2mqtt/bridge/event", b'{"type":"device_leave","data":{"fri')
    assert [one.type_word for one in unnamed.rejected] == ["removed"]


@pytest.mark.parametrize("topic", ["", "/", "//"])
def test_a_topic_without_a_name_is_refused(topic: str) -> None:
    assert [one.reason for one in told({"smoke": True}, topic).rejected] == [RejectReason.UNKNOWN_TOPIC]


def test_no_reading_and_no_count_is_an_alarm() -> None:
    values = {"smoke_density": 10, "smoke_density_dbm": 0.125, "power_outage_count": 3, "device_temperature": 60}
    assert not ALARMS & {event.type for event in told(values).events}


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ({"alarm": True, "co": 120}, "carbon_monoxide"),
        ({"alarm": "ON", "co": 120}, "carbon_monoxide"),
        ({"alarm": False, "co": 0}, "carbon_monoxide_clear"),
        ({"alarm": True, "carbon_monoxide": False}, "carbon_monoxide"),
        ({"alarm": True, "smoke_density": 4}, "smoke"),
        ({"alarm": True, "gas_value": 12}, "gas"),
        ({"co_alarm": True}, "carbon_monoxide"),
        ({"co_state": "alarm"}, "carbon_monoxide"),
        ({"fire_alarm": True}, "fire"),
        ({"fall_detected": True}, "fall"),
        ({"flood": True}, "water_leak"),
        ({"action": "help"}, "sos"),
    ],
)
def test_an_alarm_under_another_name_is_the_alarm_that_it_is(values: dict[str, Any], type_: str) -> None:
    assert said(values)[0] == type_
    assert told(values).rejected == ()


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"alarm": True}, "alarm"),
        ({"alarm_1": True, "battery": 90}, "alarm_1"),
        ({"smoke": "detected"}, "detected"),
        ({"smoke": 2}, "smoke=2"),
        ({"fall_status": "falling"}, "falling"),
        ({"emergency_button": 1}, "emergency_button=1"),
        ({"temperature_alarm": "upper_alarm"}, "upper_alarm"),
    ],
)
def test_a_word_that_sounds_like_an_alarm_is_seen(values: dict[str, Any], word: str) -> None:
    (refused,) = told(values).rejected
    assert (refused.reason, refused.type_word) == (RejectReason.UNKNOWN_TYPE, word)


@pytest.mark.parametrize(
    "values",
    [
        {"alarm": True, "melody": 3, "volume": "high"},
        {"alarm_time": 10, "alarm_volume": "low", "linkage_alarm": True, "temperature_alarm": "cancel"},
        {"smoke_state": "detecting", "fall_status": "fall_warning", "fall_sensitivity": 3},
        {"alarm": False, "smoke": None},
    ],
)
def test_a_setting_and_a_siren_s_own_noise_are_no_alarm(values: dict[str, Any]) -> None:
    decoded = told(values)
    assert decoded.rejected == ()
    assert not {event.type for event in decoded.events} & ALARMS


def test_a_device_behind_a_nested_base_is_one_device_whatever_topic_speaks_of_it() -> None:
    state = told({"smoke": True}, "home/zigbee2mqtt/Küche/Rauch")
    leave = {"type": "device_leave", "data": {"friendly_name": "Küche/Rauch"}}
    left = told(leave, "home/zigbee2mqtt/bridge/event")
    reach = told({"state": "online"}, "home/zigbee2mqtt/Küche/Rauch/availability")
    assert {state.device, left.device, reach.device} == {device_id("Küche/Rauch")}
    assert {state.hub, left.hub, reach.hub} == {device_id("home/zigbee2mqtt")}


def test_a_device_behind_a_nested_base_of_any_name_keeps_its_name_when_it_leaves() -> None:
    leave = {"type": "device_leave", "data": {"friendly_name": "rauch"}}
    assert told(leave, "home/z2m/bridge/event").device == told({"smoke": True}, "home/z2m/rauch").device
