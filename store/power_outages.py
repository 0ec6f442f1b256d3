"""Power lost in many homes together: beyond a few, one incident a hub or an area, which lists who stands behind it.

The few are opened one after another, under a lock of their own, for which no alarm waits: one that finds it taken is
held, and folded by the engine within seconds. From then on a home without power takes no lock but its device's, and
what the row holds is counted by the engine, in one entry a turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain import correlation, policy, storms
from rules.domain.storms import Loss, PowerLines
from rules.domain.vocabulary import Action, Class, Family
from store import changes, technical
from store.cases import SYSTEM, Facts, Note, changes_of, load_open, lock_subject, save
from store.context import floor_now, policy_now
from store.database import Connection, Database
from store.opening import Cause, Centre, Effect, relate_and_apply
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("power_outages")
#: Whoever opens one home's incident or the row for all of them, one after another.
_ONE_AFTER_ANOTHER: Final = "s:power_lost"


@dataclass(frozen=True, kw_only=True, slots=True)
class Folded:
    """The outage that a home without power is behind; `opened` is its incident where this home was one too many."""

    incident_id: int
    opened: Effect | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Somebody else is opening one at this moment: the engine folds it when they have done."""


async def fold_now(
    connection: Connection, *, home: str, hub_id: int | None, area: str | None, lines: PowerLines, centre: Centre,
    now: datetime,
) -> Folded | Later | None:  # fmt: skip
    """The same as `fold` for an alarm's own transaction, which waits for nobody."""
    if not await connection.fetchval(_Q.try_lock, _ONE_AFTER_ANOTHER):
        return Later()
    return await _fold(connection, home=home, hub_id=hub_id, area=area, lines=lines, centre=centre, now=now)


async def fold(
    connection: Connection,
    *,
    home: str,
    hub_id: int | None,
    area: str | None,
    lines: PowerLines,
    centre: Centre,
    now: datetime,
) -> Folded | None:
    """Find or open the outage this home is behind; None where it stands alone. Called where none was seen to stand.

    The device's row is locked before; then this lock, which is held to the end of the transaction, so that the next
    home counts this one.
    """
    await lock_subject(connection, _ONE_AFTER_ANOTHER)
    return await _fold(connection, home=home, hub_id=hub_id, area=area, lines=lines, centre=centre, now=now)


async def _fold(
    connection: Connection, *, home: str, hub_id: int | None, area: str | None, lines: PowerLines, centre: Centre,
    now: datetime,
) -> Folded | None:  # fmt: skip
    standing = await connection.fetchval(_Q.covering, hub_id, area)
    if standing is not None:
        return Folded(incident_id=standing)
    since = now - timedelta(seconds=lines.window_s)
    recent = [Loss(**dict(row)) for row in await connection.fetch(_Q.recent, since)]
    part = storms.part_of(Loss(home=home, hub_id=hub_id, area=area), recent, lines)
    if part is None:
        return None
    opened = await open_row(
        connection, f"power:{part}", area=_area_of(part, area), facts=(("outage", part), ("of", "power")),
        centre=centre, now=now,
    )  # fmt: skip
    assert opened.case is not None
    kind, _, key = part.partition(":")
    await connection.execute(
        _Q.begin, opened.case.id, part, int(key) if kind == "hub" else None, key if kind == "area" else None, now
    )
    return Folded(incident_id=opened.case.id, opened=opened)


def _area_of(part: str, area: str | None) -> str | None:
    kind, _, key = part.partition(":")
    return key if kind == "area" else area if kind == "hub" else None


async def open_row(
    connection: Connection, about: str, *, area: str | None, facts: Facts, centre: Centre, now: datetime,
    actor: str = SYSTEM,
) -> Effect:  # fmt: skip
    """Open the one incident that stands for many, or count on the one that is open; the caller records the change."""
    assessed = policy.assess_class(Class.AREA_OUTAGE, now=now, policy=await policy_now(connection))
    subject = correlation.subject_of(assessed, system=about)
    await lock_subject(connection, subject.key)
    cause = Cause(actor=actor, subject=subject, source="system", area=area, facts=facts)
    floor = await floor_now(connection, cause.area)
    return await relate_and_apply(connection, assessed, cause, centre=centre, floor=floor, now=now)


async def count_on_row(
    connection: Connection, about: str, *, more: int, total: int, centre: Centre, now: datetime
) -> None:
    """Write into a row's timeline how many it holds more than last time; the last statement of a transaction."""
    await lock_subject(connection, f"s:{about}")
    case = await load_open(connection, f"s:{about}", Family.TECHNICAL)
    if case is None:
        return
    first = case.last_seq + 1
    case.alert_count += more
    facts = (("more", more), ("held", total))
    case.note(Note(at=now, actor=SYSTEM, action=Action.COUNTED, facts=facts))
    await save(connection, case, keyring=centre.keyring)
    await changes.record(connection, changes_of(case, first), now=now)


async def look(database: Database, guard: RowGuard, *, centre: Centre, now: datetime) -> int:
    """Count what came behind each outage since the last turn, and end those that are over; return how many moved.

    One whose case somebody resolved while it lasts as well: who is without power still is heard again.
    """
    moved = 0
    for row in await database.pool.fetch(_Q.standing):
        key = ("outage", row["incident_id"])
        if guard.waits(key, now):
            continue
        with guard.row(key, now):
            moved += await _look_at(database, row, centre, now)
    return moved


async def _look_at(database: Database, row: Any, centre: Centre, now: datetime) -> bool:
    about, fresh = f"power:{row['part']}", row["hits"] - row["counted"]
    over = row["case_over"] or storms.outage_is_over(
        still_out=row["still_out"], most=row["most"], age_s=(now - row["from_at"]).total_seconds()
    )
    if not fresh and not over:
        return False
    async with database.transaction() as connection:
        await lock_subject(connection, f"s:{about}")
        if over and await connection.fetchrow(_Q.end, row["incident_id"], now) is None:
            return False  # another engine was first
        if over:
            facts = (("held", row["hits"]), ("still_out", row["still_out"]))
            await technical.ended(connection, about, facts=facts, centre=centre, now=now)
        elif await connection.fetchval(_Q.note_counted, row["incident_id"], row["hits"], row["counted"]):
            await count_on_row(connection, about, more=fresh, total=row["hits"], centre=centre, now=now)
    return True
