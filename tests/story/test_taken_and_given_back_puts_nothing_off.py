"""The mistake: a case taken and given back began its chains anew, so whoever did it again and again kept all help away.

centre.md, 37: "a claim released within 10 s without a step does not stop the clock".
"""

from __future__ import annotations

import pytest

from devices.event import EventType
from rules.domain.vocabulary import Step
from store import merging
from store.step_types import StepRequest
from tests.story.people_who_go import field_in
from tests.story.telephones import telephones_in
from tests.town import CENTRE

ON_CALL = "13800000001"


async def test_the_on_call_telephone_rings_though_a_desk_takes_the_case_and_gives_it_back_every_half_minute(
    fresh_dsn: str,
) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        await phones.user(phone=ON_CALL)
        call = (await phones.press(await phones.night.town.home())).incident_id
        for _ in range(5):
            await phones.pass_seconds(20)
            await phones.night.step(call, Step.CLAIM, desk)
            await phones.pass_seconds(5)
            await phones.night.step(call, Step.RELEASE, desk)
        assert phones.voice.of(to=ON_CALL)


@pytest.mark.parametrize("holds_s", [5, 30])
async def test_the_machine_sends_by_the_classs_time_though_a_desk_had_the_case_for_a_while(
    fresh_dsn: str, holds_s: int
) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(100)
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.holds_on(call)
        await field.night.pass_seconds(holds_s)
        await field.night.step(call, Step.RELEASE, desk)
        await field.night.pass_seconds(179 - 100 - holds_s)
        assert await field.standing(call) == {}
        await field.night.pass_seconds(1)
        assert await field.standing(call) == {near: "offered"}


async def test_what_was_due_in_a_claim_that_did_not_count_is_due_when_it_ends(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(175)
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.pass_seconds(9)
        await field.night.step(call, Step.RELEASE, desk)
        await field.night.engine_looks()
        assert await field.standing(call) == {near: "offered"}


async def test_a_case_given_up_after_its_time_is_sent_to_after_one_first_stage_and_not_after_all_of_it(
    fresh_dsn: str,
) -> None:
    """The desks have the class's first stage to take it up again; nobody is sent in the same second."""
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.holds_on(call)
        await field.night.pass_seconds(170)
        await field.night.step(call, Step.NOTE, desk, text="她不接电话")
        await field.night.pass_seconds(60)
        await field.night.step(call, Step.RELEASE, desk)
        await field.night.pass_seconds(59)
        assert await field.standing(call) == {}
        await field.night.pass_seconds(1)
        assert await field.standing(call) == {near: "offered"}


async def test_a_lapsed_claim_puts_off_neither_the_sending_nor_the_services_nor_the_family(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(30)
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.pass_seconds(90)  # its page was closed: the lease has run out
        assert "lease_lost" in await field.night.actions(call)
        assert "services_due" in await field.night.actions(call)
        await field.night.pass_seconds(60)
        assert await field.standing(call) == {near: "offered"}
        await field.night.pass_seconds(120)
        assert "family_due" in await field.night.actions(call)


async def test_a_further_kind_of_alarm_takes_no_help_back(fresh_dsn: str) -> None:
    """The mistake: a P2 alarm for which nobody is sent came to the front, and nobody was sent at all."""
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        home = await field.night.town.home()
        call = (await field.night.press(home, EventType.INACTIVITY)).incident_id
        assert (await field.night.press(home, EventType.MEDICAL)).incident_id == call
        assert (await field.night.case(call))["first_escalation_s"] == 180
        field.night.clock.advance(1200)
        await field.night.engine_looks()
        assert await field.standing(call) == {near: "offered"}


async def test_a_case_merged_by_mistake_and_let_out_again_is_sent_to_by_its_own_time(fresh_dsn: str) -> None:
    """The mistake: what came back began all its times anew, as if she had pressed in that moment."""
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        night, desk = field.night, await field.night.town.user()
        home = await night.town.home()
        wall = await night.town.device("call_button", premises_id=home.premises_id)
        goes = (await night.press(home, device=wall)).incident_id
        await night.pass_seconds(150)
        stays = (await night.press(home)).incident_id
        assert goes is not None
        assert stays is not None
        await night.step(stays, Step.CLAIM, desk)
        await night.holds_on(stays)
        version = (await night.case(goes))["version"]
        request = StepRequest(step=Step.MERGE, if_match=version)
        await merging.merge(night.town.db, goes, stays, request, by=desk, centre=CENTRE, now=night.now)
        await night.pass_seconds(5)
        request = StepRequest(step=Step.SPLIT, text="不是同一件事")
        await merging.split(night.town.db, stays, goes, request, by=desk, centre=CENTRE, now=night.now)
        await night.pass_seconds(25)
        assert await field.standing(goes) == {near: "offered"}


async def test_a_press_while_a_desk_has_the_case_puts_the_services_off_no_more_than_the_claim(fresh_dsn: str) -> None:
    """The mistake: the press began the two minutes anew, and the claim's end left them so."""
    async with field_in(fresh_dsn) as field:
        night, desk = field.night, await field.night.town.user()
        home = await night.town.home()
        call = (await night.press(home)).incident_id
        await night.pass_seconds(100)
        await night.step(call, Step.CLAIM, desk)
        await night.holds_on(call)
        await night.pass_seconds(25)
        await night.press(home)
        await night.pass_seconds(5)
        await night.step(call, Step.RELEASE, desk)
        await night.pass_seconds(60)
        assert "services_due" in await night.actions(call)


async def test_a_fall_after_a_press_is_sent_to_by_its_own_time(fresh_dsn: str) -> None:
    """The mistake: joined to a press, it waited for the press's three minutes."""
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        home = await field.night.town.home()
        call = (await field.night.press(home)).incident_id
        await field.night.pass_seconds(10)
        assert (await field.night.press(home, EventType.FALL)).incident_id == call
        await field.night.pass_seconds(119)
        assert await field.standing(call) == {}
        await field.night.pass_seconds(1)
        assert await field.standing(call) == {near: "offered"}


async def test_a_kind_that_sends_is_sent_to_though_one_that_does_not_came_first(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        home = await field.night.town.home()
        call = (await field.night.press(home, EventType.MEDICAL)).incident_id
        assert (await field.night.press(home, EventType.INACTIVITY)).incident_id == call
        case = await field.night.case(call)
        assert (case["class"], case["first_escalation_s"]) == ("inactivity", 180)
        field.night.clock.advance(1200)
        await field.night.engine_looks()
        assert await field.standing(call) == {near: "offered"}
