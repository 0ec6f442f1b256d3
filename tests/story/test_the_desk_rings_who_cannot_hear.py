"""The mistake: she is deaf, and the first line of the plan is to ring her; nobody answers, twice."""

from __future__ import annotations

import msgspec
import pytest

from devices.event import EventType
from tests.story.centre_at_night import Night, night_in


async def _steps(night: Night, call: int | None) -> list[str]:
    plan = (await night.case(call))["plan"]
    read = msgspec.json.decode(plan) if isinstance(plan, str | bytes) else plan
    return [step["id"].partition(".")[2] for step in read]


@pytest.mark.parametrize("type_", [EventType.FALL, EventType.MEDICAL])
async def test_the_plan_of_who_cannot_hear_has_no_call_to_them(fresh_dsn: str, type_: EventType) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        hears, deaf = await night.town.home(), await night.town.home(tags=("deaf",))
        rung = await _steps(night, (await night.press(hears, type_)).incident_id)
        assert rung[:2] == ["call_resident", "call_again"]
        written_to = await _steps(night, (await night.press(deaf, type_)).incident_id)
        assert written_to[0] == "text_resident"
        assert {"call_resident", "call_again"}.isdisjoint(written_to)


async def test_of_a_button_of_the_home_nobody_knows_who_pressed_it(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        home = await night.town.home(tags=("deaf",))
        wall = await night.town.device("fall_sensor", premises_id=home.premises_id)
        steps = await _steps(night, (await night.press(home, EventType.FALL, device=wall)).incident_id)
        assert {"call_resident", "text_resident"} <= set(steps)
