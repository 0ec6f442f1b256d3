"""Storm mode (大面积报警模式): suggested by the engine, switched on by a person, dated; and a report of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rules.domain import storms
from rules.domain.policy_value import Policy
from rules.domain.storms import Rate
from rules.domain.suppression import may_be_held
from rules.domain.vocabulary import Class
from store import changes, technical
from store.audit import note_look
from store.cases import changes_of, lock_subject
from store.changes import Change
from store.context import policy_now
from store.database import Database, StoreError
from store.feed import snapshot
from store.opening import Centre
from store.power_outages import count_on_row, open_row
from store.registers.errors import RecordChanged, RecordUnknown
from store.row_guard import RowGuard
from store.silences import NO_CURSOR
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("suppression")

#: A storm that lasts longer is looked at again, by a person.
STORM_MOST: Final = timedelta(hours=24)
#: A suggestion that nobody took is not made again for so long.
NOT_AGAIN_FOR: Final = timedelta(hours=1)


class StormRefused(StoreError):
    """The storm would hold what must be heard, lasts too long, or has ended; `problems` says what to change."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """One storm; `held` counts alarms, `devices` whose they are, `standing` those that would open if it ended now."""

    id: str
    area: str | None
    profile: str
    classes: Sequence[str]
    state: str
    reason: str
    suggested_at: datetime | None
    rate: int | None
    normal: float | None
    from_at: datetime | None
    until_at: datetime | None
    by_user: str | None
    by_name: str | None
    ended_at: datetime | None
    ended_why: str | None
    incident_id: str | None
    held: int
    devices: int
    standing: int
    version: int
    seq: int


class HeldOfClass(msgspec.Struct, frozen=True, kw_only=True):
    """What a storm held of one class, and what became of it."""

    class_: str = msgspec.field(name="class")
    held: int
    devices: int
    standing: int
    cleared: int
    released: int


class HeldOfArea(msgspec.Struct, frozen=True, kw_only=True):
    """What a storm held of one area."""

    area: str | None
    held: int
    devices: int


class HeldDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device and cause that a storm held."""

    device: str
    class_: str = msgspec.field(name="class")
    area: str | None
    hits: int
    first_at: datetime
    last_at: datetime
    ended_at: datetime | None
    ended_why: str | None


class NeverHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What opened all the same: calls for help, and people whose equipment stops with the power."""

    id: str
    number: str
    class_: str = msgspec.field(name="class")
    priority: str
    state: str
    area: str | None
    opened_at: datetime


class StormReport(Storm, frozen=True, kw_only=True):
    """A storm with the report of what it held, also while it lasts."""

    by_class: Sequence[HeldOfClass]
    by_area: Sequence[HeldOfArea]
    held_devices: Sequence[HeldDevice]
    never_held: Sequence[NeverHeld]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewStorm:
    """What a person switches on."""

    area: str | None
    profile: str
    classes: frozenset[str]
    until_at: datetime
    reason: str


async def list_storms(
    db: Database, *, state: str | None, sight: Sequence[str], before: int, limit: int
) -> tuple[list[Storm], int]:
    """Storms, the newest first, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(f"{Q.storm} {Q.storms_listed}", before or NO_CURSOR, state, list(sight), limit)
    return [_storm(row, seq) for row in rows], seq


async def read_storm(db: Database, storm_id: int, *, now: datetime) -> StormReport:
    """One storm with its report, also while it lasts; RecordUnknown otherwise."""
    async with snapshot(db) as (connection, seq):
        row = await connection.fetchrow(f"{Q.storm} {Q.storm_one}", storm_id)
        if row is None:
            raise RecordUnknown(f"no storm {storm_id}")
        storm = _storm(row, seq)
        by_class = await connection.fetch(Q.storm_by_class, storm_id)
        by_area = await connection.fetch(Q.storm_by_area, storm_id)
        devices = await connection.fetch(Q.storm_devices, storm_id)
        until = storm.ended_at or now
        never = (
            []
            if storm.from_at is None
            else await connection.fetch(Q.never_held, storm.from_at, until, storm.area, row["incident_id"])
        )
    return StormReport(
        **msgspec.structs.asdict(storm),
        by_class=[HeldOfClass(**_classed(one)) for one in by_class],
        by_area=[HeldOfArea(**dict(one)) for one in by_area],
        held_devices=[HeldDevice(**_classed(one)) for one in devices],
        never_held=[
            NeverHeld(**{**_classed(one), "id": str(one["id"]), "priority": f"P{one['priority']}"}) for one in never
        ],
    )


async def render_storms(connection: Connection, ids: Sequence[int]) -> dict[int, Storm]:
    """These storms by id, for the stream: a suggestion that no desk hears of is none."""
    rows = await connection.fetch(f"{Q.storm} {Q.storms_of_ids}", list(ids)) if ids else []
    return {row["id"]: _storm(row, 0) for row in rows}


