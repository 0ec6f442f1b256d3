"""Migrations in two steps: *before* only adds and runs ahead of the new program, *after* removes one release later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from store.database import Connection, check_server
from store.partitions import make_days_ahead

_FOLDER: Final = Path(__file__).parent / "migrations"
_FILE: Final = re.compile(r"^(\d{4})_(before|after)_(\w+)\.sql$")

#: One migration at a time, whoever starts it from whichever host.
_ONE_AT_A_TIME: Final = 7_340_221

#: A statement that waits longer for a lock would hold up every press behind it (architecture.md, Rooms).
LOCK_TIMEOUT_MS: Final = 2_000
LOCK_TRIES: Final = 30

#: First line of a file whose statements each run by themselves: CREATE INDEX CONCURRENTLY refuses a transaction.
ONE_BY_ONE: Final = "-- one by one"


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaStep:
    """One migration file: its number, whether it adds (*before*) or removes (*after*), its name and text."""

    number: int
    phase: str
    name: str
    text: str

    @property
    def works_with(self) -> int:
        """The oldest program (by its schema number) that still works once this step has run."""
        return self.number - 1 if self.phase == "before" else self.number


def shipped_steps(folder: Path = _FOLDER) -> list[SchemaStep]:
    """Every step this program ships, in the order they run."""
    steps = []
    for path in sorted(folder.glob("*.sql")):
        found = _FILE.match(path.name)
        assert found, f"{path.name} is not named NNNN_before_word.sql or NNNN_after_word.sql"
        number, phase, name = int(found[1]), found[2], found[3]
        steps.append(SchemaStep(number=number, phase=phase, name=name, text=path.read_text(encoding="utf-8")))
    return steps


def due_steps(shipped: list[SchemaStep], applied: set[tuple[int, str]]) -> list[SchemaStep]:
    """The steps to run now: every *before*; an *after* only once a later *before* ships, one release on."""
    newest = max((step.number for step in shipped if step.phase == "before"), default=0)
    return [
        step
        for step in shipped
        if (step.number, step.phase) not in applied and (step.phase == "before" or step.number < newest)
    ]


async def migrate(dsn: str) -> list[str]:
    """Bring the schema up to date and make the coming days' partitions; return the names of the steps that ran.

    Safe to run twice, from several hosts at once, and while parts of this and the previous release run.
    """
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "shouwang migrate", "timezone": "UTC"})
    try:
        await check_server(connection, demo=True)
        # Asked again and again, never waited for: CREATE INDEX CONCURRENTLY waits for every statement that runs, and
        # a second migration that stood in a queue would be one.
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _ONE_AT_A_TIME):
            await connection.execute("SELECT pg_sleep(0.2)")
        await _make_ledger(connection)
        ran = [await _run(connection, step) for step in due_steps(shipped_steps(), await _applied(connection))]
        await make_days_ahead(connection, await connection.fetchval("SELECT clock_timestamp()"))
        return ran
    finally:
        await connection.close()


async def _make_ledger(connection: Connection) -> None:
    await connection.execute(
        """CREATE TABLE IF NOT EXISTS schema_step (
               number integer NOT NULL, phase text NOT NULL, name text NOT NULL, works_with integer NOT NULL,
               applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (number, phase))"""
    )


async def _applied(connection: Connection) -> set[tuple[int, str]]:
    return {(row["number"], row["phase"]) for row in await connection.fetch("SELECT number, phase FROM schema_step")}


async def _run(connection: Connection, step: SchemaStep) -> str:
    for attempt in range(LOCK_TRIES):
        try:
            await _apply(connection, step)
            break
        except asyncpg.LockNotAvailableError:
            # Somebody works on that table right now; standing in the queue would stop them all.
            if attempt == LOCK_TRIES - 1:
                raise
    return f"{step.number:04} {step.phase} {step.name}"


async def _apply(connection: Connection, step: SchemaStep) -> None:
    if step.text.startswith(ONE_BY_ONE):
        await connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
        for statement in _statements(step.text):
            await connection.execute(statement)
        await _note(connection, step)
        return
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        await connection.execute(step.text)
        await _note(connection, step)


def _statements(text: str) -> Iterator[str]:
    for part in text.split(";\n"):
        if part.strip():
            yield part


async def _note(connection: Connection, step: SchemaStep) -> None:
    await connection.execute(
        "INSERT INTO schema_step (number, phase, name, works_with) VALUES ($1, $2, $3, $4)",
        step.number,
        step.phase,
        step.name,
        step.works_with,
    )
