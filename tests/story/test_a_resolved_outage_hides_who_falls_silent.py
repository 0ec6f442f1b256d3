"""Somebody ended the case of an outage that goes on: whoever fell silent afterwards was held by it, and nobody knew."""

from __future__ import annotations

from typing import Any

from tests.story.watched_town import Watch, watch_in


async def _village(watch: Watch) -> list[str]:
    """Twelve homes of one village and one elsewhere, each with a smoke alarm."""
    names = [f"v-{number}" for number in range(12)]
    for name in names:
        home = await watch.town.home()
        await watch.device(name, interval_s=60, area="320000.village", premises_id=home.premises_id)
    await watch.device("elsewhere", interval_s=60, area="320000.town")
    await watch.look()
    await watch.jump(5, "elsewhere", *names)
    return names


async def test_who_is_silent_still_is_a_case_again(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        names = await _village(watch)
        await watch.pass_seconds(150, "elsewhere", names[-1])
        (outage,) = [case for case in await watch.open_cases() if case["class"] == "area_outage"]
        desk = await watch.town.user()
        await watch.town.resolve(outage["id"], desk, now=watch.now)
        assert await watch.open_cases() == []
        await watch.pass_seconds(300, "elsewhere")
        again = await watch.open_cases()
        assert again, "the last home of the village fell silent behind a case that was over"
        assert outage["id"] not in {case["id"] for case in again}
        assert await _held_by(watch, outage["id"]) == 0


async def _held_by(watch: Watch, incident_id: int) -> Any:
    return await watch.town.db.pool.fetchval("SELECT count(*) FROM supervision WHERE outage_id = $1", incident_id)
