"""How a flush is packed, and what a device does on a command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.event import EventType
from simulator.agents import FLUSH_BYTES, FLUSH_EVENTS, packed
from simulator.commands import Command, answer, consequence, read_command
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


@pytest.mark.parametrize(
    ("command", "ok", "detail"),
    [
        (Command("1", "locate"), True, "done"),
        (Command("1", "silence", NOW + timedelta(seconds=1)), True, "done"),
        (Command("1", "silence", NOW - timedelta(seconds=1)), False, "expired"),
        (Command("1", "explode"), False, "unknown command"),
    ],
)
def test_a_command_is_answered(command: Command, ok: bool, detail: str) -> None:
    reply = answer(command, NOW)
    assert (reply.id, reply.ok, reply.detail) == ("1", ok, detail)


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
