"""Conditions that devices go on reporting: whether one of an incident's has ended since it was resolved."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Aftermath:
    """How it stands with the trouble of a resolved incident."""

    reported: tuple[EventType, ...] = ()  #: the conditions that go on
    follower_open: bool = False  #: somebody has it in hand, or is being called to it; read where it is still reported

    @property
    def still_reported(self) -> bool:
        return bool(self.reported)


async def aftermath(connection: Connection, incident_id: int, resolved_at: datetime | None) -> Aftermath:
    """Whether a device of this case still reports its lasting condition, and whether a case that follows it is open.

    Counted from the last time somebody resolved the trouble: this case, or one that follows it (docs/adr/0010).
    """
    if resolved_at is None:
        return Aftermath()
    conditions = await connection.fetch(_Q.conditions, incident_id, [str(one) for one in _LASTING], _THEIR_ENDS)
    if not conditions:
        return Aftermath()
    followed = await connection.fetchrow(_Q.followed, incident_id)
    assert followed is not None, "an aggregate has a row"
    again_at = followed["resolved_at"]
    goes_on = tuple(
        EventType(row["type"])
        for row in conditions
        if correlation.still_reported(
            EventType(row["type"]),
            last_report_at=row["last_report_at"],
            ended_at=row["ended_at"],
            resolved_at=resolved_at if again_at is None else max(resolved_at, again_at),
            sends_ends=row["ended_at"] is not None,
            resolved_again=again_at is not None and again_at > resolved_at,
        )
    )
    return Aftermath(reported=goes_on, follower_open=followed["is_open"])


async def end_of_line(connection: Connection, incident_id: int) -> int:
    """The latest of the cases that follow this one, at whatever remove; itself where none does."""
    followed = await connection.fetchrow(_Q.followed, incident_id)
    return incident_id if followed is None or followed["last_id"] is None else int(followed["last_id"])


async def still_reported(connection: Connection, incident_id: int, resolved_at: datetime | None) -> bool:
    """Whether a device that rang in this case has not taken its lasting condition back since it was resolved."""
    return (await aftermath(connection, incident_id, resolved_at)).still_reported
