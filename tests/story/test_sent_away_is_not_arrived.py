"""Somebody was at the wrong door and was sent away; the owner's desk went dark, and nobody was sent again."""

from __future__ import annotations

from rules.domain.assignments import Word
from rules.domain.vocabulary import Step
from store.field_desk import stand_down_by_desk
from tests.story.people_who_go import field_in
from tests.town import CENTRE


async def test_who_arrived_and_was_sent_away_ends_no_chain_once_nobody_holds_the_case(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        home, desk = await night.town.home(), await night.town.user()
        first = await field.responder(metres=200)
        call = (await night.press(home)).incident_id
        assert call is not None
        await night.pass_seconds(181)
        await field.says(call, first, Word.ACCEPT)
        await night.pass_seconds(120)
        await field.says(call, first, Word.ARRIVE)
        assert (await night.case(call))["state"] == "on_scene"
        await night.step(call, Step.CLAIM, desk)
        await stand_down_by_desk(night.town.db, call, None, "走错了门", by=desk, centre=CENTRE, now=night.now)
        assert (await night.case(call))["state"] == "claimed"
        second = await field.responder(metres=900)
        night.clock.advance(20)
        await night.step(call, Step.PASS, desk)
        await night.pass_seconds(200)
        assert (await field.standing(call))[second] == "offered", "somebody else is asked again"


async def test_without_an_owner_the_next_is_asked_at_once(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        home, desk = await night.town.home(), await night.town.user()
        first = await field.responder(metres=200)
        call = (await night.press(home)).incident_id
        assert call is not None
        await night.pass_seconds(181)
        await field.says(call, first, Word.ACCEPT)
        await night.pass_seconds(120)
        await field.says(call, first, Word.ARRIVE)
        second = await field.responder(metres=900)
        await stand_down_by_desk(night.town.db, call, None, "走错了门", by=desk, centre=CENTRE, now=night.now)
        await night.pass_seconds(2)
        assert (await field.standing(call))[second] == "offered"
