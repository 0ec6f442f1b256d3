"""What ends by itself after a calm time: causes that came and went, devices that said too much, ids fought over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from rules.domain import correlation
from rules.domain.damping import LIMITS
from rules.domain.vocabulary import Action, Class, Family, Mark, State
from store import changes
from store.cases import SYSTEM, Case, Facts, Note, changes_of, load, load_open, lock_subject, save
from store.database import Connection, Database
from store.opening import Cause, Centre, restore
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("calming")
_UNRULY: Final = (str(Class.RUNAWAY_DEVICE), str(Class.CLONED_DEVICE))


async def calm(database: Database, guard: RowGuard, *, centre: Centre, now: datetime, limit: int) -> int:
    """End whatever has been calm for long enough; return how many ended."""
    flapping_until = now - timedelta(seconds=LIMITS.calm_s)
    runaway_until = now - timedelta(seconds=LIMITS.runaway_calm_s)
    ended = 0
    most = guard.room(limit)
    for row in await database.pool.fetch(_Q.calm_flapping, flapping_until, most):
        key = ("flapping", row["device_id"], row["topic"])
        if guard.waits(key, now):
            continue
        with guard.row(key, now):
            async with database.transaction() as connection:
                ended += await _end_flapping(connection, row["device_id"], row["topic"], flapping_until, centre, now)
    for row in await database.pool.fetch(_Q.calm_runaway, runaway_until, most):
        key = ("runaway", row["device_id"], row["topic"])
        if guard.waits(key, now):
            continue
        with guard.row(key, now):
            async with database.transaction() as connection:
                await lock_subject(connection, f"d{row['device_id']}")
                await connection.execute(_Q.end_runaway, row["device_id"], row["topic"], runaway_until)
            ended += 1
    for row in await database.pool.fetch(_Q.calm_unruly, list(_UNRULY), runaway_until, most):
        if guard.waits(("unruly", row["id"]), now):
            continue
        with guard.row(("unruly", row["id"]), now):
            async with database.transaction() as connection:
                ended += await _end_unruly(connection, row["id"], centre, now)
    return ended


async def _end_flapping(
    connection: Connection, device_id: int, topic: str, until: datetime, centre: Centre, now: datetime
) -> bool:
    """The case says so, and is over if the last word was that the cause is."""
    await lock_subject(connection, f"d{device_id}")
    row = await connection.fetchrow(_Q.end_flapping, device_id, topic, until)
    if row is None:
        return False
    case = await load_open(connection, f"d{device_id}:{topic}", Family.TECHNICAL)
    if case is None:
        return True
    first = case.last_seq + 1
    case.marks.discard(Mark.FLAPPING)
    case.alert_count += max(0, row["flaps"])
    facts: Facts = (("reason", "calm"), ("changes", row["flaps"]), ("still", bool(row["bad"])))
    case.note(Note(at=now, actor=SYSTEM, action=Action.RELEASED, facts=facts))
    if row["bad"] or case.attended or case.state is not State.OPEN:
        await save(connection, case, keyring=centre.keyring)
    else:
        await _restore(connection, case, facts, centre, now)
    await changes.record(connection, changes_of(case, first), now=now)
    return True


async def _end_unruly(connection: Connection, incident_id: int, centre: Centre, now: datetime) -> bool:
    case = await load(connection, incident_id)
    if case.attended or case.state is not State.OPEN:
        return False
    first = case.last_seq + 1
    await _restore(connection, case, (("reason", "calm"),), centre, now)
    await changes.record(connection, changes_of(case, first), now=now)
    return True


async def _restore(connection: Connection, case: Case, facts: Facts, centre: Centre, now: datetime) -> None:
    subject = correlation.Subject(key=case.subject, family=case.family)
    cause = Cause(actor=SYSTEM, subject=subject, source="system", facts=facts)
    ended = correlation.Reason.TECHNICAL_CAUSE_ENDED
    await restore(connection, case, cause, ended, centre=centre, now=now)
