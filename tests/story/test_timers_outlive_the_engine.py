"""Timers kept in memory are lost at a restart, count from zero again, or all fire at once when the program starts.

Here an engine is a process's own objects over the database: killed and replaced, it finds every deadline where it was.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from rules.domain.vocabulary import Step
from rules.engine.auditor import AuditPass
from rules.engine.due import DuePass
from rules.engine.leases import LeasePass
from store.engine import EngineStore
from tests.story.centre_at_night import Night, night_in
from tests.town import CENTRE, town_in


def _restarted(night: Night) -> None:
    """Another process: nothing that the one before knew by heart."""
    night.engine = EngineStore(night.town.db, CENTRE)
    night.due, night.leases = DuePass(night.engine), LeasePass(night.engine)


async def _stages(night: Night, incident_id: int | None) -> list[str]:
    return [action for action in await night.actions(incident_id) if action == "escalated"]


async def test_a_restart_in_the_middle_of_a_wait_does_not_begin_it_again(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        call = (await night.press(await night.town.home())).incident_id
        await night.pass_seconds(50)
        _restarted(night)
        await night.pass_seconds(9)
        assert await _stages(night, call) == []
        await night.pass_seconds(1)
        assert len(await _stages(night, call)) == 1, "sixty seconds after the press, not after the start"
        _restarted(night)
        await night.pass_seconds(29)
        assert len(await _stages(night, call)) == 1
        await night.pass_seconds(1)
        assert len(await _stages(night, call)) == 2


async def test_an_engine_that_dies_in_a_stage_leaves_it_to_the_next_which_fires_it_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        call = (await night.press(await night.town.home())).incident_id
        night.clock.advance(61)
        async with town_in(fresh_dsn) as dying:
            connection = await dying.db.pool.acquire()
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute("UPDATE incident SET stage = 1 WHERE id = $1", call)
            connection.terminate()
        for _ in range(3):
            _restarted(night)
            await night.engine_looks()
        assert len(await _stages(night, call)) == 1


async def test_a_start_after_months_fires_no_storm_of_old_stages(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        waiting = [(await night.press(await night.town.home())).incident_id for _ in range(20)]
        over = [(await night.press(await night.town.home())).incident_id for _ in range(20)]
        for one in over:
            await night.town.resolve(one, desk, now=night.now)
            version = (await night.case(one))["version"]
            await night.step(one, Step.CLOSE, desk, if_match=version)
        night.clock.advance(timedelta(days=120).total_seconds())
        _restarted(night)
        await night.engine_looks()
        _restarted(night)
        await night.engine_looks()
        for one in waiting:
            assert len(await _stages(night, one)) == 1, "the latest stage, once; the others are passed over"
        for one in over:
            case = await night.case(one)
            assert (case["state"], case["next_due_at"]) == ("closed", None)
            assert await _stages(night, one) == []


async def test_what_was_resolved_four_months_ago_pages_nobody(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user("supervisor")
        desk = await night.town.user()
        call = (await night.press(await night.town.home())).incident_id
        await night.pass_seconds(70)
        await night.town.resolve(call, desk, now=night.now)
        told = await night.town.db.pool.fetchval("SELECT count(*) FROM outbox WHERE purpose = 'escalation'")
        night.clock.advance(timedelta(days=120).total_seconds())
        _restarted(night)
        await night.pass_seconds(5)
        case = await night.case(call)
        assert case["state"] == "resolved"
        assert len(await _stages(night, call)) == 1
        again = await night.town.db.pool.fetchval("SELECT count(*) FROM outbox WHERE purpose = 'escalation'")
        assert again == told, "a stale timer of a case that is over rang somebody"


async def test_two_engines_write_a_stages_notices_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night, town_in(fresh_dsn) as elsewhere:
        for _ in range(3):
            hand = await night.town.user("supervisor")
            await night.town.db.pool.execute(
                "UPDATE app_user SET phone = '1390000' || id::text WHERE id = $1", hand.user_id
            )
        calls = [(await night.press(await night.town.home())).incident_id for _ in range(20)]
        night.clock.advance(61)
        both = [night.due, DuePass(EngineStore(elsewhere.db, CENTRE))]
        await asyncio.gather(*(due.run_once(night.now) for due in both for _ in range(2)))
        rows = await night.town.db.pool.fetch(
            "SELECT incident_id, recipient, count(*) AS told FROM outbox WHERE purpose = 'escalation' GROUP BY 1, 2"
        )
        assert {row["incident_id"] for row in rows} == set(calls)
        assert {row["told"] for row in rows} == {1}


async def test_an_engine_that_stops_without_a_word_is_noticed_by_another_process(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night, town_in(fresh_dsn) as elsewhere:
        await night.town.user()
        auditor = AuditPass(EngineStore(elsewhere.db, CENTRE))
        await night.press(await night.town.home())
        await night.pass_seconds(61)
        assert await auditor.run_once(night.now) == 0
        night.clock.advance(29)
        assert await auditor.run_once(night.now) == 0, "the next stage is due just now"
        night.clock.advance(11)
        assert await auditor.run_once(night.now) == 1, "due for eleven seconds, and nobody looked"
        await night.engine_looks()
        assert await auditor.run_once(night.now) == 0
