"""Policies as the database keeps them: what cannot be read stops no alarm, and is said."""

from __future__ import annotations

from rules.domain.policy_file import read
from rules.domain.policy_value import BUILTIN
from rules.domain.policy_write import write
from rules.domain.vocabulary import Class
from store import policies, policy_versions
from store.database import connect

UNREADABLE = 'version = "broken"\nextends = "builtin"\n[classes.sos]\npriority = "P4"\n'


async def test_a_policy_that_cannot_be_read_leaves_the_built_in_one_in_force_and_is_named(fresh_dsn: str) -> None:
    database = await connect(fresh_dsn, application_name="shouwang tests", max_size=1)
    try:
        await database.pool.execute(
            "INSERT INTO policy (version, toml, state, origin, proposed_at, active_from)"
            " VALUES ('broken+0', $1, 'active', 'command', now(), now())",
            UNREADABLE,
        )
        assert await policy_versions.in_force(database) is BUILTIN
        assert await policy_versions.unreadable(database) == "broken+0"
        async with database.pool.acquire() as connection:
            assert await policies.of_version(connection, "never+there") is BUILTIN
            assert await policies.of_version(connection, None) is BUILTIN
            assert await policies.of_version(connection, "builtin-1") is BUILTIN, "of an earlier release"
    finally:
        await database.close()


async def test_a_file_that_kept_the_built_in_ones_name_is_a_policy_of_its_own(fresh_dsn: str) -> None:
    text = write(BUILTIN).replace("first_escalation_s = 60", "first_escalation_s = 50", 1)
    database = await connect(fresh_dsn, application_name="shouwang tests", max_size=1)
    try:
        await database.pool.execute(
            "INSERT INTO policy (version, toml, state, origin, proposed_at, active_from)"
            " VALUES ($1, $2, 'active', 'command', now(), now())",
            read(text).version,
            text,
        )
        assert (await policy_versions.in_force(database)).rows[Class.SOS].first_escalation_s == 50
    finally:
        await database.close()


async def test_with_nothing_approved_nothing_is_unreadable(fresh_dsn: str) -> None:
    database = await connect(fresh_dsn, application_name="shouwang tests", max_size=1)
    try:
        assert await policy_versions.unreadable(database) is None
    finally:
        await database.close()
