"""Events of vendors' messages: what is not told is marked, and no two of one message are taken for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from devices.decoding import RejectReason
from devices.event import EPOCH, EventType, digest
from devices.report import detail_of, reading, rejected, report

AT = datetime(2026, 11, 22, 2, 10, tzinfo=UTC)


def test_without_id_and_time_it_says_so() -> None:
    event = report(EventType.SOS)
    assert (event.id, event.id_given) == ("sos", False)
    assert (event.at, event.at_given) == (EPOCH, False)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a-1", "a-1"), ("a b/ç", "a_b_"), ("x" * 99, "x" * 64), ("é", "_")],
)
def test_an_id_keeps_what_can_stand_in_one(given: str, kept: str) -> None:
    event = report(EventType.SOS, id_=given)
    assert (event.id, event.id_given) == (kept, True)


def test_an_empty_id_is_none() -> None:
    assert report(EventType.SOS, id_="").id_given is False


@pytest.mark.parametrize("id_", [None, "0016c001-f1ab-4a1c-9d57-6a1de2c3a001", "y" * 80])
@pytest.mark.parametrize("at", [None, AT])
def test_two_readings_of_one_message_are_two(id_: str | None, at: datetime | None) -> None:
    made = [reading(name, 1.0, "", id_=id_, at=at) for name in ("temperature", "humidity")]
    assert len({(event.id, digest(event)) for event in made}) == 2
    assert all(len(event.id) <= 64 for event in made)


def test_what_is_wrong_marks_it_as_damaged() -> None:
    event = report(EventType.FALL, damage="message: cut off")
    assert (event.damaged, event.damage) == (True, "message: cut off")


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({}, None),
        ({"a": float("nan")}, {"a": None}),
        ({"a": "\ud800"}, None),
        ({"a": "x" * 20_000}, None),
        ({"a": "b\x00"}, {"a": "b�"}),
    ],
)
def test_the_vendors_own_words_are_kept_clean_or_not_at_all(values: dict[str, object], kept: object) -> None:
    found = detail_of(values)
    assert (None if found is None else json.loads(found)) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("plain", b'{"a":"plain"}'),
        (1e300, b'{"a":1e300}'),
        ("a\x7fb", b'{"a":"ab"}'),
        ("门\u202e", '{"a":"门"}'.encode()),
    ],
)
def test_a_detail_is_cleaned_where_it_needs_to_be(said: object, kept: bytes) -> None:
    assert detail_of({"a": said}) == kept


def test_a_refusal_names_the_alarm_and_the_device_it_can_still_tell() -> None:
    refusal = rejected(RejectReason.BAD_VALUE, "frame: no", b"x", type_=EventType.SOS, device="band-1")
    assert (refusal.type_word, refusal.device) == ("sos", "band-1")
