"""The change feed's writing side: numbers without gaps, in the order of commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from store.database import Connection
from store.sql import queries

_Q: Final = queries("changes")

#: The name under which readers LISTEN; a wake-up only, they also look once a second.
CHANNEL: Final = "shouwang_change"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing that a screen may have to draw anew. `received_at` is that of the alarm behind it, if any."""

    kind: str
    object_id: int
    part: int | None = None
    area: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Attached:
    """What became of an alarm's event: the incident it is shown in, and why there."""

    event_no: int
    incident_id: int
    reason: str


async def record(
    connection: Connection, changes: Sequence[Change], *, now: datetime, attached: Attached | None = None
) -> None:
    """The LAST statement of a transaction: whoever numbers a change holds the counter until its commit.

    With `attached` an alarm's event, a row of this transaction that nobody waits for, learns its incident by the way.
    """
    if not changes:
        assert attached is None, "an alarm that has an incident has changed it"
        return
    await connection.execute(
        _Q.record,
        now,
        [change.kind for change in changes],
        [change.object_id for change in changes],
        [change.part for change in changes],
        [change.area for change in changes],
        [change.received_at for change in changes],
        attached.event_no if attached else None,
        attached.incident_id if attached else None,
        attached.reason if attached else None,
    )
