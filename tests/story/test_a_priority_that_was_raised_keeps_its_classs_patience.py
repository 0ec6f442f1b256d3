"""The mistake: a P1 that was called something lesser, or became one, and waits a day for its first stage."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from devices.event import EventType
from rules.domain.vocabulary import Class, Step
from store.step_types import Reclassed
from tests.story.centre_at_night import Night, night_in

SPOKE = (("to", "resident"), ("result", "spoke_ok"), ("verified", "voice_known"))


async def _waits(night: Night, call: int | None) -> timedelta:
    """Until the next stage of the desk chain."""
    due: Any = await night.town.db.pool.fetchval(
        "SELECT due_at FROM deadline WHERE incident_id = $1 AND kind = 'escalate'", call
    )
    return due - night.now  # type: ignore[no-any-return]  # two datetimes


@pytest.mark.parametrize("class_", [Class.FENCE_EXIT, Class.REQUEST, Class.INACTIVITY_UNKNOWN, Class.MEDICAL_ATTENTION])
async def test_a_p1_that_the_desk_calls_something_lesser_and_gives_back_waits_a_minute(
    fresh_dsn: str, class_: Class
) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        call = (await night.press(await night.town.home())).incident_id
        await night.step(call, Step.CLAIM, desk)
        await night.pass_seconds(12)
        await night.step(call, Step.RECLASSIFY, desk, payload=Reclassed(reason="按错了", class_=class_))
        await night.step(call, Step.RELEASE, desk)
        assert (await night.case(call))["priority"] == 1
        assert await _waits(night, call) == timedelta(seconds=60)


async def test_a_leak_in_which_somebody_is_threatened_waits_a_minute_like_any_p1(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk, home = await night.town.user(), await night.town.home()
        sensor = await night.town.device("other", premises_id=home.premises_id)
        call = (await night.press(home, EventType.WATER_LEAK, device=sensor)).incident_id
        await night.step(call, Step.CLAIM, desk)
        await night.step(call, Step.CALL, desk, facts=(*SPOKE, ("duress", True)))
        await night.pass_seconds(12)
        await night.step(call, Step.RELEASE, desk)
        assert (await night.case(call))["priority"] == 1
        assert await _waits(night, call) == timedelta(seconds=60)
