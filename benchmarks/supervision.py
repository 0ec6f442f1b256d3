"""The watch over 100,000 devices: what one look costs the database, and how late a verdict comes.

Time is moved by hand, five seconds and the look's own length a step, so that hours of intervals pass in a minute; what
is timed is real. Devices speak as the simulator's do, a little early or late; some die at any moment.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks import machine
from benchmarks.figures import Figure, percentile
from benchmarks.servers import Servers, servers
from rules.domain.supervision import LOOK_EVERY_S
from simulator.fleet import MODELS
from store.database import Database, connect
from store.opening import Centre
from store.sealing import Keyring
from store.supervision import SupervisionStore

DEVICES: Final = 100_000
LOOKS: Final = 240
#: The same without the simulator's rests: every device once a minute, as many deadlines as a watch can have.
QUICK_INTERVAL_S: Final = 60
EXTREME: Final = "each every minute"
#: A hundredth of the estate falls silent in a day here; peers' estates lose about as much.
DEATHS: Final = 400
TARGET_LOOK_MS: Final = 100
TARGET_LAG_S: Final = 6
_START: Final = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)

_REGISTER: Final = """
INSERT INTO device (device, kind, wearer, life, interval_s, area, created_at)
SELECT 'watch-' || n, $1, 'shared', 'live', $2, ('320000.v' || n % 200)::ltree, $5
  FROM generate_series($3::int, $4::int - 1) AS n
"""
_AREAS: Final = """
INSERT INTO area (path)
SELECT '320000'::ltree UNION ALL SELECT ('320000.v' || n)::ltree FROM generate_series(0, 199) AS n
"""
#: Homes of five devices and a person each, so that a verdict has people to look for.
_HOMES: Final = """
WITH home AS (
    INSERT INTO premises (address, area, created_at)
    SELECT '澄湾县' || n, ('320000.v' || n % 200)::ltree, $1 FROM generate_series(1, $2::int / 5) AS n RETURNING id
), person AS (
    INSERT INTO resident (name, premises_id, created_at) SELECT '王' || id, id, $1 FROM home RETURNING id, premises_id
)
INSERT INTO device_holder (device_id, from_at, premises_id)
SELECT d.id, $1, h.id FROM (SELECT id, row_number() OVER (ORDER BY id * 7919 % 100003) AS n FROM device) AS d
  JOIN (SELECT premises_id AS id, row_number() OVER (ORDER BY premises_id) AS n FROM person) AS h ON h.n = (d.n + 4) / 5
"""
#: Everybody spoke within an interval, as in an estate that has run for long.
_SPOKE: Final = """
UPDATE device_state AS s SET last_seen = $1::timestamptz - random() * make_interval(secs => d.interval_s)
  FROM device AS d WHERE d.id = s.device_id
"""
_SETTLED: Final = """
UPDATE supervision AS v SET watched_from = $1::timestamptz - interval '30 days', status = 'live',
       due_at = s.last_seen + v.allowed * (0.5 + random() / 2)
  FROM device_state AS s WHERE s.device_id = v.device_id
"""
_SINCE: Final = """
SELECT d.id, d.interval_s, extract(epoch FROM $1::timestamptz - s.last_seen)::float8 AS age_s
  FROM device AS d JOIN device_state AS s ON s.device_id = d.id
"""
_SPEAK: Final = "UPDATE device_state SET last_seen = $2, version = version + 1 WHERE device_id = ANY ($1)"


@dataclass(slots=True)
class Estate:
    """Who speaks when: of each device the id, the interval, the next word and, of some, the last."""

    database: Database
    rng: Random
    intervals_s: dict[int, int]
    next_s: dict[int, float] = field(default_factory=dict)
    dies_s: dict[int, float] = field(default_factory=dict)

    async def speak_until(self, now: datetime) -> None:
        at_s = (now - _START).total_seconds()
        said = [one for one, next_s in self.next_s.items() if next_s <= at_s]
        for one in said:
            self.next_s[one] += self.intervals_s[one] * self.rng.uniform(0.95, 1.05)
            if self.next_s[one] > self.dies_s.get(one, float("inf")):
                del self.next_s[one]
        await self.database.pool.execute(_SPEAK, sorted(said), now)


async def measure() -> list[Figure]:
    """An estate as the simulator's, then one in which every device speaks every minute."""
    simulated = [model.interval_s for model in MODELS.values()]
    return [
        figure
        for name, intervals_s in (("as simulated", simulated), (EXTREME, [QUICK_INTERVAL_S]))
        for figure in await _on_its_own(name, intervals_s)
    ]


async def _on_its_own(name: str, intervals_s: list[int]) -> list[Figure]:
    async with servers() as those:
        return await _one(those, name, intervals_s)


