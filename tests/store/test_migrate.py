"""Migrations run once, whoever starts them; an unknown schema is refused; the record cannot be changed by anybody."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from devices.event import EventType
from store.database import SCHEMA_NUMBER, Database, SchemaUnknown, check_schema
from store.migrate import SchemaStep, due_steps, migrate, shipped_steps
from tests.town import NOW, Town

#: The oldest server we support, and the one that comes with the program.
pytestmark = pytest.mark.parametrize("embedded_postgres", ["18", "17"], indirect=True)


async def test_a_second_migration_does_nothing(empty_dsn: str) -> None:
    assert len(await migrate(empty_dsn)) == len([s for s in shipped_steps() if s.phase == "before"])
    assert await migrate(empty_dsn) == []


async def test_two_migrations_at_once_run_each_step_once(empty_dsn: str) -> None:
    ran = await asyncio.gather(migrate(empty_dsn), migrate(empty_dsn), migrate(empty_dsn))
    assert len([names for names in ran if names]) == 1
    connection = await asyncpg.connect(empty_dsn)
    try:
        await check_schema(connection)
    finally:
        await connection.close()


async def test_a_database_without_a_schema_is_refused(empty_dsn: str) -> None:
    connection = await asyncpg.connect(empty_dsn)
    try:
        with pytest.raises(SchemaUnknown, match="shouwang migrate"):
            await check_schema(connection)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("number", "phase", "known"),
    [(SCHEMA_NUMBER + 1, "before", True), (SCHEMA_NUMBER + 1, "after", False), (SCHEMA_NUMBER + 2, "before", False)],
)
async def test_a_newer_schema_is_taken_only_as_long_as_it_takes_nothing_away(
    db: Database, number: int, phase: str, known: bool
) -> None:
    step = SchemaStep(number=number, phase=phase, name="later", text="")
    await db.pool.execute(
        "INSERT INTO schema_step (number, phase, name, works_with) VALUES ($1, $2, $3, $4)",
        step.number, step.phase, step.name, step.works_with,
    )  # fmt: skip
    async with db.pool.acquire() as connection:
        if known:
            await check_schema(connection)
        else:
            with pytest.raises(SchemaUnknown, match="update the program"):
                await check_schema(connection)


def test_an_after_waits_for_the_next_release(embedded_postgres: object) -> None:
    steps = [
        SchemaStep(number=number, phase=phase, name="x", text="")
        for number, phase in [(1, "before"), (1, "after"), (2, "before"), (2, "after")]
    ]
    assert [(s.number, s.phase) for s in due_steps(steps[:2], set())] == [(1, "before")]
    assert [(s.number, s.phase) for s in due_steps(steps, {(1, "before")})] == [(1, "after"), (2, "before")]
    assert due_steps(steps, {(1, "before"), (1, "after"), (2, "before")}) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET at = now()", "DELETE FROM entry", "TRUNCATE entry CASCADE",
        "UPDATE anchor SET at = now()", "DELETE FROM anchor", "TRUNCATE anchor",
        # The audit is kept for its time and then removed: rows may go, none may change.
        "UPDATE audit SET at = now()", "TRUNCATE audit",
    ],
)  # fmt: skip
async def test_the_record_cannot_be_changed_even_by_its_owner(db: Database, change: str) -> None:
    owners = await db.pool.fetch("SELECT tableowner FROM pg_tables WHERE tablename IN ('entry', 'anchor', 'audit')")
    assert {row["tableowner"] for row in owners} == {await db.pool.fetchval("SELECT current_user")}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.pool.execute(change)


@pytest.mark.parametrize("change", ["next_due_at = NULL", "state = 'closed'", "claimed_by = 1", "state = 'claimed'"])
async def test_an_incident_without_a_next_step_or_a_lease_cannot_be_written(db: Database, change: str) -> None:
    town = Town(db=db)
    call = (await town.says((await town.home()).button)).incident_id
    with pytest.raises(asyncpg.CheckViolationError):
        await db.pool.execute(f"UPDATE incident SET {change} WHERE id = $1", call)  # noqa: S608  # our own words above


async def test_a_second_unresolved_incident_of_one_person_and_family_cannot_be_written(db: Database) -> None:
    town = Town(db=db)
    home, desk = await town.home(), await town.user()
    first = (await town.says(home.button, EventType.SOS)).incident_id
    await town.resolve(first, desk)
    second = (await town.says(home.button, EventType.SOS, now=NOW + timedelta(minutes=1))).incident_id
    assert second != first
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.pool.execute("UPDATE incident SET state = 'open' WHERE id = $1", first)
