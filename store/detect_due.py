"""What time brings to detectors: a stay that is believed, hours that begin, silence, a visit nobody made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from rules.domain import expected, fences
from rules.domain.inactivity import LOOK_AGAIN
from rules.domain.vocabulary import Class
from store import care_looks
from store.database import Connection
from store.detect_inputs import StateRow, Telling, fence_row, fence_telling, tell
from store.detector_rows import fence_of, read, written
from store.findings import tell_of_resident
from store.opening import Centre
from store.sql import queries

_Q: Final = queries("detectors")

#: In these the register says that nobody is to be watched any more (centre.md, 17).
ENDED_STATUSES: Final = frozenset({"moved", "died", "left_service"})

#: What is left to do for one row, in its own transaction, last in it.
Telling_ = Callable[[Connection], Awaitable[None]]


@dataclass(slots=True)
class Looked:
    """One row looked at: what it becomes, and what has to be told first, in a transaction of its own."""

    detector: str
    owner_id: int
    part_id: int
    row: StateRow | None = None  #: None: what it was about is gone
    tell: Telling_ | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What every look needs."""

    centre: Centre
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return self.centre.timezone


async def look(connection: Connection, rows: Sequence[Any], around: Around) -> list[Looked]:
    """Judge these rows, which the caller has locked. Nothing is written here."""
    by_detector: dict[str, list[Any]] = {}
    for row in rows:
        by_detector.setdefault(row["detector"], []).append(row)
    looked: list[Looked] = []
    for detector, those in by_detector.items():
        looked += await _LOOKS[detector](connection, those, around)
    return looked


async def write(connection: Connection, looked: Sequence[Looked]) -> None:
    """Write what these rows become."""
    states = [one.row for one in looked if one.row is not None]
    if states:
        await connection.execute(_Q.write_states, *(list(column) for column in zip(*states, strict=True)))
    for one in looked:
        if one.row is None:
            await connection.execute(_Q.forget_state, one.detector, one.owner_id, one.part_id)


# -- fences -------------------------------------------------------------------------------------------------------


async def _fences(connection: Connection, rows: Sequence[Any], around: Around) -> list[Looked]:
    """Under the watched device's lock, like its fixes; a device in other hands is looked at next time."""
    looked = []
    for row in rows:
        device_id: int = row["owner_id"]
        if await connection.fetchval(_Q.take_device, device_id) is None:
            continue
        found = await connection.fetch(_Q.fences_of, [device_id])
        mine = next((dict(one) for one in found if one["id"] == row["part_id"]), None)
        looked.append(_fence(row, mine, around))
    return looked


def _fence(row: Any, mine: dict[str, Any] | None, around: Around) -> Looked:
    one = Looked(detector="fence", owner_id=row["owner_id"], part_id=row["part_id"])
    if mine is None:
        return one
    fence, now = fence_of(mine), around.now
    # The state as it stands under the device's lock, not as it was when the row was found.
    state, finding = fences.judge(read(mine["state"], fences.State), None, fence, now, around.zone)
    one.row = fence_row(row["owner_id"], fence, state, now, around.zone)
    if finding is not None:
        one.tell = _telling_of(row["owner_id"], fence_telling(fence, finding, None), around)
    return one


def _telling_of(device_id: int, telling: Telling, around: Around) -> Telling_:
    async def go(connection: Connection) -> None:
        await tell(connection, device_id, telling, centre=around.centre, now=around.now)

    return go


# -- visits ---------------------------------------------------------------------------------------------------------


async def _visits(connection: Connection, rows: Sequence[Any], around: Around) -> list[Looked]:
    records = await connection.fetch(_Q.visits_due, [row["part_id"] for row in rows], around.now)
    visits = {record["id"]: record for record in records}
    return [_visit(row, visits.get(row["part_id"]), around) for row in rows]


def _visit(row: Any, visit: Any, around: Around) -> Looked:
    one = Looked(detector="visit", owner_id=row["owner_id"], part_id=row["part_id"])
    if visit is None or visit["state"] != "planned" or visit["status"] in ENDED_STATUSES:
        return one
    if visit["absent"]:
        # An absence holds visits: nobody is missed who is away.
        one.row = ("visit", row["owner_id"], row["part_id"], row["state"], around.now + LOOK_AGAIN)
        return one
    kind = expected.Kind.VISIT_CRITICAL if visit["critical"] else expected.Kind.VISIT
    awaited = expected.Awaited(kind=kind, from_at=visit["from_at"], until_at=visit["until_at"])
    state, finding = expected.judge(read(row["state"], expected.State), visit["started_at"], awaited, around.now)
    due = expected.next_look_at(state, awaited, around.now)
    one.row = ("visit", row["owner_id"], row["part_id"], written(state), due)
    if finding is not None:
        one.tell = _visit_missed(visit, expected.class_of(kind, alone=False, ability=0), around)
    return one


def _visit_missed(visit: Any, class_: Class, around: Around) -> Telling_:
    async def go(connection: Connection) -> None:
        facts = (
            ("found_by", "visit"), ("visit", visit["id"]), ("critical", visit["critical"]),
            ("until_at", visit["until_at"].isoformat()),
        )  # fmt: skip
        if await connection.fetchval(_Q.visit_missed, visit["id"]) is None:
            return  # it was begun or called off just now
        incident_id = await tell_of_resident(
            connection, class_, visit["resident_id"], facts=facts, centre=around.centre, now=around.now
        )
        # Our own row of this transaction: nobody is waited for.
        await connection.execute(_Q.visit_case, visit["id"], incident_id)

    return go


# -- care rules -----------------------------------------------------------------------------------------------------


async def _care(connection: Connection, rows: Sequence[Any], around: Around) -> list[Looked]:
    known = await care_looks.gather(connection, [row["part_id"] for row in rows], around.now)
    looked = []
    for row in rows:
        one = Looked(detector="care", owner_id=row["owner_id"], part_id=row["part_id"])
        looked.append(one)
        rule = known.get(row["part_id"])
        if rule is None:
            continue
        if rule.status in ENDED_STATUSES:
            one.row = ("care", row["owner_id"], row["part_id"], {}, around.now + timedelta(hours=6))
            continue
        outcome = await care_looks.judge(connection, row["state"], rule, around.now, around.zone)
        one.row = ("care", row["owner_id"], row["part_id"], outcome.state, outcome.next_look_at)
        one.tell = None if outcome.tell is None else _care_telling(outcome.tell, around)
    return looked


def _care_telling(told: care_looks.Tell, around: Around) -> Telling_:
    async def go(connection: Connection) -> None:
        await told(connection, around.centre, around.now)

    return go


_LOOKS: Final = {"fence": _fences, "visit": _visits, "care": _care}
