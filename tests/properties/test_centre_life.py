"""Any order of devices, desks, responders, engines, restarts, broken statements and time keeps the invariants.

On a real database. The seed is printed with every run, beside the one command that repeats it. Short in every run of
the tests; `make deep` makes it 10,000 steps through `LIFE_EXAMPLES` and `LIFE_STEPS`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from shouwang.embedded.postgres import EmbeddedPostgres
from store.migrate import migrate
from tests.conftest import _execute, _in_database
from tests.properties.centre.life import CentreLife
from tests.properties.centre.world import Cast, cast_in

EXAMPLES: Final = int(os.environ.get("LIFE_EXAMPLES", "8"))
STEPS: Final = int(os.environ.get("LIFE_STEPS", "60"))
#: `make deep`: what a long run has to come to; some lives end sooner than they might.
STEPS_LEAST: Final = 10_000


@pytest.fixture(scope="module")
def life(embedded_postgres: EmbeddedPostgres) -> Iterator[type[CentreLife]]:
    """The machine over this process's server, with a template of its own."""
    server, template = embedded_postgres, f"life_{secrets.token_hex(4)}"
    dsn = _in_database(server.dsn, template)

    async def prepare() -> Cast:
        await _execute(server.superuser_dsn, f"CREATE DATABASE {template} OWNER shouwang")
        await migrate(dsn)
        return await cast_in(dsn)

    with asyncio.Runner() as runner:
        CentreLife.server, CentreLife.template, CentreLife.runner = server, template, runner
        CentreLife.cast = runner.run(prepare())
        yield CentreLife
        # Here, where they are expected, and not in whatever test is the next.
        gc.collect()
        runner.run(_execute(server.superuser_dsn, f"DROP DATABASE {template} WITH (FORCE)"))


# Connections that a test cut are left to the collector, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(3600)
def test_no_order_of_events_breaks_an_invariant(life: type[CentreLife], capsys: pytest.CaptureFixture[str]) -> None:
    number = int(os.environ.get("LIFE_SEED") or secrets.randbelow(2**32))
    lengths = f"LIFE_EXAMPLES={EXAMPLES} LIFE_STEPS={STEPS}"
    command = f"LIFE_SEED={number} {lengths} python -m pytest -n 0 tests/properties/test_centre_life.py"
    with capsys.disabled():
        print(f"\n  seed {number}; to repeat: {command}", flush=True)  # noqa: T201 - a run is repeated by it
    life.steps_taken, life.broke = 0, None
    chosen = settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None, print_blob=True,
        phases=(Phase.generate,), suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    try:
        run_state_machine_as_test(seed(number)(life), settings=chosen)
    except BaseException as error:  # noqa: BLE001  # raised again, and perhaps another in its place
        # Engines race: played again, the same acts may end well, and that they do must not hide how they ended first.
        broke = life.broke or error
        broke.add_note(f"to repeat: {command}")
        raise broke from None
    with capsys.disabled():
        print(f"  {life.steps_taken} steps kept every invariant", flush=True)  # noqa: T201 - how much it says
    if EXAMPLES * STEPS > STEPS_LEAST:
        assert life.steps_taken >= STEPS_LEAST, "too few steps to say anything"
