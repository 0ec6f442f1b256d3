"""`make simulation`: a year of a town of 500 homes through the whole core, on a real database and an invented clock."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import asyncpg
import structlog
import uvloop

from benchmarks import machine
from rules.clock import SharedClock
from rules.domain.sending import Kind
from rules.engine.outbox import Letter
from shouwang.embedded.postgres import EmbeddedPostgres
from store.database import SESSION_SETTINGS, Connection, Database, _prepare
from store.migrate import migrate
from tests.simulation import checks, happenings
from tests.simulation.agenda import Agenda, AgendaClock
from tests.simulation.around import settle_around
from tests.simulation.engine import engine_of
from tests.simulation.field import Goers
from tests.simulation.people import People
from tests.simulation.readings import Readings
from tests.simulation.telephone import Telephone
from tests.simulation.town import Population, settle
from tests.simulation.year import Year
from tests.town import CENTRE

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT_S: Final = 600
SHOWN: Final = 12

#: The same for the same seed and the same code: what became of every case, and when.
_DIGEST: Final = """
SELECT md5(string_agg(concat_ws('|', id, class, priority, subject, opened_at, resolved_at, closed_at, outcome,
                                last_seq), ';' ORDER BY id)) FROM incident
"""
_BY_CLASS: Final = "SELECT class, count(*) FROM incident GROUP BY class ORDER BY count(*) DESC, class"
_COUNTS: Final = """
SELECT (SELECT count(*) FROM incident) AS incidents, (SELECT count(*) FROM entry) AS entries,
       (SELECT count(*) FROM change) AS changes, (SELECT count(*) FROM outbox) AS notices,
       (SELECT count(*) FROM incident WHERE state NOT IN ('resolved', 'closed')) AS unresolved,
       (SELECT count(*) FROM event WHERE event_id LIKE 'found:%') AS found,
       (SELECT count(*) FROM held) AS held
