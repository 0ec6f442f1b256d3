"""The mistake: one missed call, and then half an hour of nothing."""

from __future__ import annotations

import itertools

from devices.event import EventType
from rules.domain.notices import Answer, Purpose
from rules.domain.vocabulary import Step
from tests.story.telephones import telephones_in

FIRST, SECOND, THIRD = "13800000001", "13800000002", "13800000003"


async def test_each_rung_rings_the_next_on_the_list_and_who_misses_a_call_is_rung_again(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        for rank, phone in enumerate((FIRST, SECOND, THIRD), start=1):
            await phones.user(phone=phone, rank=rank)
        call = (await phones.press(await phones.night.town.home())).incident_id
        await phones.pass_seconds(95)
        assert [letter.to for letter in phones.voice.of()] == [FIRST]
        assert phones.voice.of()[0].key_press
        assert phones.voice.of()[0].facts["class"] == "sos"
        await phones.pass_seconds(60)
        assert {letter.to for letter in phones.voice.of()} == {FIRST, SECOND}
        await phones.pass_seconds(600)
        for phone in (FIRST, SECOND, THIRD):
            assert len(phones.voice.of(to=phone)) >= 4, "rung until somebody is reached"
        assert "not_reached" in await phones.night.actions(call)
        assert (await phones.night.case(call))["unattended"]


async def test_somebody_who_goes_on_pressing_with_nobody_at_a_desk_does_not_keep_the_telephone_from_ringing(
    fresh_dsn: str,
) -> None:
    """The mistake: each further press began the chain anew at its first rung, and the second never came."""
    async with telephones_in(fresh_dsn) as phones:
        await phones.user(phone=FIRST)
        home = await phones.night.town.home()
        for _ in range(8):
            call = (await phones.press(home)).incident_id
            await phones.pass_seconds(20)
        assert phones.voice.of(to=FIRST)
        assert (await phones.night.actions(call)).count("opened") == 1


async def test_nobody_is_rung_twice_within_a_minute(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        await phones.user(phone=FIRST)
        for _ in range(4):
            await phones.press(await phones.night.town.home())
        rung = []
        for _ in range(400):
            before = len(phones.voice.taken)
            await phones.pass_seconds(1)
            rung += [phones.now] * (len(phones.voice.taken) - before)
        assert len(rung) >= 4
        gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(rung)]
        assert min(gaps) >= 60


async def test_a_claim_ends_the_ringing_also_of_what_waits_already(fresh_dsn: str) -> None:
    """The mistake: acknowledging did not stop the person's own chain of calls."""
    async with telephones_in(fresh_dsn) as phones:
        desk = await phones.night.town.user()
        await phones.user(phone=FIRST)
        call = (await phones.press(await phones.night.town.home())).incident_id
        await phones.pass_seconds(95)
        await phones.pass_seconds(45)  # missed: it rings again in a minute
        await phones.night.step(call, Step.CLAIM, desk)
        await phones.night.holds_on(call)
        await phones.pass_seconds(90)
        assert len(phones.voice.of()) == 1
        states = {(row["state"], row["result"]) for row in await phones.notices()}
        assert ("cancelled", "taken_meanwhile") in states


async def test_one_who_took_it_by_telephone_leaves_the_others_in_peace_and_the_desk_chain_goes_on(
    fresh_dsn: str,
) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        await phones.user(phone=FIRST)
        await phones.user(phone=SECOND, rank=2)
        call = (await phones.press(await phones.night.town.home())).incident_id
        await phones.pass_seconds(95)
        await phones.presses_key(phones.voice.of()[0], Answer.TAKE)
        await phones.pass_seconds(170)
        assert len(phones.voice.of()) == 1, "the others are left in peace"
        assert (await phones.night.actions(call)).count("escalated") >= 3, "only a claim ends the chain"
        assert "accepted_by_phone" in await phones.night.actions(call)
        await phones.pass_seconds(200)
        assert len(phones.voice.of()) > 1, "nobody came to a desk: it rings again"


async def test_a_call_that_nobody_answered_was_a_call_also_when_a_text_has_followed_it(fresh_dsn: str) -> None:
    """The mistake: the text took the place of the call on the notice, and it rang again within the minute."""
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        home = await phones.night.town.home()
        await phones.contact(home, FIRST)
        await phones.night.town.db.pool.execute('UPDATE resident SET communication = \'{"speech": "none"}\'')
        await phones.press(home)
        await phones.pass_seconds(1)
        [call] = phones.voice.of(Purpose.INFORMATION, to=FIRST)
        await phones.pass_seconds(19)
        await phones.presses_key(call, Answer.NO_ANSWER)
        await phones.pass_seconds(1)
        assert phones.sms.of(Purpose.INFORMATION, to=FIRST)
        await phones.press(home, EventType.SMOKE)
        await phones.pass_seconds(39)
        assert len(phones.voice.of(Purpose.INFORMATION, to=FIRST)) == 1
        await phones.pass_seconds(2)
        assert len(phones.voice.of(Purpose.INFORMATION, to=FIRST)) == 2
