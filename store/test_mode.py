"""Test mode of one device: dated, bounded, ended by itself; and the presses that were confirmed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rules.domain import deadlines
from rules.domain.lifecycle import after
from rules.domain.vocabulary import LIFE_SAFETY, Mark, Outcome, SafetyKind, Step
from store import changes
from store.audit import note_look
from store.cases import Case, Note, changes_of, load, save
from store.changes import Change
from store.database import Database, StoreError
from store.feed import snapshot
from store.opening import Centre
from store.registers.errors import RecordUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("test_mode")

#: No device is deaf to real calls for longer; renewed only by a person with a reason (centre.md, 12).
TEST_MOST: Final = timedelta(minutes=30)


class NoPressToConfirm(StoreError):
    """No press of this device waits for its tester: it was none, it is older than a minute, or it is real already."""


class TestMode(msgspec.Struct, frozen=True, kw_only=True):
    """A running test, and where the device was pressed since it was issued."""

    until_at: datetime | None
    reason: str | None
    types: Sequence[str] | None  #: which kinds of alarm are tested; null: every one
    waiting_incident: str | None  #: the case of a press that waits for its tester
    commissioned_places: Sequence[str]
    is_commissioned: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Commissioning:
    """What was confirmed by name at one place where the device will be used."""

    place: str
    person_confirmed: bool
    address_confirmed: bool
    voice: str  #: "ok", or "none" with a reason
    voice_reason: str = ""


async def begin(
    db: Database, device_id: int, *, length: timedelta, reason: str, by: int, now: datetime,
    types: Sequence[str] | None = None,
) -> datetime:  # fmt: skip
    """Put one device into test mode and return until when; a running test is replaced. RecordUnknown otherwise.

    With `types` only those kinds of alarm are tested: the others are as real as ever.
    """
    until = now + min(length, TEST_MOST)
    async with db.transaction() as connection:
        await _lock(connection, device_id)
        await end_running(connection, device_id, now=now)
        await connection.execute(_Q.begin, device_id, now, until, by, reason, None if types is None else sorted(types))
        await _on_record(connection, device_id, "test_mode_begun", by, now)
    return until


async def end(db: Database, device_id: int, *, by: int, now: datetime) -> None:
    """The tester leaves: whatever is pressed from now on is real at once."""
    async with db.transaction() as connection:
        await _lock(connection, device_id)
        await end_running(connection, device_id, now=now)
        await _on_record(connection, device_id, "test_mode_ended", by, now)


async def end_running(connection: Connection, device_id: int, *, now: datetime) -> None:
    """End the running test, if any, inside a transaction that holds the device's row."""
    await connection.execute(_Q.drop_begun_now, device_id, now)
    await connection.execute(_Q.end, device_id, now)


async def read(db: Database, device_id: int, *, now: datetime) -> TestMode:
    """The running test, if any, and the places of its commissioning."""
    async with snapshot(db) as (connection, _):
        row = await connection.fetchrow(_Q.running, device_id, now)
        places = await connection.fetch(_Q.places, device_id)
        waiting = await connection.fetchval(_Q.pressed, device_id, now)
        return TestMode(
            until_at=row["until_at"] if row else None,
            reason=row["reason"] if row else None,
            types=row["types"] if row else None,
            waiting_incident=None if waiting is None else str(waiting),
            commissioned_places=[place["place"] for place in places],
            is_commissioned=await connection.fetchval(_Q.is_commissioned, device_id),
        )


async def confirm(
    db: Database,
    device_id: int,
    given: Commissioning | None,
    *,
    pressed: int | None = None,
    by: int,
    centre: Centre,
    now: datetime,
) -> int:
    """The tester says that the press just now was theirs; return its case, resolved as a test.

    NoPressToConfirm where none waits: then it is a real call, and the desk has it. `pressed` names the case of the
    press that is meant: what is asked twice never takes a later press along. With `given` the press counts as one of
    the device's commissioning.
    """
    async with db.transaction() as connection:
        await _lock(connection, device_id)
        incident_id = await connection.fetchval(_Q.pressed, device_id, now)
        if incident_id is None or pressed not in (None, incident_id):
            raise NoPressToConfirm("no such press of this device waits for its tester")
        case = await load(connection, incident_id)
        if not _waits_for_tester(case, now):
            raise NoPressToConfirm("this press is real by now")
        first = case.last_seq + 1
        _resolve_as_test(case, by, now)
        await save(connection, case, keyring=centre.keyring)
        if given is not None:
            await connection.execute(
                _Q.note_commissioning, device_id, now, given.place, case.id, by, given.person_confirmed,
                given.address_confirmed, given.voice, given.voice_reason,
            )  # fmt: skip
        await note_look(connection, by, "test_confirmed", f"device:{device_id}", now=now)
        device = Change(kind="device", object_id=device_id, area=case.area)
        await changes.record(connection, [*changes_of(case, first), device], now=now)
    return incident_id  # type: ignore[no-any-return]  # a bigint; checked above


async def is_commissioned(connection: Connection, device_id: int) -> bool:
    """Whether it was pressed and confirmed since it was given to whoever has it now."""
    found: bool = await connection.fetchval(_Q.is_commissioned, device_id)
    return found


def _waits_for_tester(case: Case, now: datetime) -> bool:
    waiting = any(one.kind is deadlines.DeadlineKind.TEST and one.due_at > now for one in case.deadlines)
    return waiting and Mark.TEST in case.marks and not case.attended


def _resolve_as_test(case: Case, by: int, now: datetime) -> None:
    """The tester takes it and resolves it, in one: the table of states knows no shorter way."""
    before = case.state
    held = after(case.state, Step.CLAIM, unattended=True)
    case.note(Note(at=now, actor=f"user:{by}", action=Step.CLAIM, from_=before, to=held))
    case.state = after(held, Step.RESOLVE, unattended=False)
    case.outcome, case.safety = Outcome.TEST, {"kind": str(SafetyKind.NO_PERSON_INVOLVED)}
    case.resolved_at, case.resolved_by, case.last_owner = now, by, by
    case.deadlines = deadlines.on_step(
        case.deadlines, Step.RESOLVE, case.clocks, now=now, attended=True, by_owner=True,
        life_safety=case.class_ in LIFE_SAFETY,
    )  # fmt: skip
    facts = (("outcome", str(Outcome.TEST)), ("safety", str(SafetyKind.NO_PERSON_INVOLVED)))
    case.note(Note(at=now, actor=f"user:{by}", action=Step.RESOLVE, from_=held, to=case.state, facts=facts))


async def _lock(connection: Connection, device_id: int) -> None:
    if await connection.fetchrow(_Q.lock_device, device_id) is None:
        raise RecordUnknown(f"no device {device_id}")


async def _on_record(connection: Connection, device_id: int, action: str, by: int, now: datetime) -> None:
    await note_look(connection, by, action, f"device:{device_id}", now=now)
    await changes.record(connection, [Change(kind="device", object_id=device_id)], now=now)
