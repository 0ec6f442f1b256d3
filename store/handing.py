"""Commands on their way: taken to be handed to the broker, marked, answered, expired, and their ends told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from devices.commands import Command, CommandName
from rules.domain.commands import read_wire_id, wire_id
from rules.domain.vocabulary import Action
from store import changes
from store.cases import SYSTEM, Case, Note, changes_of, load, save
from store.changes import Change
from store.database import Database
from store.opening import Centre
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("commands")

#: What is expired or told in one go.
LIMIT: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """A command to publish for this device."""

    id: int
    device: str
    command: Command
    tries: int  #: this one included


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a device said about the command of this id."""

    device: str
    id: str
    ok: bool
    detail: str


class Fate(StrEnum):
    """What became of an answer."""

    TAKEN = "taken"
    REPEATED = "repeated"  #: its first copy stands
    NOBODYS = "nobodys"  #: no command of this id went out to this device


async def is_due(db: Database, *, now: datetime) -> bool:
    """Whether anything waits to be published now."""
    async with db.pool.acquire() as connection:
        found: bool = await connection.fetchval(_Q.is_due, now)
    return found


async def take(db: Database, *, limit: int, again_after: timedelta, now: datetime) -> list[Outgoing]:
    """Commands to publish now. Whoever dies before `mark_sent` leaves them to be published once more, ids unchanged."""
    async with db.pool.acquire() as connection:
        rows = await connection.fetch(_Q.take, now, limit, again_after)
    return [
        Outgoing(
            id=row["id"], device=row["device"], tries=row["tries"],
            command=Command(
                id=wire_id(row["id"], row["made_at"]), command=CommandName(row["command"]), args=row["args"],
                expires_at=row["expires_at"],
            ),
        )
        for row in sorted(rows, key=lambda row: row["id"])
    ]  # fmt: skip


async def mark_sent(db: Database, command_id: int, *, now: datetime) -> None:
    """The broker has taken it for somebody."""
    async with db.pool.acquire() as connection:
        await connection.execute(_Q.sent, command_id, now)


async def put_off(db: Database, command_id: int, why: str, *, try_at: datetime) -> None:
    """Nobody took it: it is tried again, and stands with the reason until then."""
    async with db.pool.acquire() as connection:
        await connection.execute(_Q.not_taken, command_id, try_at, why)


async def expire(db: Database, *, now: datetime) -> int:
    """End what was not answered in time; return how many."""
    async with db.pool.acquire() as connection:
        rows = await connection.fetch(_Q.expire, now, LIMIT)
    return len(rows)


async def note_answers(connection: Connection, answers: Sequence[Answer], *, now: datetime) -> list[Fate]:
    """Write the devices' answers inside the caller's transaction; what became of each, in order."""
    fates: dict[int, Fate] = {}
    # In order of id: two batches then lock in one order.
    for position in sorted(range(len(answers)), key=lambda at: read_wire_id(answers[at].id) or (0, 0)):
        fates[position] = await _answer(connection, answers[position], now)
    return [fates[position] for position in range(len(answers))]


async def _answer(connection: Connection, answer: Answer, now: datetime) -> Fate:
    named = read_wire_id(answer.id)
    if named is None:
        return Fate.NOBODYS
    command_id, made_ms = named
    first = await connection.fetchval(_Q.answer, command_id, answer.device, answer.ok, answer.detail, now, made_ms)
    if first is None:
        return Fate.NOBODYS
    return Fate.TAKEN if first else Fate.REPEATED


async def untold(db: Database) -> list[tuple[int, int | None]]:
    """Commands that have ended and of which nobody was told: id and case."""
    async with db.pool.acquire() as connection:
        rows = await connection.fetch(_Q.untold, LIMIT)
    return [(row["id"], row["incident_id"]) for row in rows]


async def tell(db: Database, command_id: int, incident_id: int | None, *, centre: Centre, now: datetime) -> None:
    """Write its end into its case and into the feed, once; who else is telling it is left to it."""
    async with db.transaction() as connection:
        case = None if incident_id is None else await load(connection, incident_id)
        row = await connection.fetchrow(_Q.lock_untold, command_id)
        if row is None:
            return
        recorded: Iterable[Change] = ()
        if case is not None:
            first = case.last_seq + 1
            _note_end(case, row, now)
            await save(connection, case, keyring=centre.keyring)
            recorded = changes_of(case, first)
        await connection.execute(_Q.note_told, command_id)
        device = Change(kind="device", object_id=row["device_id"])
        await changes.record(connection, [*recorded, device], now=now)


def _note_end(case: Case, told: Any, now: datetime) -> None:
    facts = (
        ("command", told["command"]), ("id", told["id"]), ("device", told["device"]), ("asked", told["asked"]),
        ("state", told["state"]),
    )  # fmt: skip
    by_device = told["ok"] is not None
    actor = f"device:{told['device']}" if by_device else SYSTEM
    # The device's words may name somebody: sealed, as what people write is.
    text = told["detail"] if by_device and told["detail"] else None
    case.note(Note(at=now, actor=actor, action=Action.COMMAND_ENDED, facts=facts, text=text))


async def pending_counts(db: Database) -> dict[str, int]:
    """How many commands stand in each state without an end."""
    async with db.pool.acquire() as connection:
        return {row["state"]: row["count"] for row in await connection.fetch(_Q.counts)}
