"""Positions that a band had buffered in the cellar took its person out of the house again, hours later."""

from __future__ import annotations

from datetime import timedelta

from tests.story.detected_town import detected_in


async def test_a_flush_of_old_positions_is_no_crossing(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for _ in range(2):
            town.clock.advance(60)
            await town.fix(band, 0)
        for minutes in range(120, 60, -5):
            await town.says(band, town.a_fix(900, at=town.now - timedelta(minutes=minutes)))
        await town.look()
        assert (await town.cases(home), await town.found(band)) == ([], [])
        state = await town.town.db.pool.fetchval("SELECT state FROM detector_state WHERE detector = 'fence'")
        assert state["side"] == "inside"


async def test_of_a_message_full_of_positions_only_the_newest_is_where_somebody_is(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for _ in range(2):
            town.clock.advance(60)
            await town.fix(band, 0)
        town.clock.advance(60)
        old = [town.a_fix(900, at=town.now - timedelta(seconds=seconds)) for seconds in (50, 40, 30, 20)]
        await town.says(band, *old, town.a_fix(0))
        await town.look()
        assert await town.found(band) == []


async def test_a_band_whose_clock_is_wrong_is_heard_all_the_same(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for _ in range(3):
            town.clock.advance(60)
            await town.fix(band, 900, at=town.now - timedelta(days=300))
        assert await town.found(band) == ["fence_exit"], "its times are wrong, where it is is not"
