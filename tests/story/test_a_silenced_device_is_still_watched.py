"""The mistake: a silence on a device's faults is taken for a device that is well, and its silence is never told."""

from __future__ import annotations

from datetime import timedelta

from store.holding_passes import HoldingPasses
from store.silences import NewSilence, add_silence, read_silence
from tests.story.watched_town import watch_in
from tests.town import CENTRE


async def test_what_supervision_finds_is_held_counted_and_told_at_the_silences_end(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        by = await watch.town.user("supervisor")
        device = await watch.device("s1", interval_s=60)
        await watch.look()
        await watch.speaks("s1")
        wanted = NewSilence(
            device_id=device, area=None, classes=frozenset({"device_lost", "unprotected"}), types=frozenset(),
            from_at=watch.now, until_at=watch.now + timedelta(hours=2), reason="装修",
        )  # fmt: skip
        silence = await add_silence(watch.town.db, wanted, by=by.user_id, now=watch.now)
        await watch.jump(3600)
        assert await watch.status("s1") == "late"
        assert await watch.cases("s1") == []
        seen, _ = await read_silence(watch.town.db, silence, now=watch.now)
        assert seen.hits == 1
        passes = HoldingPasses(watch.town.db, CENTRE)
        await watch.jump(3600)
        await passes.release(watch.now, 100)
        (case,) = await watch.cases("s1")
        assert case["class"] == "device_lost"
        await watch.jump(60, "s1")
        await watch.look()
        assert (await watch.cases("s1"))[0]["state"] == "resolved"
