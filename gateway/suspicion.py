"""The first window after a start: what killed an earlier process is noted before it is decoded again (invariant 3)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from devices.topics import parse_topic
from gateway.mqtt.codec import PublishPacket
from gateway.retrying import Retrying
from gateway.window import Message
from rules.clock import Clock
from store.database import Database
from store.dead_letters import SUSPECT_LIMIT, clear_suspects, digest_of, noted_before, suspect

#: What a broker sends again at once is at most its window; after that, messages are new to everybody.
WINDOW_MESSAGES: Final = 8_192
WINDOW_S: Final = 10.0
#: Digests noted in one commit: one round trip for a burst, not for each message.
NOTED_TOGETHER: Final = 1_000
#: A suspect that is alone is waited for so long; one that then still waits for a row killed nobody yet.
ALONE_S: Final = 5.0
LOOK_S: Final = 0.01

Decide = Callable[[PublishPacket, Message, bool], None]


class _Held(NamedTuple):
    packet: PublishPacket
    message: Message
    digest: bytes

    @property
    def sender(self) -> str:
        """Whose messages stay in order."""
        named = parse_topic(self.packet.topic)
        return self.packet.topic if named is None else named[0]


class Suspicion:
    """Holds the packets of the first window until their digests are committed; gives up on those noted three times.

    A digest is noted once by each process that is about to decode it. One that was noted twice already is decoded
    and committed alone, so that what came with it is not condemned with it.
    """

    def __init__(self, database: Database, clock: Clock, retrying: Retrying, *, lane: str) -> None:
        self._database, self._clock, self._retrying, self._lane = database, clock, retrying, lane
        self._left = WINDOW_MESSAGES
        self._ends_at: float | None = None
        self._before: dict[bytes, int] = {}  #: how often earlier processes noted what came to this one
        self._noted_here: set[bytes] = set()
        self.begin()

    def begin(self) -> None:
        """Forget the packets of an earlier term: the broker sends them again to whoever holds the lane."""
        self._waiting: asyncio.Queue[_Held] = asyncio.Queue()
        self._alone: deque[_Held] = deque()
        self._decoded: list[_Held] = []

    @property
    def is_active(self) -> bool:
        """Whether packets that arrive now still have to be noted first."""
        if self._ends_at is None:
            self._ends_at = self._clock.monotonic() + WINDOW_S
        return self._left > 0 and self._clock.monotonic() < self._ends_at

    def take(self, packet: PublishPacket, message: Message) -> None:
        """Queue a packet; bounded by the window it counts against."""
        self._left -= 1
        digest = digest_of(packet.topic.encode() + b"\0" + packet.payload)
        self._waiting.put_nowait(_Held(packet, message, digest))

    async def run(self, decide: Decide) -> None:
        """Note, commit, then hand on, until cancelled. `decide` gets whether the message is to be given up."""
        while True:
            if self._alone and self._waiting.empty():
                await self._decide_alone(self._alone.popleft(), decide)
            else:
                await self._decide_together(decide)

    async def clear(self) -> None:
        """Forget those that were decoded and settled without harm."""
        settled = [held.digest for held in self._decoded if held.message.open_parts == 0]
        if not settled:
            return
        async with self._database.transaction() as connection:
            await clear_suspects(connection, self._lane, settled)
        for digest in settled:
            self._before[digest] = 0
        self._decoded = [held for held in self._decoded if held.message.open_parts > 0]

    async def _decide_together(self, decide: Decide) -> None:
        taken = [await self._waiting.get()]
        while not self._waiting.empty() and len(taken) < NOTED_TOGETHER:
            taken.append(self._waiting.get_nowait())
        await self._retrying.until_done(partial(self._look_up, taken))
        harmless = self._set_apart(taken, decide)
        await self._retrying.until_done(partial(self._note, harmless))
        for held in harmless:
            self._hand_on(held, decide)

    def _set_apart(self, taken: list[_Held], decide: Decide) -> list[_Held]:
        """Give up on the condemned, queue for later what is to be alone, and return the others."""
        harmless = []
        senders = {held.sender for held in self._alone}
        for held in taken:
            before = self._before[held.digest]
            if before >= SUSPECT_LIMIT:
                decide(held.packet, held.message, True)
            elif before == SUSPECT_LIMIT - 1 or held.sender in senders:
                # What its sender said after it stays after it.
                self._alone.append(held)
                senders.add(held.sender)
            else:
                harmless.append(held)
        return harmless

    async def _decide_alone(self, held: _Held, decide: Decide) -> None:
        await self._retrying.until_done(partial(self._note, [held]))
        self._hand_on(held, decide)
        until_s = self._clock.monotonic() + ALONE_S
        while held.message.open_parts > 0 and self._clock.monotonic() < until_s:
            await self._clock.sleep(LOOK_S)
        await self._retrying.until_done(self.clear)

    def _hand_on(self, held: _Held, decide: Decide) -> None:
        decide(held.packet, held.message, False)
        self._decoded.append(held)

    async def _look_up(self, taken: list[_Held]) -> None:
        new = sorted({held.digest for held in taken} - self._before.keys())
        if new:
            async with self._database.transaction() as connection:
                found = await noted_before(connection, self._lane, new)
            self._before |= {digest: found.get(digest, 0) for digest in new}

    async def _note(self, held: list[_Held]) -> None:
        new = {each.digest for each in held} - self._noted_here
        if new:
            async with self._database.transaction() as connection:
                await suspect(connection, self._lane, sorted(new), now=self._clock.now())
            self._noted_here |= new
