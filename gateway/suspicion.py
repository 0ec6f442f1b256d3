"""The first window after a start: what killed an earlier process is noted before it is decoded again (invariant 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from gateway.mqtt.codec import PublishPacket
from gateway.retrying import Retrying
from gateway.window import Message
from rules.clock import Clock
from store.database import Database
from store.dead_letters import clear_suspects, digest_of, suspect

#: What a broker sends again at once is at most its window; after that, messages are new to everybody.
WINDOW_MESSAGES: Final = 8_192
WINDOW_S: Final = 10.0
#: Digests noted in one commit: one round trip for a burst, not for each message.
NOTED_TOGETHER: Final = 1_000

Decide = Callable[[PublishPacket, Message, bool], None]


class Suspicion:
    """Holds the packets of the first window until their digests are committed; gives up on those noted three times."""

    def __init__(self, database: Database, clock: Clock, retrying: Retrying, *, lane: str) -> None:
        self._database, self._clock, self._retrying, self._lane = database, clock, retrying, lane
        self._left = WINDOW_MESSAGES
        self._ends_at: float | None = None
        self._waiting: asyncio.Queue[tuple[PublishPacket, Message]] = asyncio.Queue()
        self._noted: list[tuple[bytes, Message]] = []

    @property
    def is_active(self) -> bool:
        """Whether packets that arrive now still have to be noted first."""
        if self._ends_at is None:
            self._ends_at = self._clock.monotonic() + WINDOW_S
        return self._left > 0 and self._clock.monotonic() < self._ends_at

    def take(self, packet: PublishPacket, message: Message) -> None:
        """Queue a packet; bounded by the window it counts against."""
        self._left -= 1
        self._waiting.put_nowait((packet, message))

    async def run(self, decide: Decide) -> None:
        """Note, commit, then hand on, until cancelled. `decide` gets whether the message is to be given up."""
        while True:
            taken = [await self._waiting.get()]
            while not self._waiting.empty() and len(taken) < NOTED_TOGETHER:
                taken.append(self._waiting.get_nowait())
            digests = [digest_of(packet.topic.encode() + b"\0" + packet.payload) for packet, _ in taken]
            condemned = await self._retrying.until_done(partial(self._note, digests))
            for (packet, message), digest in zip(taken, digests, strict=True):
                decide(packet, message, digest in condemned)
                self._noted.append((digest, message))

    async def clear(self) -> None:
        """Forget those that were decoded and settled without harm."""
        settled = [digest for digest, message in self._noted if message.open_parts == 0]
        if not settled:
            return
        async with self._database.transaction() as connection:
            await clear_suspects(connection, self._lane, settled)
        self._noted = [noted for noted in self._noted if noted[1].open_parts > 0]

    async def _note(self, digests: list[bytes]) -> frozenset[bytes]:
        async with self._database.transaction() as connection:
            return await suspect(connection, self._lane, digests, now=self._clock.now())
