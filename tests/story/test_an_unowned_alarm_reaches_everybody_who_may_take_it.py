"""The mistake: a high alarm that was nobody's went to nobody."""

from __future__ import annotations

import pytest

from tests.story.telephones import telephones_in

FIRST, SECOND, THIRD = "13800000001", "13800000002", "13800000003"


async def test_with_nobody_on_call_every_supervisor_with_a_number_is_rung(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        for phone in (FIRST, SECOND):
            await phones.user("supervisor", phone=phone, shift=None)
        await phones.user("dispatcher", phone=THIRD, shift=None)
        call = (await phones.press(await phones.night.town.home())).incident_id
        await phones.pass_seconds(62)
        assert {letter.to for letter in phones.voice.of()} == {FIRST, SECOND}
        (said, *_) = await phones.facts(call, "escalated")
        assert (said["rung"], said["missing"]) == (2, "nobody_on_call")


async def test_with_no_supervisor_to_be_rung_everybody_who_may_take_it_is(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user("supervisor", shift=None)
        await phones.user("dispatcher", phone=THIRD, shift=None)
        await phones.press(await phones.night.town.home())
        await phones.pass_seconds(2)
        assert [letter.to for letter in phones.voice.of()] == [THIRD]


@pytest.mark.parametrize("shift", ["on_call", None])
async def test_nobody_with_a_number_is_said_in_the_record(fresh_dsn: str, shift: str | None) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user("supervisor", shift=shift)
        call = (await phones.press(await phones.night.town.home())).incident_id
        await phones.pass_seconds(62)
        assert phones.voice.of() == []
        assert "nobody_with_a_number" in {said.get("missing") for said in await phones.facts(call, "escalated")}


async def test_who_is_off_duty_by_the_time_of_the_call_is_not_rung(fresh_dsn: str) -> None:
    """The mistake: whoever had gone home was paged all the same, since they were chosen earlier."""
    async with telephones_in(fresh_dsn) as phones:
        await phones.night.town.user()
        user = await phones.user("dispatcher", phone=FIRST)
        await phones.user("dispatcher", phone=SECOND, rank=2)
        await phones.press(await phones.night.town.home())
        await phones.night.pass_seconds(91)  # chosen, and nothing sent yet
        await phones.night.town.db.pool.execute("UPDATE shift SET cancelled_at = now() WHERE user_id = $1", user)
        await phones.sends()
        await phones.sends()
        assert [letter.to for letter in phones.voice.of()] == [SECOND]
        assert (await phones.notices())[0]["result"] == "off_duty"
