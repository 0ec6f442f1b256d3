"""Notices to send: written in the transaction that decided them, taken back where they are not needed any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rules.domain.notices import Notice, Purpose
from store.database import Connection
from store.sql import queries

_Q: Final = queries("outbox")


async def put(connection: Connection, notices: Sequence[Notice], *, now: datetime) -> None:
    """Write notices to be sent; one whose key is known already is left out."""
    if not notices:
        return
    await connection.execute(
        _Q.put,
        [notice.incident_id for notice in notices],
        [notice.assignment_id for notice in notices],
        [notice.recipient for notice in notices],
        [str(notice.purpose) for notice in notices],
        [int(notice.priority) for notice in notices],
        [notice.key for notice in notices],
        [dict(notice.facts) for notice in notices],
        [notice.not_after for notice in notices],
        [notice.not_before or now for notice in notices],
        now,
    )


async def cancel(
    connection: Connection,
    *,
    incident_id: int | None = None,
    assignment_id: int | None = None,
    purposes: Sequence[Purpose],
    reason: str,
    now: datetime,
) -> int:
    """Take back what has not been sent of these purposes; return how many. What was sent stays sent."""
    rows = await connection.fetch(
        _Q.cancel, incident_id, assignment_id, [str(purpose) for purpose in purposes], reason, now
    )
    return len(rows)


async def was_asked(connection: Connection, assignment_id: int) -> bool:
    """Whether an offer of this assignment has left, or may have."""
    return bool(await connection.fetchval(_Q.was_asked, assignment_id))


async def end_round(connection: Connection, incident_id: int, *, reason: str, now: datetime) -> None:
    """Somebody has taken the case: nobody is rung for it any more, and who said "cannot" is asked again next time."""
    await connection.execute(_Q.end_round, incident_id, reason, now)


async def supersede(
    connection: Connection, of: Sequence[tuple[int, str]], *, purpose: Purpose = Purpose.ESCALATION, keys: str = "",
    now: datetime,
) -> dict[tuple[int, str], datetime]:  # fmt: skip
    """New notices of these cases to these people are about to be written: what waits for them, of the same purpose and
    with keys that begin so, says no more.

    Returns since when each was waiting: whoever comes in its place keeps it, or would never come to its turn.
    """
    cases, recipients = [one[0] for one in of], [one[1] for one in of]
    rows = await connection.fetch(_Q.supersede, cases, recipients, now, str(purpose), keys)
    return {(row["incident_id"], row["recipient"]): row["due_at"] for row in rows}
