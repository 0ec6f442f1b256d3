"""What kills whoever decodes it is found out, and what came with it is not condemned with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from gateway.mqtt.codec import PublishPacket
from gateway.retrying import Retrying
from gateway.suspicion import Suspicion
from gateway.window import Message
from rules.clock import SharedClock
from store.database import Database, connect
from tests.broker.field import lane_name
from tests.waiting import until

POISON: Final = b"poison"
INNOCENT: Final = [b"innocent-%d" % number for number in range(6)]


@dataclass(kw_only=True)
class Life:
    """One process's life with a lane: it dies of the poison as soon as it decodes it."""

    suspicion: Suspicion
    decoded: list[bytes] = field(default_factory=list)
    condemned: list[bytes] = field(default_factory=list)
    open: list[Message] = field(default_factory=list)
    is_dead: bool = False
    settles: bool = True

    def send(self, payloads: list[bytes]) -> None:
        for number, payload in enumerate(payloads):
            topic = f"sw/v1/d{number}/alarm"
            self.suspicion.take(PublishPacket(topic, payload), Message(topic, 1, 10, 1, 1))

    def decide(self, packet: PublishPacket, message: Message, condemned: bool) -> None:
        if self.is_dead:
            return
        (self.condemned if condemned else self.decoded).append(packet.payload)
        self.open.append(message)
        self.is_dead = packet.payload == POISON and not condemned
        if self.settles and not self.is_dead:
            message.open_parts = 0


@asynccontextmanager
async def life(database: Database, lane: str) -> AsyncIterator[Life]:
    clock = SharedClock()
    one = Life(suspicion=Suspicion(database, clock, Retrying(database, clock, lane=lane), lane=lane))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(one.suspicion.run(one.decide))
        try:
            yield one
        finally:
            running.cancel()


async def noted(database: Database, lane: str) -> list[int]:
    rows = await database.pool.fetch("SELECT noted FROM suspect WHERE lane = $1 ORDER BY noted", lane)
    return [row["noted"] for row in rows]


async def test_only_the_poison_is_condemned_and_everything_that_came_with_it_is_decoded(postgres_dsn: str) -> None:
    database, lane = await connect(postgres_dsn, application_name="shouwang tests", max_size=2), lane_name()
    sent = [*INNOCENT[:3], POISON, *INNOCENT[3:]]
    try:
        for _ in range(2):
            async with life(database, lane) as one:
                one.settles = False  # it died before anything was committed
                one.send(sent)
                await until(lambda one=one: one.is_dead, "it died of the poison")  # type: ignore[misc]  # bound
        async with life(database, lane) as third:
            third.send(sent)
            await until(lambda: third.is_dead, "it died of the poison once more, alone")
            assert third.decoded == [*INNOCENT[:3], POISON]
        assert await noted(database, lane) == [2, 2, 2, 3], "those before it are cleared, those after it not touched"
        async with life(database, lane) as fourth:
            fourth.send(sent)
            await until(lambda: len(fourth.decoded) == len(INNOCENT), "all the others are decoded")
            assert fourth.condemned == [POISON]
    finally:
        await database.close()


async def test_one_process_counts_a_message_once_however_often_it_comes(postgres_dsn: str) -> None:
    database, lane = await connect(postgres_dsn, application_name="shouwang tests", max_size=2), lane_name()
    try:
        async with life(database, lane) as one:
            one.settles = False
            for times in range(1, 6):
                one.send(INNOCENT[:1])
                await until(lambda times=times: len(one.decoded) == times, "it is decoded again")  # type: ignore[misc]  # bound
            assert await noted(database, lane) == [1]
            one.suspicion.begin()
            assert one.suspicion._decoded == [], "another term has its own"
    finally:
        await database.close()
