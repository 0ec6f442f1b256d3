"""What vendors' codecs call things, read without case, separators and spelling."""

from __future__ import annotations

from typing import Any

import pytest

from devices.event import ALARMS
from devices.lorawan import objects
from devices.lorawan.models import known
from devices.lorawan.told import Told


def told(values: dict[str, Any], model: str | None = None) -> Told:
    collected = Told()
    objects.read(values, collected, known((model,)))
    return collected


def types(values: dict[str, Any], model: str | None = None) -> list[str]:
    return [str(one.type) for one in told(values, model).said]


@pytest.mark.parametrize(
    ("values", "model", "expected"),
    [
        ({"ALARM_status": "TRUE"}, None, ["sos"]),
        ({"ALARM_status": "FALSE"}, None, ["sos_clear"]),
        ({"sosFlag": 1.0}, None, ["sos"]),
        ({"sos": None}, None, []),
        ({"header": {"sos": False}, "position": {"triggers": {"geoTriggerSos": 1}}}, "AT3", ["sos"]),
        ({"header": {"sos": False}, "notification": {"notificationType": "SOS_ON"}}, "AT3", ["sos"]),
        ({"FireAlarm": "Alarm", "HighTempAlarm": "Alarm"}, None, ["smoke"]),
        ({"FireAlarm": "No Alarm", "HighTempAlarm": "NoAlarm"}, None, ["smoke_clear", "heat_clear"]),
        ({"FireAlarm": "NoAlarm", "HighTempAlarm": "Alarm"}, None, ["smoke_clear", "heat"]),
        ({"smokeAlarm": "Alarm", "testButtonPressed": "Pushed"}, None, ["smoke", "test"]),
        ({"WaterLeak_1": "NoLeak", "WaterLeak_2": "Leak"}, None, ["water_leak"]),
        ({"WATER_LEAK_STATUS": 0}, None, ["water_leak_clear"]),
        ({"leakage_status": "leak"}, None, ["water_leak"]),
        ({"manDown": True}, None, ["fall"]),
        ({"manDown": None}, None, []),
        ({"detection_status": "fall"}, None, ["fall", "occupied"]),
        ({"events": [{"alarm_type": "fall", "alarm_status": "alarm_triggered"}]}, None, ["fall"]),
        ({"events": [{"alarm_type": "fall", "alarm_status": "alarm_ignored"}]}, None, ["muted"]),
        ({"fall_alarm": {"alarm_id": "1, 2", "alarm_status": "2, 1"}}, None, ["fall_clear", "fall"]),
        ({"magnet_status": "open", "tamper_status": "uninstalled"}, "WS301", ["door_open"]),
        ({"tamper": 1, "open": 0}, "DW10", ["tamper", "door_closed"]),
        ({"status": {"mounted": 0, "smokeAlarm": 0, "batteryLow": 1}}, None, ["smoke_clear", "removed", "battery_low"]),
        ({"Alarm": 1, "Device": "R312A"}, None, ["sos"]),
        ({"Alarm": 0, "Device": "R312A"}, None, []),
        ({"ALARM": 1, "DOOR_OPEN_STATUS": 1}, "LDS02", ["door_open"]),
        ({"status": 1}, "TBPB100 panic button", ["sos"]),
        ({"status": 1}, "TBMS100", ["occupied"]),
        ({"status": 1}, None, []),
        ({"press": "short"}, "WS101", ["button"]),
        ({"button_event": {"status": "long press"}}, "WS101 SOS", ["sos"]),
        ({"button_event": {"status": "long press"}}, "WS101", ["button"]),
        ({"event": "silent", "concentration": 30}, "GS524N", ["smoke", "muted"]),
        ({"event": "testing alarm with low battery"}, "GS524N", ["test", "battery_low"]),
        ({"powerEvent": "AC Power Off"}, None, ["power_lost"]),
        ({"geofence_status": "outside"}, None, ["fence_exit"]),
        ({"pir": "trigger"}, None, ["occupied"]),
        ({"Volt": "2.4(low battery)"}, None, ["battery_low", "reading"]),
    ],
)
def test_names_and_words_of_codecs_mean_what_their_vendors_say(
    values: dict[str, Any], model: str | None, expected: list[str]
) -> None:
    assert types(values, model) == expected


@pytest.mark.parametrize("name", ["history", "cached"])
def test_what_is_old_raises_nothing(name: str) -> None:
    record = {"sos": True, "leakage_status": "leak", "temperature": 21.5, "timestamp": 1_700_000_000}
    said = told({name: [record] if name == "history" else record}).said
    assert not {one.type for one in said} & ALARMS
    assert [one.value for one in said] == ([21.5] if name == "history" else [])


@pytest.mark.parametrize(
    ("values", "model", "percent", "volts"),
    [
        ({"battery": 88.0}, None, 88.0, None),
        ({"battery": 3.6}, None, None, 3.6),
        ({"battery": 3.0, "temperatureBoard": 20}, None, None, 3.0),
        ({"battery": 3.0}, "TBDW100", None, 3.0),
        ({"batteryLevel": "CHARGING"}, "AT3", None, None),
        ({"batteryLevel": 94}, "AT3", 94.0, None),
        ({"batteryLevel": 93, "trackingMode": "STAND_BY"}, "AT2", None, None),
        ({"BatV": 4.01}, None, None, 4.01),
        ({"batteryVoltage": 3300}, None, None, 3.3),
        ({"battery": 193}, None, None, None),
    ],
)
def test_a_battery_is_percent_only_where_its_vendor_says_percent(
    values: dict[str, Any], model: str | None, percent: float | None, volts: float | None
) -> None:
    collected = told(values, model)
    assert collected.battery_pct == percent
    assert next((one.value for one in collected.said if one.unit == "V"), None) == volts


@pytest.mark.parametrize(
    "values",
    [
        {"Latitude": 31.9, "Longitud": 120.5},
        {"lat": "31.9", "lng": "120.5"},
        {"position": {"gnssFix": {"latitude": 31.9, "longitude": 120.5}}},
        {"gpsLatitude": 31.9, "gpsLongitude": 120.5},
    ],
)
def test_a_place_is_found_under_all_its_names(values: dict[str, Any]) -> None:
    location = told(values).location
    assert location is not None
    assert (location.lat, location.lon) == (31.9, 120.5)


@pytest.mark.parametrize(
    "values",
    [
        {"latitude": 0, "longitude": 0},
        {"latitude": 101, "longitude": 8},
        {"latitudeDeg": 31, "longitudeDeg": 120, "fixFailed": True},
    ],
)
def test_a_place_that_is_none_is_not_said(values: dict[str, Any]) -> None:
    assert told(values).location is None


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("Milesight WS101 SOS", "WS101"),
        ("ws-101", "WS101"),
        ("milesight-iot em300_mcs", "EM300-MCS"),
        ("Abeeway asset tracker 2", "AT2"),
        ("AT101", "AT101"),
        ("Dragino TrackerD", "TrackerD"),
        ("Browan TBWL100 leak", "TBWL"),
        ("iQ SD-1001", "SD1001"),
        ("Netvox R718WA", "Netvox"),
        ("Milesight something new", "Milesight"),
    ],
)
def test_a_model_is_found_however_it_is_spelled(spelled: str, name: str) -> None:
    found = known((None, spelled))
    assert found is not None
    assert found.model.name == name


@pytest.mark.parametrize("spelled", ["", "Care", "x" * 500, "R3120", "flat 3"])
def test_another_name_is_no_model(spelled: str) -> None:
    assert known((spelled,)) is None
