"""The mistake: three thousand buttons are pressed before the list is imported, and the one real call among them cannot
be taken out; or their broken frames are three thousand cases more.
"""

from __future__ import annotations

import pytest

from devices.event import EventType
from store.unregistered import NotInFlood, take_out
from tests.story.holding_town import holding_in
from tests.town import CENTRE


async def test_one_caller_is_taken_out_of_the_flood_and_heard_there_from_then_on(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        desk = await town.night.town.user()
        for number in range(14):
            await town.says(f"stranger{number}", EventType.SOS)
        (flood,) = await town.open_cases("unregistered_flood")
        own = await take_out(town.db, flood["id"], "stranger12", by=desk.user_id, centre=CENTRE, now=town.night.now)
        case = await town.night.case(own)
        assert (case["class"], case["priority"], case["sound_to"]) == ("sos", 1, "desks")
        assert len(await town.night.town.events_of("stranger12")) == 1
        assert (await town.night.town.events_of("stranger12"))[0]["incident_id"] == own
        assert (await town.night.actions(flood["id"]))[-1] == "split"
        town.night.clock.advance(5)
        assert (await town.says("stranger12", EventType.SOS)).incident_id == own
        assert (await town.says("stranger13", EventType.SOS)).incident_id == flood["id"]
        with pytest.raises(NotInFlood):
            await take_out(town.db, flood["id"], "stranger12", by=desk.user_id, centre=CENTRE, now=town.night.now)


async def test_what_nobody_can_read_of_strangers_is_one_case_that_sounds_for_each(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        for number in range(16):
            town.night.clock.advance(1)
            await town.night.town.garbles(f"stranger{number}", f"broken {number}".encode(), now=town.night.now)
        (flood,) = await town.open_cases("unregistered_flood")
        assert len(await town.open_cases("unknown")) == 10
        assert (flood["alert_count"], flood["sounded_at"]) == (6, town.night.now)
        assert (await town.night.actions(flood["id"])).count("joined") == 5
