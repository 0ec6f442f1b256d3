"""A stranger reports "pressed 1" for a call that was never picked up, and nobody comes: callbacks are proved first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from console.app import make_app
from notify.http import Outgoing
from rules.clock import FakeClock
from rules.domain.callbacks import Answered, Key
from store import callbacks
from tests import channels
from tests.story.conftest import Console

PATH = "/api/v1/callbacks/voice-a"
PRESSED = [{"call_id": "116^102", "out_id": "4711", "status_code": "300000", "dtmf": "1", "callee": channels.MOBILE}]


@pytest.fixture
async def client(console: Console) -> AsyncIterator[TestClient[Any, Any]]:
    voice = channels.voice_aliyun("https://voice.example", Outgoing(), FakeClock())
    context = replace(console.context, callbacks={"voice-a": voice})
    async with TestClient(TestServer(make_app(context))) as made:
        yield made


async def heard(console: Console) -> list[callbacks.Waiting]:
    async with console.db.pool.acquire() as connection:
        return await callbacks.waiting(connection, 10)


async def test_the_provider_is_heard_and_thanked(client: TestClient[Any, Any], console: Console) -> None:
    answer = await client.post(PATH, params={"token": channels.CALLBACK_SECRET}, json=PRESSED)
    assert (answer.status, (await answer.json())["code"]) == (200, 0)
    assert [each.said for each in await heard(console)] == [Answered(reference="4711", key=Key.TAKE)]


async def test_no_number_is_kept(client: TestClient[Any, Any], console: Console) -> None:
    await client.post(PATH, params={"token": channels.CALLBACK_SECRET}, json=PRESSED)
    row = await console.db.pool.fetchval("SELECT row_to_json(callback)::text FROM callback")
    assert channels.MOBILE not in row


@pytest.mark.parametrize(
    "params", [{}, {"token": ""}, {"token": "guessed"}, {"token": "\udcff".encode("utf-8", "replace").decode()}]
)
async def test_a_stranger_changes_nothing(
    client: TestClient[Any, Any], console: Console, params: dict[str, str]
) -> None:
    answer = await client.post(PATH, params=params, json=PRESSED)
    assert answer.status == 401 and await heard(console) == []


async def test_a_channel_that_is_none_answers_like_a_wrong_secret(client: TestClient[Any, Any]) -> None:
    answer = await client.post("/api/v1/callbacks/none", params={"token": channels.CALLBACK_SECRET}, json=PRESSED)
    assert answer.status == 401


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"1", b'{"', b"[" * 50_000])
async def test_garbage_of_the_provider_is_refused_and_kills_nothing(client: TestClient[Any, Any], body: bytes) -> None:
    answer = await client.post(PATH, params={"token": channels.CALLBACK_SECRET}, data=body)
    assert answer.status == 400


async def test_a_body_without_end_is_refused(client: TestClient[Any, Any]) -> None:
    answer = await client.post(PATH, params={"token": channels.CALLBACK_SECRET}, data=b" " * 100_000)
    assert answer.status == 413
