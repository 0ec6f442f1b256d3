"""Ten thousand deadlines due at one moment, worked off by two engines in processes of their own, each once."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks import machine
from benchmarks.figures import Figure
from benchmarks.servers import ROOT, Servers, servers
from rules.domain.policy_value import BUILTIN
from rules.engine.due import DuePass
from store.database import Database, connect
from store.engine import EngineStore
from store.opening import Centre
from store.sealing import Keyring

DEADLINES: Final = 10_000
ENGINES: Final = 2
TARGET_S: Final = 5.0
OPENED: Final = datetime(2026, 11, 19, 6, 0, tzinfo=UTC)
NOW: Final = OPENED + timedelta(days=5)
CENTRE: Final = Centre(keyring=Keyring(bytes(range(32))), timezone=ZoneInfo("Asia/Shanghai"))

#: A county after a night without an engine: faults of devices, nine in ten, and calls that nobody answered.
_REGISTER: Final = """
WITH made AS (
    INSERT INTO device (device, kind, wearer, life, created_at)
    SELECT 'due-' || n, 'smoke_alarm', 'shared', 'live', $1 FROM generate_series(1, $2::int) AS n RETURNING id
), opened AS (
    INSERT INTO incident (number, state, priority, priority_at_start, class, family, subject, device_id, source,
                          opened_at, oldest_alarm_at, sounded_at, next_due_at, next_step, policy_version,
                          first_escalation_s, last_hash)
    SELECT '20261119-' || id, 'open', CASE WHEN id % 10 = 0 THEN 1 ELSE 4 END, CASE WHEN id % 10 = 0 THEN 1 ELSE 4 END,
           CASE WHEN id % 10 = 0 THEN 'sos' ELSE 'clock_wrong' END,
           CASE WHEN id % 10 = 0 THEN 'person' ELSE 'technical' END,
           'd' || id, id, 'device', $1, $1, $1, $3, 'escalate', $4, 60, '\\x' || repeat('00', 32)::bytea FROM made
    RETURNING id
)
INSERT INTO deadline (incident_id, kind, stage, round, due_at) SELECT id, 'escalate', 0, 0, $3 FROM opened
"""
_FIRED: Final = (
    "SELECT count(*) AS entries, count(DISTINCT incident_id) AS incidents FROM entry WHERE action = 'escalated'"
)


async def measure() -> list[Figure]:
    """Put them there, let the engines go, and count."""
    async with servers() as those:
        database = await connect(those.dsn, application_name="shouwang benchmark", max_size=2)
        try:
            await _prepare(database)
            return await _work_off(those, database)
        finally:
            await database.close()


async def _prepare(database: Database) -> None:
    await database.pool.execute(_REGISTER, OPENED, DEADLINES, NOW - timedelta(seconds=1), BUILTIN.version, timeout=120)
    await database.pool.execute(
        "INSERT INTO app_user (name, display_name, role, phone, created_at)"
        " SELECT 'sup' || n, 'sup', 'supervisor', '+86100000000' || n, $1"
        " FROM generate_series(1, 2) AS n", OPENED,
    )  # fmt: skip
    for table in ("device", "incident", "deadline"):
        await database.pool.execute(f"VACUUM ANALYZE {table}", timeout=120)


async def _work_off(those: Servers, database: Database) -> list[Figure]:
    engines = [await _engine(those) for _ in range(ENGINES)]
    assert those.postgres.pid is not None
    cpu_s, began_s = machine.tree_cpu_s(those.postgres.pid), time.perf_counter()
    for engine in engines:
        assert engine.stdin is not None
        engine.stdin.write(b"\n")
    shares = []
    for engine in engines:
        out, _ = await engine.communicate()
        shares.append(out.decode().split())
    took_s = time.perf_counter() - began_s
    cpu_s = machine.tree_cpu_s(those.postgres.pid) - cpu_s + sum(float(cpu) for _, cpu in shares)
    row = await database.pool.fetchrow(_FIRED)
    assert row is not None
    print(f"    {' + '.join(fired for fired, _ in shares)} fired; {cpu_s:.1f} s of processors in all", flush=True)
    figures = [
        Figure(name="10,000 deadlines due at once, two engines", value=took_s, unit="s", target=TARGET_S),
        Figure(name="fired more than once", value=row["entries"] - row["incidents"], unit="", target=0),
        Figure(name="not fired", value=DEADLINES - row["incidents"], unit="", target=0),
        Figure(name="processor time of one firing, engine and PostgreSQL", value=1e3 * cpu_s / DEADLINES, unit="ms"),
    ]
    print("\n".join(figure.line() for figure in figures), flush=True)
    return figures


async def _engine(those: Servers) -> asyncio.subprocess.Process:
    """An engine's process, connected and waiting for its word."""
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.deadlines", those.dsn, cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert engine.stdout is not None
    assert (await engine.stdout.readline()) == b"ready\n", "the engine did not start"
    return engine


async def _run(dsn: str) -> None:
    database = await connect(dsn, application_name="shouwang engine", max_size=4)
    due = DuePass(EngineStore(database, CENTRE))
    await due.run_once(OPENED)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began_cpu_s, fired = time.process_time(), 0
    while worked := await due.run_once(NOW):
        fired += worked
    print(fired, time.process_time() - began_cpu_s, flush=True)
    await database.close()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1]))
