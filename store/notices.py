"""Notices as people read them: to whom by reference, by which channel, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from rules.domain.notices import Purpose
from rules.domain.vocabulary import Priority
from store.database import Database
from store.feed import snapshot
from store.sql import queries

_Q: Final = queries("delivery")
_NEWEST: Final = 2**63 - 1


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One notice. `recipient` is a reference such as `contact:9`; `result` is the reason where it was not sent."""

    id: str
    incident: str | None
    incident_number: str | None
    assignment: str | None
    recipient: str
    purpose: Purpose
    priority: str
    state: str
    result: str | None
    channel: str | None
    answer: str | None
    attempts: int
    made_at: datetime
    due_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None


async def list_notices(
    db: Database, *, sight: Sequence[str], incident_id: int | None, state: str | None, before: int, limit: int
) -> tuple[list[Notice], int]:
    """The newest first, and the feed's number they stand at; `before` 0 begins with the newest."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(_Q.listed, before or _NEWEST, incident_id, state, list(sight), limit)
    plain = (
        "recipient",
        "state",
        "result",
        "channel",
        "answer",
        "attempts",
        "made_at",
        "due_at",
        "begun_at",
        "ended_at",
    )
    found = [
        Notice(
            id=str(row["id"]), incident=_text(row["incident_id"]), incident_number=row["incident_number"],
            assignment=_text(row["assignment_id"]), purpose=Purpose(row["purpose"]),
            priority=Priority(row["priority"]).label, **{name: row[name] for name in plain},
        )
        for row in rows
    ]  # fmt: skip
    return found, seq


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
