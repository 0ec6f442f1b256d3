"""An alarm is recognised in what could not be used, and gets an id where it has none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from devices.event import EventType
from gateway.mqtt.codec import PublishPacket, UnreadablePacket
from gateway.salvage import salvaged
from gateway.sorting import AlarmArrival, given_up, sort, unreadable
from gateway.sources import canonical_source
from gateway.window import Message

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
TOPIC = "sw/v1/d/alarm"


def arrival(payload: bytes, *, received_at: datetime = NOW, retain: bool = False) -> AlarmArrival:
    packet = PublishPacket(TOPIC, payload, retain=retain)
    (alarm,) = sort(packet, Message(TOPIC, 1, len(payload), 1), canonical_source(), received_at).alarms
    return alarm


def id_of(payload: bytes, *, after_h: float = 0, retain: bool = False) -> str:
    event = salvaged(arrival(payload, received_at=NOW + timedelta(hours=after_h), retain=retain))
    assert event is not None
    assert event.damaged
    return event.id


DATED = json.dumps({"at": NOW.isoformat(), "type": "smoke"}).encode()
UNDATED = b'{"type": "smoke"}'


def test_an_alarm_s_type_is_kept_and_its_id_is_made_of_its_bytes() -> None:
    event = salvaged(arrival(DATED))
    assert event is not None
    assert (event.type, event.damaged) == (EventType.SMOKE, True)
    assert event.id.startswith("x-")
    assert len(event.id) == 18
    assert id_of(DATED, after_h=1) == event.id, "the same press"


@pytest.mark.parametrize(
    "payload", [UNDATED, b'{"at": 0, "type": "smoke"}', b'{"at": "soon", "type": "smoke"}', b'{"type":"smoke","at":17']
)
def test_what_tells_no_press_from_the_next_is_never_a_copy_of_an_earlier_one(payload: bytes) -> None:
    assert id_of(payload) != id_of(payload, after_h=1)
    assert id_of(payload) == id_of(payload), "tried again it is the same"
    assert id_of(payload, retain=True) == id_of(payload, after_h=1, retain=True), "the broker's own copy"


@pytest.mark.parametrize("payload", [b"", b"SOS", b'{"at": 0}', b'{"type": "reading"}', b'{"type": "nothing"}'])
def test_what_names_no_alarm_is_not_recognised(payload: bytes) -> None:
    assert salvaged(arrival(payload)) is None


def test_what_is_given_up_keeps_its_retained_flag() -> None:
    message = Message(TOPIC, 1, 10, 1)
    for retained in (False, True):
        (alarm,) = given_up(TOPIC, b"x", "it killed", message, canonical_source(), NOW, retained=retained).alarms
        assert alarm.retained == retained
        broken = UnreadablePacket(raw=bytes([0x32 | retained, 0]), reason="", topic=TOPIC, packet_id=1)
        (alarm,) = unreadable(broken, message, canonical_source(), NOW).alarms
        assert alarm.retained == retained
