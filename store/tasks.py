"""What is left to do, for somebody, by a time: a number to put right, a code to change, somebody to talk with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rules.domain.masking import mask_name
from store.audit import note_look
from store.database import Database
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown, ReferenceUnknown
from store.sealing import Keyring
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("tasks")


class Kind(StrEnum):
    """What the system leaves to be done; people may write other words."""

    WRONG_NUMBER = "wrong_number"  #: of somebody in the register (centre.md, 18)
    CHANGE_CODE = "change_code"  #: a secret was shown to somebody not employed (centre.md, 26)
    RESPONDER_REFUSES = "responder_refuses"  #: three refusals or time-outs in 30 days (centre.md, 25)
    FREQUENT_CALLER = "frequent_caller"  #: cause, care, device, visits (centre.md, 30)
    WORK_ORDER = "work_order"
    ASK_WHO_LIVES_THERE = "ask_who_lives_there"  #: somebody has died; others may live there (centre.md, 17)
    RETURN_DEVICES = "return_devices"
    CONFIRM_DEATH = "confirm_death"  #: one person alone said so
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTask:
    """What it takes to make one; of two of the same key the first stays."""

    kind: str
    key: str | None = None
    incident_id: int | None = None
    resident_id: int | None = None
    premises_id: int | None = None
    device_id: int | None = None
    responder_id: int | None = None
    area: str | None = None
    for_role: str = "supervisor"
    assigned_to: int | None = None
    due_at: datetime | None = None
    made_by: int | None = None  #: None: the system
    note: str | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task as people read it; the person is masked, the note is for whoever opens it."""

    id: str
    kind: str
    state: str
    incident: str | None
    incident_number: str | None
    resident: str | None
    masked_name: str | None
    premises: str | None
    device: str | None
    responder: str | None
    area: str | None
    for_role: str
    assigned_to: str | None
    due_at: datetime | None
    note: str | None
    made_by: str | None
    made_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskFilter:
    """What a list asks for; None means "whatever"."""

    sight: Sequence[str] = ()
    state: str | None = None
    kind: str | None = None
    incident_id: int | None = None
    resident_id: int | None = None
    for_role: str | None = None


async def make(connection: Connection, wanted: NewTask, *, now: datetime, keyring: Keyring | None = None) -> int | None:
    """Write a task inside the caller's transaction; its id, or None where one of its key is there already."""
    note = None
    if wanted.note:
        assert keyring is not None, "words are sealed"
        note = keyring.seal(wanted.note, context="task note")
    made: int | None = await connection.fetchval(
        _Q.make, wanted.kind, wanted.key, wanted.incident_id, wanted.resident_id, wanted.premises_id, wanted.device_id,
        wanted.responder_id, wanted.area, wanted.for_role, wanted.assigned_to, wanted.due_at, note, wanted.made_by, now,
    )  # fmt: skip
    return made


async def make_by_hand(db: Database, keyring: Keyring, wanted: NewTask, *, now: datetime) -> int:
    """The same by a person; ReferenceUnknown where it is about somebody or something that is not there."""
    async with db.transaction() as connection:
        known = await connection.fetchrow(
            _Q.known, wanted.incident_id, wanted.resident_id, wanted.premises_id, wanted.device_id, wanted.assigned_to
        )
        assert known is not None, "one row of booleans"
        if not all(known.values()):
            missing = ", ".join(name for name, there in known.items() if not there)
            raise ReferenceUnknown(f"not there: {missing}", missing)
        made = await make(connection, wanted, now=now, keyring=keyring)
        assert made is not None, "a task by hand has a key of its own"
        await note_look(connection, wanted.made_by, "task_made", f"task:{made}", now=now)
    return made


async def change(
    db: Database, task_id: int, fields: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Done, dropped, given to somebody, put off; RecordUnknown or RecordChanged otherwise. On record."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(_Q.lock, task_id)
        if row is None:
            raise RecordUnknown(f"no task {task_id}")
        if version is not None and version != row["version"]:
            raise RecordChanged(row["version"])
        state = fields.get("state", row["state"])
        ended = (row["ended_by"], row["ended_at"]) if row["state"] != "open" and state != "open" else (by, now)
        await connection.execute(
            _Q.change, task_id, state, *(ended if state != "open" else (None, None)),
            fields.get("assigned_to", row["assigned_to"]), fields.get("due_at", row["due_at"]),
        )  # fmt: skip
        await note_look(connection, by, f"task_{state}", f"task:{task_id}", now=now)


async def read_task(db: Database, keyring: Keyring, task_id: int) -> Task:
    """One task with its note; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{_Q.task} {_Q.one}", task_id)
    if row is None:
        raise RecordUnknown(f"no task {task_id}")
    return _task(row, keyring)


async def list_tasks(db: Database, wanted: TaskFilter, *, after: int, limit: int) -> tuple[list[Task], int]:
    """Tasks in the order they were made, without their notes, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{_Q.task} {_Q.listed}", after, list(wanted.sight), wanted.state, wanted.kind, wanted.incident_id,
            wanted.resident_id, wanted.for_role, limit,
        )  # fmt: skip
    return [_task(row, None) for row in rows], seq


def _task(row: Any, keyring: Keyring | None) -> Task:
    sealed = row["note_sealed"]
    fields: dict[str, Any] = {name: row[name] for name in _AS_THEY_ARE}
    fields |= {name: None if row[column] is None else str(row[column]) for name, column in _IDS.items()}
    return Task(
        **fields,
        id=str(row["id"]),
        masked_name=mask_name(row["resident_name"]) if row["resident_name"] else None,
        note=None if keyring is None or sealed is None else keyring.open(sealed, context="task note"),
    )


_AS_THEY_ARE: Final = (
    *("kind", "state", "incident_number", "area", "for_role", "due_at", "made_at", "ended_at", "version"),
)
_IDS: Final = {
    "incident": "incident_id", "resident": "resident_id", "premises": "premises_id", "device": "device_id",
    "responder": "responder_id", "assigned_to": "assigned_to", "made_by": "made_by", "ended_by": "ended_by",
}  # fmt: skip
