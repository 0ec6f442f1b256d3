"""What a Shelly says, by the components of its documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devices.decoding import Decoded, RejectReason
from devices.event import EventType
from devices.sources.shelly import decode

SMOKE = "shellyplussmoke-80646f000001"
TS = 1_772_324_130.5


def notified(params: dict[str, Any], method: str = "NotifyStatus", source: str = SMOKE) -> Decoded:
    message = {"src": source, "dst": f"{source}/events", "method": method, "params": {"ts": TS, **params}}
    return decode(f"{source}/events/rpc", json.dumps(message).encode())


def happened(*events: dict[str, Any]) -> Decoded:
    return notified({"events": list(events)}, "NotifyEvent", "shellyplusi4-80646f000002")


def types(decoded: Decoded) -> list[EventType]:
    return [event.type for event in decoded.events]


def detail(decoded: Decoded) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(decoded.events[0].detail or b"{}")
    return found


@pytest.mark.parametrize(
    ("component", "status", "expected"),
    [
        ("smoke:0", {"alarm": True, "mute": False}, [EventType.SMOKE]),
        ("smoke:0", {"alarm": False}, [EventType.SMOKE_CLEAR]),
        ("smoke:0", {"alarm": True, "mute": True}, [EventType.SMOKE, EventType.MUTED]),
        ("smoke:0", {"mute": True}, [EventType.MUTED]),
        ("smoke:0", {"mute": False}, [EventType.HEARTBEAT]),
        ("smoke:0", {"alarm": None}, [EventType.HEARTBEAT]),
        ("flood:0", {"alarm": True}, [EventType.WATER_LEAK]),
        ("flood:0", {"alarm": False, "errors": ["cable_unplugged"]}, [EventType.WATER_LEAK_CLEAR, EventType.FAULT]),
        ("gas:0", {"alarm": True}, [EventType.GAS]),
        ("co:0", {"alarm": True}, [EventType.CARBON_MONOXIDE]),
        ("presence:0", {"state": True}, [EventType.OCCUPIED]),
        ("switch:0", {"output": True}, [EventType.HEARTBEAT]),
        ("input:0", {"state": True}, [EventType.HEARTBEAT]),
    ],
)
def test_a_component_says_how_it_stands_and_what_is_absent_is_as_it_was(
    component: str, status: dict[str, Any], expected: list[EventType]
) -> None:
    decoded = notified({component: {"id": 0, **status}})
    assert types(decoded) == expected
    assert decoded.device == SMOKE
    by_topic = decode(f"{SMOKE}/status/{component}", json.dumps(status).encode())
    assert types(by_topic) == expected


def test_an_alarm_is_a_state_and_a_mute_is_none() -> None:
    smoke, muted = notified({"smoke:0": {"alarm": True, "mute": True}}).events
    assert (smoke.is_state, muted.is_state) == (True, False)


def test_a_full_status_says_all_of_it_and_the_first_event_carries_the_rest() -> None:
    decoded = notified(
        {
            "smoke:0": {"id": 0, "alarm": False},
            "devicepower:0": {"id": 0, "battery": {"V": 2.9, "percent": 87}},
            "wifi": {"rssi": -61},
            "sys": {"wakeup_period": 86400},
        },
        "NotifyFullStatus",
    )
    first, *_ = decoded.events
    assert types(decoded) == [EventType.SMOKE_CLEAR, EventType.READING, EventType.FAULT_CLEAR]
    assert (first.battery_pct, first.signal_dbm, detail(decoded)["sys"]["wakeup_period"]) == (87, -61, 86400)


def test_percent_0_with_power_from_outside_is_no_empty_battery() -> None:
    power = {"devicepower:0": {"battery": {"V": 0.4, "percent": 0}, "external": {"present": True}}}
    assert notified(power).events[0].battery_pct is None
    power["devicepower:0"]["external"] = {"present": False}
    assert notified(power).events[0].battery_pct == 0


def test_seconds_since_the_start_are_no_time() -> None:
    assert [notified({"ts": ts, "smoke:0": {"alarm": True}}).events[0].at_given for ts in (2.46, None, TS)] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("btn_down", EventType.ACTIVITY),
        ("btn_up", EventType.ACTIVITY),
        ("single_push", EventType.BUTTON),
        ("double_push", EventType.BUTTON),
        ("long_push", EventType.BUTTON),
        ("config_changed", EventType.HEARTBEAT),
    ],
)
def test_one_press_is_told_by_its_push_alone(event: str, expected: EventType) -> None:
    decoded = happened({"component": "input:0", "id": 0, "event": event, "ts": TS})
    assert types(decoded) == [expected]
    assert detail(decoded)["event"] == event


def test_an_alarm_may_also_come_as_an_event() -> None:
    words = ["smoke.alarm", "alarm_off", "alarm_test"]
    decoded = happened(*({"component": "smoke:0", "event": word, "ts": TS} for word in words))
    assert types(decoded) == [EventType.SMOKE, EventType.SMOKE_CLEAR, EventType.TEST]


def test_a_bluetooth_device_is_its_own_and_the_shelly_its_hub() -> None:
    decoded = happened({"component": "bthomedevice:200", "event": "single_push", "ts": TS})
    assert (decoded.hub, decoded.device) == ("shellyplusi4-80646f000002", "shellyplusi4-80646f000002:bthomedevice:200")
    data = {"address": "aa:bb:cc:00:00:01", "button": 1, "battery": 90, "rssi": -70, "pid": 12}
    (event,) = happened({"component": "script:1", "event": "shelly-blu", "data": data, "ts": TS}).events
    assert (event.type, event.device, event.battery_pct) == (EventType.BUTTON, "aa:bb:cc:00:00:01", 90)
    data = {"address": "aa:bb:cc:00:00:02", "window": 1, "motion": 0, "temperature": 20.5}
    said = happened({"component": "script:1", "event": "shelly-blu", "data": data, "ts": TS})
    assert types(said) == [EventType.DOOR_OPEN, EventType.VACANT, EventType.READING]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [(b"true", EventType.ONLINE), (b"false", EventType.OFFLINE), (b" True\n", EventType.ONLINE)],
)
def test_a_device_that_sleeps_is_offline_which_is_a_state_and_no_alarm(payload: bytes, expected: EventType) -> None:
    for topic in (f"{SMOKE}/online", f"haus/flur/{SMOKE}/online", f"shellies/{SMOKE}/online"):
        (event,) = decode(topic, payload).events
        assert (event.type, event.is_state) == (expected, True)


@pytest.mark.parametrize(
    ("rest", "payload", "expected"),
    [
        ("sensor/smoke", b"true", EventType.SMOKE),
        ("sensor/flood", b"false", EventType.WATER_LEAK_CLEAR),
        ("sensor/gas", b"heavy", EventType.GAS),
        ("sensor/gas", b"test", EventType.TEST),
        ("sensor/gas", b"none", EventType.GAS_CLEAR),
        ("sensor/state", b"open", EventType.DOOR_OPEN),
        ("sensor/motion", b"1", EventType.OCCUPIED),
        ("sensor/vibration", b"1", EventType.ACTIVITY),
        ("sensor/temperature", b"21.50", EventType.READING),
        ("sensor/battery", b"71", EventType.HEARTBEAT),
        ("sensor/act_reasons", b'["battery"]', EventType.HEARTBEAT),
        ("relay/0", b"on", EventType.HEARTBEAT),
        ("input_event/0", b'{"event":"S","event_cnt":2}', EventType.BUTTON),
        ("input_event/0", b'{"event":"","event_cnt":2}', EventType.HEARTBEAT),
        ("info", b'{"smoke":true,"bat":{"value":71}}', EventType.SMOKE),
        ("info", b'{"gas_sensor":{"alarm_state":"mild"}}', EventType.GAS),
        ("info", b'{"uptime":3}', EventType.HEARTBEAT),
    ],
)
def test_the_first_generation_says_it_with_one_value_for_each_topic(
    rest: str, payload: bytes, expected: EventType
) -> None:
    decoded = decode(f"shellies/shellysmoke-5B0001/{rest}", payload)
    assert (decoded.device, decoded.events[0].type) == ("shellysmoke-5B0001", expected)


def test_an_announcement_is_a_sign_of_life_of_the_one_that_it_names() -> None:
    for topic in ("shellies/announce", "shellies/shellysmoke-5B0001/announce"):
        decoded = decode(topic, b'{"id":"shellysmoke-5B0001","model":"SHSM-01","mac":"5ECF7F5B0001"}')
        assert (decoded.device, types(decoded)) == ("shellysmoke-5B0001", [EventType.HEARTBEAT])


def test_what_the_first_generation_marks_as_not_valid_is_not_said() -> None:
    status = {"smoke": False, "tmp": {"tC": 999, "is_valid": False}, "bat": {"value": 3, "voltage": 2.4}}
    decoded = decode("shellies/shellysmoke-5B0001/info", json.dumps(status).encode())
    assert [(event.type, event.value) for event in decoded.events] == [
        (EventType.SMOKE_CLEAR, None),
        (EventType.READING, 2.4),
    ]


def test_a_topic_that_claims_another_devices_words_is_refused_and_its_alarm_is_a_call() -> None:
    message = {"src": "shellyplussmoke-80646f00000a", "method": "NotifyStatus", "params": {"smoke:0": {"alarm": True}}}
    decoded = decode(f"{SMOKE}/events/rpc", json.dumps(message).encode())
    (refused,) = decoded.rejected
    assert (decoded.events, refused.reason, refused.type_word) == ((), RejectReason.DEVICE_MISMATCH, "smoke")
    assert decode("flur/events/rpc", json.dumps(message).encode()).device == "shellyplussmoke-80646f00000a"


def test_a_message_cut_off_behind_its_alarm_is_raised_and_marked() -> None:
    message = {"src": SMOKE, "method": "NotifyStatus", "params": {"smoke:0": {"alarm": True, "mute": False}}}
    whole = json.dumps(message).encode()
    (event,) = decode(f"{SMOKE}/events/rpc", whole[:-9]).events
    assert (event.type, event.damaged) == (EventType.SMOKE, True)
    quiet = decode(f"{SMOKE}/events/rpc", whole.replace(b"true", b"false", 1)[:-9])
    assert (quiet.events, [one.reason for one in quiet.rejected]) == ((), [RejectReason.NOT_JSON])


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (f"{SMOKE}/events/rpc", b""),
        (f"{SMOKE}/events/rpc", b"7"),
        (f"{SMOKE}/online", b"perhaps"),
        (f"{SMOKE}/online", b""),
        (f"{SMOKE}/rpc", b'{"id":1,"result":{}}'),
        ("shellies/s-1/sensor/smoke", b"perhaps"),
        ("", b"{}"),
    ],
)
def test_what_says_nothing_is_refused(topic: str, payload: bytes) -> None:
    decoded = decode(topic, payload)
    assert decoded.events == ()
    assert decoded.rejected


def script(data: dict[str, Any], word: str = "shelly-blu") -> Decoded:
    return happened({"component": "script:1", "id": 1, "event": word, "data": data, "ts": TS})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"smoke": 1}, EventType.SMOKE),
        ({"carbon_monoxide": True}, EventType.CARBON_MONOXIDE),
        ({"gas": 0}, EventType.GAS_CLEAR),
        ({"moisture": True}, EventType.WATER_LEAK),
        ({"tamper": 1, "battery": 90}, EventType.TAMPER),
        ({"moisture": 43.5}, EventType.HEARTBEAT),
    ],
)
def test_a_bluetooth_detector_s_alarm_is_heard(said: dict[str, Any], expected: EventType) -> None:
    decoded = script({"address": "aa:bb:cc:dd:ee:ff", **said})
    assert (types(decoded), decoded.device) == ([expected], "aa:bb:cc:dd:ee:ff")


def test_an_alarm_told_by_a_word_of_nobody_s_is_raised_and_marked() -> None:
    for decoded in (
        happened({"component": "smoke:0", "event": "alarm_started", "ts": TS}),
        script({}, "smoke_alarm"),
    ):
        (event,) = decoded.events
        assert (event.type, event.damaged) == (EventType.SMOKE, True)


@pytest.mark.parametrize(
    ("decoded", "word"),
    [
        (notified({"smoke:0": {"id": 0, "alarm": "triggered"}}), "triggered"),
        (notified({"fire:0": {"id": 0, "alarm": True}}), "alarm"),
        (script({}, "sos"), "sos"),
        (decode("shellies/shellygas-1/info", b'{"gas_sensor": {"alarm_state": "critical"}}'), "critical"),
        (decode("shellies/shellysmoke-1/info", b'{"smoke": "fire", "bat": {"value": 9}}'), "fire"),
    ],
)
def test_a_word_that_sounds_like_an_alarm_is_seen(decoded: Decoded, word: str) -> None:
    (refused,) = decoded.rejected
    assert (refused.reason, refused.type_word) == (RejectReason.UNKNOWN_TYPE, word)


def test_of_two_sensors_in_one_status_the_quiet_one_does_not_end_the_other_s_alarm() -> None:
    assert types(notified({"smoke:0": {"alarm": True}, "smoke:1": {"alarm": False}})) == [EventType.SMOKE]


def test_an_answer_and_a_status_without_its_frame_say_the_alarm_in_them() -> None:
    answer = {"id": 1, "src": SMOKE, "dst": "desk", "result": {"smoke:0": {"id": 0, "alarm": True}}}
    assert types(decode("desk/rpc", json.dumps(answer).encode())) == [EventType.SMOKE]
    assert types(decode(f"{SMOKE}/events/rpc", b'{"smoke:0": {"id": 0, "alarm": true}}')) == [EventType.SMOKE]


def test_two_homes_that_call_their_shelly_alike_have_two_devices() -> None:
    status = b'{"id": 0, "alarm": true}'
    one, other = (decode(f"{home}/flur/status/smoke:0", status) for home in ("haus1", "haus2"))
    assert one.device != other.device
    assert one.device == decode("haus1/flur/online", b"true").device
    assert decode(f"haus1/{SMOKE}/online", b"true").device == SMOKE
