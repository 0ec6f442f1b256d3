"""PUBACKs leave in the order received; our own acks wait for nothing but their own message."""

from __future__ import annotations

from devices import ack
from devices.event import EPOCH
from gateway.window import ACK_BYTES_LIMIT, Message, Window, payloads


def message(packet_id: int, *, parts: int = 1, acks: int = 0, is_array: bool = False) -> Message:
    said = [ack.stored(f"e{number}", EPOCH) for number in range(acks)]
    return Message("t", packet_id, 10, 1, parts, "d", is_array, said)


def test_an_ack_does_not_wait_for_what_came_before_its_message() -> None:
    window = Window(generation=1)
    stuck, press = message(1), message(2, acks=1)
    window.add(stuck)
    window.add(press)
    window.settle(press)
    assert window.settled() == ([], [press])
    assert window.settled() == ([], []), "once"
    window.settle(stuck)
    assert window.settled() == ([1, 2], [])
    assert len(window) == 0


def test_an_ack_waits_for_every_part_of_its_own_message() -> None:
    window = Window(generation=1)
    both = message(1, parts=2, acks=1)
    window.add(both)
    window.settle(both)
    assert window.settled() == ([], [])
    window.settle(both)
    assert window.settled() == ([1], [both])


def test_an_array_is_answered_by_one_array_unless_a_broker_would_refuse_its_size() -> None:
    (one,) = payloads(message(1, acks=3, is_array=True))
    assert [each.id for each in ack.read(one)] == ["e0", "e1", "e2"]
    many = list(payloads(message(1, acks=10_000, is_array=True)))
    assert all(len(part) < ACK_BYTES_LIMIT * 1.1 for part in many)
    assert [each.id for part in many for each in ack.read(part)] == [f"e{number}" for number in range(10_000)]
