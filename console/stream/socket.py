"""One WebSocket: sign-in and origin at the handshake, frames out, pings that keep a desk's claims."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated, Final

import structlog
from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from console.context import CONTEXT, ConsoleContext
from console.metrics import stream_clients_dropped
from console.problems import Problem, forbidden, not_signed_in
from console.rights import READ_CASES, Role
from console.routes import Call, Reply, Route
from console.signin import principal_of, refuse_foreign_origin
from console.stream.frames import Ended, Frame, are_you_there
from console.stream.hub import HUB, Client, Hub
from rules.domain.lease import LEASE_S, RENEW_EVERY_S
from store.accounts import Principal
from store.acts import note_act
from store.duty import stream_answered
from store.feed import DATABASE_AWAY
from store.metrics import alarm_seconds
from store.views.items import renew_leases

_log: Final = structlog.get_logger(__name__)

#: Nobody has much to say to us on this socket.
INCOMING_BYTES_MOST: Final = 4_096
#: A frame that does not leave in this time goes to nobody: the line is cut, and the desk comes back on another.
SEND_SECONDS_MOST: Final = 10.0
#: How long a closing desk may take to say goodbye.
CLOSE_SECONDS: Final = 2.0
CODE_NO_ANSWER: Final = 4410
#: What a page says when its person touched a key; anything else a page says is passed over.
HUMAN_ACT: Final = '{"kind":"act"}'
#: Acts closer together than this are one: the shortest limit is minutes.
ACTS_APART_S: Final = 10.0


class StreamQuery(BaseModel):
    """`after` is the last number seen: of a frame, or the `seq` of a list."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=2**62)] | None = None


async def stream(request: web.Request) -> web.StreamResponse:
    """Serve one stream until either side ends it."""
    context = request.app[CONTEXT]
    principal = await _admit(request, context)
    try:
        after = StreamQuery.model_validate(dict(request.query)).after
    except ValidationError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "after_unreadable", "`after` is a number.") from error
    socket = web.WebSocketResponse(
        timeout=CLOSE_SECONDS, autoping=False, max_msg_size=INCOMING_BYTES_MOST, compress=False
    )
    if not socket.can_prepare(request).ok:
        raise Problem(HTTPStatus.UPGRADE_REQUIRED, "websocket_only", "This address speaks WebSocket.")
    hub = request.app[HUB]
    if not await hub.started():
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "database_away", "The database does not answer.")
    await socket.prepare(request)
    client = hub.attach(principal, after)
    try:
        await _Stream(request, socket, client, hub).run(after)
    finally:
        hub.detach(client)
    return socket


async def _admit(request: web.Request, context: ConsoleContext) -> Principal:
    refuse_foreign_origin(request, also_reading=True)
    principal = await principal_of(request, context, context.clock.now())
    if principal is None:
        raise not_signed_in()
    if Role(principal.role) not in READ_CASES:
        raise forbidden()
    return principal


class _Stream:
    """The life of one socket: a writer, a pinger, a reader; the end of one is the end of all."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, client: Client, hub: Hub) -> None:
        self._request = request
        self._socket = socket
        self._client = client
        self._context = request.app[CONTEXT]
        self._hub = hub
        self._prev = 0
        self._answered_s = self._context.clock.monotonic()
        self._acted_s = -ACTS_APART_S

    async def run(self, after: int | None) -> None:
        self._prev = after if after is not None else self._client.start
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._write(after), name="stream writer"),
                    group.create_task(self._ping(), name="stream pinger"),
                ]
                await self._read()
                for task in tasks:
                    task.cancel()
        except* ConnectionError:
            # The other side went away in the middle of a frame; it comes back with `after`.
            _log.info("stream_lost", user_id=self._client.principal.user_id)

    async def _write(self, after: int | None) -> None:
        if after is not None:
            for frame in await self._hub.catch_up(self._client, after):
                await self._send(frame)
        while True:
            message = await self._client.queue.get()
            if isinstance(message, Ended):
                await self._socket.close(code=message.code, message=message.reason.encode())
                return
            if isinstance(message, bytes):
                await self._deliver(message)
            else:
                await self._send(message)

    async def _send(self, frame: Frame) -> None:
        await self._deliver(frame.text(self._prev))
        self._prev = frame.seq
        if frame.received_at is not None:
            # The first desk that has it ends the clock; the frame is shared, so this is said once.
            waited_s = (self._context.clock.now() - frame.received_at).total_seconds()
            frame.received_at = None
            alarm_seconds.labels("stream").observe(max(0.0, waited_s))

    async def _deliver(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS_MOST):
                await self._socket.send_frame(data, WSMsgType.TEXT)
        except TimeoutError:
            stream_clients_dropped.inc()
            if self._request.transport is not None:
                self._request.transport.abort()
            raise ConnectionResetError("the other side takes nothing any more") from None

    async def _ping(self) -> None:
        while True:
            await self._socket.ping()
            await self._context.clock.sleep(RENEW_EVERY_S)
            if self._context.clock.monotonic() - self._answered_s > LEASE_S:
                self._client.end(CODE_NO_ANSWER, "no answer to pings")

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                await self._answered()
            elif message.type is WSMsgType.TEXT and message.data == HUMAN_ACT:
                await self._acted()

    async def _acted(self) -> None:
        """Somebody touched a key: the person is there, not only the machine (invariant 8)."""
        clock, user_id = self._context.clock, self._client.principal.user_id
        if clock.monotonic() - self._acted_s < ACTS_APART_S:
            return
        self._acted_s = clock.monotonic()
        try:
            await note_act(self._context.db, user_id, clock.now())
        except (*DATABASE_AWAY, TimeoutError) as error:
            _log.warning("act_not_noted", user_id=user_id, reason=type(error).__name__)

    async def _answered(self) -> None:
        """The page's machine answers: its user's claims and duty go on."""
        self._answered_s = self._context.clock.monotonic()
        user_id, now = self._client.principal.user_id, self._context.clock.now()
        try:
            await renew_leases(self._context.db, user_id, now)
            asked_at = await stream_answered(self._context.db, user_id, now)
        except (*DATABASE_AWAY, TimeoutError) as error:
            _log.warning("leases_not_renewed", user_id=user_id, reason=type(error).__name__)
        else:
            if asked_at is not None:
                self._client.offer(are_you_there(asked_at, now))


async def _described_only(_: Call) -> Reply:
    raise AssertionError("the stream is served by its own handler")


ROUTES: Final = [
    Route(
        method="GET",
        path="/stream",
        zh="实时推送(WebSocket)",
        en="Every change one may see, in the order of commit (WebSocket)",
        roles=READ_CASES,
        handler=_described_only,
        query=StreamQuery,
        status=101,
        refusals=(426, 503),
    )
]
