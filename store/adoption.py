"""A stranger becomes somebody's device: what it said before is used, and its open cases get their person."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import asyncpg

from rules.domain.correlation import holder_key
from rules.domain.vocabulary import Action, Mark, Wearer
from store import replay
from store.cases import SYSTEM, Note, changes_of, load, lock_subject, save
from store.changes import Change
from store.database import Connection
from store.sealing import Keyring
from store.sql import queries

_Q: Final = queries("adoption")


async def adopt(
    connection: Connection, device_id: int, device: str, *, keyring: Keyring, by: int | None, now: datetime
) -> list[Change]:
    """Inside the transaction that registers the device, its row locked: ask for what waited, name its open cases.

    A case that calls for help moves to the person or home, unless that one has an open case of the same trouble: then
    the two are linked. What it says about a device in itself (technical, unknown) stays with the device.
    """
    await replay.ask_for_device(connection, device, by=by, now=now)
    rows = await connection.fetch(_Q.unnamed_cases, f"d{device_id}")
    if not rows:
        return []
    holder = await connection.fetchrow(_Q.holder, device_id)
    assert holder is not None, "the device's row is locked"
    key = holder_key(Wearer(holder["wearer"]), resident_id=holder["resident_id"], premises_id=holder["premises_id"])
    if key is None:
        return []
    await lock_subject(connection, key)
    return [change for row in rows for change in await _name(connection, row["id"], key, holder, keyring, now)]


async def _name(
    connection: Connection, incident_id: int, key: str, holder: asyncpg.Record, keyring: Keyring, now: datetime
) -> list[Change]:
    case = await load(connection, incident_id)
    first = case.last_seq + 1
    other = await connection.fetchval(_Q.is_taken, key, str(case.family))
    if other is None:
        case.resident_id = holder["resident_id"] if key.startswith("r") else None
        case.premises_id, case.area = holder["premises_id"], holder["area"]
        case.marks.discard(Mark.UNREGISTERED)
        await connection.execute(_Q.move, case.id, key, case.area)
        case.subject = key
    else:
        await connection.execute(_Q.link, case.id, other, now)
    facts = (("subject", key), ("linked", other))
    case.note(Note(at=now, actor=SYSTEM, action=Action.ADOPTED, facts=facts))
    await save(connection, case, keyring=keyring)
    return changes_of(case, first)
