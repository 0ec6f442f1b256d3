"""An entry beside the steps: something became known of a case, and nobody who reads it has to read it anew."""

from __future__ import annotations

from datetime import datetime

from store import changes
from store.cases import SYSTEM, Case, Facts, Note, append, load
from store.changes import Change
from store.database import Connection
from store.opening import Centre


class Entry:
    """The case under its lock, where a notice belongs to one."""

    def __init__(self, case: Case | None) -> None:
        self.case = case

    @classmethod
    async def of(cls, connection: Connection, incident_id: int | None) -> Entry:
        """Lock the case first of all rows, if there is one."""
        return cls(None if incident_id is None else await load(connection, incident_id))


async def write_entry(
    connection: Connection, entry: Entry, action: str, facts: Facts, *, centre: Centre, now: datetime
) -> None:
    """Chain the entry onto the case and tell the feed; the case's version stays, so that no step is refused for it.

    Nothing where there is no case. Ends with the change feed: call it last in a transaction.
    """
    case = entry.case
    if case is None:
        return
    first = case.last_seq + 1
    case.note(Note(at=now, actor=SYSTEM, action=action, facts=facts))
    await append(connection, case, keyring=centre.keyring)
    fresh = [
        Change(kind="entry", object_id=case.id, part=seq, area=case.area) for seq in range(first, case.last_seq + 1)
    ]
    await changes.record(connection, fresh, now=now)
