"""The mistake: whoever must ring 119 was always the first of the list, and the first of the list slept."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest

from devices.event import EventType
from rules.domain.notices import Answer, Purpose
from rules.engine.outbox import Failed, Letter
from tests.story.telephones import Telephones, telephones_in

FIRST, SECOND = "13800000001", "13800000002"


async def _rung(phones: Telephones, seconds: int, *, presses: Answer | None = None) -> list[str]:
    """Who was asked to call the services meanwhile."""
    before = len(phones.voice.taken)
    for _ in range(seconds):
        known = len(phones.voice.taken)
        await phones.pass_seconds(1)
        for letter in phones.voice.taken[known:]:
            if presses is not None and letter.purpose is Purpose.CALL_SERVICES:
                await phones.presses_key(letter, presses)
    return [one.to for one in phones.voice.taken[before:] if one.purpose is Purpose.CALL_SERVICES]


async def test_unheard_the_next_of_the_list_is_rung_for_the_services(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user(phone=FIRST, rank=1)
        await phones.user(phone=SECOND, rank=2)
        await phones.press(await phones.night.town.home())
        assert {FIRST, SECOND} <= set(await _rung(phones, 420))


async def test_with_one_on_the_list_who_cannot_they_are_rung_all_the_same(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user(phone=FIRST, rank=1)
        await phones.press(await phones.night.town.home())
        assert len(await _rung(phones, 420, presses=Answer.CANNOT)) >= 2


async def _calls(phones: Telephones, seconds: int) -> list[tuple[float, Purpose]]:
    """When which call was made, in seconds from here."""
    began = phones.now
    made: list[tuple[float, Purpose]] = []
    for _ in range(seconds):
        known = len(phones.voice.taken)
        await phones.pass_seconds(1)
        made += [((phones.now - began).total_seconds(), one.purpose) for one in phones.voice.taken[known:]]
    return made


async def _said(phones: Telephones, purpose: str) -> list[tuple[datetime, datetime]]:
    """Of each notice of this purpose that was said: when it was due, and when it was."""
    rows = await phones.notices(purpose=purpose)
    return [(row["due_at"], row["begun_at"]) for row in rows if row["state"] == "sent"]


@pytest.mark.parametrize("type_", [EventType.SMOKE, EventType.SOS])
async def test_one_person_alone_hears_both_within_a_minute_of_being_due(fresh_dsn: str, type_: EventType) -> None:
    """The case that waits, and that 119 must be called: in turn, each would be said every other minute."""
    async with telephones_in(fresh_dsn) as phones:
        await phones.user(phone=FIRST)
        home = await phones.night.town.home()
        await phones.press(home, type_)
        made = await _calls(phones, 600)
        assert all(later - sooner >= 60 for (sooner, _), (later, _) in pairwise(made)), "one call a minute"
        for purpose in ("escalation", "call_services"):
            said = await _said(phones, purpose)
            assert len(said) >= 5, purpose
            assert max((at - due).total_seconds() for due, at in said) <= 60, purpose


async def test_the_key_of_a_shared_call_answers_both(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user(phone=FIRST, rank=1)
        call = await phones.press(await phones.night.town.home())
        shared = await _shared(phones)
        await phones.presses_key(shared, Answer.CANNOT)
        told = await phones.facts(call.incident_id, "declined_by_phone")
        assert {one["purpose"] for one in told} == {"call_services", "escalation"}


async def test_a_shared_call_that_failed_leaves_nothing_unsaid(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user(phone=FIRST)
        await phones.press(await phones.night.town.home())
        await _shared(phones)
        phones.voice.answers_with = lambda _: Failed(reason="network_busy", retry_helps=True)
        await phones.pass_seconds(130)
        phones.voice.answers_with = None
        left = await phones.night.town.db.pool.fetch("SELECT id FROM outbox WHERE said_with > 0 AND state <> 'sent'")
        assert left == []
        failed = {row["said_with"] for row in await phones.notices()}
        await _shared(phones, but=failed)


async def _shared(phones: Telephones, *, but: set[int | None] | None = None) -> Letter:
    """The next call in which an escalation was said as well."""
    known = but or set()
    for _ in range(400):
        await phones.pass_seconds(1)
        fresh = {row["said_with"] for row in await phones.notices()} - known - {None}
        for letter in phones.voice.of(Purpose.CALL_SERVICES):
            if letter.id in fresh:
                return letter
    raise AssertionError("no call was shared")


async def test_behind_many_cases_the_services_are_still_asked_for(fresh_dsn: str) -> None:
    """Said anew each minute and too old after two, it stood behind every other case of the night for ever."""
    async with telephones_in(fresh_dsn) as phones:
        await phones.user(phone=FIRST)
        for _ in range(5):
            await phones.press(await phones.night.town.home())
        asked = [letter for letter in await _letters(phones, 1500) if letter.purpose is Purpose.CALL_SERVICES]
        assert len({letter.facts["number"] for letter in asked}) == 5


async def _letters(phones: Telephones, seconds: int) -> list[Letter]:
    for _ in range(seconds // 5):
        phones.night.clock.advance(5)
        await phones.night.engine_looks()
        await phones.sends()
    return phones.voice.taken


async def test_what_was_said_in_a_call_that_was_lost_is_said_again_in_it_and_is_uncertain(fresh_dsn: str) -> None:
    """An engine died with the call in its hands."""
    async with telephones_in(fresh_dsn) as phones:
        await phones.user(phone=FIRST)
        await phones.press(await phones.night.town.home())
        lost = await _shared(phones)
        both = await phones.night.town.db.pool.fetch(
            "UPDATE outbox SET state = 'leased', leased_until = $2, answer_by = NULL, answer = NULL"
            " WHERE id = $1 OR said_with = $1 RETURNING id", lost.id, phones.now,
        )  # fmt: skip
        await phones.pass_seconds(130)
        assert len([one for one in phones.voice.taken if one.id == lost.id]) == 2
        assert [(await phones.notice(row["id"]))["state"] for row in both] == ["uncertain"] * 2
