"""She pressed; somebody called it a fault and gave it back; the button said "all well", and it was over."""

from __future__ import annotations

from devices.event import EventType
from rules.domain.vocabulary import Class, Step
from store.step_types import Reclassed
from tests.story.centre_at_night import night_in


async def test_a_call_that_was_made_technical_is_a_persons_to_end(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        fault = Reclassed(reason="按钮坏了", class_=Class.FAULT_LIFE_SAFETY)
        await night.step(call, Step.CLAIM, desk)
        await night.step(call, Step.RECLASSIFY, desk, payload=fault)
        night.clock.advance(20)
        await night.step(call, Step.RELEASE, desk)
        ended = await night.press(home, EventType.FAULT_CLEAR)
        assert (ended.incident_id, (await night.case(call))["state"]) == (call, "open")
        assert (await night.actions(call))[-1] == "noted"
        await night.pass_seconds(90)
        assert "escalated" in await night.actions(call), "and it goes on ringing"


async def test_a_fault_that_was_only_called_by_another_name_ends_as_before(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        fault = (await night.press(home, EventType.BATTERY_LOW)).incident_id
        await night.step(fault, Step.CLAIM, desk)
        other = Reclassed(reason="其实是故障", class_=Class.FAULT_LIFE_SAFETY)
        await night.step(fault, Step.RECLASSIFY, desk, payload=other)
        night.clock.advance(20)
        await night.step(fault, Step.RELEASE, desk)
        await night.press(home, EventType.FAULT_CLEAR)
        assert (await night.case(fault))["state"] == "resolved"
