"""A responder without a browser answers by text, and the text is dropped: nobody comes, and nobody else is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rules.domain.callbacks import Key, Replied
from rules.domain.notices import Purpose
from rules.engine.callbacks import CallbackPass
from rules.engine.outbox import Failed
from store import callbacks
from store.callbacks import CallbackStore
from tests.story.people_who_go import Field
from tests.story.telephones import Telephones, telephones_in
from tests.town import CENTRE

MOBILE, OTHER = "13900000011", "13900000012"


@asynccontextmanager
async def asked_by_text(dsn: str) -> AsyncIterator[tuple[Telephones, Field, int, int | None]]:
    """A night on which somebody near a call for help was asked by text to go."""
    async with telephones_in(dsn) as phones:
        phones.voice.answers_with = lambda _: Failed(reason="provider_down", retry_helps=False)
        field = Field(night=phones.night)
        near = await field.responder(phone=MOBILE)
        call = (await phones.press(await phones.night.town.home())).incident_id
        while not phones.sms.of(Purpose.OFFER):
            await phones.pass_seconds(1)
        yield phones, field, near, call


async def texts(phones: Telephones, number: str, key: Key) -> int:
    """The provider reports a text; returns how many callbacks were kept of it."""
    async with phones.night.town.db.transaction() as connection:
        kept = await callbacks.hear(connection, "texts", [Replied(number=number, key=key)], now=phones.now)
    await CallbackPass(CallbackStore(phones.night.town.db, CENTRE)).run_once(phones.now)
    return kept


async def test_one_is_yes(fresh_dsn: str) -> None:
    async with asked_by_text(fresh_dsn) as (phones, field, near, call):
        assert await texts(phones, MOBILE, Key.TAKE) == 1
        assert await field.standing(call) == {near: "accepted"}


async def test_two_is_no_and_the_next_is_asked(fresh_dsn: str) -> None:
    async with asked_by_text(fresh_dsn) as (phones, field, near, call):
        following = await field.responder(phone=OTHER, metres=800)
        await texts(phones, MOBILE, Key.CANNOT)
        await phones.pass_seconds(2)
        assert await field.standing(call) == {near: "declined", following: "offered"}


async def test_who_said_one_may_say_two_afterwards(fresh_dsn: str) -> None:
    async with asked_by_text(fresh_dsn) as (phones, field, near, call):
        await texts(phones, MOBILE, Key.TAKE)
        await texts(phones, MOBILE, Key.CANNOT)
        assert await field.standing(call) == {near: "left"}


async def test_a_text_of_somebody_who_was_asked_nothing_changes_nothing_and_no_number_is_kept(fresh_dsn: str) -> None:
    async with asked_by_text(fresh_dsn) as (phones, field, near, call):
        assert await texts(phones, OTHER, Key.TAKE) == 0
        assert await texts(phones, MOBILE, Key.OTHER) == 1
        assert await field.standing(call) == {near: "offered"}
        kept = await phones.night.town.db.pool.fetchval("SELECT string_agg(callback::text, ' ') FROM callback")
        assert MOBILE not in kept
