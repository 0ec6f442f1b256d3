from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from prometheus_client import REGISTRY

from rules.clock import FakeClock
from rules.engine import loop
from rules.engine.loop import AFTER_FAILURE_S, Engine


class Counting:
    """A pass that counts its turns, works on what it is told to and breaks when told to."""

    def __init__(self, name: str, *, every_s: float = 1.0, batch_size: int = 10) -> None:
        self.name, self.every_s, self.batch_size = name, every_s, batch_size
        self.work = 0
        self.error: Exception | None = None
        self.turns: list[datetime] = []
        self.turned = asyncio.Event()

    async def run_once(self, now: datetime) -> int:
        self.turns.append(now)
        self.turned.set()
        if self.error is not None:
            raise self.error
        return self.work


def failures(name: str, error: str) -> float:
    return REGISTRY.get_sample_value("shouwang_pass_failures_total", {"name": name, "error": error}) or 0.0


async def test_a_pass_comes_again_in_its_own_time() -> None:
    steady = Counting("steady", every_s=5.0)
    assert await Engine([steady], FakeClock()).turn(steady) == 5.0


@pytest.mark.parametrize(("worked", "wait_s"), [(9, 1.0), (10, 0.0), (11, 0.0)])
async def test_a_full_batch_goes_round_again_without_a_pause(worked: int, wait_s: float) -> None:
    busy = Counting("busy")
    busy.work = worked
    assert await Engine([busy], FakeClock()).turn(busy) == wait_s


async def test_a_pass_without_batches_never_goes_round_at_once() -> None:
    audit = Counting("audit", batch_size=0)
    audit.work = 50
    assert await Engine([audit], FakeClock()).turn(audit) == 1.0


async def test_an_error_of_a_pass_is_counted_and_the_pass_comes_again() -> None:
    broken = Counting("broken", every_s=3600.0)
    broken.error = ConnectionError("the row of Wang Xiaoying")
    before = failures("broken", "ConnectionError")
    assert await Engine([broken], FakeClock()).turn(broken) == AFTER_FAILURE_S
    assert failures("broken", "ConnectionError") == before + 1


async def test_the_log_of_an_error_keeps_its_words_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    broken = Counting("broken")
    broken.error = ValueError("the row of Wang Xiaoying")
    await Engine([broken], FakeClock()).turn(broken)
    said = capsys.readouterr()
    assert "pass_failed" in said.out + said.err
    assert "Xiaoying" not in said.out + said.err


async def test_a_pass_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Counting):
        async def run_once(self, now: datetime) -> int:
            await asyncio.Event().wait()
            return 0

    monkeypatch.setattr(loop, "PASS_DEADLINE_S", 0.0)
    hanging = Hanging("hanging")
    before = failures("hanging", "TimeoutError")
    assert await Engine([hanging], FakeClock()).turn(hanging) == AFTER_FAILURE_S
    assert failures("hanging", "TimeoutError") == before + 1


async def test_no_pass_begins_while_the_databases_time_is_in_doubt() -> None:
    clock = FakeClock()
    steady = Counting("steady")
    engine = Engine([steady], clock)
    engine.hold(20)
    engine.hold(5)
    assert await engine.turn(steady) == 20
    clock.advance(20)
    assert await engine.turn(steady) == 1.0
    assert len(steady.turns) == 1


async def test_one_broken_pass_never_stops_another() -> None:
    clock = FakeClock()
    broken, steady = Counting("broken"), Counting("steady")
    broken.error = RuntimeError("broken")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(Engine([broken, steady], clock).run())
        for turn in (1, 2, 3):
            await asyncio.gather(*(each.turned.wait() for each in (broken, steady)))
            assert (len(broken.turns), len(steady.turns)) == (turn, turn)
            broken.turned.clear()
            steady.turned.clear()
            clock.advance(1)
        running.cancel()
