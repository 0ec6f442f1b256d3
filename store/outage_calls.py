"""Working off the list of an outage: each call or visit stands in its case, until everybody is known to be well."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rules.domain.outages import CallResult
from rules.domain.vocabulary import Action
from store.cases import Note, changes_of, load, save
from store.changes import record
from store.database import Database
from store.opening import Centre
from store.outages import read_outage
from store.registers.errors import ReferenceUnknown
from store.sql import queries

_Q: Final = queries("outages")


async def note_call(
    db: Database, incident_id: int, resident_id: int, result: CallResult, *, by: int, centre: Centre, now: datetime
) -> None:
    """Write what came of a call or visit, in the list and in the case.

    ReferenceUnknown for somebody who does not stand behind this outage.
    """
    outage = await read_outage(db, incident_id, sight=[])
    if outage is None or all(one.resident_id != str(resident_id) for one in outage.people):
        raise ReferenceUnknown("no such person behind this outage", "resident")
    async with db.transaction() as connection:
        case = await load(connection, incident_id)
        first = case.last_seq + 1
        await connection.execute(_Q.note_call, incident_id, resident_id, now, str(result), by)
        facts = (("outage_call", str(result)), ("resident", resident_id))
        case.note(Note(at=now, actor=f"user:{by}", action=Action.NOTED, facts=facts))
        await save(connection, case, keyring=centre.keyring)
        await record(connection, changes_of(case, first), now=now)
