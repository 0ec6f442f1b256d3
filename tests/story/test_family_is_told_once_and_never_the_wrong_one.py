"""The mistakes: family too late, too often, at a bad hour for nothing, or the one person who must never know."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from devices.event import EventType
from rules.domain.assignments import Word
from rules.domain.notices import Notice, Purpose
from rules.domain.policy_table import FamilyTold
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import Class, Priority, Step
from rules.engine.outbox import Failed, Letter
from store.field_desk import Sending, send_by_desk
from store.outbox import cancel, put
from store.step_types import Reclassed
from tests.story.people_who_go import Field
from tests.story.telephones import Telephones, telephones_in
from tests.town import CENTRE, NOW

DAUGHTER, OTHER = "13900000001", "13900000002"
NIGHT = [{"from": "00:00", "to": "23:59"}]


def _told(phones: object) -> list[str]:
    sent = [*phones.voice.of(Purpose.INFORMATION), *phones.sms.of(Purpose.INFORMATION)]  # type: ignore[attr-defined]  # Telephones
    return [letter.to for letter in sent]


def test_the_built_in_policy_tells_family_of_smoke_at_once() -> None:
    assert BUILTIN.row(Class.SMOKE).family_told is FamilyTold.AT_ONCE


@pytest.mark.parametrize(
    ("role", "consent", "reason"),
    [("barred", True, "barred"), ("attends", False, "no_consent"), ("informed_only", True, None)],
)
async def test_only_who_may_be_told_is_told_and_a_refusal_has_its_reason(
    fresh_dsn: str, role: str, consent: bool, reason: str | None
) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER, role=role, consent=consent)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        call = (await phones.press(home, EventType.SMOKE, device=alarm)).incident_id
        await phones.pass_seconds(3)
        assert _told(phones) == ([DAUGHTER] if reason is None else [])
        if reason is not None:
            (said,) = await phones.facts(call, "not_notified")
            assert said["reason"] == reason


async def test_quiet_hours_hold_p3_and_never_p1(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        home = await phones.night.town.home()
        contact = await phones.contact(home, DAUGHTER, quiet=NIGHT)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        await phones.press(home, EventType.SMOKE, device=alarm)
        await phones.pass_seconds(2)
        assert _told(phones) == [DAUGHTER], "a P1 at three in the morning"
        now = phones.now
        await phones.night.town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, key, due_at, made_at)"
            " VALUES ($1, 'information', 3, 'a test', $2, $2)", f"contact:{contact}", now,
        )  # fmt: skip
        await phones.pass_seconds(3)
        assert _told(phones) == [DAUGHTER], "held"
        held = await phones.night.town.db.pool.fetchrow("SELECT * FROM outbox WHERE key = 'a test'")
        assert held["state"] == "waiting"
        assert held["due_at"] > now + timedelta(hours=1)


async def test_a_claim_takes_back_calls_and_never_what_family_was_to_hear(fresh_dsn: str) -> None:
    """The mistake: an acceptance took the daughter's notice back with the offers."""
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        call = (await phones.press(home, EventType.SMOKE, device=alarm)).incident_id
        await phones.night.step(call, Step.CLAIM, desk)
        await phones.pass_seconds(2)
        assert _told(phones) == [DAUGHTER]


