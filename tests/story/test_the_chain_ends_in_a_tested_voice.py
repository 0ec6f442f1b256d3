"""The mistake: nothing in the list of notices woke anybody, and everybody believed that it would."""

from __future__ import annotations

import json
from typing import Any

from rules.domain.channel_tests import ANSWER_LIMIT_S
from rules.domain.notices import Answer, Purpose
from rules.domain.vocabulary import Class
from store.canary import last_round
from store.chain_end import ChainEnd, chain_end, mark_demonstration
from store.channel_tests import ChannelTests
from tests.story.telephones import Telephones, telephones_in
from tests.town import CENTRE

FIRST = "13800000001"


async def _end(phones: Telephones) -> ChainEnd:
    async with phones.night.town.db.pool.acquire() as connection:
        return await chain_end(connection, phones.now)


def _tests(phones: Telephones) -> ChannelTests:
    return ChannelTests(phones.night.town.db, CENTRE, phones.outbox.ways)


async def _failed_channels(phones: Telephones) -> list[Any]:
    return list(
        await phones.night.town.db.pool.fetch(
            "SELECT subject, priority, state FROM incident WHERE class = $1 ORDER BY id", str(Class.CHANNEL_FAILED)
        )
    )


async def test_a_centre_is_not_well_until_somebody_on_call_has_heard_the_test(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        tests = _tests(phones)
        assert await _end(phones) is ChainEnd.NOBODY_ON_CALL
        await phones.user("dispatcher", phone=FIRST)
        assert await _end(phones) is ChainEnd.UNTESTED
        await tests.run(phones.now)
        await phones.sends()
        (letter,) = phones.voice.of(Purpose.CHANNEL_TEST)
        assert letter.to == FIRST, "the number itself that the chain ends in"
        assert await _end(phones) is ChainEnd.UNTESTED, "taken by the provider is not heard by a person"
        await phones.presses_key(letter, Answer.TAKE)
        assert await _end(phones) is ChainEnd.TESTED
        assert [one.age_s for one in await tests.ages(phones.now) if one.channel == "calls"] == [0.0]
        await tests.run(phones.now)
        assert len(phones.voice.of(Purpose.CHANNEL_TEST)) == 1, "once a day"
        await phones.on_shift(int((await phones.notice(letter.id))["recipient"].split(":")[1]), "on_call", hours=99)
        phones.night.clock.advance(26 * 3600)
        assert await _end(phones) is ChainEnd.UNTESTED, "a test of yesterday says nothing of tonight"


async def test_a_voice_that_reaches_nobody_is_a_case_of_its_own_told_by_another_provider(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user("dispatcher", phone=FIRST)
        tests = _tests(phones)
        await tests.run(phones.now)
        await phones.sends()
        await phones.pass_seconds(45)  # nobody presses a key
        ((subject, priority, _),) = await _failed_channels(phones)
        assert (subject, priority) == ("s:channel:calls", 1)
        phones.night.clock.advance(900)
        await tests.run(phones.now)
        await phones.sends()
        await phones.presses_key(phones.voice.of(Purpose.CHANNEL_TEST)[-1], Answer.HEARD)
        assert [row["state"] for row in await _failed_channels(phones)] == ["resolved"], "a good one ends it"
        assert await _end(phones) is ChainEnd.TESTED


async def test_with_nobody_to_ring_the_test_fails_at_once_and_a_text_needs_no_key(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user("dispatcher", phone=FIRST, shift=None, duty="on")
        tests = _tests(phones)
        await tests.run(phones.now)
        await phones.sends()
        assert len(phones.sms.of(Purpose.CHANNEL_TEST)) == 1
        found = {one.channel: one.passed for one in await tests.ages(phones.now)}
        assert found == {"calls": False, "texts": True}
        assert len(await _failed_channels(phones)) == 1


async def test_a_test_whose_answer_got_lost_is_ended_all_the_same(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user("dispatcher", phone=FIRST)
        tests = _tests(phones)
        await tests.run(phones.now)  # and no engine sends it
        phones.night.clock.advance(ANSWER_LIMIT_S + 1)
        await tests.run(phones.now)
        assert len(await _failed_channels(phones)) == 1


async def test_a_demonstration_says_that_it_is_one_until_the_real_work_begins(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await mark_demonstration(phones.night.town.db, demo=True, now=phones.now)
        assert await _end(phones) is ChainEnd.DEMONSTRATION
        await mark_demonstration(phones.night.town.db, demo=False, now=phones.now)
        assert await _end(phones) is ChainEnd.NOBODY_ON_CALL


async def test_every_desk_hears_it_with_each_sign_of_life(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    stream = await desk.streams()
    console.clock.advance(2)
    await console.case(desk)
    frame = await stream.next("alive")
    assert frame["chain_end"] == "nobody_on_call"
    await mark_demonstration(console.db, demo=True, now=console.clock.now())
    async with console.client.get("/readyz") as response:
        assert json.loads(await response.text()) == {"status": "ok"}


async def test_a_canary_that_comes_no_more_is_said_once(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        db = phones.night.town.db
        assert await last_round(db) is None
        tests = _tests(phones)
        await tests.run(phones.now)
        before = len(await _failed_channels(phones))
        await db.pool.execute("INSERT INTO part (name, seen_at) VALUES ('canary', $1)", phones.now)
        phones.night.clock.advance(200)
        for _ in range(2):
            await tests.run(phones.now)
        assert len(await _failed_channels(phones)) == before + 1
