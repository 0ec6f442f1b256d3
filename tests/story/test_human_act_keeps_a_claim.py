"""A claim is held by a person: a key keeps it, a page that only breathes does not."""

from __future__ import annotations

from rules.domain.vocabulary import Step
from store.acts import note_act
from tests.story.centre_at_night import Night, night_in


async def _claimed(night: Night) -> tuple[int | None, int]:
    desk = await night.town.user()
    call = (await night.press(await night.town.home())).incident_id
    await night.step(call, Step.CLAIM, desk)
    await night.holds_on(call)
    return call, desk.user_id


async def test_a_key_now_and_then_keeps_the_case(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        call, user = await _claimed(night)
        for _ in range(3):
            await night.pass_seconds(140)
            before = await night.case(call)
            assert await note_act(night.town.db, user, night.now) == 1
            after = await night.case(call)
            assert (after["version"], after["last_seq"]) == (before["version"], before["last_seq"])
            due_at = await night.town.db.pool.fetchval(
                "SELECT due_at FROM deadline WHERE incident_id = $1 AND kind = 'act'", call
            )
            assert (due_at - night.now).total_seconds() == 150
        assert (await night.case(call))["claimed_by"] == user
        assert "unattended_again" not in await night.actions(call)


async def test_a_page_without_a_person_is_reminded_and_then_loses_the_case(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        call, _ = await _claimed(night)
        await night.pass_seconds(151)
        assert (await night.actions(call))[-1] == "reminded"
        await night.pass_seconds(31)
        assert (await night.actions(call))[-1] == "unattended_again"
        assert (await night.case(call))["claimed_by"] is None


async def test_a_key_after_the_reminder_is_in_time(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        call, user = await _claimed(night)
        await night.pass_seconds(160)
        await note_act(night.town.db, user, night.now)
        await night.pass_seconds(100)
        assert (await night.case(call))["claimed_by"] == user
