"""Absences (外出报备): who is not at home, until when. They hold inactivity and visits, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rules.domain import correlation, policy
from rules.domain.masking import mask_name
from rules.domain.vocabulary import Class
from store import changes
from store.audit import note_look
from store.cases import SYSTEM, changes_of, load_open, lock_subject
from store.changes import Change
from store.context import floor_now, policy_now
from store.database import Database, StoreError
from store.feed import snapshot
from store.opening import Cause, Centre, relate_and_apply
from store.registers.errors import RecordChanged, RecordUnknown
from store.row_guard import RowGuard
from store.silences import NO_CURSOR
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("suppression")

#: What only somebody who is there makes.
SIGNS_OF_LIFE: Final = ("activity", "door_open", "door_closed", "occupied", "button")
#: The door that closes behind whoever leaves is no sign of somebody who is there.
LEAVING: Final = timedelta(minutes=15)
#: Somebody who walks about there all day is told of again after this.
AGAIN_AFTER: Final = timedelta(minutes=30)
#: So late a reading may still be on its way into the database.
SETTLED: Final = timedelta(seconds=5)


#: Who is away longer has moved, and says so; an absence nobody ends would hide an empty home for ever.
ABSENCE_MOST: Final = timedelta(days=366)


class AbsenceRefused(StoreError):
    """An absence needs a person or a home, an end after its beginning, and must not have ended."""


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """One absence of a person or of a whole home; `hits` counts what it held."""

    id: str
    resident_id: str | None
    masked_name: str | None
    premises_id: str | None
    area: str | None
    from_at: datetime
    until_at: datetime
    author: str
    author_name: str
    reason: str
    created_at: datetime
    ended_at: datetime | None
    hits: int
    running: bool
    version: int
    seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAbsence:
    """What somebody said: who, or which home, from when until when."""

    resident_id: int | None
    premises_id: int | None
    from_at: datetime
    until_at: datetime
    reason: str


async def list_absences(
    db: Database, *, running_at: datetime | None, resident_id: int | None, sight: Sequence[str], before: int,
    limit: int, now: datetime,
) -> tuple[list[Absence], int]:  # fmt: skip
    """Absences, the newest first, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{Q.absence} {Q.absences_listed}", before or NO_CURSOR, running_at, list(sight), limit, resident_id
        )
    return [_absence(row, seq, now) for row in rows], seq


async def read_absence(db: Database, absence_id: int, *, now: datetime) -> Absence:
    """One absence; RecordUnknown otherwise."""
    async with snapshot(db) as (connection, seq):
        row = await connection.fetchrow(f"{Q.absence} {Q.absence_one}", absence_id)
    if row is None:
        raise RecordUnknown(f"no absence {absence_id}")
    return _absence(row, seq, now)


async def add_absence(db: Database, wanted: NewAbsence, *, by: int, now: datetime) -> int:
    """Note an absence; AbsenceRefused where it has no end after its beginning, or nobody is named."""
    if (wanted.resident_id is None) == (wanted.premises_id is None):
        raise AbsenceRefused("resident_id or premises_id: one of them")
    if wanted.until_at <= max(wanted.from_at, now):
        raise AbsenceRefused("until_at: after its beginning, and not past")
    _refuse_endless(wanted.until_at, now)
    async with db.transaction() as connection:
        absence_id: int = await connection.fetchval(
            Q.add_absence, wanted.resident_id, wanted.premises_id, wanted.from_at, wanted.until_at, by,
            wanted.reason, now,
        )  # fmt: skip
        await _on_record(connection, absence_id, "absence_added", by=by, now=now)
    return absence_id


async def change_absence(
    db: Database, absence_id: int, *, until_at: datetime | None, reason: str | None, version: int | None, by: int,
    now: datetime,
) -> None:  # fmt: skip
    """Put its end elsewhere or say its reason anew."""
    async with db.transaction() as connection:
        row = await _lock(connection, absence_id, version)
        until = until_at or row["until_at"]
        if row["ended_at"] is not None or until <= row["from_at"]:
            raise AbsenceRefused("it has ended, or would end before it begins; note a new one")
        _refuse_endless(until, now)
        await connection.execute(Q.change_absence, absence_id, until, reason or row["reason"])
        await _on_record(connection, absence_id, "absence_changed", by=by, now=now)


