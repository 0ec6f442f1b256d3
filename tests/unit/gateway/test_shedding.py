"""What a device says too much is shed: telemetry alone, by a measure of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.event import ALARMS, CLEARS, FAULTS, PLACES, EventType
from gateway.shedding import MEASURED, Shed, Shedder

NOW: Final = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def readings(shedder: Shedder, device: str, count: int, now_s: float) -> int:
    return sum(shedder.admits(device, EventType.READING, now_s) for _ in range(count))


def test_a_burst_passes_and_what_comes_on_top_is_shed() -> None:
    shedder = Shedder(rate_per_s=10, burst=100)
    assert readings(shedder, "meter", 150, 0.0) == 100


def test_the_measure_fills_up_again_at_its_rate() -> None:
    shedder = Shedder(rate_per_s=10, burst=100)
    readings(shedder, "meter", 150, 0.0)
    assert readings(shedder, "meter", 150, 2.0) == 20
    assert readings(shedder, "meter", 150, 1_000.0) == 100


def test_one_device_takes_nothing_from_another() -> None:
    shedder = Shedder(rate_per_s=10, burst=100)
    readings(shedder, "mad", 1_000, 0.0)
    assert readings(shedder, "sane", 50, 0.0) == 50


@pytest.mark.parametrize(
    "type_",
    sorted(
        ALARMS | CLEARS | FAULTS | PLACES
        | {EventType.BUTTON, EventType.TEST, EventType.CANCEL, EventType.MUTED, EventType.ANSWERED}
    ),
)  # fmt: skip
def test_what_can_open_end_or_be_noted_on_an_incident_is_never_shed(type_: EventType) -> None:
    shedder = Shedder(rate_per_s=0.001, burst=1)
    readings(shedder, "mad", 10, 0.0)
    assert type_ not in MEASURED
    assert all(shedder.admits("mad", type_, 0.0) for _ in range(100))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100)), max_size=300))
def test_no_device_gets_more_than_its_burst_and_its_rate(arrivals: list[tuple[str, float]]) -> None:
    shedder, passed = Shedder(rate_per_s=2, burst=10), dict.fromkeys("abc", 0)
    for device, at_s in sorted(arrivals, key=lambda one: one[1]):
        passed[device] += shedder.admits(device, EventType.LOCATION, at_s)
    assert all(count <= 10 + 2 * 100 for count in passed.values())


def test_the_memory_of_measures_is_bounded() -> None:
    shedder = Shedder(limit=10)
    for number in range(1_000):
        shedder.admits(f"stranger-{number}", EventType.READING, 0.0)
    assert len(shedder._even_at_s) <= 10


def test_what_was_shed_is_told_once_with_its_count() -> None:
    shedder = Shedder()
    for _ in range(3):
        shedder.note("mad", "telemetry", NOW)
    assert shedder.take() == [Shed(device="mad", lane="telemetry", count=3, since=NOW)]
    assert shedder.take() == []
