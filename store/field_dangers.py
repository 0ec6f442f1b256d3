"""Somebody goes, and it begins to burn there: whoever is on the way is told at once, and watched from then on.

Looked for by the engine every second and not in the alarm's own transaction: whoever goes does so for another case,
whose locks no fire waits for. Those near by who were told to keep out hear of a graver danger too (centre.md, 11).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from rules.domain.assignments import Assignment
from rules.domain.dangers import gravest_untold, heard_of
from rules.domain.vocabulary import UNRESOLVED, Action, Class, Family
from store import field as hands
from store import field_notices, outbox
from store.assignments import Field, dangers_of, ground_of, keep, load_field, note_warned, rank_for
from store.cases import SYSTEM, Note, changes_of, save
from store.changes import record
from store.database import Connection, Database
from store.engine import load_if_free
from store.opening import Centre
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("assignments")


async def look(database: Database, guard: RowGuard, *, centre: Centre, now: datetime, limit: int) -> int:
    """Tell of every danger that is new to somebody; return how many cases that concerned."""
    told = 0
    for row in await database.pool.fetch(_Q.endangered, guard.room(limit)):
        key = ("danger", row["id"])
        if guard.waits(key, now):
            continue
        with guard.row(key, now):
            told += await _look_at(database, row["id"], row["subject"], centre, now)
    return told


async def _look_at(database: Database, incident_id: int, subject: str, centre: Centre, now: datetime) -> bool:
    async with database.transaction() as connection:
        case = await load_if_free(connection, incident_id, subject)
        if case is None or case.state not in UNRESOLVED:
            return False
        first, in_hand = case.last_seq + 1, await load_field(connection, case)
        present = await dangers_of(connection, case)
        for a in in_hand.open:
            await _tell_who_goes(connection, in_hand, a, present, now)
        await _tell_who_is_near(connection, in_hand, present, now)
        if not case.notes:
            return False
        await save(connection, case, keyring=centre.keyring)
        await record(connection, changes_of(case, first), now=now)
    return True


async def _tell_who_goes(
    connection: Connection, in_hand: Field, a: Assignment, present: Collection[Class], now: datetime
) -> None:
    """Trained or not: nobody walks into it unwarned, and whoever does not answer there counts as in danger."""
    danger = gravest_untold(present, a.warned_of)
    if danger is None:
        return
    case = in_hand.case
    await keep(connection, in_hand, replace(a, is_watched=True, warned_of=a.warned_of | heard_of(present)))
    ground = await ground_of(connection, case)
    await outbox.put(connection, field_notices.danger(case, a, ground, danger, now=now), now=now)
    facts = (("responder", a.responder_id), ("assignment", a.id), ("class", str(danger)), ("reason", "goes_there"))
    case.note(Note(at=now, actor=SYSTEM, action=Action.INFORMED, facts=facts))


async def _tell_who_is_near(connection: Connection, in_hand: Field, present: Collection[Class], now: datetime) -> None:
    """Once the machine has sent, as those who were told of the first danger."""
    case, chain = in_hand.case, in_hand.chain
    danger = gravest_untold(present, chain.warned_of)
    if danger is None or chain.sendings == 0 or case.family is not Family.FIRE_AND_GAS:
        return
    await note_warned(connection, in_hand, heard_of(present))
    await hands.inform(connection, in_hand, await rank_for(connection, in_hand, now=now), danger, now)
