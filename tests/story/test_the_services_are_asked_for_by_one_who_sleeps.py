"""The mistake: whoever must ring 119 was always the first of the list, and the first of the list slept."""

from __future__ import annotations

from rules.domain.notices import Answer, Purpose
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