"""


class _Unreset(asyncpg.Connection):
    """Given back as it is: one round trip in fifteen, and nobody here leaves anything behind on it."""

    def get_reset_query(self) -> str:
        return ""


@asynccontextmanager
async def database() -> AsyncIterator[Database]:
    """A server of its own that does not wait for the disk: what is proven here is not durability."""
    folder = Path(tempfile.mkdtemp(prefix="sw-year-"))
    folder.chmod(0o711)
    (folder / "db").mkdir(mode=0o711)
    server = EmbeddedPostgres(folder / "db", SharedClock())
    try:
        await server.start()
        await migrate(server.dsn)
        await _do_not_wait(server.superuser_dsn)
        pool = await asyncpg.create_pool(
            server.dsn, min_size=1, max_size=4, connection_class=_Unreset, init=_prepare, command_timeout=60,
            max_inactive_connection_lifetime=0, statement_cache_size=1_000,
            server_settings=SESSION_SETTINGS | {"application_name": "year"},
        )  # fmt: skip
        try:
            yield Database(pool=pool, dsn=server.dsn)
        finally:
            await pool.close()
    finally:
        await server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _do_not_wait(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '4GB'"):
        await connection.execute(f"ALTER SYSTEM SET {setting}")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def simulate(*, seed: int, homes: int, days: int) -> list[str]:
    """One town, so many days; the faults found at the end."""
    rng, began_s, until = Random(seed), time.monotonic(), START + timedelta(days=days)
    async with database() as db:
        population = await settle(db, rng, homes=homes, now=START)
        await settle_around(db, rng, population, START, days=days)
        happens = happenings.of_year(population, rng, START, days=days)
        gc.collect()
        gc.freeze()  # the town stays: it is not looked through again at every full collection
        settled_s = time.monotonic() - began_s
        print(f"  {homes} homes, {len(population.devices)} devices, {len(happens)} happenings; {settled_s:.0f} s")
        async with whole_core(db, population, rng, seed) as year:
            await year.live(happens, until)
        lived_s = time.monotonic() - began_s
        async with db.pool.acquire() as connection:
            await _tell(connection, year, days, lived_s - settled_s)
            found = await checks.faults(connection, away=year.figures.away, now=until)
        found += [f"the auditor found {year.figures.overdue} overdue"] if year.figures.overdue else []
        took_s = time.monotonic() - began_s
        print(f"  checked in {took_s - lived_s:.0f} s; {took_s:.0f} s in all (at most {LIMIT_S} s)")
    return found if took_s <= LIMIT_S else [*found, f"took {took_s:.0f} s"]


@asynccontextmanager
async def whole_core(db: Database, population: Population, rng: Random, seed: int) -> AsyncIterator[Year]:
    """The engine with every pass, the people and their telephones, on one clock."""
    agenda = Agenda(began_at=START, now=START)
    people = People(
        db=db, centre=CENTRE, agenda=agenda, rng=rng, dispatchers=population.dispatchers,
        supervisor=population.supervisor,
    )  # fmt: skip
    goers = Goers(db=db, centre=CENTRE, agenda=agenda, seed=seed)

    def heard(letter: Letter, now: datetime) -> None:
        people.told(letter, now)
        goers.told(letter, now)

    phones = [
        Telephone(db=db, agenda=agenda, seed=seed, name=name, kind=kind, heard=heard)
        for name, kind in (("calls", Kind.VOICE), ("texts", Kind.SMS))
    ]
    async with engine_of(db, CENTRE, phones, AgendaClock(agenda=agenda)) as engine:
        yield Year(
            db=db, centre=CENTRE, population=population, rng=rng, agenda=agenda, engine=engine, people=people,
            readings=Readings(db=db), goers=goers, phones=phones,
        )  # fmt: skip


async def _tell(connection: Connection, year: Year, days: int, took_s: float) -> None:
    figures, counts = year.figures, await connection.fetchrow(_COUNTS)
    assert counts is not None
    readings = year.readings.stored
    events = figures.events + readings + figures.tests + figures.heartbeats
    print(
        f"  {events:,} events: {figures.events:,} alarms and ends"
        f" ({figures.copies:,} copies), {readings:,} readings, {figures.tests:,} tests, {figures.heartbeats:,} signs of"
        f" life; {days} days in {took_s:.0f} s\n"
        f"  {counts['incidents']:,} incidents ({counts['unresolved']} unresolved), {counts['entries']:,} entries,"
        f" {counts['changes']:,} changes, {counts['notices']:,} notices; {counts['held']:,} held,"
        f" {counts['found']:,} found by detectors\n"
        f"  {year.people.claims:,} claims, {year.people.refused.total():,} steps refused;"
        f" {figures.rings / figures.desk_hours:.3f} rings per desk and hour over {figures.desk_hours:,.0f} desk hours"
    )
    turns, worked = year.engine.turns, year.engine.worked
    done = (
        f"{name} {turns[name]:,} ({worked.get(name, 0):,})" for name in sorted(turns, key=lambda name: -turns[name])
    )
    print("  turns (and what they worked on): " + ", ".join(done))
    for phone in year.phones:
        print(f"  caught by {phone.name}: " + ", ".join(f"{what} {n:,}" for what, n in phone.caught.most_common()))
    print(f"  responders said: {dict(year.goers.said)}, refused {dict(year.goers.refused)}")
    for reason, count in (year.people.refused + figures.refused).most_common(SHOWN):
        print(f"    refused {count:6,}  {reason}")
    print(f"  digest of all cases: {await connection.fetchval(_DIGEST)}")
    for row in await connection.fetch(_BY_CLASS):
        print(f"    {row['class']:32}{row['count']:8,}")


def main(arguments: Sequence[str]) -> int:
    """Simulate; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SIMULATION_SEED", "4")))
    parser.add_argument("--homes", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    options = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print("\n".join(machine.describe()))
    print(f"seed {options.seed}", flush=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(simulate(seed=options.seed, homes=options.homes, days=options.days))
    used = os.times()
    print(
        f"  processor time: {used.user + used.system:.0f} s here, {used.children_user + used.children_system:.0f} s"
        f" PostgreSQL, from start to end; load {machine.load()}"
    )
    print("\n".join(f"  FAULT {fault}" for fault in found[:SHOWN]) or "  no fault")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
