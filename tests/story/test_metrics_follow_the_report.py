"""The metrics of Answer and Arrival are the report's figures: each clock once, by the priority it started at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from rules.domain.kpi_clocks import SETTLED_S
from rules.domain.vocabulary import Step
from rules.engine.figures import FiguresPass
from store.figures import FiguresRecord
from tests.story.centre_at_night import Night, night_in


@pytest.fixture
async def night(fresh_dsn: str) -> AsyncIterator[Night]:
    async with night_in(fresh_dsn) as night:
        yield night


def answered(priority: str) -> tuple[float, float]:
    """How many clocks, and their seconds, this process has counted so far."""
    label = {"priority": priority}
    return (
        REGISTRY.get_sample_value("shouwang_incident_answer_seconds_count", label) or 0.0,
        REGISTRY.get_sample_value("shouwang_incident_answer_seconds_sum", label) or 0.0,
    )


async def test_a_claim_given_back_at_once_stops_no_metric_either(night: Night) -> None:
    figures = FiguresPass(FiguresRecord(night.town.db))
    await figures.run_once(night.now)
    before = answered("P1")
    dispatcher = await night.town.user()
    press = await night.press(await night.town.home())
    night.clock.advance(5)
    await night.step(press.incident_id, Step.CLAIM, dispatcher)
    night.clock.advance(2)
    await night.step(press.incident_id, Step.RELEASE, dispatcher)
    night.clock.advance(SETTLED_S + 1)
    assert await figures.run_once(night.now) == 0
    await night.step(press.incident_id, Step.CLAIM, dispatcher)
    claimed_after_s = 5 + 2 + SETTLED_S + 1
    assert await figures.run_once(night.now) == 0, "it has not shown yet whether it counts"
    night.clock.advance(SETTLED_S + 1)
    assert await figures.run_once(night.now) == 1
    assert await figures.run_once(night.now) == 0, "once"
    count, total = answered("P1")
    assert (count - before[0], total - before[1]) == (1, claimed_after_s)


async def test_two_engines_count_each_clock_once_and_a_night_without_any_is_caught_up(night: Night) -> None:
    one, two = FiguresPass(FiguresRecord(night.town.db)), FiguresPass(FiguresRecord(night.town.db))
    await one.run_once(night.now)
    dispatcher = await night.town.user()
    for _ in range(3):
        press = await night.press(await night.town.home())
        night.clock.advance(20)
        await night.step(press.incident_id, Step.CLAIM, dispatcher)
        night.clock.advance(60)
    night.clock.advance(int(timedelta(hours=3).total_seconds()))
    counted = 0
    for _ in range(6):
        counted += sum(await asyncio.gather(one.run_once(night.now), two.run_once(night.now)))
    assert counted == 3


async def test_protection_is_noted_once_an_hour(night: Night) -> None:
    home = await night.town.home()
    await night.town.home()
    await night.town.db.pool.execute(
        "UPDATE supervision SET status = 'live' WHERE device_id = (SELECT id FROM device WHERE device = $1)",
        home.button,
    )
    record = FiguresRecord(night.town.db)
    for _ in range(3):
        await record.note_protection(night.now)
        night.clock.advance(10)
    rows = await night.town.db.pool.fetch("SELECT residents, protected FROM protection_hour")
    assert [tuple(row) for row in rows] == [(2, 1)]
