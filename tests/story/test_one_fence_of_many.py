"""With 880 fences, entering one fired the exits of all the others."""

from __future__ import annotations

from tests.story.detected_town import detected_in

FENCES = 880


async def test_one_fence_entered_tells_its_own_crossing_and_no_other(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band()
        # Every kilometre northwards a place to keep out of.
        ids = [
            await town.fence(resident_id=home.resident_id, kind="keep_out", north_m=1_000.0 * (number + 1))
            for number in range(FENCES)
        ]
        await town.look()
        for north_m in (0, 0, 7_000, 7_000, 7_000):
            town.clock.advance(60)
            await town.fix(band, north_m)
        (event,) = [row for row in await town.town.events_of(band) if row["event_id"].startswith("found:")]
        assert event["event_id"].startswith(f"found:fence:{ids[6]}:")
        assert len(await town.cases(home)) == 1
        inside = await town.town.db.pool.fetchval(
            "SELECT count(*) FROM detector_state WHERE detector = 'fence' AND state ->> 'side' = 'inside'"
        )
        assert inside == 1
