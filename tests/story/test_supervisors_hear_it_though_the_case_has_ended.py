"""Somebody is threatened, or one tired person talks a fire away; the case ends, and with it the supervisor's call."""

from __future__ import annotations

from devices.event import EventType
from rules.domain.notices import Answer, Purpose
from rules.domain.vocabulary import Step
from tests.story.telephones import Telephones, telephones_in

BOSS, DAUGHTER = "13900000001", "13900000002"
SPOKE = (("to", "resident"), ("result", "spoke_ok"), ("verified", "code_word"))


def _rung(phones: Telephones) -> list[str]:
    return [letter.to for letter in phones.voice.of(Purpose.INFORMATION)]


async def test_a_duress_word_is_heard_though_the_case_is_resolved_at_once(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        await phones.user(phone=BOSS)
        call = (await phones.press(await phones.night.town.home())).incident_id
        await phones.night.step(call, Step.CLAIM, desk)
        await phones.night.step(call, Step.CALL, desk, facts=(*SPOKE, ("duress", True)))
        await phones.night.town.resolve(call, desk, now=phones.now)
        await phones.sends()
        assert _rung(phones) == [BOSS]


async def test_a_second_duress_word_of_the_same_case_is_heard_as_well(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        await phones.user(phone=BOSS)
        call = (await phones.press(await phones.night.town.home())).incident_id
        await phones.night.step(call, Step.CLAIM, desk)
        for _ in range(2):
            await phones.night.holds_on(call)
            await phones.night.step(call, Step.CALL, desk, facts=(*SPOKE, ("duress", True)))
            await phones.pass_seconds(65)  # nobody is rung twice in a minute
        assert _rung(phones) == [BOSS, BOSS]


async def test_the_supervisor_asked_about_a_fire_resolved_by_one_person_is_rung(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        await phones.user(phone=BOSS)
        home = await phones.night.town.home()
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        call = (await phones.press(home, EventType.SMOKE, device=alarm)).incident_id
        await phones.night.town.resolve(call, desk, now=phones.now)
        assert (await phones.night.case(call))["review"]
        await phones.sends()
        assert _rung(phones) == [BOSS]


async def test_a_report_that_comes_twice_wakes_nothing_that_was_taken_back(fresh_dsn: str) -> None:
    """The mistake: "no answer", said once more after the case had ended, put its notice back into the queue."""
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, DAUGHTER)
        alarm = await phones.night.town.device("smoke_alarm", premises_id=home.premises_id)
        call = (await phones.press(home, EventType.SMOKE, device=alarm)).incident_id
        await phones.sends()
        (letter,) = phones.voice.of(Purpose.INFORMATION)
        await phones.presses_key(letter, Answer.NO_ANSWER)
        await phones.night.town.resolve(call, desk, now=phones.now)
        ended = await phones.notice(letter.id)
        await phones.presses_key(letter, Answer.NO_ANSWER)
        assert (await phones.notice(letter.id))["state"] == ended["state"] == "cancelled"


async def test_a_key_pressed_before_the_text_took_its_calls_place_is_heard(fresh_dsn: str) -> None:
    """A provider that reports late names the call by our own id; by then the text had gone out."""
    async with telephones_in(fresh_dsn) as phones:
        user = await phones.user(phone=BOSS, shift=None)
        call = (await phones.press(await phones.night.town.home())).incident_id
        notice = await phones.night.town.db.pool.fetchval(
            "INSERT INTO outbox (incident_id, recipient, purpose, priority, state, channel, reference, tried, attempts,"
            " due_at, made_at, begun_at) VALUES ($1, $2, 'escalation', 1, 'sent', 'texts', 'texts-1', '{calls}', 2,"
            " $3, $3, $3) RETURNING id", call, f"user:{user}", phones.now,
        )  # fmt: skip
        await phones.reports("calls", str(notice), Answer.TAKE)
        assert (await phones.notice(notice))["answer"] == "take"
