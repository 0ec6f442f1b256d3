"""The mistake: a ladder that rings the same person again after they said that they cannot, until they switch it off."""

from __future__ import annotations

from rules.domain.notices import Answer
from tests.story.telephones import telephones_in

FIRST, SECOND = "13800000001", "13800000002"


async def test_two_rings_the_next_at_once_and_the_round_goes_on_without_who_cannot(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        await phones.user("dispatcher", phone=FIRST)
        await phones.user("dispatcher", phone=SECOND, rank=2)
        call = (await phones.press(await phones.night.town.home())).incident_id
        await phones.pass_seconds(92)
        (letter,) = phones.voice.of()
        assert letter.to == FIRST
        await phones.presses_key(letter, Answer.CANNOT)
        await phones.pass_seconds(1)
        assert [one.to for one in phones.voice.of()] == [FIRST, SECOND], "the next at once, not at the next rung"
        await phones.pass_seconds(260)
        assert len(phones.voice.of(to=FIRST)) == 1, "not again in this round"
        assert len(phones.voice.of(to=SECOND)) >= 3
        assert "declined_by_phone" in await phones.night.actions(call)
        await phones.pass_seconds(160)
        assert len(phones.voice.of(to=FIRST)) > 1, "a new round asks everybody anew"


async def test_when_everybody_on_call_cannot_the_supervisors_are_rung(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        await phones.user("dispatcher", phone=FIRST)
        await phones.user("supervisor", phone=SECOND, shift=None)
        await phones.press(await phones.night.town.home())
        await phones.pass_seconds(92)
        await phones.presses_key(phones.voice.of(to=FIRST)[0], Answer.CANNOT)
        await phones.pass_seconds(2)
        assert [one.to for one in phones.voice.of()][-1] == SECOND
