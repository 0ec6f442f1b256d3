"""Working off the list of an outage: each call or visit stands in its case, until everybody is known to be well."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rules.domain.outages import CallResult
from rules.domain.vocabulary import Action, Class
from store.cases import Facts, Note, changes_of, load, save
from store.changes import record
from store.database import Database
from store.opening import Centre
from store.outages import read_outage
from store.registers.errors import ReferenceUnknown
from store.sql import queries
from store.step_types import Hand
from store.steps import Opening, open_by_hand

_Q: Final = queries("outages")


async def note_call(
    db: Database, incident_id: int, resident_id: int, result: CallResult, *, by: int, centre: Centre, now: datetime
) -> None:
    """Write what came of a call or visit, in the list and in the case; who needs help has a case of their own at once.

    ReferenceUnknown for somebody who does not stand behind this outage.
    """
    outage = await read_outage(db, incident_id, sight=[])
    if outage is None or all(one.resident_id != str(resident_id) for one in outage.people):
        raise ReferenceUnknown("no such person behind this outage", "resident")
    facts: Facts = (("outage_call", str(result)), ("resident", resident_id))
    if result is CallResult.NEEDS_HELP:
        # Before the word is written down: it must not stand in a list that waits while nobody is called.
        asked = Opening(source="phone", class_=Class.SOS, resident_id=resident_id)
        opened = await open_by_hand(db, asked, by=Hand(user_id=by), centre=centre, now=now)
        facts = (*facts, ("case", opened))
    async with db.transaction() as connection:
        case = await load(connection, incident_id)
        first = case.last_seq + 1
        await connection.execute(_Q.note_call, incident_id, resident_id, now, str(result), by)
        case.note(Note(at=now, actor=f"user:{by}", action=Action.NOTED, facts=facts))
        await save(connection, case, keyring=centre.keyring)
        await record(connection, changes_of(case, first), now=now)
