"""Events are handed out when they are due, whatever became of those before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from rules.clock import FakeClock
from simulator.fleet import fleet
from simulator.pacing import Schedule
from simulator.plan import Course, Planned, plan
from simulator.scenario import SCENARIOS

MANY = 10**9


def thousand_a_second() -> Iterator[Planned]:
    course = Course(
        seed=1,
        run_word="run",
        scenario=SCENARIOS["load"],
        duration_s=1.0,
        start=datetime(2026, 11, 19, tzinfo=UTC),
    )
    return plan(list(fleet(1, 2, 3)), course)


@given(steps=st.lists(st.integers(0, 20), max_size=8))
def test_exactly_rate_times_time_is_handed_out_however_the_clock_is_read(steps: list[int]) -> None:
    clock = FakeClock()
    schedule = Schedule(thousand_a_second(), clock)
    handed_out = 0
    for step_ms in steps:
        # Sixty-fourths are exact in binary, so the expected number is exact as well.
        clock.advance(step_ms / 64)
        handed_out += len(list(schedule.due(MANY)))
        # Event i is due at i milliseconds: the first one at once.
        assert handed_out == min(1000, int(clock.monotonic() * 1000) + 1)


def test_a_stall_is_caught_up_and_noted() -> None:
    clock = FakeClock()
    schedule = Schedule(thousand_a_second(), clock)
    clock.advance(0.5)
    assert len(list(schedule.due(100))) == 100
    assert len(list(schedule.due(MANY))) == 401
    assert schedule.furthest_behind_s == 0.5


def test_the_end_of_the_plan_ends_the_schedule() -> None:
    clock = FakeClock()
    schedule = Schedule(thousand_a_second(), clock)
    assert not schedule.exhausted
    clock.advance(60.0)
    assert len(list(schedule.due(MANY))) == 1000
    assert schedule.exhausted
    assert list(schedule.due(MANY)) == []
