"""A rules process that dies between a decision and its telling tells nobody, or everybody twice."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.faults.escalating import kill_at_random


@pytest.mark.timeout(240)
async def test_an_engine_killed_again_and_again_fires_each_stage_once_and_tells_what_it_decided(
    fresh_dsn: str, tmp_path: Path
) -> None:
    seed = secrets.randbelow(1_000_000)
    found = await kill_at_random(fresh_dsn, tmp_path, seed=seed, seconds=8.0)
    assert found.faults == [], f"python -m tests.faults.escalating --seed {seed}"
    assert found.kills > 0
    assert found.stages > 0
