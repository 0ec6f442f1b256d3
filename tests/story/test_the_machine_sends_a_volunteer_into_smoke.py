"""The nearest, free and skilled is a retired neighbour at two in the morning: the machine sends them into smoke.

Into fire, gas and carbon monoxide only trained kinds are sent; the others near by are told to keep out of it, the
safety line first. Into an intrusion nobody is sent by the machine, however near.
"""

from __future__ import annotations

import pytest

from devices.event import EventType
from notify.channel import Language
from notify.templates import TEXTS
from rules.domain.notices import Purpose
from tests.story.people_who_go import field_in


@pytest.mark.parametrize("type_", [EventType.SMOKE, EventType.GAS, EventType.CARBON_MONOXIDE])
async def test_nobody_untrained_is_sent_into_it(fresh_dsn: str, type_: EventType) -> None:
    async with field_in(fresh_dsn) as field:
        home = await field.night.town.home()
        detector = await field.night.town.device("smoke_alarm", premises_id=home.premises_id)
        untrained = [
            await field.responder(kind, metres=50)
            for kind in ("volunteer", "neighbour", "community_worker", "grid_worker", "property_guard")
        ]
        team = await field.responder("rescue_team", metres=3000)
        guard = await field.responder("property_guard", metres=2000, trained=True)
        call = (await field.night.press(home, type_, device=detector)).incident_id
        await field.night.pass_seconds(32)
        assert set(await field.standing(call)) == {team, guard}
        warned = await field.notices(call, "warning")
        assert warned == [f"responder:{one}" for one in untrained]


def test_the_safety_line_stands_first() -> None:
    assert TEXTS[Purpose.WARNING, Language.ZH].sms.startswith("请勿进入")
    assert TEXTS[Purpose.WARNING, Language.EN].spoken.startswith("Do not go in. Do not switch anything on. Call 119.")


async def test_nobody_is_sent_into_an_intrusion_by_the_machine(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home = await field.night.town.home()
        door = await field.night.town.device("door_sensor", premises_id=home.premises_id)
        for kind in ("rescue_team", "property_guard", "grid_worker", "volunteer"):
            await field.responder(kind, trained=True)
        call = (await field.night.press(home, EventType.INTRUSION, device=door)).incident_id
        await field.night.pass_seconds(400)
        assert await field.standing(call) == {}
        assert await field.notices(call, "offer") == await field.notices(call, "warning") == []
        assert (await field.night.case(call))["state"] == "open"
