"""Signal 9 to the engine at any moment of escalation: each stage fires once, each notice goes out and is on record.

The engine is a process of its own, with its passes, its outbox and a provider of calls that writes down what it was
given before it answers. Its clock runs faster than ours, the same for every process: ten minutes of a night pass in
half a minute. It is killed at random moments and started again at once, as a service manager does.

`python -m tests.faults.escalating` runs it; a story runs a shorter one.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import secrets
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
import structlog

from benchmarks.servers import ROOT, servers
from rules.domain.sending import Kind, Way
from rules.engine.due import DuePass
from rules.engine.loop import Engine
from rules.engine.outbox import Letter, OutboxPass, Sent
from store.database import Connection, connect
from store.delivery import DeliveryStore
from store.engine import EngineStore
from tests.town import CENTRE, NOW, Town, record_faults, town_in

READY: Final = "ready"
#: So many seconds of the night in one of ours.
SPEED: Final = 20.0
CALLS: Final = 6
#: So long an engine lives from its first word on.
LIVES_S: Final = (0.05, 2.0)
SUPERVISORS: Final = 8
#: After the last kill: longer than a lease of the outbox, in the night's seconds; and at most so many of ours.
QUIET_S: Final = 150.0
QUIET_MOST_S: Final = 60.0
#: Whether anything lies where a dead engine left it, or nobody was told at all yet.
_UNFINISHED: Final = """
SELECT EXISTS (SELECT FROM outbox WHERE state = 'leased' AND leased_until <= $1)
    OR NOT EXISTS (SELECT FROM outbox WHERE state IN ('sent', 'uncertain'))
"""


@dataclass(frozen=True, kw_only=True)
class NightClock:
    """One time for every process: since a moment of the machine's own clock, so much faster."""

    began_s: float

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self.began_s) * SPEED

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


@dataclass(frozen=True, kw_only=True)
class Journal:
    """A provider of calls: what it was given is on its own record before it says so."""

    path: Path
    way: Way = field(default_factory=lambda: Way(name="journal", kind=Kind.VOICE, per_minute_most=6000, reserve_p1=0))
    _number: Any = field(default_factory=itertools.count)

    async def send(self, letter: Letter) -> Sent:
        line = msgspec.json.encode({"id": letter.id, "hold": letter.hold, "to": letter.to}) + b"\n"
        with self.path.open("ab") as file:
            file.write(line)
        await asyncio.sleep(0.05)  # the answer takes its time, and a kill may come in it
        return Sent(reference=f"{os.getpid()}-{next(self._number)}", answer_within_s=None)


async def run_engine(dsn: str, journal: Path, began_s: float) -> None:
    """One engine's process, until it is killed."""
    clock = NightClock(began_s=began_s)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    database = await connect(dsn, application_name="shouwang engine", max_size=4)
    print(READY, flush=True)
    async with OutboxPass(DeliveryStore(database, CENTRE), [Journal(path=journal)], clock) as outbox:
        await Engine([DuePass(EngineStore(database, CENTRE)), outbox], clock).run()


@dataclass(kw_only=True)
class Found:
    """What stands at the end."""

    kills: int
    stages: int
    notices: int
    sendings: int
    sent_again: int
    uncertain: int
    faults: list[str]


async def kill_at_random(dsn: str, folder: Path, *, seed: int, seconds: float) -> Found:
    """Presses that nobody answers, an engine that dies again and again, and the comparison."""
    rng, journal, began_s = Random(seed), folder / "journal.jsonl", time.monotonic()
    journal.touch()
    async with town_in(dsn) as town:
        await _people(town)
        for _ in range(CALLS):
            await town.says((await town.home()).button)
        kills = await _kill(dsn, journal, began_s, rng, seconds)
        looked_at = await _let_finish(town, dsn, journal, began_s)
        async with town.db.pool.acquire() as connection:
            return await _compare(connection, journal, kills, looked_at)


async def _people(town: Town) -> None:
    for rank in range(1, SUPERVISORS + 1):
        hand = await town.user("supervisor", duty="off")
        await town.db.pool.execute("UPDATE app_user SET phone = $2 WHERE id = $1", hand.user_id, f"1390000000{rank}")
        await town.db.pool.execute(
            "INSERT INTO shift (role, user_id, from_at, to_at, rank) VALUES ('on_call', $1, $2, $3, $4)",
            hand.user_id, NOW - timedelta(hours=1), NOW + timedelta(days=1), rank,
        )  # fmt: skip


async def _kill(dsn: str, journal: Path, began_s: float, rng: Random, seconds: float) -> int:
    kills, ends_s = 0, time.monotonic() + seconds
    while time.monotonic() < ends_s:
        engine = await _start(dsn, journal, began_s)
        await asyncio.sleep(rng.uniform(*LIVES_S))
        engine.kill()
        await engine.wait()
        kills += 1
    return kills


