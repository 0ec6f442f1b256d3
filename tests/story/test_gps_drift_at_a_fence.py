"""A receiver that drifts at the edge of a fence made twenty exits out of nobody's leaving."""

from __future__ import annotations

import pytest

from tests.story.detected_town import detected_in

#: A fence of 300 m; a receiver good to 30 m that puts somebody at its edge on either side.
AT_THE_EDGE_M = (285, 310, 295, 325, 280, 315, 305, 290, 328, 299)


async def test_drift_at_the_edge_is_no_exit(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for north_m in (0, 0, *AT_THE_EDGE_M * 2):
            town.clock.advance(60)
            await town.fix(band, north_m, accuracy_m=30)
        assert (await town.cases(home), await town.found(band)) == ([], [])


@pytest.mark.parametrize(("accuracy_m", "told"), [(10.0, ["fence_exit"]), (1_500.0, [])], ids=["satellites", "a mast"])
async def test_a_fix_that_may_lie_on_either_side_proves_nothing(
    fresh_dsn: str, accuracy_m: float, told: list[str]
) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for north_m in (0, 0, 900, 900, 900, 900):
            town.clock.advance(60)
            await town.fix(band, north_m, accuracy_m=accuracy_m if north_m else 10.0)
        assert await town.found(band) == told


async def test_one_wild_fix_between_good_ones_is_no_exit(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for north_m in (0, 0, 5_000, 10, 0, 4_000, 0):
            town.clock.advance(60)
            await town.fix(band, north_m)
        assert await town.found(band) == []
