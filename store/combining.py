"""Cases that are graver together, found by the engine within a second: no press waits for this, and none is joined.

Subjects are locked in the order of their keys, incidents after them: two engines that find one pair write it once.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from rules.domain import combinations, deadlines
from rules.domain.combinations import NEIGHBOURS_WITHIN_S, Burning, Fall, Finding
from rules.domain.deadlines import DeadlineKind
from rules.domain.place import Point
from rules.domain.vocabulary import LIFE_SAFETY, UNRESOLVED, Action, Class, Family
from store import changes
from store.cases import SYSTEM, Case, Facts, Note, changes_of, load, lock_subject, save
from store.changes import Change
from store.database import Connection, Database
from store.opening import Centre
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("combining")
_CALLS: Final = sorted(str(class_) for class_ in LIFE_SAFETY)
#: A fall of longer ago has had its automatic dispatch by its own clock.
FALLS_OF: Final = timedelta(hours=1)


async def look(database: Database, guard: RowGuard, *, centre: Centre, now: datetime) -> int:
    """Look once at everything that may be graver together; return how many combinations were found.

    Whatever fails stays with these cases: what else is graver together is raised all the same.
    """
    found = 0
    for row in await database.pool.fetch(_Q.falls, now - FALLS_OF):
        found += await _by_itself(guard, ("fall", row["id"]), partial(_of_fall, database, row, centre, now), now)
    for row in await database.pool.fetch(_Q.technical_beside, _CALLS):
        key = ("beside", row["id"], row["other_id"])
        found += await _by_itself(guard, key, partial(_of_technical, database, row, centre, now), now)
    with guard.row("neighbours", now):
        found += await _link_neighbours(database, guard, centre, now)
    return found


async def _by_itself(
    guard: RowGuard, key: Hashable, combine: Callable[[], Coroutine[Any, Any, bool]], now: datetime
) -> bool:
    if guard.waits(key, now):
        return False
    with guard.row(key, now):
        return await combine()
    return False


async def _of_fall(database: Database, row: Any, centre: Centre, now: datetime) -> bool:
    fall = Fall(fell_at=row["fell_at"], moved_at=row["moved_at"], inactivity_joined=row["inactivity_joined"])
    finding = combinations.of_fall(fall, now=now)
    return finding is not None and await _apply_alone(database, row["id"], finding, centre, now)


async def _of_technical(database: Database, row: Any, centre: Centre, now: datetime) -> bool:
    finding = combinations.of_technical(Class(row["class"]), same_device=row["same_device"])
    return await _apply_pair(database, row["id"], row["other_id"], finding, centre, now, both=False)


async def _link_neighbours(database: Database, guard: RowGuard, centre: Centre, now: datetime) -> int:
    since = now - timedelta(seconds=2 * NEIGHBOURS_WITHIN_S)
    rows = await database.pool.fetch(_Q.burning, since)
    if len(rows) < 2:
        return 0
    ids = [row["id"] for row in rows]
    linked = {(row["incident_id"], row["other_id"]) for row in await database.pool.fetch(_Q.links_among, ids)}
    burning = {row["id"]: _burning(row) for row in rows}
    found = 0
    for place, other in enumerate(ids):
        # A street on fire is one cluster: each home is linked to the first of its neighbours, not to every one.
        near = [
            (one, finding)
            for one in ids[:place]
            if (finding := combinations.of_neighbours(burning[one], burning[other])) is not None
        ]
        if near and not any((one, other) in linked for one, _ in near):
            one, finding = near[0]
            pair = partial(_apply_pair, database, one, other, finding, centre, now, both=True)
            found += await _by_itself(guard, ("neighbours", one, other), pair, now)
    return found


def _burning(row: Any) -> Burning:
    point = None if row["lat"] is None else Point(lat=row["lat"], lon=row["lon"])
    return Burning(
        premises_id=row["premises_id"], family=Family(row["family"]), alarmed_at=row["alarmed_at"], point=point,
        building=combinations.building_of(row["area"], row["parts"] or {}), address=row["address"],
    )  # fmt: skip


async def _apply_alone(
    database: Database, incident_id: int, finding: Finding, centre: Centre, now: datetime
) -> bool:  # fmt: skip
    async with database.transaction() as connection:
        case = await load(connection, incident_id)
        if case.state not in UNRESOLVED or finding.mark in case.marks:
            return False
        recorded = await _write(connection, case, finding, (), centre, now)
        await changes.record(connection, recorded, now=now)
    return True


async def _apply_pair(
    database: Database, incident_id: int, other_id: int, finding: Finding, centre: Centre, now: datetime, *,
    both: bool,
) -> bool:  # fmt: skip
    """Link two cases and say so in each; what the combination does is done to the first, or to both."""
    async with database.transaction() as connection:
        await _lock_in_order(connection, (incident_id, other_id))
        cases = [await load(connection, each) for each in sorted((incident_id, other_id))]
        if any(case.state not in UNRESOLVED for case in cases):
            return False
        if await connection.fetchval(_Q.link, incident_id, other_id, str(finding.reason), now) is None:
            return False
        recorded: list[Change] = []
        for case in cases:
            other = other_id if case.id == incident_id else incident_id
            does = finding if both or case.id == incident_id else Finding(reason=finding.reason)
            recorded += await _write(connection, case, does, (("other", other),), centre, now)
        await changes.record(connection, recorded, now=now)
    return True


async def _lock_in_order(connection: Connection, ids: Sequence[int]) -> None:
    for row in await connection.fetch(_Q.subjects, list(ids)):
        await lock_subject(connection, row["subject"])


async def _write(
    connection: Connection, case: Case, finding: Finding, facts: Facts, centre: Centre, now: datetime
) -> list[Change]:
    first = case.last_seq + 1
    if finding.raise_to is not None and finding.raise_to < case.priority:
        said = (("reason", str(finding.reason)),)
        before, to = case.priority.label, finding.raise_to.label
        case.note(Note(at=now, actor=SYSTEM, action=Action.RAISED, from_=before, to=to, facts=said))
        case.priority = finding.raise_to
        case.deadlines = deadlines.on_raise(case.deadlines, case.clocks, now=now)
    if finding.mark is not None:
        case.marks.add(finding.mark)
    if finding.stage_within_s is not None:
        due_at = now + timedelta(seconds=finding.stage_within_s)
        case.deadlines = deadlines.sooner_first_stage(case.deadlines, due_at)
    sends = finding.dispatch_now and _dispatch_sooner(case, now)
    did: Facts = (("combination", str(finding.reason)), ("sends_now", sends), *facts)
    case.note(Note(at=now, actor=SYSTEM, action=Action.COMBINED, facts=did))
    await save(connection, case, keyring=centre.keyring)
    return changes_of(case, first)


def _dispatch_sooner(case: Case, now: datetime) -> bool:
    """Bring the machine's sending forward where it still waits; whom it may send, and whether, stays the chain's."""
    waits = next((one for one in case.deadlines if one.kind is DeadlineKind.DISPATCH), None)
    if waits is None or waits.due_at <= now:
        return False
    case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.DISPATCH, now, stage=waits.stage)
    return True
