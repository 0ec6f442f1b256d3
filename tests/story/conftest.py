"""A console with a real database behind it and a clock of its own: people sign in and work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web_app import _cached_build_middleware

from console.app import make_app
from console.context import ConsoleContext
from rules.clock import FakeClock
from rules.domain.vocabulary import Class
from store.database import Database, connect
from store.opening import Centre
from store.passwords import Passwords
from store.sealing import Keyring
from store.steps import Hand, Opening, open_by_hand
from store.users import NewUser, add_token, add_user

PASSWORD = "a long enough word"
FRAME_SECONDS = 10.0
BROKER_TOKEN = "an invented token of forty characters ok"


@dataclass(kw_only=True)
class Answer:
    """What the API answered."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(kw_only=True)
class Person:
    """Somebody with a bearer token."""

    id: int
    name: str
    token: str
    _client: Any = field(repr=False)

    async def asks(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        kind = {"data": body} if isinstance(body, (str, bytes)) else {"json": body} if body is not None else {}
        async with self._client.request(method, path, headers=sent, **kind) as response:
            text = await response.text()
            is_json = "json" in response.headers.get("Content-Type", "")
            found = await response.json(content_type=None) if is_json else text
            return Answer(status=response.status, body=found, headers=response.headers)

    async def gets(self, path: str) -> Answer:
        return await self.asks("GET", f"/api/v1{path}")

    async def posts(self, path: str, body: Any = None, **headers: str) -> Answer:
        return await self.asks("POST", f"/api/v1{path}", {} if body is None else body, **headers)

    async def patches(self, path: str, body: Any, **headers: str) -> Answer:
        return await self.asks("PATCH", f"/api/v1{path}", body, **headers)

    async def streams(self, after: int | None = None) -> Stream:
        query = "" if after is None else f"?after={after}"
        headers = {"Authorization": f"Bearer {self.token}"}
        return Stream(await self._client.ws_connect(f"/api/v1/stream{query}", headers=headers))


class Stream:
    """The receiving end of a live stream."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self, *kinds: str) -> dict[str, Any]:
        """The next frame of one of these kinds (any but `alive` where none is named)."""
        while True:
            frame: dict[str, Any] = await self.socket.receive_json(timeout=FRAME_SECONDS)
            if frame["kind"] in kinds or (not kinds and frame["kind"] != "alive"):
                return frame

    async def closed_with(self) -> int | None:
        """The code it was closed with, after whatever still came."""
        while True:
            message = await self.socket.receive(timeout=FRAME_SECONDS)
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
                return self.socket.close_code


@dataclass(kw_only=True)
class Console:
    """A console at work."""

    context: ConsoleContext
    client: Any
    clock: FakeClock

    @property
    def db(self) -> Database:
        return self.context.db

    async def person(self, name: str, role: str, areas: list[str] | None = None) -> Person:
        """Make a user with a token."""
        new = NewUser(name=name, display_name=name.title(), role=role, areas=areas or [], password=None)
        user = await add_user(self.db, self.context.passwords, new, by=None, now=self.clock.now())
        now = self.clock.now()
        _, token = await add_token(self.db, int(user.id), "tests", expires_at=None, by=None, now=now)
        return Person(id=int(user.id), name=name, token=token, _client=self.client)

    async def case(self, by: Person, class_: str = "sos", **more: Any) -> int:
        """Open a case by hand."""
        opening = Opening(source="phone", class_=Class(class_), **more)
        centre = Centre(keyring=self.context.keyring, timezone=self.context.site_timezone)
        return await open_by_hand(self.db, opening, by=Hand(user_id=by.id), centre=centre, now=self.clock.now())


MakeConsole = Callable[[], Awaitable[Console]]


@pytest.fixture
async def console(fresh_dsn: str) -> AsyncIterator[Console]:
    database = await connect(fresh_dsn, application_name="shouwang tests", max_size=6)
    clock = FakeClock()
    context = ConsoleContext(
        db=database,
        keyring=Keyring(bytes(range(32))),
        clock=clock,
        web_dir=None,
        site_timezone=ZoneInfo("Asia/Shanghai"),
        version="0.0",
        dsn=fresh_dsn,
        passwords=Passwords(),
        broker_token=BROKER_TOKEN,
    )
    async with TestClient(TestServer(make_app(context))) as client:
        yield Console(context=context, client=client, clock=clock)
    await database.close()
    # Else it holds on to a thousand applications of tests that are over, three megabytes each.
    _cached_build_middleware.cache_clear()
