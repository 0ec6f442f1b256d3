"""A desk that sleeps, a page that is closed, a room that is empty: the machine says so and waits for nobody."""

from __future__ import annotations

from devices.event import EventType
from rules.domain.vocabulary import Step
from rules.engine.duty import DutyPass
from store.acts import note_act
from store.desks import DeskStore
from store.duty import set_duty, stream_answered
from tests.story.centre_at_night import Night, night_in
from tests.town import CENTRE


async def look(night: Night) -> None:
    await DutyPass(DeskStore(night.town.db, CENTRE)).run_once(night.now)


async def alarms(night: Night) -> list[tuple[str, str]]:
    rows = await night.town.db.pool.fetch(
        "SELECT subject, state FROM incident WHERE class = 'nobody_on_duty' ORDER BY id"
    )
    return [(row["subject"], row["state"]) for row in rows]


async def desks(night: Night) -> int:
    count: int = await night.town.db.pool.fetchval("SELECT count(*) FROM desk_present")
    return count


async def test_a_centre_whose_first_shift_has_not_begun_is_not_abandoned(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await look(night)
        assert await alarms(night) == []


async def test_the_last_desk_going_off_is_a_call_for_somebody_and_ends_when_one_is_back(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        await look(night)
        assert await alarms(night) == []
        await set_duty(night.town.db, desk.user_id, "off", now=night.now)
        await look(night)
        assert await alarms(night) == [("s:duty:everywhere", "open")]
        await look(night)
        assert len(await alarms(night)) == 1
        await set_duty(night.town.db, desk.user_id, "on", now=night.now)
        await look(night)
        assert await alarms(night) == [("s:duty:everywhere", "resolved")]


async def test_a_desk_without_a_key_for_half_an_hour_is_asked_and_then_counts_as_absent(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        await set_duty(night.town.db, desk.user_id, "on", now=night.now)
        night.clock.advance(31 * 60)
        assert await stream_answered(night.town.db, desk.user_id, night.now) is None
        await look(night)
        assert await stream_answered(night.town.db, desk.user_id, night.now) == night.now
        assert await desks(night) == 1
        night.clock.advance(61)
        await stream_answered(night.town.db, desk.user_id, night.now)
        await look(night)
        assert await desks(night) == 0
        assert [state for _, state in await alarms(night)] == ["open"]
        await note_act(night.town.db, desk.user_id, night.now)
        await look(night)
        assert await desks(night) == 1
        assert [state for _, state in await alarms(night)] == ["resolved"]


async def test_a_page_that_is_closed_on_duty_is_told_to_the_others(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        lost, other = await night.town.user(), await night.town.user("supervisor")
        for hand in (lost, other):
            await set_duty(night.town.db, hand.user_id, "on", now=night.now)
            await stream_answered(night.town.db, hand.user_id, night.now)
        night.clock.advance(16)
        await stream_answered(night.town.db, other.user_id, night.now)
        await look(night)
        assert await alarms(night) == [(f"s:desk:{lost.user_id}", "open")]
        await stream_answered(night.town.db, lost.user_id, night.now)
        await look(night)
        assert await alarms(night) == [(f"s:desk:{lost.user_id}", "resolved")]


async def test_what_waits_for_a_desk_goes_on_at_once_when_the_last_one_leaves(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk, home = await night.town.user(), await night.town.home()
        await set_duty(night.town.db, desk.user_id, "on", now=night.now)
        call = (await night.press(home, EventType.SOS)).incident_id
        await night.pass_seconds(5)
        assert "escalated" not in await night.actions(call)
        await set_duty(night.town.db, desk.user_id, "off", now=night.now)
        await look(night)
        await night.engine_looks()
        actions = await night.actions(call)
        assert "escalated" in actions and "brought_forward" in actions


async def test_a_call_whose_first_stage_fired_meanwhile_is_not_brought_forward(fresh_dsn: str) -> None:
    """What waits is read before its lock is held: the telephone's time is not the desk's to give away."""
    async with night_in(fresh_dsn) as night:
        desk, home = await night.town.user(), await night.town.home()
        await set_duty(night.town.db, desk.user_id, "on", now=night.now)
        call = (await night.press(home, EventType.SOS)).incident_id
        assert call is not None
        await night.pass_seconds(60)
        await DeskStore(night.town.db, CENTRE)._bring_one_forward(call, night.now)
        actions = await night.actions(call)
        assert "escalated" in actions and "brought_forward" not in actions


async def test_whoever_holds_a_case_that_is_over_is_told_so_once(fresh_dsn: str) -> None:
    """A note every two seconds until somebody resolves it buries what people wrote."""
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        await set_duty(night.town.db, desk.user_id, "off", now=night.now)
        await look(night)
        case = await night.town.db.pool.fetchval("SELECT id FROM incident WHERE class = 'nobody_on_duty'")
        await night.step(case, Step.CLAIM, by=desk)
        await set_duty(night.town.db, desk.user_id, "on", now=night.now)
        for _ in range(3):
            night.clock.advance(2)
            await look(night)
        assert (await night.actions(case)).count("noted") == 1


async def test_a_case_that_a_person_calls_something_else_is_not_told_again_and_again(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user("supervisor")
        await set_duty(night.town.db, desk.user_id, "off", now=night.now)
        await look(night)
        await night.town.db.pool.execute("UPDATE incident SET class = 'fault' WHERE class = 'nobody_on_duty'")
        case = await night.town.db.pool.fetchval("SELECT id FROM incident")
        for _ in range(3):
            night.clock.advance(2)
            await look(night)
        assert await night.actions(case) == ["opened"]


async def test_a_desk_that_does_not_see_the_place_is_not_waited_for(fresh_dsn: str) -> None:
    """The mistake: a press waited its minute for desks of other areas, which cannot even see it."""
    async with night_in(fresh_dsn) as night:
        pool = night.town.db.pool
        await pool.execute("INSERT INTO area (path, name) VALUES ('cw', '澄湾'), ('cw.a', '河口'), ('cw.b', '新桥')")
        desk, home = await night.town.user(), await night.town.home()
        await pool.execute("UPDATE premises SET area = 'cw.a' WHERE id = $1", home.premises_id)
        await pool.execute("UPDATE app_user SET areas = '{cw.b}' WHERE id = $1", desk.user_id)
        alone = (await night.press(home)).incident_id
        await night.engine_looks()
        assert await night.actions(alone) == ["opened", "escalated"]
        await pool.execute("UPDATE app_user SET areas = '{cw}' WHERE id = $1", desk.user_id)
        leak = await night.town.device("other", premises_id=home.premises_id)
        seen = (await night.press(home, EventType.SMOKE, device=leak)).incident_id
        await night.engine_looks()
        assert await night.actions(seen) == ["opened"]


async def test_a_desk_whose_account_was_switched_off_is_not_waited_for(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        await night.town.db.pool.execute("UPDATE app_user SET disabled_at = $2 WHERE id = $1", desk.user_id, night.now)
        call = (await night.press(await night.town.home())).incident_id
        await night.engine_looks()
        assert await night.actions(call) == ["opened", "escalated"]


async def test_a_case_given_back_in_a_room_that_has_been_empty_for_long_waits_for_nobody(fresh_dsn: str) -> None:
    """The mistake: what waits was brought forward in the moment the room became empty, and never after it."""
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        call = (await night.press(await night.town.home())).incident_id
        await night.step(call, Step.CLAIM, desk)
        await night.step(call, Step.NOTE, desk, text="我这就走")
        await set_duty(night.town.db, desk.user_id, "off", now=night.now)
        await look(night)
        await night.pass_seconds(15)
        await night.step(call, Step.RELEASE, desk)
        await look(night)
        await night.engine_looks()
        assert "escalated" in await night.actions(call)


async def test_a_call_waits_no_longer_than_20_s_once_the_last_free_desk_has_taken_another(fresh_dsn: str) -> None:
    """The mistake: whether every desk is busy was asked when the call came in, and never again (centre.md, 9)."""
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        first = (await night.press(await night.town.home())).incident_id
        second = (await night.press(await night.town.home())).incident_id
        await night.step(first, Step.CLAIM, desk)
        await night.holds_on(first)
        await look(night)
        await night.pass_seconds(19)
        assert "escalated" not in await night.actions(second)
        await night.pass_seconds(1)
        assert "escalated" in await night.actions(second)
