"""Callers that nobody registered: more than ten of one source in five minutes are one case with a line for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from rules.domain import policy
from rules.domain.correlation import UNREGISTERED_WINDOW_S, Subject, folds_unregistered
from rules.domain.policy import Assessment
from rules.domain.vocabulary import Class
from store.cases import lock_subject
from store.database import Connection
from store.sql import queries

_Q: Final = queries("unregistered")


@dataclass(frozen=True, kw_only=True, slots=True)
class Flood:
    """The case of a source's unregistered callers, its subject locked."""

    subject: Subject
    assessed: Assessment
    is_new_caller: bool  #: each device sounds once


async def flood_of(
    connection: Connection, source: str, device_id: int, assessed: Assessment, *, now: datetime
) -> Flood | None:
    """Note the caller; where its source has too many of them, or is being commissioned, the case they all go to.

    Grouped, never dropped: the event is stored as ever, a device new to the case sounds, none is a further P1 of its
    own (centre.md, 29). A source that stays quiet for five minutes after that starts anew. The caller's device is
    locked before.
    """
    folded = policy.assess_class(Class.UNREGISTERED_FLOOD, marks=assessed.marks, now=now, policy=assessed.policy)
    subject = Subject(key=f"s:source:{source}", family=folded.family)
    await lock_subject(connection, subject.key)
    await connection.execute(_Q.note, source, device_id, now)
    since = now - timedelta(seconds=UNREGISTERED_WINDOW_S)
    row = await connection.fetchrow(_Q.callers, source, since, now)
    assert row is not None
    if not (row["is_commissioning"] or folds_unregistered(row["callers"])):
        return None
    if await connection.fetchval(_Q.has_own_case, f"d{device_id}", str(assessed.family)):
        return None  # whoever works on that one hears it there (invariant 5)
    known = await connection.fetchval(_Q.is_in_flood, subject.key, device_id)
    return Flood(
        subject=subject,
        assessed=replace(folded, event_type=assessed.event_type),
        is_new_caller=not known,
    )


async def open_flood(connection: Connection, subject: Subject) -> int | None:
    """The unresolved case of a source's unregistered callers, its subject locked by the caller."""
    found: int | None = await connection.fetchval(_Q.open_flood, subject.key, str(subject.family))
    return found
