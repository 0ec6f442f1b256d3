"""Two engines fire each deadline once; a step that fails is tried again and then every supervisor hears of it."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from rules.domain.firing import Firing, IncidentView, decide
from store.engine import EngineStore
from tests.story.centre_at_night import night_in
from tests.town import CENTRE, town_in


async def test_any_number_of_engines_fire_each_deadline_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night, town_in(fresh_dsn, max_size=6) as elsewhere:
        await night.town.user()
        homes = [await night.town.home() for _ in range(25)]
        calls = [(await night.press(home)).incident_id for home in homes]
        night.clock.advance(61)
        engines = [night.engine, *(EngineStore(elsewhere.db, CENTRE) for _ in range(4))]
        reports = await asyncio.gather(*(engine.fire_due(night.now, 100, decide) for engine in engines))
        assert sum(len(report.firings) for report in reports) == len(calls)
        assert [report.failed for report in reports] == [0] * len(engines)
        for call in calls:
            assert await night.actions(call) == ["opened", "escalated"]


async def test_a_step_that_fails_is_tried_after_5_15_and_60_s_and_then_replaced(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        broken, sound = await night.town.home(), await night.town.home()
        call = (await night.press(broken)).incident_id
        other = (await night.press(sound)).incident_id
        tries: list[int] = []

        def breaks(view: IncidentView, now: datetime) -> Firing | None:
            firing = decide(view, now)
            if firing is not None and view.id == call and firing.kind == "escalate" and firing.entry != "step_failed":
                tries.append((now - start).seconds)
                raise RuntimeError("a plan that cannot be read")
            return firing

        start = night.now
        for _ in range(150):
            night.clock.advance(1)
            await night.engine.fire_due(night.now, 100, breaks)
        assert tries == [60, 65, 80, 140]
        case = await night.case(call)
        assert "step_failed" in await night.actions(call)
        assert case["sound_to"] == "supervisors"
        assert case["next_due_at"] > night.now
        assert "escalated" in await night.actions(other), "the others go on"


@pytest.mark.parametrize("seconds", [75, 130, 200, 3600, 7 * 24 * 3600])
async def test_after_an_outage_the_latest_stage_fires_once_and_the_rest_is_passed_over(
    fresh_dsn: str, seconds: int
) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        call = (await night.press(await night.town.home())).incident_id
        await night.outage(seconds)
        beside = {"services_due", "dispatch_due", "family_due", "dispatch", "nobody_to_send"}
        assert [action for action in await night.actions(call) if action not in beside] == ["opened", "escalated"]
        fixed = await night.town.db.pool.fetchval("SELECT fixed FROM entry WHERE incident_id = $1 AND seq = 2", call)
        assert ('"reason":"caught_up_after_outage"' in fixed) is (seconds >= 90)
        assert (await night.case(call))["next_due_at"] > night.now, "counted from the firing, not from when it was due"
