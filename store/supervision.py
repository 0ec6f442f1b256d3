"""The watch over silence: rows that are due are looked at, and every verdict is one transaction with its incident."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from rules.domain import grace, outages, supervision
from rules.domain.grace import Holding
from rules.domain.outages import Group, Silent
from rules.domain.supervision import TABLE_VERSION, Habit, Loss, Status
from rules.domain.vocabulary import DeviceKind, DeviceLife
from rules.engine.supervision import Watched
from store import device_faults, lane_outages
from store.cases import Facts
from store.context import CANARY_PREFIX
from store.database import Connection, Database
from store.opening import Centre
from store.outages import GUARDS, HELD_BY_OUTAGE, Outages, whose_of
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("supervision")

#: Rows of one statement that only puts deadlines forward.
LOOK_MOST: Final = 10_000
#: Silent devices whose circumstances are read in one pass; an outage of more is held in several.
SILENT_MOST: Final = 2_000
PLAN_MOST: Final = 2_000
#: Of those awaited or given time, a look's part: after an import there may be a whole estate of them.
ALIVE_PART: Final = 5_000
TOPIC: Final = "device_lost"


#: A device's row of `plan`: id, status, how often, how long, how long at first, watched from when.
_Plan = tuple[int, str, timedelta, timedelta, timedelta, datetime | None]


@dataclass(slots=True)
class _Tally:
    planned: int = 0
    put_forward: int = 0
    graced: int = 0
    held: int = 0
    opened: int = 0
    ended: int = 0
    restored: int = 0
    failed: int = 0
    is_full: bool = False
    lags_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Due:
    """A device whose deadline has passed; `due_at` is when its verdict was due, a hold included."""

    deadline: datetime
    due_at: datetime
    row: Any

    @property
    def device_id(self) -> int:
        device_id: int = self.row["device_id"]
        return device_id

    @property
    def silent(self) -> Silent:
        row = self.row
        return Silent(device_id=row["device_id"], hub_id=row["hub_id"], area=row["area"], source=row["source"])

    @property
    def tags(self) -> frozenset[str]:
        return frozenset(self.row["tags"] or ())


class SupervisionStore:
    """Any number of engines may watch one database: rows in other hands are skipped, each verdict is spoken once.

    `clock` tells the time at a verdict's commit, for its lag; without it the look's own time is taken.
    """

    def __init__(self, database: Database, centre: Centre, clock: Callable[[], datetime] | None = None) -> None:
        self._database = database
        self._centre = centre
        self._outages = Outages(database, centre)
        self._clock = clock
        #: Whether every row was planned by this program's table of intervals; rows made later always are.
        self._is_current = False
        self._guard = RowGuard("supervision")
        #: What our own outages held at the last look that could tell.
        self._held: Sequence[Holding] = ()
        #: How far the round over those awaited has come.
        self._alive_after = 0

    async def watch(self, now: datetime, limit: int) -> Watched:
        """Look once at everything that is due."""
        tally = _Tally()
        with self._guard.row("lane_outages", now):
            async with self._database.transaction() as connection:
                self._held = await lane_outages.look(connection, now)
        held = self._held
        # Each by itself: whoever cannot be planned keeps nobody from being heard again, or from being missed.
        with self._guard.row("plan", now):
            await self._plan(now, tally)
        with self._guard.row("come_back", now):
            await self._come_back(now, limit, tally)
        tally.ended = await self._outages.end_over(self._guard, now)
        with self._guard.row("judge", now):
            await self._judge(now, limit, held, tally)
        return Watched(
            planned=tally.planned, put_forward=tally.put_forward, graced=tally.graced, held=tally.held,
            outages_opened=tally.opened, outages_ended=tally.ended, restored=tally.restored, lags_s=tally.lags_s,
            failed=tally.failed, is_full=tally.is_full, lane_hold_s=_hold_by_lane(held, now),
        )  # fmt: skip

    async def silent_counts(self) -> dict[str, int]:
        """How many devices are silent or held, by status."""
        counts = {str(status): 0 for status in (*supervision.SILENT, Status.GRACE)}
        rows = await self._database.pool.fetch(_Q.status_counts)
        return counts | {row["status"]: row["devices"] for row in rows}

    # -- what is new ------------------------------------------------------------------------------------------------

    async def _plan(self, now: datetime, tally: _Tally) -> None:
        """Give every new or changed device its intervals; one that nobody relies on any more loses its incident."""
        freed: list[int] = []
        async with self._database.transaction() as connection:
            if not self._is_current:
                outdated = await connection.fetch(_Q.outdated, TABLE_VERSION, PLAN_MOST)
                self._is_current = len(outdated) == 0
            rows = await connection.fetch(_Q.unplanned, PLAN_MOST)
            plans = [plan for row in rows if (plan := self._planned(row, now)) is not None]
            if plans:
                columns = [list(column) for column in zip(*plans, strict=True)]
                await connection.execute(_Q.plan, *columns, TABLE_VERSION)
            unwatched = {plan[0] for plan in plans if plan[1] == Status.UNWATCHED}
            freed = [row["device_id"] for row in rows if row["late_at"] is not None and row["device_id"] in unwatched]
        tally.planned, tally.is_full = len(rows), len(rows) >= PLAN_MOST or not self._is_current
        for device_id in freed:
            await self._alone(partial(self._end_own, device_id, now, "no_longer_watched"), device_id, tally, now)

    def _planned(self, row: Any, now: datetime) -> _Plan | None:
        with self._guard.row(("plan", row["device_id"]), now):
            return _plan_of(row, now)
        return None

    # -- who spoke again --------------------------------------------------------------------------------------------

    async def _come_back(self, now: datetime, limit: int, tally: _Tally) -> None:
        self._alive_after = await self._database.pool.fetchval(_Q.come_alive, now, self._alive_after, ALIVE_PART) or 0
        rows = await self._database.pool.fetch(_Q.heard_again, now, LOOK_MOST)
        held = [row["device_id"] for row in rows if row["status"] == Status.HELD]
        if held:
            await self._database.pool.execute(_Q.come_back_held, held, now)
            for row in await self._database.pool.fetch(_Q.own_open, held):
                one = row["device_id"]
                await self._alone(partial(self._end_own, one, now, "heard_again"), one, tally, now)
        alone = [row for row in rows if row["status"] != Status.HELD]
        for row in alone[:limit]:
            device_id = row["device_id"]
            done = await self._alone(partial(self._restore, device_id, now), device_id, tally, now)
            tally.restored += bool(done)
        tally.is_full |= len(alone) > limit

    async def _restore(self, device_id: int, now: datetime) -> bool:
        async with self._database.transaction() as connection:
            if await connection.fetchval(_Q.try_device, device_id) is None:
                return False
            last_seen = await connection.fetchval(_Q.come_back, device_id, now)
            if last_seen is None:
                return False
            row = await connection.fetchrow(_Q.silent, [device_id], GUARDS)
            assert row is not None
            if row["kind"] == DeviceKind.HUB:
                await self._outages.hub_spoke(connection, device_id, now)
            facts: Facts = (("last_seen", last_seen.isoformat()),)
            effect = await device_faults.end(
                connection, whose_of(row), TOPIC, facts=facts, centre=self._centre, now=now
            )
            await device_faults.record(connection, effect, now=now)
        return True

    async def _end_own(self, device_id: int, now: datetime, why: str) -> bool:
        """End a device's incident for another reason than its own word."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(_Q.try_device, device_id) is None:
                return False
            row = await connection.fetchrow(_Q.silent, [device_id], GUARDS)
            assert row is not None
            if row["kind"] == DeviceKind.HUB:
                await self._outages.hub_spoke(connection, device_id, now)
            effect = await device_faults.end(
                connection, whose_of(row), TOPIC, facts=(("why", why),), centre=self._centre, now=now, reason=why
            )
            await device_faults.record(connection, effect, now=now)
        return effect is not None

    async def give_up_held(self, now: datetime, limit: int) -> int:
        """End the own incidents of devices that an outage holds by now; return how many ended."""
        tally, ended = _Tally(), 0
        for row in await self._database.pool.fetch(_Q.held_with_own, limit):
            one = row["device_id"]
            ended += bool(await self._alone(partial(self._end_own, one, now, HELD_BY_OUTAGE), one, tally, now))
        return ended

    # -- who is late ------------------------------------------------------------------------------------------------

    async def _judge(self, now: datetime, limit: int, held: Sequence[Holding], tally: _Tally) -> None:
        due = await self._due(now, tally)
        spoken = await self._grace(due, held, now, tally)
        # Hubs first: what is behind one that is silent is held by it and not looked at by itself.
        hubs = [one for one in spoken if one.row["kind"] == DeviceKind.HUB]
        rest = [one for one in spoken if one.row["kind"] != DeviceKind.HUB]
        await self._speak(await self._hold(hubs, now, tally), now, limit, tally)
        await self._speak(await self._hold(rest, now, tally), now, limit, tally)
        if tally.opened:
            await self.give_up_held(now, limit)

    async def _due(self, now: datetime, tally: _Tally) -> list[_Due]:
        async with self._database.transaction() as connection:
            looked = await connection.fetch(_Q.look, now, LOOK_MOST)
        tally.put_forward = sum(row["forward"] for row in looked)
        passed = {row["device_id"]: row for row in looked if row["device_id"] is not None}
        tally.is_full |= tally.put_forward + len(passed) >= LOOK_MOST or len(passed) > SILENT_MOST
        if not passed:
            return []
        rows = await self._database.pool.fetch(_Q.silent, list(passed)[:SILENT_MOST], GUARDS)
        return [
            _Due(deadline=passed[row["device_id"]]["deadline"], due_at=passed[row["device_id"]]["due_at"], row=row)
            for row in rows
        ]

    async def _grace(self, due: list[_Due], held: Sequence[Holding], now: datetime, tally: _Tally) -> list[_Due]:
        """Put off the verdicts that our own outages hold; return those that are spoken now."""
        if not held:
            return due
        untils = {
            one.device_id: grace.held_until(
                one.deadline, interval_s=one.row["every"].total_seconds(), source=one.row["source"], held=held, now=now
            )
            for one in due
        }
        waiting = {device_id: until for device_id, until in untils.items() if until is not None}
        if waiting:
            await self._database.pool.execute(_Q.grace, list(waiting), list(waiting.values()))
        tally.graced += len(waiting)
        return [one for one in due if one.device_id not in waiting]

    async def _hold(self, due: list[_Due], now: datetime, tally: _Tally) -> list[_Due]:
        """Let outages hold what they explain; return what speaks for itself."""
        foldable = [one for one in due if not supervision.never_held(one.tags)]
        if not foldable:
            return due
        standing = {group: one.incident_id for group, one in (await self._outages.standing()).items()}
        taken = await self._fill(foldable, standing, now)
        left = [one for one in foldable if one.device_id not in taken]
        if left:
            for group, members in (await self._outages.found_among([one.silent for one in left], now)).items():
                with self._guard.row(group, now):
                    standing[group] = await self._outages.open(group, members, now)
                    tally.opened += 1
            taken |= await self._fill(left, standing, now)
        tally.held += len(taken)
        return [one for one in due if one.device_id not in taken]

    async def _fill(self, due: list[_Due], standing: dict[Group, int], now: datetime) -> set[int]:
        by_outage: dict[int, list[int]] = {}
        for one in due:
            # Behind a hub that is itself behind an outage: the same one, wherever the device is said to stand.
            incident_id = outages.outage_of(one.silent, standing) or one.row["hubs_outage"]
            if incident_id is not None and Group(kind=outages.Kind.HUB, key=str(one.device_id)) not in standing:
                by_outage.setdefault(incident_id, []).append(one.device_id)
        filled: set[int] = set()
        for incident_id, device_ids in by_outage.items():
            with self._guard.row(("hold", incident_id), now):
                async with self._database.transaction() as connection:
                    await self._outages.hold(connection, device_ids, incident_id, now)
                filled.update(device_ids)
        return filled

    async def _speak(self, due: list[_Due], now: datetime, limit: int, tally: _Tally) -> None:
        due = [one for one in due if not self._guard.waits(one.device_id, now)]
        left = limit - len(tally.lags_s)
        tally.is_full |= len(due) > left
        for one in due[: max(0, left)]:
            spoken = await self._alone(partial(self._fall_silent, one, now), one.device_id, tally, now)
            if spoken:
                said_at = self._clock() if self._clock is not None else now
                tally.lags_s.append(max(0.0, (said_at - one.due_at).total_seconds()))

    async def _fall_silent(self, one: _Due, now: datetime) -> bool:
        async with self._database.transaction() as connection:
            if await connection.fetchval(_Q.try_device, one.device_id) is None:
                return False
            decided = await connection.fetchrow(_Q.fall_silent, one.device_id, now)
            if decided is None:
                return False
            await self._open(connection, one, decided, now)
        return True

    async def _open(self, connection: Connection, one: _Due, decided: Any, now: datetime) -> None:
        row = one.row
        loss = Loss(
            kind=DeviceKind(row["kind"]), heard_before=bool(row["heard"]), tags=one.tags,
            has_resident=row["has_resident"], other_life_safety=row["other_life_safety"], children=row["children"],
        )  # fmt: skip
        verdict = supervision.verdict_on(loss)
        last_seen = decided["last_seen"]
        facts: Facts = (
            ("why", str(verdict.reason)), ("last_seen", None if last_seen is None else last_seen.isoformat()),
            ("allowed_s", round(decided["allowed"].total_seconds())), ("behind", row["children"]),
        )  # fmt: skip
        effect = await device_faults.begin(
            connection, whose_of(row), verdict.class_, facts=facts, centre=self._centre, now=now
        )
        if loss.children and effect.case is not None:
            await self._outages.hub_fell_silent(connection, one.device_id, effect.case.id, now)
        await device_faults.record(connection, effect, now=now)

    # -- one by one -------------------------------------------------------------------------------------------------

    async def _alone(self, act: Callable[[], Awaitable[bool]], device_id: int, tally: _Tally, now: datetime) -> bool:
        """Whatever goes wrong with one device stays with it; a database that is away concerns them all."""
        if self._guard.waits(device_id, now):
            return False
        with self._guard.row(device_id, now):
            return await act()
        tally.failed += 1
        return False


def _plan_of(row: Any, now: datetime) -> _Plan:
    life = DeviceLife(row["life"])
    habit: Habit = supervision.habit_of(
        kind=DeviceKind(row["kind"]), source=row["source"], model=row["model"], interval_s=row["interval_s"]
    )
    canary = row["device"].startswith(CANARY_PREFIX)
    watched = supervision.is_watched(life=life, registered=row["registered"], canary=canary)
    if not watched:
        status, watched_from = Status.UNWATCHED, None
    else:
        watched_from = row["watched_from"] or now
        silent = Status.HELD if row["outage_id"] is not None else Status.LATE
        status = Status.AWAITED if row["late_at"] is None else silent
    first = supervision.allowed_before_first_contact(habit, life)
    every = timedelta(seconds=habit.interval_s)
    return row["device_id"], str(status), every, habit.allowed, first, watched_from


def _hold_by_lane(held: Sequence[Holding], now: datetime) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for one in held:
        if one.to_at > now - timedelta(days=1):
            seconds[one.lane] = seconds.get(one.lane, 0.0) + one.seconds
    return seconds