async def _let_finish(town: Town, dsn: str, journal: Path, began_s: float) -> datetime:
    """An engine nobody kills, until what the dead ones held has been taken up again; returns when that was looked at.

    It is killed too in the end, in the middle of what it sends: only what was overdue by then was left lying.
    """
    clock = NightClock(began_s=began_s)
    engine = await _start(dsn, journal, began_s)
    await asyncio.sleep(QUIET_S / SPEED)
    looked_at = clock.now()
    try:
        async with asyncio.timeout(QUIET_MOST_S):
            while await town.db.pool.fetchval(_UNFINISHED, looked_at):
                await asyncio.sleep(0.2)
                looked_at = clock.now()
    except TimeoutError:
        pass  # the comparison names what was left lying
    engine.kill()
    await engine.wait()
    return looked_at


async def _start(dsn: str, journal: Path, began_s: float) -> asyncio.subprocess.Process:
    engine = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.escalating",
        "--engine",
        dsn,
        str(journal),
        str(began_s),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert engine.stdout is not None, "asked for"
    await engine.stdout.readline()  # READY: a kill before it would prove nothing
    return engine


async def _compare(connection: Connection, journal: Path, kills: int, looked_at: datetime) -> Found:
    faults = await record_faults(connection)
    stages = Counter[tuple[int, int, int]]()
    for row in await connection.fetch("SELECT incident_id, fixed FROM entry WHERE action = 'escalated'"):
        facts = msgspec.json.decode(row["fixed"])["facts"]
        stages[row["incident_id"], facts["round"], facts["stage"]] += 1
    faults += [f"stage {stage} fired {count} times" for stage, count in stages.items() if count > 1]
    given = Counter(msgspec.json.decode(line)["id"] for line in journal.read_bytes().splitlines())
    notices = {row["id"]: row for row in await connection.fetch("SELECT * FROM outbox")}
    told = [id_ for id_, row in notices.items() if row["state"] == "sent"]
    faults += [f"notice {id_} was given and is not on record" for id_ in given if id_ not in notices]
    # Said in another notice's call: that one was given.
    calls = {id_: notices[id_]["said_with"] or id_ for id_ in told}
    faults += [f"notice {id_} is called sent and never was" for id_, call in calls.items() if call not in given]
    faults += [f"notice {id_} was given {count} times" for id_, count in given.items() if count > 2]
    twice = [id_ for id_, count in given.items() if count > 1]
    faults += [
        f"notice {id_} went out twice and nothing says so: {_state(notices[id_])}"
        for id_ in twice
        if not _says_so(notices[id_])
    ]
    faults += [
        f"notice {id_} was left lying"
        for id_, row in notices.items()
        if row["state"] == "leased" and row["leased_until"] <= looked_at
    ]
    faults += [f"notice {id_} has no end and no reason" for id_, row in notices.items() if _unsaid(row)]
    faults += await _not_in_the_record(connection, told)
    if not stages or not given:
        faults.append("nothing was fired or sent: the night was empty")
    return Found(
        kills=kills, stages=len(stages), notices=len(notices), sendings=sum(given.values()), sent_again=len(twice),
        uncertain=sum(row["state"] == "uncertain" for row in notices.values()), faults=faults,
    )  # fmt: skip


async def _not_in_the_record(connection: Connection, told: list[int]) -> list[str]:
    """Each sending that was recorded stands in its case's own record as well."""
    sent = Counter[tuple[int, str]]()
    for row in await connection.fetch("SELECT incident_id, recipient FROM outbox WHERE id = ANY ($1)", told):
        sent[row["incident_id"], row["recipient"]] += 1
    entries = Counter[tuple[int, str]]()
    for row in await connection.fetch("SELECT incident_id, fixed FROM entry WHERE action = 'notified'"):
        entries[row["incident_id"], msgspec.json.decode(row["fixed"])["facts"]["recipient"]] += 1
    return [
        f"{who} was told of case {case} {count} times, and its record says {entries[case, who]}"
        for (case, who), count in sent.items()
        if entries[case, who] < count
    ]


def _unsaid(row: Any) -> bool:
    return row["state"] in ("cancelled", "failed", "uncertain") and not row["result"]


def _state(row: Any) -> str:
    return f"{row['state']} {row['result']}, {row['attempts']} attempts"


def _says_so(row: Any) -> bool:
    return "uncertain" in f"{row['state']} {row['result']}"


async def _alone(seed: int, seconds: float) -> Found:
    async with servers() as those:
        return await kill_at_random(those.dsn, those.folder, seed=seed, seconds=seconds)


def main() -> int:
    """Run it; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.escalating", description=__doc__)
    parser.add_argument("--engine", nargs=3, metavar=("DSN", "JOURNAL", "BEGAN"), help="be the engine")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options = parser.parse_args()
    if options.engine:
        dsn, journal, began = options.engine
        asyncio.run(run_engine(dsn, Path(journal), float(began)))
        return 0
    found = asyncio.run(_alone(options.seed, options.seconds))
    print(
        f"seed {options.seed}, {datetime.now(UTC):%H:%M}: {found.kills} kills, {found.stages} stages,"
        f" {found.notices} notices, {found.sendings} given to the provider ({found.sent_again} a second time),"
        f" {found.uncertain} uncertain"
    )
    print("\n".join(f"  FAULT {fault}" for fault in found.faults) or "  no fault")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
