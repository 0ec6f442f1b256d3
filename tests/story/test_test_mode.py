"""In test mode a press sounds softly, and is real by itself after a minute or with the next press, claimed or not."""

from __future__ import annotations

import pytest

from devices.event import EventType
from devices.report import report
from rules.domain.vocabulary import Channel, Step
from store import test_mode
from store.alarms import Alarm, accept
from store.steps import Hand
from tests.story.centre_at_night import Night, night_in
from tests.story.people_who_go import field_in
from tests.town import Home


async def in_test(night: Night) -> Home:
    await night.town.user()
    home = await night.town.home()
    await night.town.db.pool.execute(
        "INSERT INTO test_mode (device_id, from_at, until_at, reason)"
        " SELECT id, $2::timestamptz, $2::timestamptz + interval '30 minutes', 'installing'"
        " FROM device WHERE device = $1",
        home.button,
        night.now,
    )
    return home


async def test_a_test_nobody_confirms_becomes_real_after_sixty_seconds(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        call = (await night.press(await in_test(night))).incident_id
        assert "test" in (await night.case(call))["marks"]
        await night.pass_seconds(59)
        assert await night.actions(call) == ["opened"]
        await night.pass_seconds(1)
        assert await night.actions(call) == ["opened", "test_unconfirmed"]
        case = await night.case(call)
        assert "test" not in case["marks"]
        assert case["sound_to"] == "desks"
        await night.pass_seconds(60)
        assert (await night.actions(call))[-1] == "escalated"


async def test_a_test_that_becomes_real_with_nobody_at_a_desk_waits_for_no_desk(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        call = (await night.press(await in_test(night))).incident_id
        await night.town.db.pool.execute("UPDATE duty SET state = 'off'")
        await night.pass_seconds(60)
        assert await night.actions(call) == ["opened", "test_unconfirmed", "escalated"]


async def test_a_second_press_in_test_mode_is_real_at_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await in_test(night)
        call = (await night.press(home)).incident_id
        await night.pass_seconds(5)
        assert (await night.press(home)).incident_id == call
        assert "test" not in (await night.case(call))["marks"]
        await night.pass_seconds(60)
        assert "escalated" in await night.actions(call)


@pytest.mark.parametrize("is_state", [False, True])
async def test_smoke_after_the_tester_left_is_real_although_the_tests_own_never_cleared(
    fresh_dsn: str, is_state: bool
) -> None:
    async with night_in(fresh_dsn) as night:
        tester, home = await night.town.user(), await night.town.home()
        device = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        number = await night.town.db.pool.fetchval("SELECT id FROM device WHERE device = $1", device)

        async def smokes() -> int | None:
            event = report(EventType.SMOKE, at=night.now, is_state=is_state)
            alarm = Alarm(device=device, event=event, channel=Channel.ALARM, received_at=night.now)
            async with night.town.db.transaction() as connection:
                return (await accept(connection, None, alarm, centre=night.town.centre)).incident_id

        half_hour = test_mode.TEST_MOST
        await test_mode.begin(
            night.town.db, number, length=half_hour, reason="安装", by=tester.user_id, now=night.now
        )  # fmt: skip
        tested = await smokes()
        night.clock.advance(10)
        assert tested == await test_mode.confirm(
            night.town.db, number, None, by=tester.user_id, centre=night.town.centre, now=night.now
        )
        night.clock.advance(10)
        assert await smokes() == tested, "the detector has not cleared yet, and it is still a test"
        await test_mode.end(night.town.db, number, by=tester.user_id, now=night.now)
        night.clock.advance(30)
        real = await smokes()
        assert real != tested
        case = await night.case(real)
        assert (case["state"], "test" in case["marks"]) == ("open", False)
        night.clock.advance(10)
        assert await smokes() == real
        assert (await night.case(real))["sounded_at"] == case["sounded_at"], "once is enough"


async def _unheard(night: Night, call: int | None, desk: Hand, times: int) -> None:
    for _ in range(times):
        await night.step(
            call, Step.CALL, desk, facts=(("to", "resident"), ("result", "no_answer"), ("verified", "none"))
        )
        await night.pass_seconds(5)


async def test_a_press_on_test_that_a_desk_has_claimed_is_real_after_its_minute(fresh_dsn: str) -> None:
    """The mistake: the claim ended the tester's minute, and the press stayed a test for ever."""
    async with night_in(fresh_dsn) as night:
        home = await in_test(night)
        call = (await night.press(home)).incident_id
        desk = await night.town.user()
        await night.step(call, Step.CLAIM, desk)
        await night.holds_on(call)
        await night.pass_seconds(61)
        case = await night.case(call)
        assert "test" not in case["marks"]
        assert (case["state"], case["sound_to"]) == ("claimed", "owner")
        assert "escalated" not in await night.actions(call), "the desk has it"


async def test_a_press_on_test_whose_desk_falls_silent_is_sent_to_like_any_other(fresh_dsn: str) -> None:
    """The mistake: claimed on test and lost, it rang at the desks, and nobody was ever sent, rung or told."""
    async with field_in(fresh_dsn) as field:
        night = field.night
        home = await in_test(night)
        await field.responder()
        call = (await night.press(home)).incident_id
        await night.step(call, Step.CLAIM, await night.town.user())
        await night.pass_seconds(25)
        assert (await night.case(call))["claimed_by"] is None
        await night.pass_seconds(240)
        assert "test" not in (await night.case(call))["marks"]
        assert await field.assignments(call)
        assert "services_due" in await night.actions(call)


async def test_two_calls_that_nobody_answers_send_somebody_also_within_the_testers_minute(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        home = await in_test(night)
        await field.responder()
        call = (await night.press(home)).incident_id
        desk = await night.town.user()
        await night.step(call, Step.CLAIM, desk)
        await night.holds_on(call)
        await _unheard(night, call, desk, times=2)
        assert await field.assignments(call)


async def test_a_press_that_was_confirmed_as_a_test_and_is_taken_up_again_is_none(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await in_test(night)
        call = (await night.press(home)).incident_id
        desk = await night.town.user()
        await night.town.resolve(call, desk, now=night.now)
        await night.step(call, Step.REOPEN, desk)
        assert "test" not in (await night.case(call))["marks"]