async def test_everyone_who_was_told_is_told_the_end_once_and_nobody_else_is(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        await phones.contact(home, OTHER, consent=False)
        call = (await phones.press(home)).incident_id
        await phones.pass_seconds(1)
        assert _told(phones) == [], "a call for help waits for the first call"
        await phones.night.step(call, Step.CLAIM, desk)
        for _ in range(2):
            facts = (("to", "resident"), ("result", "no_answer"), ("verified", "none"))
            await phones.night.step(call, Step.CALL, desk, facts=facts)
            await phones.pass_seconds(1)
        assert _told(phones) == [DAUGHTER], "once, however often the call is tried"
        await phones.night.holds_on(call)
        await phones.night.town.resolve(call, desk, now=phones.now)
        await phones.pass_seconds(2)
        assert _told(phones) == [DAUGHTER, DAUGHTER]
        letters = [*phones.voice.of(Purpose.INFORMATION), *phones.sms.of(Purpose.INFORMATION)]
        assert letters[-1].facts["end"] == "safe_at_home"


async def test_with_nobody_at_a_desk_family_is_told_all_the_same(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        await phones.press(home)
        await phones.pass_seconds(303)
        assert _told(phones) == [DAUGHTER]


async def test_nobody_is_told_of_an_alarm_on_test_until_it_is_real(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        await phones.night.town.db.pool.execute(
            "INSERT INTO test_mode (device_id, from_at, until_at, reason)"
            " SELECT id, $2::timestamptz, $2::timestamptz + interval '30 minutes', 'installing'"
            " FROM device WHERE device = $1", alarm, phones.now,
        )  # fmt: skip
        await phones.press(home, EventType.SMOKE, device=alarm)
        await phones.pass_seconds(50)
        assert _told(phones) == []
        await phones.pass_seconds(15)
        assert _told(phones) == [DAUGHTER]


async def test_an_acceptance_takes_back_offers_and_never_information(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        contact = await phones.contact(home, DAUGHTER)
        user = await phones.user("dispatcher", phone=OTHER, shift=None)
        call = (await phones.press(home)).incident_id
        await phones.night.step(call, Step.CLAIM, desk)
        told = [(Purpose.OFFER, f"user:{user}"), (Purpose.INFORMATION, f"contact:{contact}")]
        notices = [
            Notice(purpose=purpose, recipient=who, priority=Priority.CRITICAL, key=f"a test {who}", incident_id=call)
            for purpose, who in told
        ]
        async with phones.night.town.db.transaction() as connection:
            await put(connection, notices, now=phones.now)
            taken_back = await cancel(
                connection, incident_id=call, purposes=[Purpose.OFFER], reason="accepted", now=phones.now
            )
        await phones.pass_seconds(2)
        assert taken_back == 1
        assert (phones.voice.of(Purpose.OFFER), _told(phones)) == ([], [DAUGHTER])


async def test_family_is_told_of_what_a_case_turns_out_to_be(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        desk = await phones.night.town.user()
        call = (await phones.press(home)).incident_id
        await phones.night.step(call, Step.CLAIM, desk)
        fire = Reclassed(class_=Class.FIRE, reason="smoke in the kitchen")
        await phones.night.step(call, Step.RECLASSIFY, desk, payload=fire)
        await phones.pass_seconds(2)
        assert _told(phones) == [DAUGHTER], "at once, as of any fire"


async def test_a_fire_that_is_taken_up_again_before_family_heard_of_it_is_told_to_them(fresh_dsn: str) -> None:
    """The mistake: what was taken back with the end counted as told, and the daughter heard nothing at all."""
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        call = (await phones.press(home, EventType.SMOKE, device=alarm)).incident_id
        await phones.night.town.resolve(call, desk, now=phones.now)
        await phones.pass_seconds(2)
        assert _told(phones) == [], "there is nothing to tell"
        await phones.night.step(call, Step.REOPEN, desk)
        await phones.pass_seconds(2)
        assert _told(phones) == [DAUGHTER]
        assert [letter.facts["end"] for letter in _letters(phones)] == ["being_handled"]


async def test_help_that_was_asked_for_is_told_though_the_case_was_resolved_for_a_moment(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        call = (await phones.press(home)).incident_id
        await phones.night.step(call, Step.CLAIM, desk)
        facts = (("to", "resident"), ("result", "spoke_help"), ("verified", "none"))
        await phones.night.step(call, Step.CALL, desk, facts=facts)
        await phones.night.town.resolve(call, desk, now=phones.now)
        await phones.night.step(call, Step.REOPEN, desk)
        await phones.pass_seconds(2)
        assert [letter.facts["end"] for letter in _letters(phones)] == ["being_handled"]


async def test_who_was_told_hears_of_a_reopening_once(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        call = (await phones.press(home, EventType.SMOKE, device=alarm)).incident_id
        await phones.pass_seconds(1)
        for _ in range(2):
            await phones.night.town.resolve(call, desk, now=phones.now)
            await phones.pass_seconds(1)
            await phones.night.step(call, Step.REOPEN, desk)
            await phones.pass_seconds(65)  # nobody is rung twice in a minute
        told = [letter.facts["end"] for letter in _letters(phones)]
        assert told == ["being_handled", *["safe_at_home", "being_handled"] * 2]


async def test_an_end_that_waited_is_not_told_after_the_case_was_taken_up_again(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        call = (await phones.press(home, EventType.SMOKE, device=alarm)).incident_id
        await phones.pass_seconds(1)
        await phones.night.town.resolve(call, desk, now=phones.now)
        await phones.night.step(call, Step.REOPEN, desk)
        await phones.pass_seconds(2)
        assert "safe_at_home" not in [letter.facts["end"] for letter in _letters(phones)]


async def test_what_was_on_its_way_when_the_case_ended_is_not_tried_again_after_the_end(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        phones.voice.answers_with = lambda _: Failed(reason="provider_down", retry_helps=True)
        phones.voice.hangs = asyncio.Event()
        call = (await phones.press(home, EventType.SMOKE, device=alarm)).incident_id
        await phones.outbox.run_once(phones.now)  # given to the provider, whose answer comes after the end
        await phones.night.town.resolve(call, desk, now=phones.now)
        phones.voice.hangs.set()
        await phones.outbox.settle()
        phones.voice.answers_with = None
        tried = len(_letters(phones))
        await phones.pass_seconds(10)
        later = [letter.facts["end"] for letter in _letters(phones)[tried:]]
        assert "being_handled" not in later


async def test_with_a_responder_sent_and_nobody_at_a_desk_family_is_told_all_the_same(fresh_dsn: str) -> None:
    """The mistake: the machine had sent somebody, and that counted as somebody at a desk."""
    async with telephones_in(fresh_dsn) as phones:
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        call = (await phones.press(home)).incident_id
        field = Field(night=phones.night)
        for _ in range(3):
            await field.responder()
        while (await phones.night.case(call))["state"] != "dispatched":
            await phones.pass_seconds(1)
        await field.says(call, next(iter(await field.standing(call))), Word.ACCEPT)
        await phones.pass_seconds(303 - int((phones.now - NOW).total_seconds()))
        assert (await phones.night.case(call))["state"] == "dispatched"
        assert _told(phones) == [DAUGHTER]


async def test_an_attended_case_is_asked_once_about_its_family_and_once_more_after_it_was_given_back(
    fresh_dsn: str,
) -> None:
    """The mistake: an entry every five minutes, and a new version of the case with it, for as long as it lasted."""
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        call = (await phones.press(home)).incident_id
        await phones.night.step(call, Step.CLAIM, desk)
        for _ in range(10):
            await phones.night.holds_on(call)
            await phones.pass_seconds(100)
            await phones.night.step(call, Step.NOTE, desk, text="still on the line")
        assert (await phones.night.actions(call)).count("family_due") == 1
        assert _told(phones) == []
        await phones.night.step(call, Step.RELEASE, desk)
        await phones.pass_seconds(303)
        assert _told(phones) == [DAUGHTER]


def _letters(phones: Telephones) -> list[Letter]:
    """What family was told, in the order in which it left."""
    both = [*phones.voice.of(Purpose.INFORMATION), *phones.sms.of(Purpose.INFORMATION)]
    return sorted(both, key=lambda letter: (letter.at, letter.id))


async def test_family_is_told_when_the_desk_sends_somebody_without_having_rung(fresh_dsn: str) -> None:
    """The mistake: sending people went past what tells the family, and a desk that has the case was waited for."""
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        await Field(night=phones.night).responder()
        call = (await phones.press(home)).incident_id
        assert call is not None
        await phones.night.step(call, Step.CLAIM, desk)
        await phones.night.holds_on(call)
        await send_by_desk(phones.night.town.db, call, Sending(), by=desk, centre=CENTRE, now=phones.now)
        await phones.pass_seconds(3)
        assert _told(phones) == [DAUGHTER]


@pytest.mark.parametrize("why", ["died", "no_consent"])
async def test_who_is_family_of_two_is_told_of_the_one_they_may_be_told_of(fresh_dsn: str, why: str) -> None:
    """The mistake: one number, two contacts; the dead father's was taken, and of the mother's fire nobody heard."""
    async with telephones_in(fresh_dsn) as phones:
        pool = phones.night.town.db.pool
        await phones.night.town.user()
        mother = await phones.night.town.home()
        father = replace(await phones.night.town.home(), premises_id=mother.premises_id)
        status = "died" if why == "died" else "active"
        await pool.execute(
            "UPDATE resident SET premises_id = $2, status = $3 WHERE id = $1",
            father.resident_id, mother.premises_id, status,
        )  # fmt: skip
        await phones.contact(father, DAUGHTER, consent=why == "died")
        await phones.contact(mother, DAUGHTER)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=mother.premises_id)
        await phones.press(mother, EventType.SMOKE, device=alarm)
        await phones.pass_seconds(2)
        assert _told(phones) == [DAUGHTER]
