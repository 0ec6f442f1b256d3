"""Policies as the database keeps them: the active one, and any that an incident opened under."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import structlog

from rules.domain import policy_file
from rules.domain.policy_value import BUILTIN, Policy
from store.database import Connection
from store.sql import queries

_Q: Final = queries("policies")
_log: Final = structlog.get_logger(__name__)

#: A version names exactly one text, so what was read once is true for ever; a county changes its policy a few times
#: a year, and a process that has seen more than this forgets them all and reads again.
_KEPT_MOST: Final = 64
_kept: dict[str, Policy] = {BUILTIN.version: BUILTIN}


async def active(connection: Connection) -> Policy:
    """The policy in force, as this transaction sees it."""
    return await of_version(connection, await connection.fetchval(_Q.active))


async def of_version(connection: Connection, version: str | None) -> Policy:
    """The policy of this version; the built-in one where there is none of it, or where it cannot be read.

    Nothing that calls for help waits for a text to be mended: what cannot be read is said, and the built-in policy
    decides in its place (architecture.md, invariant 4).
    """
    if version is None or "+" not in version:
        return BUILTIN  # also for a case that opened under the built-in one of an earlier release
    if version not in _kept:
        policy = await _read(connection, version)
        if policy is None:
            return BUILTIN
        if len(_kept) >= _KEPT_MOST:
            _kept.clear()
            _kept[BUILTIN.version] = BUILTIN
        _kept[version] = policy
    return _kept[version]


async def _read(connection: Connection, version: str) -> Policy | None:
    text = await connection.fetchval(_Q.text_of, version)
    if text is None:
        _log.error("policy_unreadable", version=version, why="there is no such version")
        return None
    try:
        return replace(policy_file.read_kept(text), version=version)
    except policy_file.PolicyRefused as error:
        _log.error("policy_unreadable", version=version, why=[problem.line() for problem in error.problems])
        # Kept like any other: it cannot be mended under this version, and no alarm waits for it to be read again.
        return BUILTIN
