"""One row that cannot be worked on stops the queue behind it: of dispatch, and of what is to be told."""

from __future__ import annotations

from typing import Any

import pytest

from devices.event import EventType
from rules.domain.sending import Kind
from rules.engine.dispatch import DispatchPass
from rules.engine.duty import DutyPass
from rules.engine.outbox import Letter, Outcome
from rules.engine.suppression import HoldingPass
from store.desks import DeskStore
from store.duty import set_duty
from store.field_due import FieldDueStore
from store.holding_passes import HoldingPasses
from tests.story.centre_at_night import night_in
from tests.story.holding_town import holding_in
from tests.story.people_who_go import field_in
from tests.story.telephones import Provider, telephones_in
from tests.town import CENTRE


async def test_offers_of_the_other_cases_time_out_though_one_case_cannot_be_read(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        for _ in range(4):
            await field.responder()
        calls = [(await night.press(await night.town.home())).incident_id for _ in range(2)]
        await night.pass_seconds(185)
        asked = [await field.standing(call) for call in calls]
        assert all(asked), "somebody was asked for each"
        await night.town.db.pool.execute("UPDATE incident SET class = 'of_next_year' WHERE id = $1", calls[0])
        watch = DispatchPass(FieldDueStore(night.town.db, CENTRE))
        for _ in range(60):
            night.clock.advance(5)
            await watch.run_once(night.now)
        assert "timed_out" in (await field.standing(calls[1])).values(), "its offer waited for another case"
        await night.town.db.pool.execute("UPDATE incident SET class = 'sos' WHERE id = $1", calls[0])


async def test_a_notice_that_makes_its_channel_raise_delays_nobody_elses(fresh_dsn: str) -> None:
    broken = Provider(name="broken", kind=Kind.WEBHOOK, answers_with=_raises)
    async with telephones_in(fresh_dsn, more=(broken,)) as centre:
        await centre.user("supervisor", phone="13900000001")
        await centre.user("supervisor", phone="13900000002", rank=2)
        await centre.press(await centre.night.town.home())
        await centre.night.town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, due_at, made_at)"
            " VALUES ('webhook:broken', 'information', 1, $1, $1)",
            centre.now,
        )
        await centre.pass_seconds(100)
        assert centre.voice.of(), "nobody was rung"


def _raises(letter: Letter) -> Outcome:
    raise RuntimeError("a channel promises never to raise")


async def test_what_was_held_is_released_though_one_of_it_cannot_be_read(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by = await town.night.town.user("supervisor")
        await town.silence(by, types=("fault",), seconds=60)
        for _ in range(2):
            await town.says(await town.device(), EventType.FAULT)
        await town.db.pool.execute(
            "UPDATE held SET class = 'of_next_year' WHERE no = (SELECT min(no) FROM held WHERE ended_at IS NULL)"
        )
        town.night.clock.advance(61)
        await HoldingPasses(town.db, CENTRE).release(town.night.now, 100)
        assert len(await town.open_cases("fault_life_safety")) == 1, "the other one waits for ever"


async def test_what_was_held_is_released_though_counting_fails(fresh_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> int:
        raise RuntimeError("an outage that cannot be read")

    async with holding_in(fresh_dsn) as town:
        by = await town.night.town.user("supervisor")
        await town.silence(by, types=("fault",), seconds=60)
        await town.says(await town.device(), EventType.FAULT)
        town.night.clock.advance(61)
        passes = HoldingPasses(town.db, CENTRE)
        monkeypatch.setattr(passes, "keep", broken)
        with pytest.raises(RuntimeError):
            await HoldingPass(passes).run_once(town.night.now)
        assert len(await town.open_cases("fault_life_safety")) == 1


async def test_neighbours_burning_are_linked_though_a_fall_beside_them_cannot_be_read(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        fallen = await town.night.town.home()
        fall = (await town.says(fallen.button, EventType.FALL)).incident_id
        for _ in range(2):
            await town.says(await town.device(), EventType.SMOKE)
        town.night.clock.advance(121)
        await town.db.pool.execute("UPDATE incident SET plan = '[{}]' WHERE id = $1", fall)
        await HoldingPasses(town.db, CENTRE).combine(town.night.now)
        assert await town.db.pool.fetchval("SELECT count(*) FROM incident_link") == 1


async def test_an_empty_room_is_told_of_though_a_case_that_waits_there_cannot_be_read(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        duty = DutyPass(DeskStore(night.town.db, CENTRE))
        await duty.run_once(night.now)
        calls = [(await night.press(await night.town.home())).incident_id for _ in range(2)]
        await night.town.db.pool.execute("UPDATE incident SET class = 'of_next_year' WHERE id = $1", calls[0])
        await set_duty(night.town.db, desk.user_id, "off", now=night.now)
        await duty.run_once(night.now)
        assert await night.town.db.pool.fetchval("SELECT count(*) FROM incident WHERE class = 'nobody_on_duty'") == 1
        assert "brought_forward" in await night.actions(calls[1])
