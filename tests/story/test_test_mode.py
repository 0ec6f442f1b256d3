"""In test mode a press sounds softly, and is real by itself after a minute or with the next press."""

from __future__ import annotations

from tests.story.centre_at_night import Night, night_in
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


async def test_a_second_press_in_test_mode_is_real_at_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await in_test(night)
        call = (await night.press(home)).incident_id
        await night.pass_seconds(5)
        assert (await night.press(home)).incident_id == call
        assert "test" not in (await night.case(call))["marks"]
        await night.pass_seconds(60)
        assert "escalated" in await night.actions(call)
