"""Policies from proposal to force: two people for a change, one command back to the last good one, all on record."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from rules.domain.policy_difference import Difference, differences
from rules.domain.policy_lint import checked
from rules.domain.policy_replay import Recorded
from rules.domain.policy_value import BUILTIN, Policy
from store import policies
from store.audit import note_look
from store.database import Connection, Database, StoreError
from store.feed import snapshot
from store.policy_replay import recorded_of
from store.sql import queries

_Q: Final = queries("policies")

_EMPTY: Final = ""


class PolicyError(StoreError):
    """Base of what goes wrong with policies."""


class PolicyUnknown(PolicyError):
    """No such policy; read the list again."""


class PolicyNotProposed(PolicyError):
    """It is decided already, by somebody else or by you; read the list again."""


class PolicyKnown(PolicyError):
    """This very text is proposed or in force already."""


class ReplayNeeded(PolicyError):
    """Nobody has seen what it would change against the policy in force now: replay it, look, and approve then."""


class SecondPersonNeeded(PolicyError):
    """Who proposed a policy does not approve it; ask a colleague."""


class NothingToGoBackTo(PolicyError):
    """The built-in policy is in force, and nothing is behind it."""


class Origin(StrEnum):
    """Where a proposal came from."""

    FILE = "file"  #: the settings' file has a new text
    API = "api"
    COMMAND = "command"
    FIRST_START = "first_start"


class PolicyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One version, who proposed and who decided it."""

    id: str
    version: str
    state: str
    origin: str
    proposed_by: str | None
    proposed_by_name: str | None
    proposed_at: datetime
    decided_by: str | None
    decided_by_name: str | None
    decided_at: datetime | None
    active_from: datetime | None
    reason: str
    replayed: bool


class DifferenceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what would change."""

    part: str
    name: str
    zh: str
    en: str


class PolicyWhole(PolicyRecord, frozen=True, kw_only=True):
    """A version with its text, what it changes against the one in force, and its replay over recorded events."""

    toml: str
    differences: list[DifferenceRecord]
    against: str
    replay: Any


class FileState(msgspec.Struct, frozen=True, kw_only=True):
    """What was found when the settings' file was last looked at; no problems: it is a policy."""

    path: str
    digest: str
    problems: list[str]
    looked_at: datetime


# -- looking ---------------------------------------------------------------------------------------------------------


async def listed(db: Database, *, after: int, limit: int) -> tuple[list[PolicyRecord], int]:
    """Every version ever proposed, oldest first, and the feed's number."""
    async with snapshot(db) as (connection, seq):
        return [_record(row) for row in await connection.fetch(_Q.listed, after, limit)], seq


async def whole(db: Database, no: int) -> PolicyWhole:
    """One version with its text, differences and replay; PolicyUnknown where there is none."""
    async with db.pool.acquire() as connection:
        row = await connection.fetchrow(_Q.one, no)
        if row is None:
            raise PolicyUnknown(f"no policy {no}")
        before = await policies.active(connection)
        after = await policies.of_version(connection, row["version"])
    return PolicyWhole(
        **_fields(row),
        toml=row["toml"],
        replay=row["replay"],
        against=before.version,
        differences=[_difference(found) for found in differences(before, after)],
    )


async def number_of(db: Database, version: str) -> int:
    """The number of a version, as addresses name it; PolicyUnknown where there is none."""
    row = await db.pool.fetchrow(_Q.of_version, version)
    if row is None:
        raise PolicyUnknown(f"no policy {version}")
    return int(row["no"])


async def waiting(db: Database) -> list[str]:
    """Versions that were proposed and that nobody has decided yet."""
    return [row["version"] for row in await db.pool.fetch(_Q.waiting)]


async def unreadable(db: Database) -> str | None:
    """The version that was approved last, where this program cannot read it and the built-in one decides."""
    approved: str | None = await db.pool.fetchval(_Q.active)
    return approved if approved not in (None, (await in_force(db)).version) else None


async def in_force(db: Database) -> Policy:
    """The policy that decides now."""
    async with db.pool.acquire() as connection:
        return await policies.active(connection)


async def judged_event(
    db: Database, incident_id: int, event_no: int | None, *, timezone: ZoneInfo
) -> tuple[Recorded, str, Policy] | None:
    """An event of a case (the first where none is named), why it was judged so, and the policy the case keeps."""
    async with db.pool.acquire() as connection:
        row = await connection.fetchrow(_Q.recorded_one, incident_id, event_no)
        if row is None:
            return None
        policy = await policies.of_version(connection, row["policy_version"])
    return recorded_of(row, timezone), row["decision"], policy


# -- from proposal to force ------------------------------------------------------------------------------------------


async def propose(
    db: Database, text: str, *, origin: Origin, by: int | None, now: datetime, reason: str = _EMPTY
) -> tuple[int, Policy]:
    """Put a text forward; PolicyRefused names all that is wrong with it, PolicyKnown that it stands there already."""
    policy = checked(text)
    async with db.transaction() as connection:
        no = await connection.fetchval(_Q.propose, policy.version, text, str(origin), by, now, reason)
        if no is None:
            raise PolicyKnown(f"{policy.version} is proposed or in force already")
        await note_look(connection, by, "policy_proposed", f"policy:{policy.version}", now=now, purpose=reason)
    return int(no), policy


