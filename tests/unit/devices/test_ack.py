"""What the platform answers, and how a device reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from devices import ack
from devices.decoding import DecodeError, RejectReason

AT = datetime(2026, 3, 1, 0, 15, 30, 250_000, tzinfo=UTC)


def test_stored_says_when_and_which_incident() -> None:
    assert json.loads(ack.stored("1", AT, "42")) == {
        "id": "1",
        "stored_at": "2026-03-01T00:15:30.250000Z",
        "incident": "42",
    }


def test_stored_without_an_incident_says_null() -> None:
    assert json.loads(ack.stored("1", AT))["incident"] is None


def test_refused_names_the_reason_so_that_the_device_stops() -> None:
    assert json.loads(ack.refused("1", RejectReason.BAD_TIME)) == {"id": "1", "error": "bad_time"}


def test_an_array_is_answered_by_one_array() -> None:
    both = ack.array([ack.stored("1", AT, "7"), ack.refused("2", "bad_value")])
    assert ack.read(both) == (ack.Ack(id="1", stored_at=AT, incident="7"), ack.Ack(id="2", error="bad_value"))


def test_a_single_one_is_read_as_one() -> None:
    assert ack.read(ack.stored("1", AT)) == (ack.Ack(id="1", stored_at=AT),)


@pytest.mark.parametrize("payload", [b"", b"1", b"{}", b"\xff", b'{"id":1}', b"[" * 2000])
def test_what_is_no_acknowledgement_is_refused(payload: bytes) -> None:
    with pytest.raises(DecodeError, match="not an acknowledgement"):
        ack.read(payload)
