"""The mistakes: one broken channel stopped another's page, and peers sent one page twice by race."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from rules.domain.sending import Kind
from rules.engine.outbox import Failed, Letter, OutboxPass, Outcome, Sent
from store.delivery import DeliveryStore
from tests.story.telephones import Provider, telephones_in
from tests.town import CENTRE
from tests.waiting import until

FIRST, SECOND = "13800000001", "13800000002"


async def test_a_channel_that_hangs_holds_up_no_other_page(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        await phones.user("dispatcher", phone=FIRST)
        home = await phones.night.town.home()
        contact = await phones.contact(home, SECOND)
        phones.sms.hangs = asyncio.Event()
        await phones.night.town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, key, due_at, made_at)"
            " SELECT $1, 'information', 3, 'text ' || n, $2, $2 FROM generate_series(1, 30) AS n",
            f"contact:{contact}", phones.now,
        )  # fmt: skip
        await phones.outbox.run_once(phones.now)
        await phones.press(home)
        await phones.night.pass_seconds(32)
        await phones.outbox.run_once(phones.now)
        await until(lambda: len(phones.voice.of()) == 1, "the call goes out")
        assert phones.sms.taken == []
        phones.sms.hangs.set()
        await phones.outbox.settle()
        assert len(phones.sms.taken) == 16, "no more than these were in its hands"


async def test_one_recipients_failure_touches_nobody_elses_notice(fresh_dsn: str) -> None:
    def broken(letter: Letter) -> Outcome:
        if letter.to == FIRST:
            raise ValueError("a bug in a channel")
        return Sent(reference=f"r{letter.id}")

    async with telephones_in(fresh_dsn) as phones:
        phones.voice.answers_with = broken
        for phone in (FIRST, SECOND):
            await phones.user("supervisor", phone=phone, shift="supervisor")
        await phones.press(await phones.night.town.home())
        await phones.pass_seconds(2)
        assert {letter.to for letter in phones.voice.of()} == {FIRST, SECOND}
        states = {row["recipient"]: row["state"] for row in await phones.notices()}
        assert sorted(states.values()) == ["sent", "waiting"]


async def test_a_failure_that_trying_again_can_help_is_tried_again_and_then_the_next_channel_is_taken(
    fresh_dsn: str,
) -> None:
    second = Provider(name="more-calls", kind=Kind.VOICE)
    async with telephones_in(fresh_dsn, more=(second,)) as phones:
        phones.voice.answers_with = lambda _: Failed(reason="provider_down", retry_helps=True)
        await phones.user("dispatcher", phone=FIRST)
        await phones.press(await phones.night.town.home())
        await phones.pass_seconds(70)
        assert [letter.to for letter in second.of()][:1] == [FIRST], "another voice, before any text"
        assert phones.sms.of() == []


async def test_a_provider_that_asks_for_an_hour_does_not_get_it_of_a_call_that_somebody_waits_for(
    fresh_dsn: str,
) -> None:
    second = Provider(name="more-calls", kind=Kind.VOICE)
    async with telephones_in(fresh_dsn, more=(second,)) as phones:
        phones.voice.answers_with = lambda _: Failed(reason="rate_limited", retry_helps=True, retry_after_s=3600.0)
        user = await phones.user("dispatcher", phone=FIRST)
        await phones.night.town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, key, due_at, made_at)"
            " VALUES ($1, 'call_services', 1, 'a call', $2, $2)",
            f"user:{user}", phones.now,
        )  # fmt: skip
        await phones.pass_seconds(3)
        assert [letter.to for letter in second.taken] == [FIRST]


async def test_who_can_be_rung_by_no_channel_makes_way_for_the_next(fresh_dsn: str) -> None:
    def refuses(letter: Letter) -> Outcome:
        if letter.to == FIRST:
            return Failed(reason="number_not_served", retry_helps=False)
        return Sent(reference=f"r{letter.id}", answer_within_s=40.0)

    async with telephones_in(fresh_dsn) as phones:
        phones.voice.answers_with = phones.sms.answers_with = refuses
        await phones.night.town.user()
        await phones.user("dispatcher", phone=FIRST)
        await phones.user("dispatcher", phone=SECOND, rank=2)
        call = (await phones.press(await phones.night.town.home())).incident_id
        await phones.pass_seconds(94)
        assert [letter.to for letter in phones.voice.of()] == [FIRST, SECOND]
        assert {"no_channel"} <= {said["reason"] for said in await phones.facts(call, "not_notified")}


async def test_two_engines_never_send_one_notice_twice_by_race(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        town = phones.night.town
        home = await town.home()
        for number in range(40):
            contact = await phones.contact(home, f"139000001{number:02}")
            await town.db.pool.execute(
                "INSERT INTO outbox (recipient, purpose, priority, key, due_at, made_at)"
                " VALUES ($1, 'information', 3, $1, $2, $2)", f"contact:{contact}", phones.now,
            )  # fmt: skip
        store = DeliveryStore(town.db, CENTRE)
        async with OutboxPass(store, [phones.voice, phones.sms], phones.night.clock) as other:
            for _ in range(6):
                await asyncio.gather(phones.outbox.run_once(phones.now), other.run_once(phones.now))
                await asyncio.gather(phones.outbox.settle(), other.settle())
        assert len(phones.sms.taken) == 40
        assert len({letter.id for letter in phones.sms.taken}) == 40


async def test_a_crash_after_the_provider_took_it_gives_one_uncertain_second_sending_and_never_silence(
    fresh_dsn: str,
) -> None:
    async with telephones_in(fresh_dsn) as phones:
        town = phones.night.town
        contact = await phones.contact(await town.home(), FIRST)
        await town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, key, due_at, made_at)"
            " VALUES ($1, 'information', 3, 'told', $2, $2)", f"contact:{contact}", phones.now,
        )  # fmt: skip
        store = DeliveryStore(town.db, CENTRE)
        taken = await store.lease(phones.now, [phones.voice.way, phones.sms.way], {})
        (letter,) = taken.letters
        await phones.sms.send(letter)  # and the process dies here: nothing is recorded
        await phones.pass_seconds(55)
        assert len(phones.sms.taken) == 1, "not while the first may still be recorded"
        await phones.pass_seconds(300)
        assert [one.id for one in phones.sms.taken] == [letter.id, letter.id], "the same id: the provider can tell"
        row = await phones.notice(letter.id)
        assert (row["state"], row["attempts"]) == ("uncertain", 2)
        assert await store.record(letter, Sent(reference="late"), phones.now) == "superseded"


async def test_what_may_have_been_sent_and_is_not_meant_any_more_stays_uncertain(fresh_dsn: str) -> None:
    """The mistake: two senders died with it in hand, and the record said that it was never sent."""
    async with telephones_in(fresh_dsn) as phones:
        town = phones.night.town
        contact = await phones.contact(await town.home(), FIRST)
        await town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, key, due_at, made_at, not_after)"
            " VALUES ($1, 'information', 3, 'told', $2, $2, $3)",
            f"contact:{contact}", phones.now, phones.now + timedelta(seconds=30),
        )  # fmt: skip
        store = DeliveryStore(town.db, CENTRE)
        (letter,) = (await store.lease(phones.now, [phones.voice.way, phones.sms.way], {})).letters
        await phones.sms.send(letter)  # and the process dies here
        await phones.pass_seconds(400)
        assert len(phones.sms.taken) == 1, "too old to be sent again"
        row = await phones.notice(letter.id)
        assert (row["state"], row["result"]) == ("uncertain", "too_old")


async def test_a_storm_drowns_the_channel_and_p1_goes_first(fresh_dsn: str) -> None:
    """The mistake: hundreds of notices of no urgency stood before the one that mattered."""
    async with telephones_in(fresh_dsn) as phones:
        phones.sms.per_minute_most, phones.sms.reserve_p1 = 10, 3
        town = phones.night.town
        home = await town.home()
        contact = await phones.contact(home, FIRST)
        fire = await phones.contact(home, SECOND)
        await town.db.pool.execute(
            "UPDATE contact SET channels = '{sms}' WHERE id = ANY ($1::bigint[])", [contact, fire]
        )
        earlier = phones.now - timedelta(minutes=5)
        query = (
            "INSERT INTO outbox (recipient, purpose, priority, key, due_at, made_at)"
            " SELECT $1, 'information', $2::smallint, $3 || n, $4, $4 FROM generate_series(1, $5::int) AS n"
        )
        await town.db.pool.execute(query, f"contact:{contact}", 4, "power ", earlier, 200)
        await phones.sends()
        assert len(phones.sms.taken) == 7, "the reserve is kept"
        assert {letter.purpose.value for letter in phones.sms.taken} == {"information"}
        phones.voice.per_minute_most = 0
        await town.db.pool.execute(query, f"contact:{fire}", 2, "fire ", phones.now, 2)
        await phones.sends()
        assert len(phones.sms.taken) == 7
        await phones.pass_seconds(61)
        later = phones.sms.taken[7:]
        assert [letter.to for letter in later[:2]] == [SECOND, SECOND], "the more urgent first"
        summaries = [letter for letter in later if letter.purpose.value == "summary"]
        assert [letter.facts["count"] for letter in summaries] == [193], "the rest is one summary"


async def test_a_group_hears_of_a_stage_once_beside_whoever_is_rung(fresh_dsn: str) -> None:
    group = Provider(name="group", kind=Kind.ROBOT)
    async with telephones_in(fresh_dsn, more=(group,)) as phones:
        for phone in (FIRST, SECOND):
            await phones.user("supervisor", phone=phone, shift="supervisor")
        await phones.press(await phones.night.town.home())
        await phones.pass_seconds(3)
        assert len(phones.voice.of()) == 2, "a group wakes nobody"
        (posted,) = group.of()
        assert posted.to == "group"
        assert set(posted.facts) <= {"number", "class", "area", "priority", "minutes"}


async def test_with_every_provider_down_the_list_is_asked_once_a_stage_and_not_without_end(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        down = Failed(reason="account", retry_helps=False)
        phones.voice.answers_with = phones.sms.answers_with = lambda _: down
        await phones.night.town.user()
        await phones.user("dispatcher", phone=FIRST)
        await phones.user("dispatcher", phone=SECOND, rank=2)
        await phones.press(await phones.night.town.home())
        await phones.pass_seconds(120)
        assert 2 <= len(await phones.notices()) <= 4
        phones.voice.answers_with = None
        await phones.pass_seconds(40)
        assert [row["state"] for row in await phones.notices()][-1] == "sent", "the next stage finds it mended"


async def test_whoever_is_rung_once_a_minute_for_hundreds_of_cases_holds_up_nobody_else(fresh_dsn: str) -> None:
    async with telephones_in(fresh_dsn) as phones:
        busy = await phones.user("supervisor", phone=FIRST, shift="supervisor")
        other = await phones.user("supervisor", phone=SECOND, shift="supervisor")
        await phones.night.town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, key, due_at, made_at)"
            " SELECT $1, 'call_services', 1, 'call ' || n, $2, $2 FROM generate_series(1, 300) AS n",
            f"user:{busy}", phones.now,
        )  # fmt: skip
        await phones.sends()
        assert [letter.to for letter in phones.voice.taken] == [FIRST]
        phones.night.clock.advance(2)
        await phones.night.town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, key, due_at, made_at)"
            " VALUES ($1, 'call_services', 2, 'another', $2, $2)",
            f"user:{other}", phones.now,
        )  # fmt: skip
        await phones.sends()
        assert [letter.to for letter in phones.voice.taken] == [FIRST, SECOND], "not after 300 minutes"
