"""What storing one alarm costs: round trips, our processor and PostgreSQL's, and the log it writes.

One connection, one alarm after the other through the real accept path, so that nothing is measured but the work itself:
these figures bear a busy machine, where the times of `press` do not.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks import machine
from benchmarks.figures import Figure, percentile
from benchmarks.servers import Servers, servers
from devices.event import Event, EventType
from rules.domain.vocabulary import Channel
from store import lanes
from store.alarms import Alarm, accept
from store.database import Database, connect
from store.lanes import LaneLease
from store.opening import Centre
from store.sealing import Keyring

HOMES: Final = 1_000
#: Statements are planned anew for the first few executions, and the first homes meet cold pages.
WARM_UP: Final = 100
#: Of all times the one that a tenth does not exceed: a busy neighbour makes processor time longer, and nothing shorter.
QUIET: Final = 0.1
_AT: Final = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
_CENTRE: Final = Centre(keyring=Keyring(bytes(range(32))), timezone=ZoneInfo("Asia/Shanghai"))

#: A home each with one person, their button and two smoke alarms, in two hundred villages.
_REGISTER: Final = """
WITH village AS (
    INSERT INTO area (path)
    SELECT '320000'::ltree UNION ALL SELECT ('320000.v' || n)::ltree FROM generate_series(0, 199) AS n
), home AS (
    INSERT INTO premises (address, lat, lon, area, created_at)
    SELECT '澄湾县' || n, 31.9, 121.2, ('320000.v' || n % 200)::ltree, $1 FROM generate_series(1, $2::int) AS n
    RETURNING id
), person AS (
    INSERT INTO resident (name, premises_id, created_at) SELECT '王' || id, id, $1 FROM home RETURNING id, premises_id
), made AS (
    INSERT INTO device (device, kind, wearer, life, created_at)
    SELECT d.name || '-' || home.id, d.kind, d.wearer, 'live', $1
      FROM home, (VALUES ('button', 'call_button', 'personal'), ('smoke', 'smoke_alarm', 'shared'),
                         ('second', 'smoke_alarm', 'shared')) AS d (name, kind, wearer)
    RETURNING id, device, wearer
)
INSERT INTO device_holder (device_id, from_at, resident_id, premises_id)
SELECT m.id, $1, CASE WHEN m.wearer = 'personal' THEN p.id END, CASE WHEN m.wearer = 'shared' THEN p.premises_id END
  FROM made AS m JOIN person AS p ON p.premises_id = split_part(m.device, '-', 2)::bigint
"""
_ON_DUTY: Final = """
WITH one AS (
    INSERT INTO app_user (name, display_name, role, created_at) VALUES ('desk', 'desk', 'dispatcher', $1) RETURNING id
)
INSERT INTO duty (user_id, state, since, acted_at) SELECT id, 'on', $1, $1 FROM one
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of alarm: what which device of each home says, how long after the beginning, under which id."""

    name: str
    device: str
    type: EventType
    after_s: int
    id: str


#: In this order, each through all homes: the first opens, the others find what it left behind.
KINDS: Final = (
    Kind(name="a first press", device="button", type=EventType.SOS, after_s=0, id="press"),
    Kind(name="a further press", device="button", type=EventType.SOS, after_s=30, id="again"),
    Kind(name="the same press again", device="button", type=EventType.SOS, after_s=0, id="press"),
    Kind(name="smoke", device="smoke", type=EventType.SMOKE, after_s=60, id="smoke"),
    Kind(name="smoke of a second detector", device="second", type=EventType.SMOKE, after_s=70, id="smoke"),
    Kind(name="a flat battery", device="smoke", type=EventType.BATTERY_LOW, after_s=80, id="battery"),
)


async def measure() -> list[Figure]:
    """Each kind in every home."""
    async with servers() as those, _centre(those) as (database, lease):
        figures = [figure for kind in KINDS for figure in await _of_kind(database, lease, kind)]
    print("\n".join(figure.line() for figure in figures), flush=True)
    return figures


@asynccontextmanager
async def _centre(those: Servers) -> AsyncIterator[tuple[Database, LaneLease]]:
    database = await connect(those.dsn, application_name="shouwang benchmark", max_size=1)
    try:
        await database.pool.execute(_REGISTER, _AT, HOMES)
        await database.pool.execute(_ON_DUTY, _AT)
        async with database.pool.acquire() as connection:
            await connection.execute("VACUUM ANALYZE")
            await lanes.declare(connection, "alarms")
            lease = await lanes.take(connection, "alarms", "benchmark")
        assert lease is not None, "nobody else is here"
        yield database, lease
    finally:
        await database.close()


async def _of_kind(database: Database, lease: LaneLease, kind: Kind) -> list[Figure]:
    for home in range(1, WARM_UP):
        await _say(database, lease, kind, home)
    trips = await _round_trips(database, lease, kind)
    async with database.pool.acquire() as connection:
        backend = connection.get_server_pid()
    ours_us, theirs_us, log_bytes = [], [], await _log_bytes(database)
    for home in range(WARM_UP + 1, HOMES + 1):
        ours_s, theirs_s = time.thread_time(), machine.on_processor_s(backend)
        await _say(database, lease, kind, home)
        ours_us.append(1e6 * (time.thread_time() - ours_s))
        theirs_us.append(1e6 * (machine.on_processor_s(backend) - theirs_s))
    log_bytes = await _log_bytes(database) - log_bytes
    return [
        Figure(name=f"{kind.name}: round trips", value=trips, unit=""),
        Figure(name=f"{kind.name}: our processor time", value=percentile(ours_us, QUIET), unit="us"),
        Figure(name=f"{kind.name}: its backend's processor time", value=percentile(theirs_us, QUIET), unit="us"),
        Figure(name=f"{kind.name}: written to PostgreSQL's log", value=log_bytes / len(ours_us), unit="bytes"),
    ]


async def _round_trips(database: Database, lease: LaneLease, kind: Kind) -> int:
    """Counted in one home, by what the driver says it sent; statements are prepared by then."""
    sent: list[object] = []
    async with database.pool.acquire() as connection:
        connection.add_query_logger(sent.append)
    sent.clear()
    await _say(database, lease, kind, WARM_UP)
    trips = len(sent)
    async with database.pool.acquire() as connection:
        connection.remove_query_logger(sent.append)
    return trips


async def _say(database: Database, lease: LaneLease, kind: Kind, home: int) -> None:
    now = _AT + timedelta(seconds=kind.after_s)
    event = Event(id=kind.id, at=now, type=kind.type)
    alarm = Alarm(device=f"{kind.device}-{home}", event=event, channel=Channel.ALARM, received_at=now)
    async with database.transaction() as connection:
        await accept(connection, lease, alarm, centre=_CENTRE)


async def _log_bytes(database: Database) -> int:
    return int(await database.pool.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))