async def begin_storm(db: Database, wanted: NewStorm, *, by: int, centre: Centre, now: datetime) -> int:
    """Switch storm mode on for an area; StormRefused where it would hold a call for help or has no end in a day."""
    async with db.transaction() as connection:
        policy = await policy_now(connection)
        wanted = _by_profile(wanted, policy)
        _refuse(_problems(wanted.classes, now, wanted.until_at, policy))
        storm_id: int = await connection.fetchval(Q.next_storm)
        incident_id, recorded = await _open(connection, storm_id, wanted.area, by, centre, now)
        await connection.execute(
            Q.add_storm_as, storm_id, wanted.area, wanted.profile, sorted(wanted.classes), wanted.reason, now,
            wanted.until_at, by, incident_id,
        )  # fmt: skip
        await _on_record(connection, storm_id, "storm_on", wanted.area, recorded, by=by, now=now)
    return storm_id


async def switch_on(
    db: Database, storm_id: int, wanted: NewStorm, *, version: int | None, by: int, centre: Centre, now: datetime
) -> None:
    """Take a suggestion, or put the end of a storm that is on elsewhere."""
    async with db.transaction() as connection:
        # Before the row, as whoever ends it does.
        await lock_subject(connection, f"s:storm:{storm_id}")
        row = await _lock(connection, storm_id, version)
        begins_at = row["from_at"] or now
        problems = _problems(wanted.classes, begins_at, wanted.until_at, await policy_now(connection))
        if row["state"] == "ended":
            problems.append("it has ended; begin a new one")
        _refuse(problems)
        recorded: list[Change] = []
        if row["state"] == "suggested":
            incident_id, recorded = await _open(connection, storm_id, row["area"], by, centre, now)
            await connection.execute(
                Q.switch_on, storm_id, wanted.reason, now, wanted.until_at, by, incident_id, sorted(wanted.classes)
            )
        else:
            await connection.execute(
                Q.change_storm, storm_id, wanted.reason or row["reason"], wanted.until_at, sorted(wanted.classes)
            )
        await _on_record(connection, storm_id, "storm_on", row["area"], recorded, by=by, now=now)


async def end_storm(
    db: Database, storm_id: int, *, why: str, by: int | None, centre: Centre, now: datetime
) -> bool:  # fmt: skip
    """End it: whatever it held and is still bad becomes its own incident, by the engine; False where it had ended."""
    async with db.transaction() as connection:
        await lock_subject(connection, f"s:storm:{storm_id}")
        row = await _lock(connection, storm_id, None)
        if await connection.fetchval(Q.end_storm, storm_id, now, by, why) is None:
            return False
        if by is not None:
            await note_look(connection, by, "storm_ended", f"storm:{storm_id}", now=now)
        change = Change(kind="storm", object_id=storm_id, area=row["area"])
        await changes.record(connection, [change], now=now)
        if row["incident_id"] is not None:
            await technical.ended(connection, f"storm:{storm_id}", facts=(("why", why),), centre=centre, now=now)
    return True


async def look(database: Database, guard: RowGuard, *, centre: Centre, now: datetime) -> int:
    """Count what storms hold on their one row, and end those whose time is over; return how many moved."""
    moved = 0
    for row in await database.pool.fetch(Q.storms_on):
        key = ("storm", row["id"])
        if guard.waits(key, now):
            continue
        with guard.row(key, now):
            if row["until_at"] <= now:
                moved += await end_storm(database, row["id"], why="time_over", by=None, centre=centre, now=now)
            elif row["hits"] > row["counted"]:
                await _count(database, row, centre, now)
                moved += 1
    return moved


async def _count(database: Database, row: Any, centre: Centre, now: datetime) -> None:
    about, more = f"storm:{row['id']}", row["hits"] - row["counted"]
    async with database.transaction() as connection:
        await lock_subject(connection, f"s:{about}")
        if await connection.fetchval(Q.note_counted, row["id"], row["hits"], row["counted"]) is None:
            return
        if await technical.is_open(connection, about):
            await count_on_row(connection, about, more=more, total=row["hits"], centre=centre, now=now)
        else:
            await _row_again(connection, row, more, centre, now)


async def _row_again(connection: Connection, row: Any, more: int, centre: Centre, now: datetime) -> None:
    """Somebody ended the storm's case while it goes on to hold: whoever came behind it since is heard by another."""
    facts = (("storm", row["id"]), ("more", more), ("held", row["hits"]))
    opened = await open_row(
        connection, f"storm:{row['id']}", area=row["area"], facts=facts, centre=centre, now=now
    )  # fmt: skip
    assert opened.case is not None
    await connection.execute(Q.row_again, row["id"], opened.case.id)
    change = Change(kind="storm", object_id=row["id"], area=row["area"])
    await changes.record(connection, [*changes_of(opened.case, opened.first_new_seq), change], now=now)


