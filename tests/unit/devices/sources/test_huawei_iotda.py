"""IoTDA's messages: whose services they are, which common names raise what, and that an unknown one raises nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import Event, EventType, Vitals
from devices.iotda_names import meant_by, plain
from devices.sources.huawei_iotda import REPEAT_S, SERVICES_MAX, decode

TOPIC = "$oc/devices/60d5_smoke-1/sys/properties/report"
BATCH = "$oc/devices/gateway-1/sys/gateway/sub_devices/properties/report"
AT = datetime(2026, 3, 16, 0, 15, 30, tzinfo=UTC)


def _service(properties: object, name: str = "Smoke", time: object = "20260316T001530Z") -> dict[str, Any]:
    told: dict[str, Any] = {"service_id": name, "properties": properties}
    return told if time is None else told | {"event_time": time}


def _read(*services: object, topic: str = TOPIC, model: str | None = None) -> Decoded:
    return decode(topic, json.dumps({"services": services}).encode(), model=model)


def _events(properties: object, name: str = "Smoke", **how: Any) -> tuple[Event, ...]:
    decoded = _read(_service(properties, name), **how)
    assert not decoded.rejected
    assert decoded.hub is None
    return decoded.events


def _types(properties: object, name: str = "Basic", **how: Any) -> list[str]:
    return [str(event.type) for event in _events(properties, name, **how)]


def _detail(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(event.detail or b"{}")
    return told


def test_smoke_is_a_state_with_battery_time_and_what_is_left() -> None:
    (event,) = _events({"alarm": 1, "level": 35, "battery": 88})
    assert (event.type, event.is_state, event.battery_pct, event.at) == (EventType.SMOKE, True, 88, AT)
    assert event.id == "Smoke-20260316T001530Z"
    assert _detail(event) == {"service_id": "Smoke", "level": 35}
    assert _read(_service({"alarm": 1})).device == "60d5_smoke-1"


def test_no_smoke_is_its_end() -> None:
    (event,) = _events({"alarm": 0, "level": 0})
    assert (event.type, event.is_state) == (EventType.SMOKE_CLEAR, True)


@pytest.mark.parametrize(
    ("service", "model", "types"),
    [
        ("SmokeDetector", None, ["smoke"]),
        ("GasAlarm", None, ["gas"]),
        ("烟感", None, ["smoke"]),
        ("CO", None, ["carbon_monoxide"]),
        ("WaterLeak", None, ["water_leak"]),
        ("SOS", None, ["sos"]),
        ("FallDetection", None, ["fall"]),
        ("basic", "NB-IoT smoke (product model)", ["smoke"]),
        ("Smoke", "gas", ["smoke"]),
    ],
)
def test_alarm_alone_is_what_its_service_or_its_model_says(service: str, model: str | None, types: list[str]) -> None:
    for name in ("alarm", "alarm_status", "AlarmState", "alarmFlag", "报警"):
        assert _types({name: 1}, service, model=model) == types


def test_alarm_alone_that_nothing_explains_is_told_and_refused() -> None:
    decoded = _read(_service({"alarm": 1}, "basic"))
    assert [event.type for event in decoded.events] == [EventType.HEARTBEAT]
    assert [one.reason for one in decoded.rejected] == [RejectReason.UNKNOWN_TYPE]
    assert [one.reason for one in _read(_service({"alarm": 7})).rejected] == [RejectReason.UNKNOWN_TYPE]
    assert not _read(_service({"alarm": 0}, "basic")).rejected
    assert not _read(_service({"alarm": None}, "basic")).rejected


@pytest.mark.parametrize(
    ("properties", "types"),
    [
        ({"smoke": True}, ["smoke"]),
        ({"smoke_alarm": "1"}, ["smoke"]),
        ({"SmokeState": "ALARM"}, ["smoke"]),
        ({"smokeState": "normal"}, ["smoke_clear"]),
        ({"fireAlarm": 1}, ["fire"]),
        ({"gas_alarm": 1}, ["gas"]),
        ({"gas": True}, ["gas"]),
        ({"co_alarm": 1}, ["carbon_monoxide"]),
        ({"water_leak": 1}, ["water_leak"]),
        ({"temperatureAlarm": 1}, ["heat"]),
        ({"heart_rate_alarm": 1}, ["medical"]),
        ({"tamper": 1}, ["tamper"]),
        ({"antiTamper": 0}, ["tamper_clear"]),
        ({"removed": 1}, ["removed"]),
        ({"sos": 1}, ["sos"]),
        ({"sos": 0}, ["heartbeat"]),
        ({"fall": True}, ["fall"]),
        ({"battery_low": 1}, ["battery_low"]),
        ({"lowBattery": 0}, ["heartbeat"]),
        ({"batteryAlarm": 1}, ["battery_low"]),
        ({"fault": 1}, ["fault"]),
        ({"fault": 0}, ["fault_clear"]),
        ({"power_lost": 1}, ["power_lost"]),
        ({"powerLost": 0}, ["power_restored"]),
        ({"presence": 1}, ["occupied"]),
        ({"motion": False}, ["vacant"]),
        ({"self_test": 1}, ["test"]),
        ({"mute": 1}, ["muted"]),
        ({"mute": 0, "test": 0}, ["heartbeat"]),
        ({"low_battery": 1, "sos": 1}, ["sos", "battery_low"]),
        ({"smoke": 1, "smokeAlarm": 1}, ["smoke"]),
    ],
)
def test_common_names_say_what_they_say(properties: dict[str, object], types: list[str]) -> None:
    assert _types(properties) == types


@pytest.mark.parametrize(
    "properties",
    [
        {"smoke": None},
        {"smoke": 35},
        {"smokeDensity": 1},
        {"gas": 1},
        {"co": 1},
        {"water": 1},
        {"status": 1},
        {"switch": 1},
        {"alarmTime": 1},
    ],
)
def test_what_is_not_known_is_told_and_never_an_alarm(properties: dict[str, object]) -> None:
    (event,) = _events(properties, "basic")
    assert event.type is EventType.HEARTBEAT
    assert _detail(event) == {"service_id": "basic", **properties}


def test_a_call_without_a_time_is_one_call_within_a_minute() -> None:
    (event,) = _read(_service({"sos": 1}, time=None)).events
    assert (event.at_given, event.id_given, event.is_state, event.repeat_s) == (False, False, False, REPEAT_S)
    (event,) = _events({"sos": 1})
    assert (event.id_given, event.repeat_s) == (True, 0)


@pytest.mark.parametrize(
    ("time", "at"),
    [
        ("20260316T001530Z", AT),
        ("2026-03-16T00:15:30.000Z", AT),
        ("2026-03-16T08:15:30+08:00", AT),
        (1773620130000, AT),
        ("never", None),
        ("", None),
        (12, None),
    ],
)
def test_times_come_in_their_forms(time: object, at: datetime | None) -> None:
    (event,) = _read(_service({"smoke": 1}, time=time)).events
    assert (event.at if event.at_given else None) == at


def test_body_measurements_are_vitals_and_rooms_are_readings() -> None:
    vitals, *_ = _events({"heart_rate": 71, "bloodOxygen": 98, "sbp": "121", "dbp": 79, "bodyTemp": 36.6}, "health")
    assert vitals.vitals == Vitals(
        heart_rate_bpm=71, spo2_pct=98, systolic_mmhg=121, diastolic_mmhg=79, temperature_c=36.6
    )
    events = _events({"temperature": 20.9, "humidity": 45, "battery_voltage": 3600, "floor": 3}, "room")
    assert [(event.value, event.unit) for event in events] == [(20.9, "°C"), (45, "%"), (3.6, "V")]
    assert len({event.id for event in events}) == 3
    assert _detail(events[0]) == {"name": "temperature", "service_id": "room", "floor": 3}


def test_nobody_has_a_pulse_of_zero() -> None:
    (event,) = _events({"heart_rate": 0}, "health")
    assert (event.type, _detail(event)["heart_rate"]) == (EventType.HEARTBEAT, 0)


def test_a_place_is_a_location_and_the_alarms_too() -> None:
    (event,) = _events({"latitude": 32.04, "longitude": "121.12"}, "gps")
    assert event.type is EventType.LOCATION
    (event,) = _events({"lat": 32.04, "lng": 121.12, "sos": 1}, "gps")
    assert event.location is not None
    (event,) = _events({"lat": 0, "lon": 0}, "gps")
    assert (event.type, event.location) == (EventType.HEARTBEAT, None)


def test_several_services_are_several_reports() -> None:
    decoded = _read(_service({"battery": 20}, "Battery"), _service({"alarm": 1}))
    assert [event.type for event in decoded.events] == [EventType.SMOKE, EventType.HEARTBEAT]


def test_a_gateways_batch_is_about_each_of_its_devices() -> None:
    body = {
        "devices": [
            {"device_id": "smoke-1", "services": [_service({"alarm": 0})]},
            {"device_id": "smoke-2", "services": [_service({"alarm": 1})]},
            {"services": [_service({"alarm": 1})]},
        ]
    }
    decoded = decode(BATCH + "?request_id=1", json.dumps(body).encode())
    assert [(event.device, str(event.type)) for event in decoded.events] == [
        ("smoke-1", "smoke_clear"),
        ("smoke-2", "smoke"),
    ]
    assert (decoded.device, decoded.hub) == (None, "gateway-1")


def test_an_event_of_the_product_names_itself() -> None:
    body = {
        "services": [
            {"service_id": "Safety", "event_type": "smoke_alarm", "event_time": "20260316T001530Z", "paras": {}}
        ]
    }
    decoded = decode("$oc/devices/d1/sys/events/up", json.dumps(body).encode())
    assert [(event.type, event.is_state) for event in decoded.events] == [(EventType.SMOKE, False)]


def test_a_gateway_tells_who_is_there() -> None:
    paras = {"device_statuses": [{"device_id": "a", "status": "OFFLINE"}, {"device_id": "b", "status": "ONLINE"}]}
    service = {"service_id": "$sub_device_manager", "event_type": "sub_device_update_status", "paras": paras}
    decoded = decode("$oc/devices/gateway-1/sys/events/up", json.dumps({"services": [service]}).encode())
    assert [(event.device, str(event.type)) for event in decoded.events] == [
        ("a", "offline"),
        ("b", "online"),
        ("gateway-1", "heartbeat"),
    ]
    assert decoded.hub == "gateway-1"


def test_what_the_platform_forwards_is_read_as_well() -> None:
    header = {"device_id": "smoke-1", "gateway_id": "gateway-1"}
    body = {"services": [_service({"alarm": 1})]}
    told = {"resource": "device.property", "notify_data": {"header": header, "body": body}}
    decoded = decode("anything", json.dumps(told).encode())
    assert (decoded.device, decoded.hub, decoded.events[0].type) == ("smoke-1", "gateway-1", EventType.SMOKE)
    told["notify_data"] = {"header": {"device_id": "smoke-1", "gateway_id": "smoke-1"}, "body": {"status": "OFFLINE"}}
    decoded = decode("anything", json.dumps(told).encode())
    assert (decoded.hub, decoded.events[0].type) == (None, EventType.OFFLINE)


def test_the_elder_platforms_words_are_read_as_well() -> None:
    service = {"serviceId": "Smoke", "data": {"alarm": 1}, "eventTime": "20260316T001530Z"}
    body = {"devices": [{"deviceId": "smoke-1", "services": [service]}]}
    decoded = decode("/v1/devices/gateway-1/datas", json.dumps(body).encode())
    assert (decoded.device, decoded.hub, decoded.events[0].at) == ("smoke-1", "gateway-1", AT)


def test_a_message_of_the_products_own_is_a_sign_of_life() -> None:
    decoded = decode("$oc/devices/d1/sys/messages/up", b'{"content":"hello"}')
    assert [event.type for event in decoded.events] == [EventType.HEARTBEAT]


@pytest.mark.parametrize(
    "end",
    ["properties/set/request_id=1", "commands/request_id=1", "messages/down", "events/down", "shadow/get/response/x"],
)
def test_what_goes_to_the_device_is_no_report(end: str) -> None:
    decoded = decode(f"$oc/devices/d1/sys/{end}", json.dumps({"services": [_service({"alarm": 1})]}).encode())
    assert not decoded.events
    assert decoded.rejected[0].reason is RejectReason.UNKNOWN_TOPIC


def test_a_message_cut_off_behind_its_alarm_raises_it_and_nothing_else() -> None:
    whole = json.dumps({"services": [_service({"battery_low": 1, "sos": 1, "temperature": 20.5, "level": 35})]})
    decoded = decode(TOPIC, whole[: whole.index("35")].encode())
    assert [(event.type, event.damaged) for event in decoded.events] == [(EventType.SOS, True)]
    whole = json.dumps({"services": [_service({"temperature": 20.5, "level": 35})]})
    decoded = decode(TOPIC, whole[: whole.index("35")].encode())
    assert (decoded.events, decoded.rejected[0].reason) == ((), RejectReason.NOT_JSON)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (TOPIC, b""),
        (TOPIC, b"hello"),
        (TOPIC, b"[]"),
        (TOPIC, b"7"),
        (TOPIC, b'{"services":[]}'),
        (TOPIC, b'{"services":7}'),
        (TOPIC, b'{"services":[7]}'),
        (BATCH, b'{"devices":[{"services":[]}]}'),
        ("elsewhere", b'{"services":[{"properties":{"alarm":1}}]}'),
    ],
)
def test_what_says_nothing_is_refused(topic: str, payload: bytes) -> None:
    decoded = decode(topic, payload)
    assert not decoded.events
    assert len(decoded.rejected) == 1


def test_too_many_services_are_refused() -> None:
    decoded = _read(*[_service({})] * (SERVICES_MAX + 1))
    assert len(decoded.events) == SERVICES_MAX
    assert decoded.rejected[0].reason is RejectReason.TOO_LARGE


def test_a_name_is_the_same_in_every_spelling() -> None:
    assert {plain(name) for name in ("batteryLevel", "battery_level", "Battery-Level", "battery level")} == {
        "batterylevel"
    }
    assert meant_by("lowBatteryAlarm") == meant_by("low_battery")


@pytest.mark.parametrize(
    ("properties", "word"),
    [
        ({"doorAlarm": 1}, "doorAlarm=1"),
        ({"sos": "later"}, "later"),
        ({"fall": {"value": 1}}, "fall=1"),
        ({"smoke_alarm": 2}, "smoke_alarm=2"),
        ({"smokeState": "fire"}, "fire"),
        ({"alarmType": 3}, "alarmType=3"),
        ({"event": "fall"}, "fall"),
        ({"gas": "leak"}, "leak"),
        ({"SOS_KEY": 1}, "SOS_KEY=1"),
    ],
)
def test_a_word_that_sounds_like_an_alarm_is_seen_and_raises_nothing(properties: dict[str, object], word: str) -> None:
    decoded = _read(_service(properties, "basic"))
    (event,), (refused,) = decoded.events, decoded.rejected
    assert event.type is EventType.HEARTBEAT
    assert _detail(event) == {"service_id": "basic", **properties}
    assert (refused.reason, refused.type_word) == (RejectReason.UNKNOWN_TYPE, word)


def test_an_event_and_a_message_of_the_product_s_own_form_are_seen_by_their_word() -> None:
    event = {"services": [{"service_id": "s", "event_type": "unknownAlarm", "paras": {}}]}
    for body in (event, {"name": "n", "content": {"sos": True}}):
        (refused,) = decode("$oc/devices/d1/sys/messages/up", json.dumps(body).encode()).rejected
        assert refused.type_word in ("unknownAlarm", "sos")


@pytest.mark.parametrize(
    "body",
    [
        {"services": {"service_id": "Smoke", "properties": {"smoke": 1}}},
        {"service_id": "Smoke", "properties": {"smoke": 1}},
        {"msgType": "deviceReq", "data": [{"serviceId": "Smoke", "serviceData": {"smoke": "1"}}]},
    ],
)
def test_a_service_without_the_list_around_it_is_one(body: dict[str, Any]) -> None:
    assert [event.type for event in decode(TOPIC, json.dumps(body).encode()).events] == [EventType.SMOKE]


def test_of_two_services_the_quiet_one_does_not_end_the_other_s_alarm() -> None:
    decoded = _read(_service({"smoke": 1}, "first"), _service({"smoke": 0}, "second"))
    assert [event.type for event in decoded.events] == [EventType.SMOKE]