async def _one(those: Servers, name: str, intervals_s: list[int]) -> list[Figure]:
    database = await connect(those.dsn, application_name="shouwang benchmark", max_size=4)
    try:
        return await _watch(those, database, name, intervals_s)
    finally:
        await database.close()


async def _watch(those: Servers, database: Database, name: str, intervals_s: list[int]) -> list[Figure]:
    moment = _Moment()
    centre = Centre(keyring=Keyring(bytes(range(32))), timezone=ZoneInfo("Asia/Shanghai"))
    store = SupervisionStore(database, centre, clock=moment.now)
    began_s = time.perf_counter()
    estate = await _estate(database, store, intervals_s)
    print(f"    {name}: {DEVICES:,} devices planned in {time.perf_counter() - began_s:.1f} s", flush=True)
    looks_ms: list[float] = []
    lags_s: list[float] = []
    forward: list[int] = []
    assert those.postgres.pid is not None
    spent_s, began_cpu = 0.0, 0.0
    for _ in range(LOOKS):
        await estate.speak_until(moment.at)
        began_cpu = machine.tree_cpu_s(those.postgres.pid)
        moment.begin()
        while (seen := await store.watch(moment.at, 200)).is_full:
            lags_s += seen.lags_s
        took_s = moment.end()
        spent_s += machine.tree_cpu_s(those.postgres.pid) - began_cpu
        lags_s += seen.lags_s
        forward.append(seen.put_forward)
        looks_ms.append(took_s * 1000)
    counts = await store.silent_counts()
    print(f"    {name}: {statistics.mean(forward):.0f} deadlines put forward a look, {len(lags_s)} verdicts, "
          f"silent at the end {counts}; load average {machine.load()}", flush=True)  # fmt: skip
    # No estate is like the second one: its figures are for reading.
    cost_ms, lag_s = (None, None) if name == EXTREME else (TARGET_LOOK_MS, TARGET_LAG_S)
    return _say([
        Figure(name=f"{name}: one look, median", value=statistics.median(looks_ms), unit="ms", target=cost_ms),
        Figure(name=f"{name}: one look, p99", value=percentile(looks_ms, 0.99), unit="ms"),
        Figure(name=f"{name}: PostgreSQL's processor time a look", value=1000 * spent_s / LOOKS, unit="ms",
               target=cost_ms),
        Figure(name=f"{name}: verdict after its deadline, median", value=statistics.median(lags_s), unit="s"),
        Figure(name=f"{name}: verdict after its deadline, p99", value=percentile(lags_s, 0.99), unit="s",
               target=lag_s),
    ])  # fmt: skip


def _say(figures: list[Figure]) -> list[Figure]:
    print("\n".join(figure.line() for figure in figures), flush=True)
    return figures


class _Moment:
    """Time moved by hand between looks, and real within one."""

    def __init__(self) -> None:
        self.at = _START
        self._began_s: float | None = None

    def now(self) -> datetime:
        within_s = 0.0 if self._began_s is None else time.perf_counter() - self._began_s
        return self.at + timedelta(seconds=within_s)

    def begin(self) -> None:
        self._began_s = time.perf_counter()

    def end(self) -> float:
        assert self._began_s is not None
        took_s, self._began_s = time.perf_counter() - self._began_s, None
        self.at += timedelta(seconds=LOOK_EVERY_S + took_s)
        return took_s


async def _estate(database: Database, store: SupervisionStore, intervals_s: list[int]) -> Estate:
    pool, rng = database.pool, Random(20261119)
    await pool.execute(_AREAS)
    part = DEVICES // len(intervals_s)
    for number, interval_s in enumerate(intervals_s):
        upto = DEVICES if number == len(intervals_s) - 1 else (number + 1) * part
        await pool.execute(_REGISTER, "door_sensor", interval_s, number * part, upto, _START, timeout=120)
    await pool.execute(_HOMES, _START, DEVICES, timeout=120)
    while (await store.watch(_START, 200)).is_full:
        pass
    await pool.execute(_SPOKE, _START, timeout=120)
    await pool.execute(_SETTLED, _START, timeout=120)
    for table in ("device", "device_state", "supervision", "device_holder", "premises", "resident"):
        await pool.execute(f"VACUUM ANALYZE {table}", timeout=120)
    rows = await pool.fetch(_SINCE, _START)
    estate = Estate(database, rng, {row["id"]: row["interval_s"] for row in rows})
    estate.next_s = {row["id"]: row["interval_s"] - row["age_s"] for row in rows}
    # Those that die do so early enough for their deadline to come while we look.
    run_s = LOOKS * LOOK_EVERY_S
    quick = [one for one, interval_s in estate.intervals_s.items() if 2 * interval_s < run_s]
    for one in rng.sample(quick, min(DEATHS, len(quick))):
        estate.dies_s[one] = rng.uniform(0, run_s)
    return estate
