"""Notices to send: written in the transaction that decided them."""

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
    for notice in notices:
        await connection.execute(
            _Q.put, notice.incident_id, notice.assignment_id, notice.recipient, str(notice.purpose),
            int(notice.priority), notice.key, dict(notice.facts), notice.not_after, now,
        )  # fmt: skip


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
