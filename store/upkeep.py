"""The slow rounds: batteries, sensors that repeat themselves, tests overdue, and outages that grow old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from rules.domain import deadlines, wear
from rules.domain.policy_table import ROWS
from rules.domain.vocabulary import Action, Class, DeviceLife, Priority
from rules.domain.wear import Battery, Sample
from store import device_faults, lane_outages
from store.cases import SYSTEM, Facts, Note, changes_of, load, save
from store.changes import record
from store.database import Connection, Database
from store.device_faults import Whose
from store.opening import Centre
from store.outages import GUARDS
from store.row_guard import RowGuard
from store.sql import queries
from store.supervision import SupervisionStore

_Q: Final = queries("upkeep")
_OUTAGES: Final = queries("outages")
_SUPERVISION: Final = queries("supervision")

#: Devices of one part of a round: a county's hundred thousand in less than an hour.
PART: Final = 2_000
#: Devices whose last two days of readings are read in one part: these cost a look into the readings each.
STUCK_PART: Final = 200
SAMPLES_MOST: Final = 2_000
BATTERY_DAYS_KEPT: Final = timedelta(days=90)
_EPOCH_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC).date()

_BATTERY_CLASS: Final = {Battery.CRITICAL: Class.BATTERY_CRITICAL, Battery.LOW: Class.BATTERY_LOW}
#: From a finding to the class of its incident; the topic of both is one.
_CLASS_OF: Final = {
    "sensor_stuck": Class.SENSOR_STUCK,
    "test_overdue": Class.TEST_OVERDUE,
    "test_stuck": Class.TEST_STUCK,
}
_RISING: Final = [
    (str(row.class_), after_s, int(to)) for row in ROWS.values() for after_s, to in row.rises
]  # one line for each step of each class


@dataclass(frozen=True, kw_only=True, slots=True)
class _Finding:
    """What one device's finding of a topic should be from now on; `level` None: nothing."""

    whose: Whose
    topic: str
    level: str | None
    class_: Class
    facts: Facts = ()


