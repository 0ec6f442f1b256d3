from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import REGISTRY

from rules.engine.supervision import BATCH_SIZE, AgeingPass, SupervisionPass, UpkeepPass, Watched

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"shouwang_{name}", labels) or 0.0


@dataclass
class Watch:
    """Looks as they are told to be."""

    seen: Watched
    limits: list[int] = field(default_factory=list)

    async def watch(self, now: datetime, limit: int) -> Watched:
        self.limits.append(limit)
        return self.seen

    async def silent_counts(self) -> dict[str, int]:
        return {"late": 3, "held": 40}


@dataclass
class Upkeep:
    raised: int = 0

    async def keep_up(self, now: datetime) -> int:
        return 2

    async def unprotected(self) -> int:
        return 7

    async def age(self, now: datetime, limit: int) -> int:
        return min(self.raised, limit)


async def test_each_verdict_is_counted_with_its_lag_and_what_is_held_is_shown() -> None:
    lag, late = sample("supervision_lag_seconds_sum"), sample("supervision_verdicts_total", verdict="late")
    watch = Watch(Watched(lags_s=(1.0, 4.0), restored=1, lane_hold_s={"telemetry": 60.0}))
    assert await SupervisionPass(watch).run_once(NOW) == 3
    assert sample("supervision_lag_seconds_sum") == lag + 5.0
    assert sample("supervision_verdicts_total", verdict="late") == late + 2
    assert sample("devices_silent", status="held") == 40
    assert sample("lane_hold_seconds", lane="telemetry") == 60


async def test_a_full_look_is_followed_by_another_at_once_and_any_other_by_a_rest() -> None:
    full = SupervisionPass(Watch(Watched(is_full=True)))
    assert await full.run_once(NOW) >= full.batch_size
    many = SupervisionPass(Watch(Watched(lags_s=(1.0,) * 500)))
    assert await many.run_once(NOW) < many.batch_size


async def test_upkeep_shows_who_is_unprotected_and_ageing_goes_round_while_its_batch_is_full() -> None:
    assert await UpkeepPass(Upkeep()).run_once(NOW) == 2
    assert sample("residents_unprotected") == 7
    assert await AgeingPass(Upkeep(raised=1000)).run_once(NOW) == BATCH_SIZE