def _refuse_endless(until_at: datetime, now: datetime) -> None:
    if until_at - now > ABSENCE_MOST:
        raise AbsenceRefused(f"until_at: at most {ABSENCE_MOST.days} days ahead; who is away longer has moved")


async def end_absence(db: Database, absence_id: int, *, by: int, now: datetime) -> None:
    """They are back, or never left: from now on everything counts again."""
    async with db.transaction() as connection:
        await _lock(connection, absence_id, None)
        await connection.execute(Q.end_absence, absence_id, now, by)
        await _on_record(connection, absence_id, "absence_ended", by=by, now=now)


async def is_absent(
    connection: Connection, *, resident_id: int | None, premises_id: int | None, now: datetime
) -> bool:  # fmt: skip
    """Whether a person, or the home they live in, is said to be away: visits and wellbeing calls wait for them."""
    found: bool = await connection.fetchval(Q.is_absent, resident_id, premises_id, now)
    return found


async def look_into_empty_homes(database: Database, guard: RowGuard, *, centre: Centre, now: datetime) -> int:
    """Say so where somebody is in a home that is said to be empty; return how many homes."""
    seen, until = 0, now - SETTLED
    for row in await database.pool.fetch(Q.running_absences, now):
        since = max(row["looked_at"] or row["from_at"] + LEAVING, row["from_at"] + LEAVING)
        key = ("absence", row["id"])
        if since >= until or guard.waits(key, now):
            continue
        with guard.row(key, now):
            seen += await _look_into(database, row, since, until, centre, now)
    return seen


async def _look_into(
    database: Database, row: Any, since: datetime, until: datetime, centre: Centre, now: datetime
) -> bool:
    async with database.transaction() as connection:
        heard = await connection.fetchrow(Q.heard_at_home, row["premises_id"], since, until, list(SIGNS_OF_LIFE))
        if heard is not None:
            await _report(connection, row, heard, centre, now)
        await connection.execute(Q.looked, row["id"], until)
    return heard is not None


async def _report(connection: Connection, row: Any, heard: Any, centre: Centre, now: datetime) -> None:
    assessed = policy.assess_class(Class.ACTIVITY_WHILE_ABSENT, now=now, policy=await policy_now(connection))
    subject = correlation.Subject(key=f"p{row['premises_id']}", family=assessed.family)
    await lock_subject(connection, subject.key)
    told = await load_open(connection, subject.key, subject.family)
    if told is not None and now - told.sounded_at < AGAIN_AFTER:
        return
    facts = (("device", heard["device"]), ("type", heard["type"]), ("absence", row["id"]))
    cause = Cause(
        actor=SYSTEM, subject=subject, source="system", premises_id=row["premises_id"],
        device_id=heard["device_id"], area=row["area"], facts=facts,
    )  # fmt: skip
    effect = await relate_and_apply(
        connection, assessed, cause, centre=centre, floor=await floor_now(connection, cause.area), now=now
    )
    assert effect.case is not None, "what the system reports opens, joins or counts"
    await changes.record(connection, changes_of(effect.case, effect.first_new_seq), now=now)


async def _lock(connection: Connection, absence_id: int, version: int | None) -> Any:
    row = await connection.fetchrow(Q.lock_absence, absence_id)
    if row is None:
        raise RecordUnknown(f"no absence {absence_id}")
    if version is not None and version != row["version"]:
        raise RecordChanged(row["version"])
    return row


async def _on_record(connection: Connection, absence_id: int, action: str, *, by: int, now: datetime) -> None:
    await note_look(connection, by, action, f"absence:{absence_id}", now=now)
    await changes.record(connection, [Change(kind="absence", object_id=absence_id)], now=now)


def _absence(row: Any, seq: int, now: datetime) -> Absence:
    fields = {name: value for name, value in row.items() if name not in ("resident_name", "id", "author")}
    for name in ("resident_id", "premises_id"):
        fields[name] = None if row[name] is None else str(row[name])
    running = row["ended_at"] is None and row["from_at"] <= now < row["until_at"]
    name = row["resident_name"]
    return Absence(
        **fields, id=str(row["id"]), author=str(row["author"]), running=running, seq=seq,
        masked_name=None if name is None else mask_name(name),
    )  # fmt: skip