async def keep_replay(db: Database, no: int, replay: dict[str, Any]) -> None:
    """Keep what the proposal would have changed, for who approves it."""
    await db.pool.execute(_Q.keep_replay, no, replay)


async def approve(db: Database, no: int, *, by: int, now: datetime) -> str:
    """Put a proposal into force as the second person; return its version. Of two at once one wins.

    PolicyUnknown, PolicyNotProposed, SecondPersonNeeded, ReplayNeeded; PolicyRefused where the text is no policy now.
    """
    async with db.transaction() as connection:
        row = await _locked_proposal(connection, no)
        if row["proposed_by"] == by:
            raise SecondPersonNeeded("a policy takes effect when a second person approves it")
        in_force = await policies.active(connection)
        if (row["replay"] or {}).get("before") != in_force.version:
            raise ReplayNeeded(
                f"replay it against {in_force.version}, which is in force now, and look at the difference"
            )
        checked(row["toml"])
        await _activate(connection, no, by=by, now=now)
        await note_look(connection, by, "policy_approved", f"policy:{row['version']}", now=now)
    return str(row["version"])


async def refuse(db: Database, no: int, *, by: int, reason: str, now: datetime) -> str:
    """Turn a proposal down with a reason; return its version."""
    async with db.transaction() as connection:
        row = await _locked_proposal(connection, no)
        await connection.execute(_Q.refuse, no, by, now, reason)
        await note_look(connection, by, "policy_refused", f"policy:{row['version']}", now=now, purpose=reason)
    return str(row["version"])


async def back(db: Database, *, by: int | None, reason: str, now: datetime) -> str:
    """Return to the last good policy, at once and by one person; return its version.

    What was in force is marked as taken back and never gone back to. NothingToGoBackTo where the built-in one is.
    """
    async with db.transaction() as connection:
        await connection.execute(_Q.lock)
        left = await connection.fetchval(_Q.take_back_active, by, now, reason)
        if left is None:
            raise NothingToGoBackTo("the built-in policy is in force already")
        good = await connection.fetchrow(_Q.last_good)
        version = BUILTIN.version
        if good is not None:
            version = str(good["version"])
            await connection.execute(_Q.activate, good["no"], by, now)
        await note_look(connection, by, "policy_back", f"policy:{left}", now=now, purpose=reason)
    return version


async def take_first(db: Database, text: str, *, now: datetime, always: bool = False) -> str | None:
    """The settings' file at the first start, or in a demonstration: in force at once; None where it is neither.

    PolicyRefused where the text is none.
    """
    policy = checked(text)
    async with db.transaction() as connection:
        await connection.execute(_Q.lock)
        if await connection.fetchval(_Q.active) == policy.version:
            return None
        if not always and not await connection.fetchval(_Q.is_first_start):
            return None
        no = await connection.fetchval(
            _Q.propose, policy.version, text, str(Origin.FIRST_START), None, now, _EMPTY
        ) or await connection.fetchval("SELECT no FROM policy WHERE version = $1", policy.version)
        await _activate(connection, no, by=None, now=now)
        await note_look(connection, None, "policy_first_start", f"policy:{policy.version}", now=now)
    return policy.version


async def _locked_proposal(connection: Connection, no: int) -> Any:
    await connection.execute(_Q.lock)
    row = await connection.fetchrow(_Q.one, no)
    if row is None:
        raise PolicyUnknown(f"no policy {no}")
    if row["state"] != "proposed":
        raise PolicyNotProposed(f"{row['version']} is {row['state']}")
    return row


async def _activate(connection: Connection, no: int, *, by: int | None, now: datetime) -> None:
    await connection.fetchval(_Q.replace_active)
    await connection.execute(_Q.activate, no, by, now)


async def is_first_start(db: Database) -> bool:
    """Whether no policy was ever in force but the built-in one, and nobody's case stands under it."""
    return bool(await db.pool.fetchval(_Q.is_first_start))


# -- the settings' file ----------------------------------------------------------------------------------------------


async def file_state(db: Database) -> FileState | None:
    """What was found at the last look at the file; None where no file was ever named."""
    row = await db.pool.fetchrow(_Q.file_state)
    return FileState(**dict(row)) if row is not None else None


async def note_file(db: Database, *, path: str, digest: str, problems: list[str], now: datetime) -> None:
    """Keep what was found, so that every process and screen can say it."""
    await db.pool.execute(_Q.note_file, path, digest, problems, now)


# -- rows ------------------------------------------------------------------------------------------------------------


def _record(row: Any) -> PolicyRecord:
    return PolicyRecord(**_fields(row))


def _fields(row: Any) -> dict[str, Any]:
    names = [name for name in PolicyRecord.__struct_fields__ if name not in ("id", "proposed_by", "decided_by")]
    people = {key: None if row[key] is None else str(row[key]) for key in ("proposed_by", "decided_by")}
    return {"id": str(row["no"]), **people, **{name: row[name] for name in names}}


def _difference(found: Difference) -> DifferenceRecord:
    return DifferenceRecord(part=found.part, name=found.name, zh=found.zh, en=found.en)
