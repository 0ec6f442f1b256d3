"""The one reader of the feed in this process: reads on each wake-up, draws once, hands out to everybody who may see."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web

from console.context import ConsoleContext
from console.metrics import stream_clients, stream_clients_dropped, stream_failures
from console.rights import Role
from console.stream.drawing import Areas, draw
from console.stream.frames import Drawn, Ended, Frame, alive, resync
from console.stream.sight import Sight
from store.accounts import Principal, standing
from store.feed import DATABASE_AWAY, ChangeRow, changes_after, changes_between, head, listening, read_health

if TYPE_CHECKING:
    from store.database import Connection

_log: Final = structlog.get_logger(__name__)

#: The wake-up can be lost; a reader also looks once a second (architecture.md, invariant 14).
LOOK_SECONDS: Final = 1.0
ALIVE_SECONDS: Final = 2.0
RETRY_SECONDS: Final = 0.5
#: A desk that connects while the database is away is told so after this.
STARTED_SECONDS_MOST: Final = 5.0
#: A reading that takes longer has lost its line; a new one is quicker than waiting.
PASS_SECONDS_MOST: Final = 5.0
BATCH_MOST: Final = 500
#: Frames that wait for one slow desk before it is cut off; it never slows the others.
QUEUE_MOST: Final = 2_000
#: Changes a returning desk is told one by one; beyond that reading everything again is quicker.
RESUME_MOST: Final = 2_000

CODE_RIGHTS_CHANGED: Final = 4401
CODE_TOO_SLOW: Final = 4408
CODE_GOING_AWAY: Final = 1001

Message = Frame | bytes | Ended


class Client:
    """One stream: who reads it and what waits for it."""

    def __init__(self, principal: Principal, start: int, after: int | None) -> None:
        self.principal = principal
        self.start = start  #: the feed's number when it was attached
        #: What its reader has seen already: a list may have been a moment ahead of the feed's reader.
        self.skip_upto = max(start, after or 0)
        self.queue: asyncio.Queue[Message] = asyncio.Queue(QUEUE_MOST)
        self.is_program = principal.role == Role.PROGRAM

    def frame_of(self, drawn: Drawn) -> Frame | None:
        """What this user is told of a change: the thing, that it is gone from sight, or nothing."""
        if drawn.canary_only and not self.is_program:
            return None
        if self.principal.may_see(drawn.area):
            return drawn.frame_for(self.principal.user_id)
        if any(self.principal.may_see(area) for area in drawn.areas_before):
            return drawn.gone_frame()
        return None

    def offer(self, message: Message) -> None:
        """Put it into the queue; who reads too slowly is cut off and begins anew."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            stream_clients_dropped.inc()
            self.end(CODE_TOO_SLOW, "read too slowly")

    def end(self, code: int, reason: str) -> None:
        """Close it, whatever still waits."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(Ended(code=code, reason=reason))


class Hub:
    """Reads the feed for every stream of this process."""

    def __init__(self, context: ConsoleContext) -> None:
        self._context = context
        self._clients: set[Client] = set()
        self._wake = asyncio.Event()
        self._started = asyncio.Event()
        self._areas = Areas()
        self._sight = Sight()
        self._last = 0
        self._looked_s = float("-inf")
        self._told_alive_s = float("-inf")

    async def run(self) -> None:
        """Follow the feed until cancelled; a failure is recorded and tried again, the streams stay open and quiet."""
        while True:
            try:
                async with listening(self._context.dsn, self._wake.set) as connection:
                    await self._begin(connection)
                    while True:
                        async with asyncio.timeout(PASS_SECONDS_MOST):
                            await self.run_once(connection)
                        await self._wait()
            except (*DATABASE_AWAY, TimeoutError) as error:
                stream_failures.labels("database_away").inc()
                _log.warning("feed_reader_without_database", reason=type(error).__name__)
            except Exception:  # noqa: BLE001 - a task's outermost line: recorded and counted; else every desk goes quiet
                stream_failures.labels("our_fault").inc()
                _log.exception("feed_reader_failed")
            await self._context.clock.sleep(RETRY_SECONDS)

    async def started(self) -> bool:
        """Wait a little until the feed was read once; False where the database stays away."""
        try:
            async with asyncio.timeout(STARTED_SECONDS_MOST):
                await self._started.wait()
        except TimeoutError:
            return False
        return True

    async def run_once(self, connection: Connection) -> None:
        """Hand out everything new; once a second also check credentials and, each two, say that we are alive."""
        self._wake.clear()
        while await self._hand_out_batch(connection) == BATCH_MOST:
            pass
        now_s = self._context.clock.monotonic()
        await self._sight.note(connection, now_s)
        if now_s - self._looked_s >= LOOK_SECONDS:
            self._looked_s = now_s
            await self._look(connection, now_s)

    def attach(self, principal: Principal, after: int | None) -> Client:
        """Begin a stream at the number read last; nothing after it, or after `after`, will be missed or told twice."""
        client = Client(principal, self._last, after)
        self._clients.add(client)
        stream_clients.set(len(self._clients))
        return client

    def detach(self, client: Client) -> None:
        """End it; its queue is forgotten."""
        self._clients.discard(client)
        stream_clients.set(len(self._clients))

    def close_all(self) -> None:
        """This process ends: every desk goes to another."""
        for client in self._clients:
            client.end(CODE_GOING_AWAY, "going away")

    async def catch_up(self, client: Client, after: int) -> list[Frame]:
        """What this client missed since `after`, or a `resync` where that cannot be told any more."""
        context = self._context
        if after > client.start:
            async with context.db.pool.acquire() as connection:
                is_from_the_future = after > await head(connection)
            if not is_from_the_future:
                return []
            client.skip_upto = self._last
            return [resync(self._last, context.clock.now())]
        changes = await changes_between(context.db, after, client.start, limit=RESUME_MOST)
        if changes is None:
            return [resync(client.start, context.clock.now())]
        async with context.db.pool.acquire() as connection:
            drawn = await draw(connection, context.keyring, changes, Areas())
        return [frame for one in drawn if (frame := client.frame_of(one)) is not None]

    async def _begin(self, connection: Connection) -> None:
        now_at = await head(connection)
        if not self._started.is_set():
            self._last = now_at
            self._started.set()
        elif now_at < self._last:
            self._restart_everybody(now_at)

    async def _wait(self) -> None:
        """Until woken, or until the next look is due: wake-ups must not put it off."""
        due_s = LOOK_SECONDS - (self._context.clock.monotonic() - self._looked_s)
        # Not `wait_for`: before Python 3.12 it forgets a cancellation that meets a wake-up, and the console never ends.
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, due_s)):
                await self._wake.wait()

    async def _hand_out_batch(self, connection: Connection) -> int:
        changes = await changes_after(connection, self._last, limit=BATCH_MOST)
        if not changes:
            return 0
        if changes[0].seq != self._last + 1:
            # What lies between was pruned while we were away.
            self._restart_everybody(changes[-1].seq)
            return len(changes)
        await self._hand_out(connection, changes)
        self._last = changes[-1].seq
        return len(changes)

    async def _hand_out(self, connection: Connection, changes: list[ChangeRow]) -> None:
        """Draw also while nobody looks: the canary's press must come as far as here (architecture.md, invariant 15)."""
        batch = await draw(connection, self._context.keyring, changes, self._areas)
        for drawn in batch:
            for client in self._clients:
                if drawn.change.seq > client.skip_upto and (frame := client.frame_of(drawn)) is not None:
                    client.offer(frame)
        self._sight.look(batch, self._context.clock.now())

    def _restart_everybody(self, at: int) -> None:
        self._last = at
        for client in self._clients:
            client.skip_upto = at
            client.offer(resync(at, self._context.clock.now()))

    async def _look(self, connection: Connection, now_s: float) -> None:
        now = self._context.clock.now()
        await self._close_those_without_rights()
        # Half a look of slack: a look that comes a moment early must not leave two seconds of silence behind it.
        if now_s - self._told_alive_s < ALIVE_SECONDS - LOOK_SECONDS / 2:
            return
        health = await read_health(connection, now)
        if health.head < self._last:
            self._restart_everybody(health.head)
        self._told_alive_s = now_s
        message = alive(health, now)
        for client in self._clients:
            client.offer(message)

    async def _close_those_without_rights(self) -> None:
        clients = list(self._clients)
        if not clients:
            return
        digests = [client.principal.digest for client in clients]
        versions = await standing(self._context.db, digests, self._context.clock.now())
        for client in clients:
            if versions.get(client.principal.digest) != client.principal.version:
                client.end(CODE_RIGHTS_CHANGED, "rights or sign-in changed")


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
