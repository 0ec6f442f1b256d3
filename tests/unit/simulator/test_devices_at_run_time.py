"""How a flush is packed, and what a device does on a command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.event import EventType
from simulator.agents import FLUSH_BYTES, FLUSH_EVENTS, packed
from simulator.commands import (
    ANSWERS_FIRST_S,
    ANSWERS_LAST_S,
    Command,
    answer,
    answers_after_s,
    consequence,
    has_expired,
    read_command,
)
from simulator.fleet import fleet
from simulator.plan import Planned

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
DEVICE = next(fleet(1, 1, 1))


@given(sizes=st.lists(st.integers(1, 20_000), max_size=120))
def test_a_flush_keeps_every_event_in_order_within_the_bounds_of_a_message(sizes: list[int]) -> None:
    events = [Planned(DEVICE, str(n), EventType.LOCATION, 0.0, 0, b"x" * size) for n, size in enumerate(sizes)]
    groups = list(packed(events))
    assert [each for group in groups for each in group] == events
    for group in groups:
        assert len(group) <= FLUSH_EVENTS
        assert len(group) == 1 or sum(len(each.payload) + 1 for each in group) <= FLUSH_BYTES + 1


FLEET = list(fleet(1, 40, 3))
BUTTON = next(device for device in FLEET if device.kind == "call_button")
SMOKE = next(device for device in FLEET if device.kind == "smoke_alarm")
IDS = [str(number) for number in range(400)]


def test_most_commands_are_done_some_are_refused_and_a_copy_is_answered_like_the_first() -> None:
    replies = [answer(Command(id_, "silence"), BUTTON) for id_ in IDS]
    assert replies == [answer(Command(id_, "silence"), BUTTON) for id_ in IDS]
    refused = [reply for reply in replies if not reply.ok]
    assert {reply.detail for reply in refused} == {"busy"}
    assert 4 <= len(refused) <= 60
    assert not answer(Command("1", "explode"), BUTTON).ok


def test_what_can_neither_show_nor_speak_announces_nothing() -> None:
    assert any(answer(Command(id_, "announce"), BUTTON).ok for id_ in IDS)
    assert not any(answer(Command(id_, "announce"), SMOKE).ok for id_ in IDS)


def test_an_answer_takes_a_moment() -> None:
    moments = [answers_after_s(Command(id_, "locate"), BUTTON) for id_ in IDS]
    assert ANSWERS_FIRST_S <= min(moments) < max(moments) <= ANSWERS_LAST_S


@pytest.mark.parametrize(("ahead_s", "passed_over"), [(None, False), (1, False), (-1, True)])
def test_what_has_expired_is_passed_over(ahead_s: int | None, passed_over: bool) -> None:
    expires_at = None if ahead_s is None else NOW + timedelta(seconds=ahead_s)
    assert has_expired(Command("1", "silence", expires_at), NOW) is passed_over


def test_locate_gives_a_fix_and_test_a_test_with_an_id_of_the_command_s() -> None:
    fix = consequence(Command("1", "locate"), DEVICE, "run", NOW, 0.0)
    again = consequence(Command("1", "locate"), DEVICE, "run", NOW, 0.0)
    press = consequence(Command("2", "test"), DEVICE, "run", NOW, 0.0)
    assert fix is not None and again is not None and press is not None
    assert fix.payload == again.payload
    assert msgspec.json.decode(fix.payload)["location"] == {
        "lat": DEVICE.home.lat,
        "lon": DEVICE.home.lon,
        "accuracy_m": 25.0,
    }
    assert (press.type, press.alarm) == ("test", True)
    assert consequence(Command("3", "silence"), DEVICE, "run", NOW, 0.0) is None


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'{"id":1}', b"\xff", b'{"id":"1","command":"locate","expires_at":"soon"}']
)
def test_what_is_no_command_is_none(payload: bytes) -> None:
    assert read_command(payload) is None
