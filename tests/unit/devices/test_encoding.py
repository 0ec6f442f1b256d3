"""Writing canonical events."""

from __future__ import annotations

import json

from devices.encoding import encode
from devices.event import EPOCH, Event, EventType, Location, Vitals


def test_only_what_is_there_is_written() -> None:
    assert json.loads(encode(Event(id="1", at=EPOCH, type=EventType.SOS))) == {
        "id": "1",
        "at": "1970-01-01T00:00:00Z",
        "type": "sos",
    }


def test_nested_values_and_the_device_are_written_by_the_contracts_names() -> None:
    event = Event(
        id="1",
        at=EPOCH,
        type=EventType.VITALS,
        location=Location(lat=1.5, lon=2.5),
        vitals=Vitals(steps=0.0),
        detail=b'{"a":[1.50]}',
    )
    assert encode(event, device="d") == (
        b'{"device":"d","id":"1","at":"1970-01-01T00:00:00Z","type":"vitals",'
        b'"location":{"lat":1.5,"lon":2.5},"vitals":{"steps":0.0},"detail":{"a":[1.50]}}'
    )


def test_a_damaged_event_says_so() -> None:
    event = Event(id="1", at=EPOCH, type=EventType.SOS, damaged=True, damage="unit: send a text")
    assert json.loads(encode(event))["damaged"] is True
