"""People who call often: counted, shown, looked after. Never damped: the eleventh press may be the stroke."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from rules.domain import correlation, policy
from rules.domain.vocabulary import Class
from store import changes
from store.cases import SYSTEM, changes_of, lock_subject
from store.changes import Change
from store.context import floor_now, policy_now
from store.database import Database
from store.opening import Cause, Centre, relate_and_apply
from store.row_guard import RowGuard
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("callers")

#: Over this line the community worker gets a task (centre.md, 30).
FREQUENT_CALLS: Final = 10
WINDOW: Final = timedelta(days=7)
FALSE_ALARMS: Final = 3
#: The community worker goes there within this: cause, care, device, visits.
TASK_WITHIN: Final = timedelta(days=3)
#: Somebody whose habit changed is not told of again for so long.
NOT_AGAIN_FOR: Final = timedelta(days=7)


class UsualCall(msgspec.Struct, frozen=True, kw_only=True):
    """How this person's calls of the last thirty days ended, how often, and at which hour of the site."""

    outcome: str
    calls: int
    hour: int


class CallHistory(msgspec.Struct, frozen=True, kw_only=True):
    """How often somebody calls, and how this call differs. It is shown beside the case and changes no plan."""

    calls_24h: int
    calls_30d: int
    usual: Sequence[UsualCall]
    unusual_hour: bool  #: this call came more than three hours from the usual one


class Damping(msgspec.Struct, frozen=True, kw_only=True):
    """How a device's cause has come and gone: counted, not sounded each time."""

    topic: str
    flapping_since: datetime | None
    flaps: int
    runaway_since: datetime | None
    held: int
    alarms_in_window: int
    last_at: datetime


async def damping_of(connection: Connection, device_id: int | None, class_: str) -> Damping | None:
    """The damping of a technical case's device that is in force now; None where nothing is damped."""
    if device_id is None:
        return None
    row = await connection.fetchrow(_Q.damping, device_id, class_)
    return None if row is None else Damping(**dict(row))


async def history_of(
    connection: Connection, resident_id: int, incident_id: int, *, opened_at: datetime, zone: ZoneInfo, now: datetime
) -> CallHistory:
    """The calls of a person as of now; plain reads."""
    counts = await connection.fetchrow(_Q.counts, resident_id, now)
    rows = await connection.fetch(_Q.usual, resident_id, now, zone.key, incident_id)
    assert counts is not None
    usual = [UsualCall(outcome=row["outcome"], calls=row["calls"], hour=row["hour"]) for row in rows]
    hour = opened_at.astimezone(zone).hour
    apart = min((abs(hour - usual[0].hour) % 24, 24 - abs(hour - usual[0].hour) % 24)) if usual else 0
    return CallHistory(calls_24h=counts["day"], calls_30d=counts["month"], usual=usual, unusual_hour=apart > 3)


async def look(database: Database, guard: RowGuard, *, centre: Centre, now: datetime) -> int:
    """A task for each person over the line, and a case where a usual caller calls far more, or no more.

    Each in a transaction of its own: one that fails is put off, and takes nobody else's task with it.
    """
    pool, made = database.pool, 0
    for row in await pool.fetch(_Q.frequent, now - WINDOW, FREQUENT_CALLS):
        with guard.row(("frequent", row["resident_id"]), now):
            made += await _add_task(database, _Q.add_task, "frequent_caller", row["resident_id"], row, now)
    # A device with three false alarms in a week is looked at by somebody; its alarms ring as ever.
    for row in await pool.fetch(_Q.false_alarms, now - WINDOW, FALSE_ALARMS):
        with guard.row(("false_alarms", row["device_id"]), now):
            made += await _add_task(database, _Q.add_work_order, "false_alarms", row["device_id"], row, now)
    for row in await pool.fetch(_Q.changed, now):
        with guard.row(("changed", row["resident_id"]), now):
            async with database.transaction() as connection:
                made += await _tell_change(connection, row, centre, now)
    return made


async def _add_task(database: Database, query: str, kind: str, whom: int, row: Any, now: datetime) -> bool:
    # One in a window: the person, or the device, is looked after once, not at every press.
    window = int(now.timestamp() // WINDOW.total_seconds())
    async with database.transaction() as connection:
        task_id = await connection.fetchval(
            query, f"{kind}:{whom}:{window}", whom, row["incident_id"], row["area"], now + TASK_WITHIN, now
        )
        if task_id is not None:
            await changes.record(connection, [Change(kind="task", object_id=task_id, area=row["area"])], now=now)
    return task_id is not None


async def _tell_change(connection: Connection, row: Any, centre: Centre, now: datetime) -> bool:
    assessed = policy.assess_class(Class.CALLS_CHANGED, now=now, policy=await policy_now(connection))
    subject = correlation.Subject(key=f"r{row['resident_id']}", family=assessed.family)
    await lock_subject(connection, subject.key)
    if await connection.fetchval(_Q.told_lately, subject.key, now - NOT_AGAIN_FOR):
        return False
    facts = (("calls_3d", row["recent"]), ("usual_3d", round(row["usual"] * 1.0)))
    cause = Cause(
        actor=SYSTEM, subject=subject, source="system", resident_id=row["resident_id"],
        premises_id=row["premises_id"], area=row["area"], facts=facts,
    )  # fmt: skip
    effect = await relate_and_apply(
        connection, assessed, cause, centre=centre, floor=await floor_now(connection, cause.area), now=now
    )
    assert effect.case is not None, "what the system reports opens, joins or counts"
    await changes.record(connection, changes_of(effect.case, effect.first_new_seq), now=now)
    return True
