"""A storm profile that is saved and does nothing looks like one that works: what a policy names is what is held."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.storm_records import NewStorm, StormRefused, begin_storm, read_storm
from tests.story.centre_at_night import Night, night_in
from tests.story.under_policy import put_in_force
from tests.town import CENTRE

PROFILE = '[storms.power]\nclasses = ["power_lost", "device_lost"]\n'


async def begun(night: Night, profile: str, *classes: str) -> list[str]:
    hand = await night.town.user("supervisor")
    wanted = NewStorm(
        area=None, profile=profile, classes=frozenset(classes), until_at=night.now + timedelta(hours=2), reason="雷暴"
    )
    storm = await begin_storm(night.town.db, wanted, by=hand.user_id, centre=CENTRE, now=night.now)
    return sorted((await read_storm(night.town.db, storm, now=night.now)).classes)


async def test_a_storm_holds_what_the_policys_profile_names(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await put_in_force(night.town.db, PROFILE, now=night.now)
        assert await begun(night, "power") == ["device_lost", "power_lost"]


async def test_a_profile_that_the_policy_does_not_have_is_refused(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        with pytest.raises(StormRefused):
            await begun(night, "power")
        assert await begun(night, "default", "fault") == ["fault"]
