"""What could not be used, as a list: its reason and its count, never its bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from store.database import Database
from store.feed import snapshot
from store.sql import queries

Q: Final = queries("registers")


class DeadLetterListed(msgspec.Struct, frozen=True, kw_only=True):
    """One dead letter; equal bytes of one device are one with a count."""

    id: str
    device: str
    topic: str
    source: str
    lane: str
    reason: str
    detail: str
    decoder: str
    retained: bool
    count: int
    size_bytes: int
    first_at: datetime
    last_at: datetime
    replayed_at: datetime | None
    is_replay_asked: bool
    replay_result: str | None
    incident_id: str | None


async def list_dead_letters(
    db: Database, *, reason: str | None, device: str | None, after: tuple[datetime, int] | None, limit: int
) -> tuple[list[DeadLetterListed], int]:
    """Dead letters, the last seen first, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(Q.dead_letters, *(after or (None, None)), reason, device, limit)
    return [_listed(dict(row)) for row in rows], seq


def _listed(row: dict[str, object]) -> DeadLetterListed:
    incident = row.pop("incident_id")
    number = row.pop("id")
    fields: dict[str, object] = {"id": str(number), "incident_id": None if incident is None else str(incident), **row}
    return msgspec.convert(fields, DeadLetterListed)
