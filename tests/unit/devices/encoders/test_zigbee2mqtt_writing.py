"""What a simulated bridge publishes: topic and members as Zigbee2MQTT's documentation shows them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from devices.encoders.zigbee2mqtt import CannotBeSaid, encode
from devices.errors import DecodeError
from devices.event import Event, EventType
from devices.report import reading, report


@pytest.mark.parametrize(
    ("event", "topic", "values"),
    [
        (report(EventType.SOS), "zigbee2mqtt/b1", {"action": "emergency"}),
        (report(EventType.SOS, is_state=True), "zigbee2mqtt/b1", {"sos": True}),
        (report(EventType.SOS_CLEAR, is_state=True), "zigbee2mqtt/b1", {"sos": False}),
        (report(EventType.BUTTON), "zigbee2mqtt/b1", {"action": "single"}),
        (report(EventType.SMOKE, battery_pct=87.5), "zigbee2mqtt/b1", {"smoke": True, "battery": 87.5}),
        (report(EventType.SMOKE_CLEAR), "zigbee2mqtt/b1", {"smoke": False}),
        (report(EventType.FALL), "zigbee2mqtt/b1", {"fall_status": "fall_alarm"}),
        (report(EventType.DOOR_OPEN), "zigbee2mqtt/b1", {"contact": False}),
        (report(EventType.DOOR_CLOSED), "zigbee2mqtt/b1", {"contact": True}),
        (report(EventType.OCCUPIED), "zigbee2mqtt/b1", {"occupancy": True}),
        (report(EventType.POWER_RESTORED), "zigbee2mqtt/b1", {"ac_status": False}),
        (report(EventType.FAULT), "zigbee2mqtt/b1", {"trouble": True}),
        (report(EventType.HEARTBEAT), "zigbee2mqtt/b1", {}),
        (report(EventType.OFFLINE), "zigbee2mqtt/b1/availability", {"state": "offline"}),
        (
            report(EventType.REMOVED),
            "zigbee2mqtt/bridge/event",
            {"type": "device_leave", "data": {"friendly_name": "b1"}},
        ),
        (reading("temperature", 20.5, "°C"), "zigbee2mqtt/b1", {"temperature": 20.5}),
        (reading("battery_voltage", 3.005, "V"), "zigbee2mqtt/b1", {"voltage": 3005}),
        (reading("illuminance", 49, "lx"), "zigbee2mqtt/b1", {"illuminance": 49}),
    ],
)
def test_an_event_is_written_as_a_bridge_publishes_it(event: Event, topic: str, values: object) -> None:
    written = encode(event, device="b1")
    assert (written[0], json.loads(written[1])) == (topic, values)


def test_the_base_and_the_time_are_those_given() -> None:
    event = report(EventType.TEST, at=datetime(2026, 3, 1, 0, 15, 30, tzinfo=UTC))
    topic, payload = encode(event, device="b1", base="west")
    assert topic == "west/b1"
    assert json.loads(payload) == {"test": True, "last_seen": "2026-03-01T00:15:30Z"}


@pytest.mark.parametrize(
    "event",
    [
        report(EventType.LOCATION),
        report(EventType.MEDICAL),
        report(EventType.FENCE_EXIT),
        report(EventType.CANCEL),
        report(EventType.READING, value=1.0),
        reading("steps", 7, ""),
        reading("battery_voltage", 0.4, "V"),
        report(EventType.READING, detail={"name": "temperature"}),
    ],
)
def test_what_a_bridge_has_no_word_for_is_refused(event: Event) -> None:
    with pytest.raises(CannotBeSaid):
        encode(event, device="b1")
    assert issubclass(CannotBeSaid, DecodeError)
