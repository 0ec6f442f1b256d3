"""A case that cannot be read has its supervisor rung each minute all night, or nobody else's notice goes out."""

from __future__ import annotations

from rules.domain.notices import Answer
from tests.story.telephones import Telephones, telephones_in

PHONE, OTHER = "13900000001", "13900000002"


async def _notice(phones: Telephones, user: int, case: int | None, *, priority: int = 1) -> int:
    made: int = await phones.night.town.db.pool.fetchval(
        "INSERT INTO outbox (incident_id, recipient, purpose, priority, due_at, made_at)"
        " VALUES ($1, $2, 'escalation', $3, $4, $4) RETURNING id", case, f"user:{user}", priority, phones.now,
    )  # fmt: skip
    return made


async def _unreadable_case(phones: Telephones) -> int:
    case = (await phones.press(await phones.night.town.home())).incident_id
    assert case is not None
    await phones.night.town.db.pool.execute("UPDATE incident SET class = 'of_next_year' WHERE id = $1", case)
    return case


async def test_what_was_sent_for_a_case_that_cannot_be_read_is_kept_and_not_sent_again(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        user = await phones.user(phone=PHONE, shift=None)
        notice = await _notice(phones, user, await _unreadable_case(phones))
        for _ in range(40):
            await phones.sends()
            phones.night.clock.advance(5)
        assert len(phones.voice.taken) == 1
        assert (await phones.notice(notice))["state"] == "sent"


async def test_what_may_not_be_sent_for_such_a_case_is_ended_once(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        user = await phones.user(phone=None, shift=None)
        notice = await _notice(phones, user, await _unreadable_case(phones))
        await phones.sends()
        row = await phones.notice(notice)
        assert (row["state"], row["result"]) == ("cancelled", "no_address")


async def test_a_key_pressed_for_such_a_case_is_heard(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        user, other = await phones.user(phone=PHONE, shift=None), await phones.user(phone=OTHER, shift=None)
        case = await _unreadable_case(phones)
        await _notice(phones, user, case)
        await phones.sends()
        await phones.presses_key(phones.voice.taken[0], Answer.TAKE)
        second = await _notice(phones, other, case)
        await phones.sends()
        assert (await phones.notice(second))["result"] == "heard_by_phone"


async def test_one_notice_that_cannot_be_read_keeps_nobody_elses_back(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        user, other = await phones.user(phone=PHONE, shift=None), await phones.user(phone=OTHER, shift=None)
        case = (await phones.press(await phones.night.town.home())).incident_id
        broken = await _notice(phones, user, case, priority=9)
        await _notice(phones, other, case)
        await phones.sends()
        assert [letter.to for letter in phones.voice.taken] == [OTHER]
        row = await phones.notice(broken)
        assert row["state"] == "waiting", "it is kept"
        assert row["due_at"] > phones.now, "and looked at again a little later"
