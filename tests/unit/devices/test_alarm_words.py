"""Which words sound like an alarm: each that a device might say, and no setting of one."""

from __future__ import annotations

from typing import Any

import pytest

from devices.alarm_words import unknown_alarm, unread
from devices.decoding import RejectReason


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"alarm": True}, "alarm"),
        ({"alarm": "ON"}, "alarm"),
        ({"alarm": 1.0}, "alarm=1"),
        ({"alarm": "2"}, "alarm=2"),
        ({"smoke": "warning"}, "warning"),
        ({"status": "ALARM"}, "ALARM"),
        ({"event": "sos"}, "sos"),
        ({"eventType": "fall_detected"}, "fall"),
        ({"SOSKey": 1}, "SOSKey=1"),
        ({"烟感报警": True}, "烟感报警"),
        ({"alarms": ["battery", "sos"]}, "battery"),
        ({"messages": [{"type": "x"}, {"panic": True}]}, "panic"),
        ({"data": {"inner": {"flood": 1}}}, "flood=1"),
        ({"sos": {"value": 1, "unit": ""}}, "sos=1"),
        ({"water": "Leak"}, "Leak"),
        ({"alarmType": 3}, "alarmType=3"),
        ({"noMotionAlarm": 1, "no_alarm": 1}, "noMotionAlarm=1"),
        ({"wandering": 1}, "wandering=1"),
    ],
)
def test_what_sounds_like_an_alarm_is_told_by_its_word(values: dict[str, Any], word: str) -> None:
    assert unread(values) == word


@pytest.mark.parametrize(
    "values",
    [
        {"alarm": False, "sos": 0, "smoke": None, "fall": ""},
        {"alarm_time": 10, "alarm_volume": "high", "enable_alarm": True, "alarmThreshold": 50, "smoke_test": True},
        {"firmware": 3, "fallback": True, "device_name": "SOS button", "model": "smoke alarm", "flow": 1},
        {"status": "normal", "state": "ON", "event": "button_pressed", "type": "relay"},
        {"smoke_status": "No smoke", "alarm_status": "idle", "status": "test alarm"},
        {"smoke": 4000, "alarm": 0.5},
    ],
)
def test_a_setting_a_measure_and_an_end_sound_like_none(values: dict[str, Any]) -> None:
    assert unread(values) is None


def test_what_is_known_is_not_looked_at() -> None:
    assert unread({"smoke": True, "battery": 9}, {"smoke"}) is None


def test_a_word_that_is_an_alarm_of_ours_is_a_call_and_any_other_is_seen() -> None:
    assert unknown_alarm("sos", b"{}").type_word == "sos"
    refused = unknown_alarm("upper\u202e_alarm" + "x" * 100, b"{}", device="d")
    assert refused.reason is RejectReason.UNKNOWN_TYPE
    assert refused.type_word is not None and len(refused.type_word) == 64 and "\u202e" not in refused.type_word
