"""One message can speak of many devices: each part goes to its own, and none is dropped for want of a name."""

from __future__ import annotations

from datetime import UTC, datetime

from devices import ack
from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import EPOCH, EventType
from devices.report import reading, rejected, report
from gateway.mqtt.codec import PublishPacket
from gateway.sorting import STAND_IN, Sorted, sort
from gateway.sources import Source
from gateway.window import Message, answers

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
TOPIC = "bridge/east/state"


def sorted_(decoded: Decoded | Exception, *, calls: bool = False, retain: bool = False) -> tuple[Sorted, Message]:
    def decode(_topic: str, _payload: bytes) -> Decoded:
        if isinstance(decoded, Exception):
            raise decoded
        return decoded

    message = Message(TOPIC, 1, 10, 1)
    source = Source(name="east", filters=("bridge/#",), decode=decode, calls=calls)
    return sort(PublishPacket(TOPIC, b"{}", retain=retain), message, source, NOW), message


def test_each_event_goes_to_its_own_device_and_else_to_the_message_s() -> None:
    events = (
        report(EventType.SMOKE, device="a"),
        report(EventType.SOS),
        reading("temperature", 20.9, "°C", device="b"),
    )
    parts, message = sorted_(Decoded(device="m", channel=None, events=events, hub="hub"))
    assert [(one.device, one.event and one.event.type) for one in parts.alarms] == [("a", "smoke"), ("m", "sos")]
    assert [one.device for one in parts.telemetry] == ["b"]
    assert (message.source, parts.hub) == ("east", "hub")
    assert not any(one.is_call for one in parts.alarms), "no alarm topic"


def test_a_call_of_nobody_has_a_name_made_of_its_topic_and_a_reading_of_nobody_is_a_letter() -> None:
    events = (report(EventType.SOS, is_state=True, repeat_s=5.0), reading("temperature", 20.9, "°C"))
    parts, _ = sorted_(Decoded(device=None, channel=None, events=events))
    (alarm,), (telemetry,) = parts.alarms, parts.telemetry
    assert alarm.event == report(EventType.SOS), "another nobody's call is no repeat of it"
    assert alarm.device.startswith(STAND_IN)
    assert telemetry.device == ""
    again, _ = sorted_(Decoded(device=None, channel=None, events=events))
    assert again.alarms[0].device == alarm.device


def test_a_name_that_no_register_can_hold_is_made_into_one_that_it_can() -> None:
    parts, _ = sorted_(Decoded(device="王家/厨房", channel=None, events=(report(EventType.SMOKE),)))
    (alarm,) = parts.alarms
    assert alarm.device.isascii()
    assert "/" not in alarm.device


def test_what_cannot_be_used_is_a_call_only_where_it_names_an_alarm_or_the_settings_say_so() -> None:
    noise = Rejected(reason=RejectReason.NOT_JSON, detail="x", raw=b"x", device="a")
    broken = rejected(RejectReason.NOT_JSON, "x", b"x", type_=EventType.SMOKE)
    decoded = Decoded(device="m", channel=None, rejected=(noise, broken))
    parts, _ = sorted_(decoded)
    assert [(one.device, one.is_call) for one in parts.alarms] == [("m", False)]
    assert [one.device for one in parts.telemetry] == ["a"]
    parts, _ = sorted_(decoded, calls=True)
    assert [(one.device, one.is_call) for one in parts.alarms] == [("a", True), ("m", True)]


def test_a_bug_in_a_source_costs_neither_the_lane_nor_the_message() -> None:
    parts, _ = sorted_(RecursionError())
    assert [one.rejected.reason for one in parts.telemetry] == ["exhausted"]  # type: ignore[union-attr]  # rejects
    parts, _ = sorted_(KeyError("x"), calls=True)
    (alarm,) = parts.alarms
    assert alarm.is_call
    assert alarm.device.startswith(STAND_IN)


def test_a_hub_is_not_heard_by_what_its_broker_kept() -> None:
    decoded = Decoded(device="a", channel=None, events=(report(EventType.HEARTBEAT),), hub="hub")
    parts, _ = sorted_(decoded, retain=True)
    assert parts.hub is None
    assert parts.telemetry[0].retained  # type: ignore[union-attr]  # an event


def test_every_device_of_a_message_gets_its_own_ack() -> None:
    message = Message(TOPIC, 1, 10, 1, 0, "m")
    message.answer("m", ack.stored("1", EPOCH))
    message.answer("a", ack.stored("2", EPOCH))
    message.answer("", ack.stored("3", EPOCH))
    said = [(device, [one.id for one in ack.read(payload)]) for device, payload in answers(message)]
    assert said == [("m", ["1"]), ("a", ["2"])]
