"""A receiver that stood still went on sending the last fix it had, and looked alive: every copy proved it anew."""

from __future__ import annotations

from tests.story.detected_town import detected_in


async def test_copies_of_one_fix_are_one_witness(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for _ in range(2):
            town.clock.advance(60)
            await town.fix(band, 0)
        stuck_at = town.now
        for _ in range(8):
            town.clock.advance(60)
            await town.fix(band, 900, at=stuck_at)
        assert (await town.cases(home), await town.found(band)) == ([], [])
        state = await town.town.db.pool.fetchval("SELECT state FROM detector_state WHERE detector = 'fence'")
        assert (state["side"], "candidate" in state) == ("inside", False)
