"""Conditions that devices go on reporting: whether one of an incident's has ended since it was resolved."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from devices.event import ENDS, EventType
from rules.domain import correlation
from store.database import Connection
from store.sql import queries

_Q: Final = queries("standing")

#: From a condition to its end.
END_OF: Final = {begin: end for end, begin in ENDS.items()} | {EventType.POWER_LOST: EventType.POWER_RESTORED}

_LASTING: Final = sorted(correlation.STATES)
_THEIR_ENDS: Final = [str(END_OF.get(lasting, "")) for lasting in _LASTING]


async def still_reported(connection: Connection, incident_id: int, resolved_at: datetime | None) -> bool:
    """Whether a device that rang in this case has not taken its lasting condition back since it was resolved."""
    if resolved_at is None:
        return False
    words = [str(lasting) for lasting in _LASTING]
    return any(
        correlation.still_reported(
            EventType(row["type"]),
            last_report_at=row["last_report_at"],
            ended_at=row["ended_at"],
            resolved_at=resolved_at,
            sends_ends=row["ended_at"] is not None,
        )
        for row in await connection.fetch(_Q.conditions, incident_id, words, _THEIR_ENDS)
    )
