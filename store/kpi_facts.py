"""The facts of a report as the database has them: typed rows for the figures' pure functions, read in one snapshot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from devices.event import ALARMS
from rules.domain import kpi_people as people
from rules.domain import kpi_records as records
from rules.domain.kpi_course import CaseFacts, Fact
from rules.domain.kpi_load import Desks, DutyChange, Load
from rules.domain.kpi_read import Period
from rules.domain.kpi_sending import HandedOver
from rules.domain.policy_row import FamilyTold
from rules.domain.vocabulary import LIFE_SAFETY_KINDS, Class, DeviceKind, Priority
from store import policies
from store.database import Connection
from store.sql import queries

Q: Final = queries("kpi")

#: Cases whose records are in memory at one moment.
CASES_AT_ONCE: Final = 500

_ALARM_TYPES: Final = sorted(str(type_) for type_ in ALARMS)
#: Devices of which one at least must be heard in a home.
GUARDS: Final = sorted(str(kind) for kind in LIFE_SAFETY_KINDS if kind is not DeviceKind.HUB)
#: Faults of one device, which somebody has to repair.
_FAULTS: Final = sorted(
    str(one)
    for one in (
        *(Class.DEVICE_LOST, Class.DEVICE_LOST_DEPENDENT, Class.DEVICE_LOST_OTHER, Class.UNPROTECTED),
        *(Class.BATTERY_LOW, Class.BATTERY_CRITICAL, Class.SENSOR_STUCK, Class.TEST_STUCK, Class.NEVER_HEARD),
        *(Class.FAULT, Class.FAULT_LIFE_SAFETY, Class.FAULT_DEPENDENT),
    )
)


class _Fixed(msgspec.Struct):
    """What an entry's fixed text says, as far as a figure needs it."""

    at: datetime
    actor: str
    action: str
    facts: dict[str, str | int | float | bool | None]
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Fixed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Of what a report is: a period, and areas (none: everywhere)."""

    period: Period
    areas: Sequence[str] = ()

    @property
    def range(self) -> tuple[datetime, datetime, list[str]]:
        return self.period.start, self.period.end, list(self.areas)

    @property
    def until(self) -> datetime:
        """Up to when anything can have happened."""
        return min(self.period.end, self.period.as_of)


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeCase:
    """A case with its record and its hand-overs."""

    case: CaseFacts
    hand_overs: tuple[HandedOver, ...]


async def cases(connection: Connection, scope: Scope) -> AsyncIterator[WholeCase]:
    """Every case that was opened, or not yet over, in the period."""
    async for whole in _whole(connection, f"{Q.of_period} {Q.cases}", *scope.range):
        yield whole


async def moved(connection: Connection, after: datetime, until: datetime) -> AsyncIterator[WholeCase]:
    """Every case whose record grew after `after` and not after `until`."""
    async for whole in _whole(connection, f"{Q.moved} {Q.cases}", after, until):
        yield whole


async def _whole(connection: Connection, query: str, *arguments: Any) -> AsyncIterator[WholeCase]:
    """A few hundred in memory at a time."""
    cursor = await connection.cursor(query, *arguments)
    while rows := await cursor.fetch(CASES_AT_ONCE):
        ids = [row["id"] for row in rows]
        entries = _by_case(await connection.fetch(Q.entries, ids), _fact)
        hand_overs = _by_case(await connection.fetch(Q.hand_overs, ids), _handed_over)
        for row in rows:
            case = await _case(connection, row, tuple(entries.get(row["id"], ())))
            yield WholeCase(case=case, hand_overs=tuple(hand_overs.get(row["id"], ())))


def _by_case(rows: Sequence[Any], make: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row["incident_id"], []).append(make(row))
    return found


def _fact(row: Any) -> Fact:
    fixed = _DECODER.decode(row["fixed"])
    return Fact(
        seq=row["seq"], at=fixed.at, actor=fixed.actor, action=fixed.action, from_=fixed.from_, to=fixed.to,
        facts=fixed.facts,
    )  # fmt: skip


def _handed_over(row: Any) -> HandedOver:
    return HandedOver(
        id=row["id"], service=row["service"], dialled_at=row["dialled_at"], answer=row["answer"],
        answered_at=row["answered_at"], arrived_at=row["arrived_at"],
    )  # fmt: skip


async def _case(connection: Connection, row: Any, entries: tuple[Fact, ...]) -> CaseFacts:
    policy = await policies.of_version(connection, row["policy_version"])
    told = policy.row(Class(row["class"])).family_told
    return CaseFacts(
        id=row["id"], class_=row["class"], family=row["family"], source=row["source"],
        priority_at_start=Priority(row["priority_at_start"]), opened_at=row["opened_at"], entries=entries,
        area=row["area"], is_country=row["is_country"], marks=frozenset(row["marks"]), outcome=row["outcome"],
        resident_id=row["resident_id"], follows=row["follows"], resolved_at=row["resolved_at"],
        has_call_in_plan=bool(row["has_call"]), may_tell_family=row["may_tell"],
        family_at_once=told is FamilyTold.AT_ONCE, in_storm=row["in_storm"], model=row["model"],
    )  # fmt: skip


async def load(connection: Connection, scope: Scope) -> Load:
    """How busy the desks were; of the whole centre, since a desk serves all of it."""
    changes = [
        DutyChange(at=row["at"], user_id=row["user_id"], is_on=row["action"] == "duty_on")
        for row in await connection.fetch(Q.duty, scope.period.end)
    ]
    sounded = await connection.fetch(Q.sounded, scope.period.start, scope.period.end)
    return Load([row["at"] for row in sounded], Desks(changes))


async def calls(connection: Connection, scope: Scope) -> list[records.CallIn]:
    return [records.CallIn(**row) for row in await connection.fetch(Q.calls, *scope.range)]


async def p1_opened(connection: Connection, scope: Scope) -> list[records.Opened]:
    rows = await connection.fetch(Q.p1_opened, scope.period.start, scope.period.end)
    return [records.Opened(**row) for row in rows]


async def device_days(connection: Connection, scope: Scope) -> dict[str, float]:
    """For how many days devices of each model were in use."""
    rows = await connection.fetch(Q.models, scope.period.start, scope.until, list(scope.areas))
    return {row["model"]: row["device_days"] for row in rows}


async def delivered(connection: Connection, scope: Scope) -> list[people.Delivered]:
    rows = await connection.fetch(Q.delivered, *scope.range, people.FIRST_ATTEMPT_S, _ALARM_TYPES)
    return [people.Delivered(**row) for row in rows]


async def residents(connection: Connection, scope: Scope) -> list[people.ServedResident]:
    rows = await connection.fetch(Q.residents, scope.period.start, scope.until, list(scope.areas))
    return [
        people.ServedResident(
            id=row["id"], area=row["area"], tags=row["tags"], since=row["since"], visited=row["visited"],
            has_live_device=row["has_live_device"],
            statuses=[(datetime.fromtimestamp(at, UTC), status) for at, status in row["statuses"]],
        )
        for row in rows
    ]  # fmt: skip


async def visits(connection: Connection, scope: Scope) -> list[people.VisitFact]:
    return [people.VisitFact(**row) for row in await connection.fetch(Q.visits, *scope.range)]


async def repairs(connection: Connection, scope: Scope) -> list[people.RepairFact]:
    found = []
    for row in await connection.fetch(Q.repairs, *scope.range, _FAULTS, _ALARM_TYPES):
        fields = dict(row)
        # Back in its interval is not enough where a life depends on it: somebody has pressed it since.
        fields["pressed_at"] = fields["pressed_at"] if fields.pop("was_pressed") else None
        found.append(people.RepairFact(class_=fields.pop("class"), **fields))
    return found


async def tests_due(connection: Connection, scope: Scope) -> list[people.TestDue]:
    rows = await connection.fetch(Q.tests_due, scope.until, list(scope.areas), GUARDS)
    return [people.TestDue(**row) for row in rows]


async def protected_hours(connection: Connection, scope: Scope) -> list[people.ProtectedHour]:
    return [people.ProtectedHour(**row) for row in await connection.fetch(Q.protected_hours, *scope.range)]


async def canary_rounds(connection: Connection, scope: Scope) -> list[records.CanaryRound]:
    rows = await connection.fetch(Q.canary_rounds, scope.period.start, scope.period.end)
    return [records.CanaryRound(at=row["at"], seconds=row["seconds"]) for row in rows]


async def channel_tests(connection: Connection, scope: Scope) -> Iterator[records.TestPassed]:
    rows = await connection.fetch(Q.channel_tests, scope.period.start, scope.period.end)
    zone = scope.period.timezone
    return (
        records.TestPassed(
            channel=row["channel"], day=row["begun_at"].astimezone(zone).date(),
            passed_at=row["ended_at"].astimezone(zone) if row["passed"] and row["ended_at"] else None,
        )
        for row in rows
    )  # fmt: skip


async def audited_months(connection: Connection, scope: Scope) -> list[records.AuditedMonth]:
    zone = scope.period.timezone.key
    rows = await connection.fetch(Q.audited_months, scope.period.start, scope.period.end, zone)
    return [records.AuditedMonth(**row) for row in rows]


async def complaints(connection: Connection, scope: Scope, word: str) -> list[records.ComplaintFact]:
    """Working days to `acknowledged_at` or `answered_at`, in the site's calendar."""
    zone = scope.period.timezone

    def days(row: Any, until: datetime | None) -> int | None:
        if until is None:
            return None
        return records.working_days(row["received_at"].astimezone(zone).date(), until.astimezone(zone).date())

    return [
        records.ComplaintFact(
            id=row["id"], received_at=row["received_at"], days=days(row, row[word]), area=row["area"],
            waited=days(row, scope.period.as_of) or 0,
        )
        for row in await connection.fetch(Q.complaints, *scope.range)
    ]  # fmt: skip


async def looks(connection: Connection, scope: Scope) -> list[records.Look]:
    rows = await connection.fetch(Q.looks, scope.period.start, scope.period.end)
    return [records.Look(**row) for row in rows]


#: A year and a leap day: what one report may ask for at most.
PERIOD_MOST: Final = timedelta(days=366)
