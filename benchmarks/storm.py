"""A storm: 5,000 homes lose their power within one minute, and in 50 of them it burns.

Real time and the real accept path, sixteen at a time as a lane does it, beside an engine of its own process. Of each
fire is measured how long after its receipt it stands at the top of the queue, read as a desk reads it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg

from benchmarks.figures import Figure, percentile
from benchmarks.servers import Servers, servers
from devices.event import Event, EventType
from rules.domain.vocabulary import Channel, Priority
from store.alarms import Alarm, accept
from store.database import Database, connect
from store.opening import Centre
from store.sealing import Keyring

HOMES: Final = 5_000
FIRES: Final = 50
MINUTE_S: Final = 60.0
#: As many as a lane takes at once.
AT_ONCE: Final = 16
TARGET_S: Final = 1.0
TECHNICAL_MOST: Final = 20
SEED: Final = 4
SETTLE_S: Final = 8.0

_REGISTER: Final = """
WITH area AS (
    INSERT INTO area (path) SELECT ('320000.t' || n / 10 || CASE WHEN n % 10 > 0 THEN '.v' || n % 10 ELSE '' END)::ltree
      FROM generate_series(0, 19) AS n
), home AS (
    INSERT INTO premises (address, lat, lon, area, created_at)
    SELECT '澄湾县' || n, 31.8 + (n % 100) * 0.003, 121.1 + (n / 100) * 0.003,
           ('320000.t' || n % 2 || '.v' || 1 + n % 9)::ltree, $1 FROM generate_series(1, $2::int) AS n RETURNING id
), person AS (
    INSERT INTO resident (name, premises_id, created_at) SELECT '王' || id, id, $1 FROM home
), made AS (
    INSERT INTO device (device, kind, wearer, life, interval_s, created_at)
    SELECT 'storm-' || id, 'smoke_alarm', 'shared', 'live', 86400, $1 FROM home RETURNING id, device
)
INSERT INTO device_holder (device_id, from_at, premises_id)
SELECT id, $1, substr(device, 7)::bigint FROM made
"""
_COUNTS: Final = """
SELECT (SELECT count(*) FROM event) AS events,
       (SELECT count(*) FROM event WHERE type = 'smoke' AND incident_id IS NOT NULL) AS fires,
       (SELECT count(*) FROM incident WHERE family = 'technical' AND state <> 'closed') AS technical
"""
#: The head of the queue in its own order (`store/queries/items.sql`).
_TOP: Final = """
SELECT id FROM incident WHERE state <> 'closed' AND priority = 1
 ORDER BY priority, NOT unattended, 'unregistered' = ANY (marks), oldest_alarm_at, id LIMIT 100
"""
_ABOVE: Final = "SELECT count(*) FROM incident WHERE state <> 'closed' AND priority < $1"

_Call = tuple[bool, float, str, EventType]


@dataclass(kw_only=True)
class Storm:
    """What has come and waits its turn, and how long each fire took."""

    database: Database
    centre: Centre
    began_s: float = 0.0
    waiting: asyncio.PriorityQueue[_Call] = field(default_factory=asyncio.PriorityQueue)
    took_s: list[float] = field(default_factory=list)
    power_s: list[float] = field(default_factory=list)
    again: int = 0

    async def rage(self, calls: Sequence[tuple[float, str, EventType]]) -> None:
        """Everything at its moment of the minute."""
        self.began_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._work()) for _ in range(AT_ONCE)]
            for at_s, device, type_ in calls:
                await asyncio.sleep(max(0.0, self.began_s + at_s - time.monotonic()))
                # What is urgent first, as the lane's own queue has it (`gateway/waiting.py`).
                self.waiting.put_nowait((type_ is not EventType.SMOKE, self.began_s + at_s, device, type_))
            await self.waiting.join()
            for worker in workers:
                worker.cancel()

    async def _work(self) -> None:
        while True:
            _, received_s, device, type_ = await self.waiting.get()
            incident_id = await self._accept(device, type_)
            if type_ is EventType.SMOKE:
                top = [row["id"] for row in await self.database.pool.fetch(_TOP)]
                assert incident_id in top, "a fire is not at the top of the queue"
                self.took_s.append(time.monotonic() - received_s)
            else:
                self.power_s.append(time.monotonic() - received_s)
            self.waiting.task_done()

    async def _accept(self, device: str, type_: EventType) -> int | None:
        now = datetime.now(UTC)
        event = Event(id=f"{device}-{type_}", at=now, type=type_)
        alarm = Alarm(device=device, event=event, channel=Channel.ALARM, received_at=now)
        while True:
            try:
                async with self.database.transaction() as connection:
                    return (await accept(connection, None, alarm, centre=self.centre)).incident_id
            except asyncpg.LockNotAvailableError:
                self.again += 1  # tried again in place, as a lane does


async def measure() -> list[Figure]:
    """One storm over servers of its own."""
    async with servers() as those:
        database = await connect(those.dsn, application_name="shouwang benchmark", max_size=AT_ONCE)
        try:
            return await _storm(those, database)
        finally:
            await database.close()


async def _storm(those: Servers, database: Database) -> list[Figure]:
    await database.pool.execute(_REGISTER, datetime.now(UTC), HOMES, timeout=120)
    for table in ("device", "device_state", "device_holder", "premises", "resident"):
        await database.pool.execute(f"VACUUM ANALYZE {table}", timeout=120)
    engine = those.part("rules")
    await engine.up()
    keyring = Keyring.load_or_create(those.keys / "secret.key")
    storm = Storm(database=database, centre=Centre(keyring=keyring, timezone=ZoneInfo("Asia/Shanghai")))
    await storm.rage(_calls(Random(SEED)))
    await asyncio.sleep(SETTLE_S)
    row = await database.pool.fetchrow(_COUNTS)
    assert row is not None
    above = await database.pool.fetchval(_ABOVE, int(Priority.CRITICAL))
    figures = [
        Figure(name="fire at the top of the queue after receipt, p50", value=percentile(storm.took_s, 0.5), unit="s"),
        Figure(name="fire at the top of the queue after receipt, longest", value=max(storm.took_s), unit="s",
               target=TARGET_S),
        Figure(name="power loss recorded after receipt, longest", value=max(storm.power_s), unit="s"),
        Figure(name="technical incidents of the storm", value=row["technical"], unit="", target=TECHNICAL_MOST),
        Figure(name="events not stored", value=HOMES + FIRES - row["events"], unit="", target=0),
        Figure(name="fires without an incident", value=FIRES - row["fires"], unit="", target=0),
        Figure(name="tried again, since a lock was not free in time", value=storm.again, unit=""),
        Figure(name="anything above the fires", value=above, unit="", target=0),
    ]  # fmt: skip
    print("\n".join(figure.line() for figure in figures), flush=True)
    return figures


def _calls(rng: Random) -> list[tuple[float, str, EventType]]:
    homes = list(range(1, HOMES + 1))
    calls = [(rng.uniform(0, MINUTE_S), f"storm-{home}", EventType.POWER_LOST) for home in homes]
    calls += [(rng.uniform(0, MINUTE_S), f"storm-{home}", EventType.SMOKE) for home in rng.sample(homes, FIRES)]
    return sorted(calls)