class UpkeepStore:
    """Rounds over all watched devices, a part at a time; any number of engines may go round."""

    def __init__(self, database: Database, centre: Centre, watch: SupervisionStore) -> None:
        self._database = database
        self._centre = centre
        self._watch = watch
        self._rounds = RowGuard("upkeep")
        self._ageing = RowGuard("ageing")

    async def keep_up(self, now: datetime) -> int:
        """One part of each round; return how many findings began, changed or ended.

        A round that fails takes none of the others with it, and a device that cannot be judged none of the devices.
        """
        guard, moved = self._rounds, 0
        with guard.row("lane_outages", now):
            async with self._database.transaction() as connection:
                await lane_outages.forget(connection, now)
        with guard.row("held", now):
            moved += await self._watch.give_up_held(now, PART)
        after, upto = await self._part("upkeep", PART, now)
        with guard.row("batteries", now):
            await self._database.pool.execute(_Q.note_batteries, after, upto, now.date())
            await self._database.pool.execute(_Q.forget_batteries, after, upto, (now - BATTERY_DAYS_KEPT).date())
            moved += await self._settle(await self._batteries(after, upto, now), now)
        with guard.row("tests", now):
            moved += await self._settle(await self._tests(after, upto, now), now)
        with guard.row("stuck", now):
            after, upto = await self._part("stuck", STUCK_PART, now)
            moved += await self._settle(await self._stuck(after, upto, now), now)
        return moved

    async def unprotected(self) -> int:
        """How many residents have life-safety devices at home of which none is heard; a plain read."""
        residents: int = await self._database.pool.fetchval(_Q.unprotected, GUARDS)
        return residents

    async def _part(self, name: str, size: int, now: datetime) -> tuple[int, int]:
        """The next part of a round, as (after, upto]; the round begins again after its last."""
        async with self._database.transaction() as connection:
            after: int = await connection.fetchval(_Q.round_at, name, now)
            upto: int | None = await connection.fetchval(_Q.part, after, size)
            if upto is None and after > 0:
                after, upto = 0, await connection.fetchval(_Q.part, 0, size)
            await connection.execute(_Q.round_to, name, upto or 0, now)
        return after, upto or after

    # -- what is found ----------------------------------------------------------------------------------------------

    async def _batteries(self, after: int, upto: int, now: datetime) -> list[_Finding]:
        findings = []
        for row in await self._database.pool.fetch(_Q.batteries, after, upto, GUARDS):
            with self._rounds.row(("battery", row["device_id"]), now):
                found = _battery(row)
                findings += [found] if found is not None else []
        return findings

    async def _tests(self, after: int, upto: int, now: datetime) -> list[_Finding]:
        findings: list[_Finding] = []
        for row in await self._database.pool.fetch(_Q.watched, after, upto, now):
            with self._rounds.row(("tests", row["device_id"]), now):
                findings += _tests_of(row, now)
        return findings

    async def _stuck(self, after: int, upto: int, now: datetime) -> list[_Finding]:
        findings = []
        for row in await self._database.pool.fetch(_Q.watched, after, upto, now):
            with self._rounds.row(("stuck", row["device_id"]), now):
                samples = await self._database.pool.fetch(_Q.samples, row["device_id"], now, SAMPLES_MOST)
                stuck = _stuck_in(samples)
                if (stuck is not None) != ("sensor_stuck" in row["found"]):
                    facts: Facts = () if stuck is None else (("why", stuck[0]), ("what", stuck[1]))
                    findings.append(_finding(_whose(row), "sensor_stuck", stuck is not None, facts))
        return findings

    # -- what becomes of it -------------------------------------------------------------------------------------------

    async def _settle(self, findings: Sequence[_Finding], now: datetime) -> int:
        settled = 0
        for finding in findings:
            with self._rounds.row((finding.topic, finding.whose.device_id), now):
                settled += await self._settle_one(finding, now)
        return settled

    async def _settle_one(self, finding: _Finding, now: datetime) -> bool:
        """Write a finding and its incident in one transaction; nothing where another engine did."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(_SUPERVISION.try_device, finding.whose.device_id) is None:
                return False
            device_id, topic = finding.whose.device_id, finding.topic
            if finding.level is None:
                if await connection.fetchval(_Q.lose, device_id, topic) is None:
                    return False
                if topic == "battery_low":
                    await connection.execute(_Q.no_longer_low, device_id)
                effect = await device_faults.end(
                    connection, finding.whose, topic, facts=finding.facts, centre=self._centre, now=now
                )
            else:
                if await connection.fetchval(_Q.find, device_id, topic, finding.level, now) is None:
                    return False
                effect = await device_faults.begin(
                    connection, finding.whose, finding.class_, facts=finding.facts, centre=self._centre, now=now
                )
            await device_faults.record(connection, effect, now=now)
        return True

    # -- what grows old -----------------------------------------------------------------------------------------------

    async def age(self, now: datetime, limit: int) -> int:
        """Raise outages that go on and leave somebody unprotected, whoever works on them."""
        classes, after_s, priorities = (list(column) for column in zip(*_RISING, strict=True))
        guard, raised = self._ageing, 0
        rows = await self._database.pool.fetch(_OUTAGES.rising, now, classes, after_s, priorities, guard.room(limit))
        for row in rows:
            if guard.waits(row["id"], now):
                continue
            with guard.row(row["id"], now):
                async with self._database.transaction() as connection:
                    raised += await self._raise(connection, row["id"], Priority(row["to_priority"]), now)
        return raised

    async def _raise(self, connection: Connection, incident_id: int, to: Priority, now: datetime) -> bool:
        if not await connection.fetchval(_OUTAGES.leaves_unprotected, incident_id, GUARDS):
            return False
        case = await load(connection, incident_id)
        if case.priority <= to or case.state in ("resolved", "closed"):
            return False
        first, before = case.last_seq + 1, case.priority
        case.priority = to
        case.deadlines = deadlines.on_raise(case.deadlines, case.clocks, now=now)
        if not case.attended:
            case.sounded_at, case.sound_to = now, "desks"
        facts: Facts = (("why", "outage_goes_on"),)
        case.note(Note(at=now, actor=SYSTEM, action=Action.RAISED, from_=before.label, to=to.label, facts=facts))
        await save(connection, case, keyring=self._centre.keyring)
        await record(connection, changes_of(case, first), now=now)
        return True


def _tests_of(row: Any, now: datetime) -> list[_Finding]:
    whose, found = _whose(row), set(row["found"])
    overdue = (
        row["kind"] in GUARDS
        and row["life"] == DeviceLife.LIVE
        and wear.test_overdue(last_test_at=row["last_test_at"], watched_from=row["watched_from"], now=now)
    )
    stuck = wear.stuck_in_test(row["test_words"], now=now)
    return [
        _finding(whose, topic, stands) for topic, stands in (("test_overdue", overdue), ("test_stuck", stuck))
        if stands != (topic in found)
    ]  # fmt: skip


def _battery(row: Any) -> _Finding | None:
    """The battery's finding where it differs from the one that stands."""
    standing = Battery(row["level"])
    left = wear.days_left(list(zip(row["days"] or (), row["pcts"] or (), strict=True)))
    judged = wear.judge_battery(row["pct"], days_left=left, standing=standing)
    if judged is standing:
        return None
    class_ = _BATTERY_CLASS.get(judged, Class.BATTERY_LOW)
    if class_ is Class.BATTERY_CRITICAL and not row["life_safety"]:
        class_ = Class.BATTERY_LOW
    facts: Facts = (
        ("why", str(judged)), ("battery_pct", round(row["pct"])), ("days_left", None if left is None else round(left)),
    )  # fmt: skip
    level = None if judged is Battery.WELL else str(judged)
    return _Finding(whose=_whose(row), topic="battery_low", level=level, class_=class_, facts=facts)


def _finding(whose: Whose, topic: str, stands: bool, facts: Facts = ()) -> _Finding:
    return _Finding(whose=whose, topic=topic, level="found" if stands else None, class_=_CLASS_OF[topic], facts=facts)


def _whose(row: Any) -> Whose:
    return Whose(device_id=row["device_id"], device=row["device"], premises_id=row["premises_id"], area=row["area"])


def _stuck_in(rows: Sequence[Any]) -> tuple[str, str] | None:
    """How the first sensor that stands still does, and which it is; None where none does."""
    ordered = sorted(rows, key=lambda row: row["what"])
    for what, group in groupby(ordered, key=lambda row: row["what"]):
        newest_first = sorted(group, key=lambda row: row["received_at"], reverse=True)
        samples = [
            Sample(received_at=row["received_at"], at=row["at_text"], what=what, value=row["value"], live=row["live"])
            for row in newest_first
        ]
        stuck = wear.judge_stuck(samples)
        if stuck is not None:
            return str(stuck), what
    return None
