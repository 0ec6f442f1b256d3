"""Silences (屏蔽): who is quiet, why, until when, and how often it was needed. Technical classes only, by code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rules.domain.suppression import problems_of_matcher
from store import changes
from store.audit import note_look
from store.changes import Change
from store.context import policy_now
from store.database import Database, StoreError
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("suppression")

#: No longer, whoever asks: what is to be quiet for ever is to be repaired.
SILENCE_MOST: Final = timedelta(days=30)
NO_CURSOR: Final = 2**62


class SilenceRefused(StoreError):
    """The silence could match what must be heard, or lasts too long; `problems` says what to change."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """One silence. `never_hit` shows one that holds nothing: it may not say what its author meant."""

    id: str
    device_id: str | None
    device: str | None
    area: str | None
    classes: Sequence[str]
    types: Sequence[str]
    from_at: datetime
    until_at: datetime
    author: str
    author_name: str
    reason: str
    created_at: datetime
    ended_at: datetime | None
    hits: int
    last_hit_at: datetime | None
    never_hit: bool
    running: bool
    version: int
    seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSilence:
    """What a person asks for."""

    device_id: int | None
    area: str | None
    classes: frozenset[str]
    types: frozenset[str]
    from_at: datetime
    until_at: datetime
    reason: str


async def list_silences(
    db: Database, *, running_at: datetime | None, sight: Sequence[str], before: int, limit: int, now: datetime
) -> tuple[list[Silence], int]:
    """Silences, the newest first, and the feed's number they stand at; `running_at` leaves out what is over then."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{Q.silence} {Q.silences_listed}", before or NO_CURSOR, running_at, list(sight), limit
        )
    return [_silence(row, seq, now) for row in rows], seq


async def read_silence(db: Database, silence_id: int, *, now: datetime) -> tuple[Silence, str | None]:
    """One silence, and the area it is seen in; RecordUnknown otherwise."""
    async with snapshot(db) as (connection, seq):
        row = await connection.fetchrow(f"{Q.silence} {Q.silence_one}", silence_id)
    if row is None:
        raise RecordUnknown(f"no silence {silence_id}")
    return _silence(row, seq, now), row["seen_in"]


async def add_silence(db: Database, wanted: NewSilence, *, by: int, now: datetime) -> int:
    """Begin a silence; SilenceRefused where it could match a call for help or has no end within 30 days."""
    async with db.transaction() as connection:
        problems = list(problems_of_matcher(wanted.classes, wanted.types, await policy_now(connection)))
        problems += _problems_of_time(wanted.from_at, wanted.until_at, now)
        if problems:
            raise SilenceRefused(problems)
        silence_id: int = await connection.fetchval(
            Q.add_silence, wanted.device_id, wanted.area, sorted(wanted.classes), sorted(wanted.types),
            wanted.from_at, wanted.until_at, by, wanted.reason, now,
        )  # fmt: skip
        await _on_record(connection, silence_id, "silence_added", wanted.area, by=by, now=now)
    return silence_id


async def change_silence(
    db: Database, silence_id: int, *, until_at: datetime | None, reason: str | None, version: int | None, by: int,
    now: datetime,
) -> None:  # fmt: skip
    """Put its end elsewhere or say its reason anew; what it matches never changes: that would be another silence."""
    async with db.transaction() as connection:
        row = await _lock(connection, silence_id, version)
        until = until_at or row["until_at"]
        problems = _problems_of_time(row["from_at"], until, None)
        if row["ended_at"] is not None:
            problems.append("it has ended; begin a new one")
        if problems:
            raise SilenceRefused(problems)
        await connection.execute(Q.change_silence, silence_id, until, reason or row["reason"])
        await _on_record(connection, silence_id, "silence_changed", None, by=by, now=now)


async def end_silence(db: Database, silence_id: int, *, by: int, now: datetime) -> None:
    """End it now; what it held goes on by itself."""
    async with db.transaction() as connection:
        await _lock(connection, silence_id, None)
        await connection.execute(Q.end_silence, silence_id, now, by)
        await _on_record(connection, silence_id, "silence_ended", None, by=by, now=now)


def _problems_of_time(from_at: datetime, until_at: datetime, now: datetime | None) -> list[str]:
    if until_at <= from_at or (now is not None and until_at <= now):
        return ["until_at: after its beginning, and not past"]
    return ["until_at: at most 30 days"] if until_at - from_at > SILENCE_MOST else []


async def _lock(connection: Connection, silence_id: int, version: int | None) -> Any:
    row = await connection.fetchrow(Q.lock_silence, silence_id)
    if row is None:
        raise RecordUnknown(f"no silence {silence_id}")
    if version is not None and version != row["version"]:
        raise RecordChanged(row["version"])
    return row


async def _on_record(
    connection: Connection, silence_id: int, action: str, area: str | None, *, by: int, now: datetime
) -> None:
    await note_look(connection, by, action, f"silence:{silence_id}", now=now)
    await changes.record(connection, [Change(kind="silence", object_id=silence_id, area=area)], now=now)


def _silence(row: Any, seq: int, now: datetime) -> Silence:
    fields = {name: value for name, value in row.items() if name != "seen_in"}
    fields |= {"id": str(row["id"]), "author": str(row["author"])}
    fields["device_id"] = None if row["device_id"] is None else str(row["device_id"])
    running = row["ended_at"] is None and row["from_at"] <= now < row["until_at"]
    return Silence(**fields, never_hit=row["hits"] == 0, running=running, seq=seq)
