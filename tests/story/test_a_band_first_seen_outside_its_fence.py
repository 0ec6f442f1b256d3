"""A fence that waits for an edge never tells of a band whose first fix is already outside."""

from __future__ import annotations

from tests.story.detected_town import detected_in


async def test_a_band_whose_first_fixes_are_outside_calls_somebody(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for _ in range(2):
            town.clock.advance(30)
            await town.fix(band, 800)
        (case,) = await town.cases(home)
        assert (case["class"], case["source"], case["state"]) == ("wandering", "system", "open")
        assert await town.found(band) == ["fence_exit"]


async def test_one_fix_outside_that_nothing_contradicts_is_enough_after_a_while(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        town.clock.advance(30)
        await town.fix(band, 800)
        assert await town.cases(home) == []
        town.clock.advance(181)
        await town.look()
        assert [case["class"] for case in await town.cases(home)] == ["wandering"]


async def test_somebody_who_may_go_is_logged_and_calls_nobody(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band(tags=())
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for _ in range(2):
            town.clock.advance(30)
            await town.fix(band, 800)
        assert (await town.cases(home), await town.found(band)) == ([], ["fence_exit"])
