"""A broker forgot our session: whatever it held for us may be gone, and somebody has to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.domain.vocabulary import Class
from store import technical
from store.database import Database
from store.opening import Centre


@dataclass(frozen=True, kw_only=True, slots=True)
class LostSession:
    """Messages may be lost that were sent between these; `since` is None where the lane was never heard."""

    since: datetime | None
    until: datetime


async def report(database: Database, lane: str, lost: LostSession, *, centre: Centre, now: datetime) -> None:
    """Open the technical incident, in a transaction of its own; raises whatever the database raises."""
    facts = (
        ("lane", lane),
        ("from", lost.since.isoformat() if lost.since is not None else None),
        ("to", lost.until.isoformat()),
    )
    async with database.transaction() as connection:
        await technical.report(
            connection, Class.MESSAGES_LOST, f"lane:{lane}:messages_lost", facts=facts, centre=centre, now=now
        )
