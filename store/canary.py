"""The canary's rounds: its device, how far a press has come, its incident's end, and when the last round was full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from rules.domain import deadlines
from rules.domain.lifecycle import after
from rules.domain.vocabulary import LIFE_SAFETY, Action, Class, Outcome, SafetyKind, State, Step
from store import changes, lanes
from store.cases import SYSTEM, Case, Facts, Note, changes_of, load, save
from store.changes import Change
from store.context import CANARY_PREFIX
from store.database import Connection, Database
from store.lanes import LaneLease
from store.opening import Centre
from store.sql import queries
from store.steps import leave_claim

_Q: Final = queries("canary")

#: Two rounds missed and half a minute: the page says so, and the dead man's switch outside is not called any more.
OLD_S: Final = 150.0


class Ending(StrEnum):
    """Why a canary's incident was closed."""

    FULL = "full"
    ABANDONED = "abandoned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """One press of a canary."""

    device: str
    event_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a press has come. `shown_at` is when a stream showed it; None until then."""

    incident_id: int | None = None
    escalated: bool = False
    shown_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """A full round: escalated by the engine, and on a stream so many seconds after the press."""

    incident_id: int
    seconds: float


def device_of(lane: str) -> str:
    """The id of the canary that presses on this lane."""
    return CANARY_PREFIX + lane


async def begin(db: Database, lease: LaneLease, *, centre: Centre, now: datetime) -> int:
    """Register the lane's canary and close what an earlier round left open; return how many those were.

    Raises LeaseLost where the lane is another gateway's by now.
    """
    device = device_of(lease.name)
    async with db.transaction() as connection:
        await lanes.confirm(connection, lease)
        await connection.execute(_Q.ensure, device, now)
        rows = await connection.fetch(_Q.left_open, device)
    for row in rows:
        await close(db, lease, row["id"], Ending.ABANDONED, centre=centre, now=now)
    return len(rows)


async def dismiss(connection: Connection, named: Sequence[str]) -> None:
    """Take the canaries of these lanes out of use: none presses on them any more, and none is waited for."""
    await connection.execute(_Q.dismiss, [device_of(lane) for lane in named])


async def progress(db: Database, press: Press) -> Progress:
    """Look how far a press has come."""
    row = await db.pool.fetchrow(_Q.progress, press.device, press.event_id, press.at)
    if row is None:
        return Progress()
    return Progress(
        incident_id=row["incident_id"],
        escalated=row["escalated"],
        shown_at=row["shown_at"] if row["shown"] else None,
    )


async def close(
    db: Database, lease: LaneLease, incident_id: int, ending: Ending, *, centre: Centre, now: datetime
) -> None:
    """End a canary's incident as the system, with its entries; raises LeaseLost."""
    async with db.transaction() as connection:
        await lanes.confirm(connection, lease)
        await changes.record(connection, await _end(connection, incident_id, ending, centre, now), now=now)


async def finish(db: Database, lease: LaneLease, full: Round, *, centre: Centre, now: datetime) -> float | None:
    """Close a full round's incident and note the round, all or nothing; raises LeaseLost.

    Returns the age in seconds of the slowest lane's last full round, None while a lane never had one.
    """
    async with db.transaction() as connection:
        await lanes.confirm(connection, lease)
        shown_ms = round(full.seconds * 1000)
        recorded = await _end(connection, full.incident_id, Ending.FULL, centre, now, shown_ms=shown_ms)
        detail = {"seconds": round(full.seconds, 3), "lane": lease.name}
        await connection.execute(_Q.note_round, lease.name, now, detail)
        oldest: datetime | None = await connection.fetchval(_Q.note_oldest)
        await changes.record(connection, recorded, now=now)
    return None if oldest is None else (now - oldest).total_seconds()


async def last_round(db: Database) -> datetime | None:
    """When the last full round of the slowest lane ended; None before the first."""
    ended_at: datetime | None = await db.pool.fetchval(_Q.last_round)
    return ended_at


async def note_shown(connection: Connection, seq: int, *, at: datetime) -> None:
    """Say that a stream has shown the canary's change of this number."""
    await connection.execute(_Q.note_shown, at, seq)


async def _end(
    connection: Connection, incident_id: int, ending: Ending, centre: Centre, now: datetime, *,
    shown_ms: int | None = None,
) -> list[Change]:  # fmt: skip
    """Restore and close, as a technical trouble that went by itself. What somebody was sent to stays open for people.

    A desk that claimed it loses the claim: nobody has anything to do here.
    """
    case = await load(connection, incident_id)
    if case.class_ is not Class.CANARY or case.state in (State.DISPATCHED, State.ON_SCENE, State.CLOSED):
        return []
    first = case.last_seq + 1
    if case.state is State.CLAIMED:
        _step(case, Step.LEASE_LOST, Step.LEASE_LOST, ending, now)
    if case.state is State.OPEN:
        case.outcome, case.safety, case.resolved_at = Outcome.TECHNICAL, {"kind": SafetyKind.NO_PERSON_INVOLVED}, now
        _step(case, Step.RESTORE, Action.RESTORED, ending, now)
    case.closed_at = now
    _step(case, Step.CLOSE, Action.CLOSED, ending, now, shown_ms=shown_ms)
    await save(connection, case, keyring=centre.keyring)
    return changes_of(case, first)


def _step(
    case: Case, step: Step, action: Action | Step, ending: Ending, now: datetime, *, shown_ms: int | None = None
) -> None:
    before = case.state
    case.state = after(case.state, step, unattended=not case.attended)
    leave_claim(case)
    case.deadlines = deadlines.on_step(
        case.deadlines, step, case.clocks, now=now, attended=False, by_owner=False,
        life_safety=case.class_ in LIFE_SAFETY,
    )  # fmt: skip
    # How long it took stands in the record: the share of minutes that were watched is read from it (centre.md, part 2).
    facts: Facts = (("canary", str(ending)), *((("shown_ms", shown_ms),) if shown_ms is not None else ()))
    case.note(Note(at=now, actor=SYSTEM, action=action, from_=before, to=case.state, facts=facts))
