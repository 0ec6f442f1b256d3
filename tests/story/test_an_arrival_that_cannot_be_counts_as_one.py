"""The mistake: "arrived" tapped in a pocket, kilometres away, and everybody else may stop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from devices.event import EventType
from rules.domain.assignments import Word
from rules.domain.resolution import Safety
from rules.domain.vocabulary import Outcome, SafetyKind, Step
from store.step_types import StepIncomplete
from tests.story.people_who_go import Field, field_in


async def _far_away(field: Field, call: int | None, responder: int) -> None:
    await field.is_at(responder, metres=5000)
    heard = await field.says(call, responder, Word.ARRIVE)
    assert heard.doubt is not None


async def _services_due(field: Field, call: int | None) -> list[Any]:
    return await field.night.town.db.pool.fetch(
        "SELECT at FROM entry WHERE incident_id = $1 AND action = 'services_due' ORDER BY seq", call
    )


@pytest.mark.parametrize("then", [None, Word.REPORT, Word.COMPLETE])
async def test_a_fire_to_which_nobody_can_have_come_is_still_resolved_by_two(fresh_dsn: str, then: Word | None) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        desk, _other = await night.town.user(), await night.town.user()
        home = await night.town.home()
        crew = await field.responder("mini_fire_station")
        alarm = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        call = (await night.press(home, EventType.SMOKE, device=alarm)).incident_id
        await night.pass_seconds(31)
        await field.says(call, crew, Word.ACCEPT)
        await _far_away(field, call, crew)
        if then is not None:
            night.clock.advance(90)
            await field.says(call, crew, then)
        await night.step(call, Step.CLAIM, desk)
        with pytest.raises(StepIncomplete, match="second_user"):
            await night.step(
                call, Step.RESOLVE, desk, if_match=(await night.case(call))["version"], outcome=Outcome.FALSE_ALARM,
                safety=Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT),
            )  # fmt: skip
        assert (await field.assignments(call))[0]["is_doubted"]


async def test_the_services_are_asked_for_until_somebody_can_really_be_there(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        await night.town.user("supervisor")
        near = await field.responder()
        call = (await night.press(await night.town.home())).incident_id
        await night.pass_seconds(182)
        await field.says(call, near, Word.ACCEPT)
        await _far_away(field, call, near)
        before = night.now
        await night.pass_seconds(130)
        later = [row for row in await _services_due(field, call) if row["at"] > before]
        assert len(later) == 2, "once a minute, as before"
        await field.is_at(near, metres=20)
        await field.says(call, near, Word.ARRIVE)
        await night.pass_seconds(180)
        since = [row for row in await _services_due(field, call) if row["at"] > night.now - timedelta(seconds=110)]
        assert since == [], "whoever is with them says whether a service is needed"
