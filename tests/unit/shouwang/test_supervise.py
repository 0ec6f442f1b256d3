"""Back-off, and keeping a server that falls."""

from __future__ import annotations

import asyncio

import pytest

from rules.clock import FakeClock, SharedClock
from shouwang.errors import PortTaken
from shouwang.supervise import keep, next_back_off


@pytest.mark.parametrize(
    ("before_s", "lived_s", "after_s"),
    [(0.0, 0.0, 1.0), (1.0, 0.5, 2.0), (16.0, 3.0, 30.0), (30.0, 59.0, 30.0), (30.0, 60.0, 1.0)],
)
def test_back_off_doubles_to_its_limit_and_is_forgiven_after_a_good_life(
    before_s: float, lived_s: float, after_s: float
) -> None:
    assert next_back_off(before_s, lived_s) == after_s


class Falling:
    """Ends at once each time; its second start is refused."""

    def __init__(self) -> None:
        self.starts = 0

    async def start(self) -> None:
        self.starts += 1
        if self.starts == 2:
            raise PortTaken("somebody was quicker")

    async def wait(self) -> int:
        return 1

    async def stop(self) -> None:
        pass


async def _settle() -> None:
    """Let every task run until it waits for the clock."""
    for _ in range(5):
        await SharedClock().sleep(0)


async def test_what_falls_is_started_again_later_and_later_even_when_a_start_is_refused() -> None:
    clock, server = FakeClock(), Falling()
    task = asyncio.get_running_loop().create_task(keep("rules", server, clock))
    starts = []
    for seconds in (0.0, 1.0, 1.0, 1.0, 3.0, 1.0):
        await _settle()
        clock.advance(seconds)
        await _settle()
        starts.append(server.starts)
    task.cancel()
    assert starts == [0, 1, 1, 2, 2, 3]
