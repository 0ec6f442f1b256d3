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


async def _doubted(field: Field) -> tuple[int | None, int, int]:
    """Somebody on the way to a press says to be there and is five kilometres off; another lives farther away."""
    near, farther = await field.responder(metres=400), await field.responder(metres=2500)
    await field.responder("rescue_team", metres=4000)
    call = (await field.night.press(await field.night.town.home())).incident_id
    await field.night.pass_seconds(182)
    await field.says(call, near, Word.ACCEPT)
    await field.says(call, near, Word.EN_ROUTE)
    await _far_away(field, call, near)
    return call, near, farther


async def test_the_desk_hears_it_at_once_and_nothing_is_settled_by_it(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, _, _ = await _doubted(field)
        assert (await field.night.case(call))["sounded_at"] == field.night.now
        assert "field_satisfied" not in await field.night.actions(call)


@pytest.mark.parametrize("then", [None, Word.ARRIVE, Word.REPORT, Word.COMPLETE])
async def test_another_is_asked_when_it_cannot_be_taken_back_any_more(fresh_dsn: str, then: Word | None) -> None:
    """A minute, and not the twelve in which somebody who is there would be missed; whatever they say meanwhile."""
    async with field_in(fresh_dsn) as field:
        call, near, _ = await _doubted(field)
        asked = len(await field.assignments(call))
        if then is not None:
            await field.night.pass_seconds(20)
            await field.says(call, near, then)
        await field.night.pass_seconds(35)
        assert len(await field.assignments(call)) == asked
        await field.night.pass_seconds(46)
        assert len(await field.assignments(call)) > asked
        called = await field.notices(call, "check_back")
        assert called == ([] if then is Word.COMPLETE else [f"responder:{near}"])


async def test_done_that_is_taken_back_makes_nobody_arrive(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, near, _ = await _doubted(field)
        await field.says(call, near, Word.COMPLETE)
        await field.says(call, near, Word.TAKE_BACK)
        row = next(a for a in await field.assignments(call) if a["responder_id"] == near)
        assert (row["state"], row["is_doubted"]) == ("on_scene", True)


async def test_who_is_there_after_all_ends_the_asking(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, near, _ = await _doubted(field)
        asked = len(await field.assignments(call))
        await field.says(call, near, Word.ARRIVE, by_word=True)
        await field.night.pass_seconds(90)
        assert len(await field.assignments(call)) == asked
        assert "field_satisfied" in await field.night.actions(call)


async def test_who_was_late_with_their_yes_may_still_go(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near, late = await field.responder(metres=400), await field.responder(metres=600)
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(182)
        await field.says(call, near, Word.ACCEPT)
        await field.night.pass_seconds(62)
        row = next(a for a in await field.assignments(call) if a["responder_id"] == late)
        await field.night.town.db.pool.execute(
            "UPDATE assignment SET state = 'timed_out', next_step = NULL, next_due_at = NULL WHERE id = $1", row["id"]
        )
        await _far_away(field, call, near)
        assert (await field.says(call, late, Word.EN_ROUTE)).standing == "en_route"
