"""An entry beside the steps: something became known of a case, and nobody who reads it has to read it anew."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import asyncpg
import structlog

from rules.engine import metrics
from store import changes
from store.cases import SYSTEM, Case, Facts, Note, append, load
from store.changes import Change
from store.database import AWAY, Connection
from store.opening import Centre

_log: Final = structlog.get_logger(__name__)


class Entry:
    """The case under its lock, where a notice belongs to one."""

    def __init__(self, case: Case | None) -> None:
        self.case = case

    @classmethod
    async def of(cls, connection: Connection, incident_id: int | None) -> Entry:
        """Lock the case first of all rows, if there is one.

        One that is locked and cannot be read gets no entry, and that is said and counted: what became of a notice is
        kept all the same, or it would be sent again and again.
        """
        if incident_id is None:
            return cls(None)
        try:
            return cls(await load(connection, incident_id))
        except (*AWAY, asyncpg.PostgresError):
            raise  # the transaction is spoilt, and comes again
        except Exception as error:  # noqa: BLE001  # around one case: recorded and counted
            _log.error("case_unreadable", incident=incident_id, error=type(error).__name__)
            metrics.pass_rows_failed_total.labels(name="record").inc()
            return cls(None)


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
