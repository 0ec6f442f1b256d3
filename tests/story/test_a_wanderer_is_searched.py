"""The band of somebody who had walked off told where they were once an hour, as on any other day."""

from __future__ import annotations

from rules.domain.vocabulary import Step
from store.fixes import see_to_fixes
from tests.story.detected_town import detected_in
from tests.town import CENTRE


async def test_a_fence_left_asks_for_faster_fixes_and_its_end_restores_them(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for _ in range(2):
            town.clock.advance(30)
            await town.fix(band, 900)
        (case,) = await town.cases(home)
        assert await see_to_fixes(town.town.db, centre=CENTRE, now=town.now) == 1
        by = await town.town.user()
        await town.town.step(case["id"], Step.CLAIM, by, now=town.now)
        await town.town.resolve(case["id"], by, now=town.now)
        town.clock.advance(1)
        assert await see_to_fixes(town.town.db, centre=CENTRE, now=town.now) == 1
        rows = await town.town.db.pool.fetch(
            "SELECT c.asked, d.device FROM command c JOIN device d ON d.id = c.device_id"
            " WHERE c.asked IN ('faster_fixes', 'fixes_restored') ORDER BY c.id"
        )
        assert [tuple(row) for row in rows] == [("faster_fixes", band), ("fixes_restored", band)]
