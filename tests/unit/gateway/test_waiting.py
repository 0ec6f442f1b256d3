"""Alarms that wait: life first across devices, each device's own in the order received."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devices.event import EPOCH, Event, EventType
from gateway.sorting import AlarmArrival
from gateway.waiting import Waiting, is_urgent
from gateway.window import Message

TYPES = (EventType.SOS, EventType.SMOKE, EventType.SMOKE_CLEAR, EventType.POWER_LOST, EventType.BATTERY_LOW, None)


def arrival(device: str, type_: EventType | None, number: int = 0) -> AlarmArrival:
    """An alarm, or a call that nobody could read."""
    message = Message(f"sw/v1/{device}/alarm", 1, 10, 1)
    event = None if type_ is None else Event(id=str(number), at=EPOCH, type=type_)
    return AlarmArrival(message, device, True, EPOCH, b"", False, False, event=event)


async def picked(waiting: Waiting) -> str:
    await waiting.some()
    return waiting.pick().device


async def test_a_press_goes_before_technical_ones_that_came_earlier() -> None:
    waiting = Waiting()
    for device, type_ in (
        ("plug", EventType.POWER_LOST), ("band", EventType.BATTERY_LOW), ("alarm", EventType.SMOKE_CLEAR),
        ("button", EventType.SOS), ("broken", None),
    ):  # fmt: skip
        waiting.put(arrival(device, type_))
    assert [await picked(waiting) for _ in range(5)] == ["button", "broken", "plug", "band", "alarm"]


async def test_a_press_takes_what_its_device_said_before_along_to_the_front() -> None:
    waiting = Waiting()
    waiting.put(arrival("plug", EventType.POWER_LOST))
    waiting.put(arrival("button", EventType.BATTERY_LOW))
    waiting.put(arrival("button", EventType.SOS))
    await waiting.some()
    line = waiting.pick()
    assert (line.device, line.first.event and line.first.event.type) == ("button", EventType.BATTERY_LOW)


async def test_a_device_that_is_out_is_not_handed_out_again_and_holds_up_nobody() -> None:
    waiting = Waiting()
    waiting.put(arrival("blocked", EventType.SOS))
    await waiting.some()
    line = waiting.pick()
    waiting.put(arrival("blocked", EventType.SOS))
    waiting.put(arrival("other", EventType.POWER_LOST))
    assert await picked(waiting) == "other"
    waiting.again(line)
    assert await picked(waiting) == "blocked"


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(TYPES), st.booleans()), max_size=40))
async def test_nothing_is_lost_and_each_device_keeps_its_order(said: list[tuple[str, EventType | None, bool]]) -> None:
    waiting = Waiting()
    arrivals = [arrival(device, type_, number) for number, (device, type_, _) in enumerate(said)]
    for one in arrivals:
        waiting.put(one)
    done: list[AlarmArrival] = []
    fails = [fail for _, _, fail in said]
    while len(done) < len(arrivals):
        await waiting.some()
        line = waiting.pick()
        if fails and fails.pop():
            waiting.again(line)
            continue
        done.append(line.first)
        waiting.done(line)
    for device in "abc":
        assert [a for a in done if a.device == device] == [a for a in arrivals if a.device == device]
    # Whoever has something urgent was served before anybody who had nothing urgent.
    last_urgent = max((n for n, a in enumerate(done) if is_urgent(a)), default=-1)
    calm = {a.device for a in arrivals} - {a.device for a in arrivals if is_urgent(a)}
    assert all(n > last_urgent for n, a in enumerate(done) if a.device in calm)
