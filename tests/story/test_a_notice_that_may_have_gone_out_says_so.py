"""A call whose answer was lost is forgotten by what happens to it next, and the record says that nobody was rung."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from rules.domain.notices import Purpose
from rules.domain.vocabulary import Step
from rules.engine.outbox import Failed, Letter, Outcome, Uncertain
from tests.story.telephones import Telephones, telephones_in

PHONE = "13900000001"
LOST, REFUSED = Uncertain(reason="answer_lost"), Failed(reason="provider_down", retry_helps=False)


def _one_after_the_other(*outcomes: Outcome) -> Callable[[Letter], Outcome]:
    """The provider's answers in turn, the last of them from then on."""
    turns: Iterator[Outcome] = iter(outcomes)
    said: list[Outcome] = []

    def answer(letter: Letter) -> Outcome:
        said.append(next(turns, said[-1] if said else outcomes[-1]))
        return said[-1]

    return answer


async def _rung(phones: Telephones) -> tuple[int | None, Any]:
    """A press at night whose first call has gone out; the case and that notice."""
    await phones.user(phone=PHONE)
    call = (await phones.press(await phones.night.town.home())).incident_id
    while not phones.voice.of():
        await phones.pass_seconds(1)
    return call, await phones.notice(phones.voice.of()[0].id)


async def test_a_text_that_takes_a_lost_calls_place_is_uncertain(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn, answers_with=_one_after_the_other(LOST, REFUSED)) as phones:
        _, notice = await _rung(phones)
        await phones.pass_seconds(65)  # nobody is rung twice in a minute
        assert phones.sms.of(to=PHONE), "the call failed the second time"
        assert (await phones.notice(notice["id"]))["state"] == "uncertain"


async def test_a_lost_call_that_a_claim_takes_back_is_uncertain_and_no_more_is_rung(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn, answers_with=_one_after_the_other(LOST)) as phones:
        desk = await phones.night.town.user()
        call, notice = await _rung(phones)
        await phones.night.step(call, Step.CLAIM, desk)
        await phones.pass_seconds(30)
        assert len(phones.voice.of()) == 1
        after = await phones.notice(notice["id"])
        assert (after["state"], after["result"]) == ("uncertain", "taken_meanwhile")


async def test_a_lost_call_whose_place_a_later_one_takes_is_uncertain(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn, answers_with=_one_after_the_other(LOST)) as phones:
        _, notice = await _rung(phones)
        await phones.night.town.db.pool.execute(
            "UPDATE outbox SET due_at = $2 WHERE id = $1", notice["id"], phones.now + timedelta(hours=1)
        )
        await phones.pass_seconds(180)
        after = await phones.notice(notice["id"])
        assert (after["state"], after["result"]) == ("uncertain", "superseded")


async def test_what_quiet_hours_put_off_remembers_that_it_was_lost(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        home = await phones.night.town.home()
        contact = await phones.contact(home, PHONE, quiet=[{"from": "00:00", "to": "23:59"}])
        notice_id = await phones.night.town.db.pool.fetchval(
            "INSERT INTO outbox (recipient, purpose, priority, state, leased_until, channel, attempts, due_at, made_at)"
            " VALUES ($1, 'information', 3, 'leased', $2, 'texts', 1, $2, $2) RETURNING id",
            f"contact:{contact}", phones.now - timedelta(seconds=1),
        )  # fmt: skip
        await phones.sends()
        assert (await phones.notice(notice_id))["state"] == "waiting", "put off"
        await phones.night.town.db.pool.execute("UPDATE contact SET quiet_hours = '[]'")
        await phones.night.town.db.pool.execute("UPDATE outbox SET due_at = $1", phones.now)
        await phones.sends()
        assert len(phones.sms.of(Purpose.INFORMATION)) == 1
        assert (await phones.notice(notice_id))["state"] == "uncertain"


async def test_a_call_that_was_lost_twice_counts_as_unanswered(fresh_dsn: str) -> None:
    """Nobody will ever say what became of it: the same person is rung again, and the record says so."""
    async with telephones_in(fresh_dsn, answers_with=_one_after_the_other(LOST)) as phones:
        user = await phones.user(phone=PHONE, shift=None)
        call = (await phones.press(await phones.night.town.home())).incident_id
        notice_id = await phones.night.town.db.pool.fetchval(
            "INSERT INTO outbox (incident_id, recipient, purpose, priority, due_at, made_at)"
            " VALUES ($1, $2, 'escalation', 1, $3, $3) RETURNING id", call, f"user:{user}", phones.now,
        )  # fmt: skip
        for _ in range(40):
            await phones.sends()
            phones.night.clock.advance(5)
        after = await phones.notice(notice_id)
        assert (after["state"], after["answer"]) == ("uncertain", "no_answer")
        assert await phones.facts(call, "not_reached")
        assert len({letter.id for letter in phones.voice.taken}) > 1, "and rung again"