async def suggest(database: Database, *, now: datetime) -> int:
    """Suggest storm mode where technical alarms come faster than usual; a person decides. Return how many."""
    async with database.transaction() as connection:
        # One engine at a time: two would suggest one storm twice.
        await lock_subject(connection, "s:storm_suggestions")
        gone = await connection.fetch(Q.over_suggestions, now)
        fresh = await _suggested(connection, now)
        changed = [Change(kind="storm", object_id=row["id"], area=row["area"]) for row in gone]
        for path, rate in fresh.items():
            storm_id = await connection.fetchval(Q.suggest, path, now, rate.alarms, rate.normal)
            changed.append(Change(kind="storm", object_id=storm_id, area=path))
        await changes.record(connection, changed, now=now)
    return len(fresh)


async def _suggested(connection: Connection, now: datetime) -> dict[str, Rate]:
    policy = await policy_now(connection)
    lines = storms.storm_lines_of(policy.thresholds)
    since = now - timedelta(seconds=lines.window_s)
    alarms = {row["area"]: row["alarms"] for row in await connection.fetch(Q.alarms_by_area, since, now)}
    if sum(alarms.values()) < lines.least:
        return {}
    # Seven hours of the week before; the window's part of one of them is what is usual.
    part = lines.window_s / 3600 / 7
    usual = {row["area"]: row["alarms"] * part for row in await connection.fetch(Q.usual_by_area, now)}
    rates = {path: Rate(alarms=number, normal=usual.get(path, 0.0)) for path, number in alarms.items()}
    standing = [row["area"] for row in await connection.fetch(Q.storms_covering, now - NOT_AGAIN_FOR)]
    return {
        path: _rate_of(path, rates) for path in storms.suggested(rates, lines) if not _is_covered(path, standing)
    }  # fmt: skip


def _rate_of(path: str, rates: dict[str, Rate]) -> Rate:
    inside = [rate for area, rate in rates.items() if path in storms.above_and(area)]
    return Rate(alarms=sum(rate.alarms for rate in inside), normal=sum(rate.normal for rate in inside))


def _is_covered(path: str, standing: Sequence[str | None]) -> bool:
    return any(area is None or area in storms.above_and(path) for area in standing)


async def _open(
    connection: Connection, storm_id: int, area: str | None, by: int, centre: Centre, now: datetime
) -> tuple[int, list[Change]]:
    opened = await open_row(
        connection, f"storm:{storm_id}", area=area, facts=(("storm", storm_id),), centre=centre, now=now,
        actor=f"user:{by}",
    )  # fmt: skip
    assert opened.case is not None
    return opened.case.id, changes_of(opened.case, opened.first_new_seq)


def _by_profile(wanted: NewStorm, policy: Policy) -> NewStorm:
    """Without classes of its own it holds those of the policy's profile."""
    profiles = {profile.name: profile for profile in policy.storms}
    if wanted.profile not in profiles:
        raise StormRefused([f"profile: {wanted.profile} is none of the policy's: {', '.join(profiles)}"])
    return replace(wanted, classes=wanted.classes or profiles[wanted.profile].classes)


def _problems(classes: frozenset[str], from_at: datetime, until_at: datetime, policy: Policy) -> list[str]:
    known = {str(class_) for class_ in Class}
    bad = [name for name in sorted(classes) if name not in known or not _may(Class(name), policy)]
    problems = [f"{name}: may never be held" for name in bad]
    if not from_at < until_at <= from_at + STORM_MOST:
        problems.append("until_at: within 24 hours of its beginning")
    return problems


def _may(class_: Class, policy: Policy) -> bool:
    row = policy.row(class_)
    return may_be_held(class_, row.family, row.priority)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise StormRefused(problems)


async def _lock(connection: Connection, storm_id: int, version: int | None) -> Any:
    row = await connection.fetchrow(Q.lock_storm, storm_id)
    if row is None:
        raise RecordUnknown(f"no storm {storm_id}")
    if version is not None and version != row["version"]:
        raise RecordChanged(row["version"])
    return row


async def _on_record(
    connection: Connection, storm_id: int, action: str, area: str | None, recorded: list[Change], *, by: int,
    now: datetime,
) -> None:  # fmt: skip
    await note_look(connection, by, action, f"storm:{storm_id}", now=now)
    await changes.record(connection, [*recorded, Change(kind="storm", object_id=storm_id, area=area)], now=now)


def _classed(row: Any) -> dict[str, Any]:
    return {"class_" if name == "class" else name: value for name, value in row.items()}


def _storm(row: Any, seq: int) -> Storm:
    fields = dict(row)
    for name in ("id", "by_user", "incident_id"):
        fields[name] = None if row[name] is None else str(row[name])
    return Storm(**fields, seq=seq)
