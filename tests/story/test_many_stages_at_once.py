"""After an outage everything is due at once: stages taken together fire as they do alone, and none delays another."""

from __future__ import annotations

import asyncio
from datetime import datetime

from devices.event import EventType
from rules.domain.firing import Firing, IncidentView, decide
from store import stages
from store.engine import EngineStore
from tests.story.centre_at_night import Night, night_in
from tests.town import CENTRE, town_in

HOMES = stages.MANY + 9


async def _calls(night: Night, homes: int = HOMES) -> list[int]:
    found = [(await night.press(await night.town.home())).incident_id for _ in range(homes)]
    assert None not in found
    return [one for one in found if one is not None]


async def test_stages_fired_together_leave_what_each_leaves_alone(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user("supervisor")
        first = (await _calls(night, 1))[0]
        night.clock.advance(61)
        await night.engine.fire_due(night.now, 100, decide)
        alone = await night.case(first)
        await night.town.resolve(first, await night.town.user(), now=night.now)
        calls = await _calls(night)
        night.clock.advance(61)
        report = await night.engine.fire_due(night.now, 100, decide)
        assert len(report.firings) == HOMES
        for call in calls:
            case = await night.case(call)
            assert await night.actions(call) == ["opened", "escalated"]
            assert case["sounded_at"] == night.now
            assert case["next_due_at"] - night.now == alone["next_due_at"] - alone["sounded_at"]
            same = ("sound_to", "stage", "version", "last_seq", "state", "priority", "next_step")
            assert [case[name] for name in same] == [alone[name] for name in same]
            assert case["plan"], "the plan it was opened with is still there"


async def test_a_stage_that_raises_among_many_is_put_off_alone(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        calls = await _calls(night)
        broken = calls[3]

        def breaks(view: IncidentView, now: datetime) -> Firing | None:
            if view.id == broken:
                raise RuntimeError("a plan that cannot be read")
            return decide(view, now)

        night.clock.advance(61)
        report = await night.engine.fire_due(night.now, 100, breaks)
        assert (len(report.firings), report.failed) == (HOMES - 1, 1)
        assert (await night.case(broken))["next_due_at"] > night.now
        assert await night.actions(broken) == ["opened"]


async def test_a_case_in_other_hands_does_not_hold_up_the_others(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        calls = await _calls(night)
        night.clock.advance(61)
        async with night.town.db.transaction() as desk:
            await desk.execute("SELECT FROM incident WHERE id = $1 FOR UPDATE", calls[0])
            report = await night.engine.fire_due(night.now, 100, decide)
            assert len(report.firings) == HOMES - 1
        assert len((await night.engine.fire_due(night.now, 100, decide)).firings) == 1


async def test_a_case_of_a_newer_release_holds_up_none_of_the_others(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        calls = await _calls(night)
        await night.town.db.pool.execute("UPDATE incident SET class = 'of_next_year' WHERE id = $1", calls[5])
        night.clock.advance(61)
        report = await night.engine.fire_due(night.now, 100, decide)
        assert (len(report.firings), report.failed) == (HOMES - 1, 1)
        strange = await night.case(calls[5])
        assert (strange["sounded_at"], strange["sound_to"]) == (night.now, "supervisors"), "every supervisor hears it"
        await night.town.db.pool.execute("UPDATE incident SET class = 'sos' WHERE id = $1", calls[5])


async def test_two_engines_share_what_is_due_and_fire_each_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night, town_in(fresh_dsn) as elsewhere:
        await night.town.user("supervisor")
        calls = await _calls(night, 2 * HOMES)
        night.clock.advance(61)
        engines = [night.engine, EngineStore(elsewhere.db, CENTRE)]
        reports = await asyncio.gather(*(engine.fire_due(night.now, 100, decide) for engine in engines))
        assert sum(len(report.firings) for report in reports) == len(calls)
        for call in calls:
            assert await night.actions(call) == ["opened", "escalated"]


async def test_what_a_silence_holds_is_held_also_among_many(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        by = await night.town.user()
        devices = [await night.town.device("door_sensor") for _ in range(HOMES)]
        opened = [(await night.press(await night.town.home(), EventType.FAULT, device=d)).incident_id for d in devices]
        await night.town.db.pool.execute(
            "INSERT INTO silence (reason, author, created_at, from_at, until_at, classes)"
            " VALUES ('works', $1, $2, $2, $2::timestamptz + interval '30 days', '{fault}')",
            by.user_id,
            night.now,
        )
        await night.outage(4 * 24 * 3600)
        for one in opened:
            assert (await night.actions(one))[-1] == "held"
