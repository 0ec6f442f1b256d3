"""The county's own platform gets a test a day and hears of no case; or one that is away holds up everybody's pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rules.domain.case_events import WAITING_MOST, CaseEvent, Wanted
from rules.domain.notices import Purpose
from rules.domain.sending import Kind
from rules.domain.vocabulary import Class, Priority, Step
from rules.engine.outbox import Failed, Letter, Sent, Uncertain
from rules.engine.webhooks import WebhookPass
from store.step_types import Reclassed
from store.webhooks import WebhookStore
from tests.story.telephones import Provider, Telephones, telephones_in

Told = list[tuple[str, str]]


@asynccontextmanager
async def county_in(dsn: str, **asked: Any) -> AsyncIterator[tuple[Telephones, Provider, WebhookPass]]:
    """A night with a webhook that has been told of everything before it."""
    county = Provider(name="county", kind=Kind.WEBHOOK)
    async with telephones_in(dsn, more=(county,)) as phones:
        watch = WebhookPass(WebhookStore(phones.night.town.db, [Wanted(name="county", **asked)]))
        await watch.run_once(phones.now)
        yield phones, county, watch


async def looks(phones: Telephones, watch: WebhookPass) -> None:
    await watch.run_once(phones.now)
    await phones.sends()


def told(county: Provider) -> Told:
    return [(str(letter.facts["event"]), str(letter.facts["priority"])) for letter in county.of(Purpose.EVENT)]


async def test_a_receiver_hears_of_a_case_from_its_opening_to_its_end(fresh_dsn: str) -> None:
    async with county_in(fresh_dsn) as (phones, county, watch):
        desk = await phones.night.town.user()
        call = (await phones.press(await phones.night.town.home())).incident_id
        await looks(phones, watch)
        assert told(county) == [("opened", "P1")]
        await phones.night.step(call, Step.CLAIM, desk)
        await phones.night.step(call, Step.RECLASSIFY, desk, payload=Reclassed(class_=Class.FIRE, reason="smoke"))
        await phones.night.step(call, Step.RELEASE, desk)
        await looks(phones, watch)
        await phones.night.step(call, Step.CLAIM, desk)
        await phones.night.town.resolve(call, desk, now=phones.now)
        await phones.night.step(call, Step.REOPEN, desk)
        await phones.night.town.resolve(call, desk, now=phones.now)
        await looks(phones, watch)
        words = [event for event, _ in told(county)]
        assert words == [
            "opened", "claimed", "reclassified", "released", "claimed", "resolved", "reopened", "resolved"
        ]  # fmt: skip
        assert len({letter.id for letter in county.taken}) == len(words)


async def test_what_leaves_is_a_closed_list_without_a_name_a_number_or_an_address(fresh_dsn: str) -> None:
    async with county_in(fresh_dsn) as (phones, county, watch):
        home = await phones.night.town.home()
        call = (await phones.press(home)).incident_id
        await looks(phones, watch)
        (letter,) = county.of(Purpose.EVENT)
        case = await phones.night.case(call)
        assert letter.facts == {
            "event": "opened", "incident": str(call), "number": case["number"], "class": "sos", "family": "person",
            "priority": "P1", "state": "open", "unattended": 1, "area_code": case["area"], "entry": 1,
            "outcome": None, "test": 0,
        }  # fmt: skip
        assert letter.at == case["opened_at"]


async def test_only_what_was_asked_for_is_told(fresh_dsn: str) -> None:
    asked = {"priorities": frozenset({Priority.URGENT}), "events": frozenset({CaseEvent.OPENED})}
    async with county_in(fresh_dsn, **asked) as (phones, county, watch):
        await phones.press(await phones.night.town.home())
        await looks(phones, watch)
        assert told(county) == []


async def test_two_engines_tell_it_once_and_a_restart_tells_nothing_again(fresh_dsn: str) -> None:
    async with county_in(fresh_dsn) as (phones, county, watch):
        await phones.press(await phones.night.town.home())
        other = WebhookPass(WebhookStore(phones.night.town.db, [Wanted(name="county")]))
        for each in (watch, other, watch):
            await looks(phones, each)
        assert told(county) == [("opened", "P1")]


async def test_a_receiver_that_is_away_hears_it_when_it_is_back_and_holds_up_nobody(fresh_dsn: str) -> None:
    async with county_in(fresh_dsn) as (phones, county, watch):
        county.answers_with = lambda _: Failed(reason="provider_down", retry_helps=True)
        await phones.user(phone="13900000001")
        await phones.press(await phones.night.town.home())
        for _ in range(20):
            await looks(phones, watch)
            await phones.night.engine_looks()
            phones.night.clock.advance(60)
        assert phones.voice.of(), "somebody was rung meanwhile"
        tried = len(county.taken)
        assert 3 <= tried <= 8, "less and less often"
        county.answers_with = None
        phones.night.clock.advance(3_600)
        await looks(phones, watch)
        assert ("opened", "P1") in told(county)[tried:]
        (row,) = await phones.notices(purpose="event")
        assert row["state"] == "sent"


async def test_an_answer_that_gets_lost_again_and_again_is_asked_for_until_it_comes(fresh_dsn: str) -> None:
    async with county_in(fresh_dsn) as (phones, county, watch):
        answers = [Uncertain(reason="answer_lost")] * 3

        def answer(letter: Letter) -> Sent | Uncertain:
            return answers.pop() if answers else Sent(reference=str(letter.id))

        county.answers_with = answer
        await phones.press(await phones.night.town.home())
        for _ in range(10):
            await looks(phones, watch)
            phones.night.clock.advance(120)
        assert len(county.of(Purpose.EVENT)) == 4
        assert len({letter.id for letter in county.taken}) == 1, "the receiver tells them by their id"


async def test_what_was_told_long_ago_is_forgotten_and_what_was_sent_to_people_is_not(fresh_dsn: str) -> None:
    async with county_in(fresh_dsn) as (phones, _, watch):
        await phones.user(phone="13900000001")
        await phones.press(await phones.night.town.home())
        await looks(phones, watch)
        await phones.pass_seconds(90)
        rung = len(await phones.notices())
        phones.night.clock.advance(31 * 86_400)
        await watch.run_once(phones.now)
        assert (len(await phones.notices(purpose="event")), len(await phones.notices())) == (0, rung)


async def test_no_more_waits_for_a_receiver_than_it_may_and_nothing_is_lost_by_that(fresh_dsn: str) -> None:
    async with county_in(fresh_dsn) as (phones, county, watch):
        waits = WAITING_MOST - 1
        await phones.night.town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, due_at, made_at)"
            " SELECT 'webhook:county', 'event', 3, $1::timestamptz + interval '1 hour', $1 FROM generate_series(1, $2)",
            phones.now, waits,
        )  # fmt: skip
        for _ in range(3):
            await phones.press(await phones.night.town.home())
        for _ in range(2):
            await watch.run_once(phones.now)
        assert len(await phones.notices(purpose="event")) == WAITING_MOST
        await phones.night.town.db.pool.execute("DELETE FROM outbox WHERE facts = '{}'")
        for _ in range(2):
            await looks(phones, watch)
        assert told(county) == [("opened", "P1")] * 3
