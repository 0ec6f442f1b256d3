"""What is known of a resident when one of their care rules is due, and what follows from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from rules.domain import expected, inactivity
from rules.domain.hours import Window, next_start, period_at
from rules.domain.inactivity import Sensor
from rules.domain.vocabulary import Class, DeviceKind
from store.database import Connection
from store.detector_rows import read, windows_of, written
from store.findings import ask_resident, note_of_resident, tell_of_resident
from store.opening import Centre
from store.sql import queries

_Q: Final = queries("detectors")

#: A sign older than the rule's own length and this changes nothing.
SIGNS_BEFORE: Final = timedelta(hours=1)
#: How often a bed is asked during the night: half an hour is what is allowed, and reckoned from the bed's own word.
BED_EVERY: Final = timedelta(minutes=5)
#: A bed's word older than this is of another night.
BED_WORD_FOR: Final = timedelta(hours=24)

_SIGNS: Final = sorted(str(sign) for sign in inactivity.SIGNS)
_ANSWERS: Final = sorted(str(answer) for answer in expected.ANSWERS)

Tell = Callable[[Connection, Centre, datetime], Awaitable[None]]


@dataclass(slots=True)
class Rule:
    """One due rule and whom it is about."""

    id: int
    resident_id: int
    kind: str
    windows: tuple[Window, ...]
    after: timedelta
    made_at: datetime
    status: str
    ability: int
    alone: bool
    away_at: datetime | None
    sensors: list[tuple[int, Sensor]] = field(default_factory=list)
    signs: list[tuple[datetime, int]] = field(default_factory=list)  #: the last of each sensor, of a rule of stillness

    @property
    def signs_since(self) -> timedelta:
        return self.after + SIGNS_BEFORE

    @property
    def beds(self) -> list[int]:
        return [device_id for device_id, sensor in self.sensors if sensor.kind is DeviceKind.BED_SENSOR]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What the rule's row becomes, and what is to be told or asked first."""

    state: Any
    next_look_at: datetime
    tell: Tell | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """One time that something is awaited; carried in the database."""

    from_at: datetime | None = None
    until_at: datetime | None = None
    state: expected.State = field(default_factory=expected.State)


async def gather(connection: Connection, rule_ids: Sequence[int], now: datetime) -> dict[int, Rule]:
    """These rules, but for those that ended, with the sensors around each resident."""
    rules = {}
    for row in await connection.fetch(_Q.care_rules, list(rule_ids), now):
        rules[row["id"]] = Rule(
            id=row["id"], resident_id=row["resident_id"], kind=row["kind"], windows=windows_of(row["hours"]),
            after=timedelta(seconds=row["after_s"] or 0), made_at=row["created_at"], status=row["status"],
            ability=row["ability"], alone=row["alone"], away_at=row["away_at"],
        )  # fmt: skip
    residents = sorted({rule.resident_id for rule in rules.values()})
    by_resident: dict[int, list[tuple[int, Sensor]]] = {}
    for row in await connection.fetch(_Q.sensors, residents, now):
        sensor = Sensor(
            kind=DeviceKind(row["kind"]), alive=row["alive"], heard_at=row["last_seen"], excused=row["excused"]
        )
        by_resident.setdefault(row["resident_id"], []).append((row["device_id"], sensor))
    for rule in rules.values():
        rule.sensors = by_resident.get(rule.resident_id, [])
    await _gather_signs(connection, [rule for rule in rules.values() if rule.kind == "inactivity"], now)
    return rules


async def _gather_signs(connection: Connection, rules: Sequence[Rule], now: datetime) -> None:
    """The last sign of each sensor of these rules, in one statement: hundreds are due at once."""
    asked = [(rule, device_id) for rule in rules for device_id, _ in rule.sensors]
    if not asked:
        return
    by_id = {rule.id: rule for rule in rules}
    rows = await connection.fetch(
        _Q.signs, [rule.id for rule, _ in asked], [device_id for _, device_id in asked],
        [now - rule.signs_since for rule, _ in asked], now - max(rule.signs_since for rule in rules), now, _SIGNS,
    )  # fmt: skip
    for row in rows:
        by_id[row["rule_id"]].signs.append((row["at"], row["device_id"]))


async def judge(connection: Connection, state: Any, rule: Rule, now: datetime, zone: ZoneInfo) -> Outcome:
    """Look at one rule under its row's lock."""
    if rule.kind == "inactivity":
        return _inactivity(state, rule, now, zone)
    if rule.kind == "bed_return":
        return await _bed(connection, state, rule, now, zone)
    return await _awaited(connection, state, rule, now, zone)


# -- nobody moves -------------------------------------------------------------------------------------------------


def _inactivity(state: Any, rule: Rule, now: datetime, zone: ZoneInfo) -> Outcome:
    seen, seen_by = _last_sign(rule)
    look = inactivity.Look(
        last_sign_at=seen,
        sensors=tuple(sensor for _, sensor in rule.sensors),
        alone=rule.alone,
        away_at=rule.away_at,
    )
    hours = inactivity.Rule(id=rule.id, windows=rule.windows, after=rule.after, since=rule.made_at)
    after, finding = inactivity.judge(read(state, inactivity.State), look, hours, now, zone)
    due = inactivity.next_look_at(after, look, hours, now, zone)
    tell = None if finding is None else partial(_tell_inactivity, rule, finding, seen_by)
    return Outcome(state=written(after), next_look_at=due, tell=tell)


def _last_sign(rule: Rule) -> tuple[datetime | None, int | None]:
    """The last sign, and the sensor whose silence is told: who gave it, or the first that lives."""
    last = max(rule.signs, key=lambda sign: sign[0], default=None)
    if last is not None:
        return last
    alive = [device_id for device_id, sensor in rule.sensors if sensor.alive]
    return None, next(iter(alive or [device_id for device_id, _ in rule.sensors]), None)


async def _tell_inactivity(
    rule: Rule, finding: inactivity.Finding, seen_by: int | None, connection: Connection, centre: Centre, now: datetime
) -> None:
    facts = (
        ("found_by", "inactivity"), ("rule", rule.id), ("why", str(finding.reason)),
        ("quiet_since", finding.quiet_since.isoformat()),
    )  # fmt: skip
    match finding.act:
        case inactivity.Act.ASK:
            await ask_resident(connection, rule.resident_id, now=now)
        case inactivity.Act.TAKE_BACK:
            await note_of_resident(connection, rule.resident_id, facts=facts, centre=centre, now=now)
        case inactivity.Act.RAISE:
            await tell_of_resident(
                connection, Class.INACTIVITY, rule.resident_id, facts=facts, centre=centre, now=now, seen_by=seen_by,
                id_=f"care:{rule.id}:{finding.number}",
            )  # fmt: skip
        case inactivity.Act.RAISE_UNKNOWN:
            await tell_of_resident(
                connection, Class.INACTIVITY_UNKNOWN, rule.resident_id, facts=facts, centre=centre, now=now
            )


# -- what is awaited ----------------------------------------------------------------------------------------------


async def _awaited(connection: Connection, state: Any, rule: Rule, now: datetime, zone: ZoneInfo) -> Outcome:
    """Medicine and wellbeing calls: once in each of its hours."""
    one = _current(read(state, Occurrence), rule, now, zone)
    if one.from_at is None or one.until_at is None:
        begins_at = next_start(rule.windows, now, zone)
        return Outcome(state={}, next_look_at=begins_at or now + inactivity.LOOK_AGAIN)
    happened = await connection.fetchval(_Q.answered, rule.resident_id, one.from_at, _ANSWERS)
    awaited = expected.Awaited(kind=expected.Kind(rule.kind), from_at=one.from_at, until_at=one.until_at)
    return _stands(one, awaited, happened, rule, now, zone)


def _current(one: Occurrence, rule: Rule, now: datetime, zone: ZoneInfo) -> Occurrence:
    """The occurrence that is not over; else the one whose hours are now; else none."""
    if one.until_at is not None and one.state.outcome is expected.Outcome.AWAITED:
        return one
    period = period_at(rule.windows, now, zone)
    if period is None or period.begins_at == one.from_at:
        return one if period is not None else Occurrence()
    return Occurrence(from_at=period.begins_at, until_at=period.until)


async def _bed(connection: Connection, state: Any, rule: Rule, now: datetime, zone: ZoneInfo) -> Outcome:
    """Out of bed in its hours and not back: awaited from the bed's own word."""
    one = read(state, Occurrence)
    word = await connection.fetchrow(_Q.bed_word, rule.beds, now - BED_WORD_FOR, now) if rule.beds else None
    left_at: datetime | None = word["received_at"] if word is not None and word["type"] == "vacant" else None
    if left_at is None or (rule.away_at is not None and rule.away_at >= now):
        return Outcome(state={}, next_look_at=_bed_look(rule, now, zone))
    if left_at != one.from_at:
        period = period_at(rule.windows, left_at, zone)
        if period is None or not any(sensor.alive for device_id, sensor in rule.sensors if device_id in rule.beds):
            return Outcome(state={}, next_look_at=_bed_look(rule, now, zone))
        one = Occurrence(from_at=left_at, until_at=left_at)
    awaited = expected.Awaited(kind=expected.Kind.BED_RETURN, from_at=left_at, until_at=left_at)
    return _stands(one, awaited, None, rule, now, zone, seen_by=rule.beds[0])


def _bed_look(rule: Rule, now: datetime, zone: ZoneInfo) -> datetime:
    if period_at(rule.windows, now, zone) is not None:
        return now + BED_EVERY
    return next_start(rule.windows, now, zone) or now + inactivity.LOOK_AGAIN


def _stands(
    one: Occurrence, awaited: expected.Awaited, happened: datetime | None, rule: Rule, now: datetime, zone: ZoneInfo,
    *, seen_by: int | None = None,
) -> Outcome:  # fmt: skip
    after, finding = expected.judge(one.state, happened, awaited, now)
    due = expected.next_look_at(after, awaited, now)
    is_bed = awaited.kind is expected.Kind.BED_RETURN
    if due is None:
        due = _bed_look(rule, now, zone) if is_bed else next_start(rule.windows, max(now, awaited.until_at), zone)
    elif is_bed:
        due = min(due, now + BED_EVERY)
    elif after.tries < awaited.its_patience.tries or after.tried_at is not None:
        # While it is asked for, an answer ends it soon, not only when the next try is due.
        due = min(due, now + inactivity.LOOK_AGAIN)
    tell = None if finding is None else partial(_tell_expected, rule, awaited, finding, seen_by)
    state = written(replace(one, state=after))
    return Outcome(state=state, next_look_at=due or now + inactivity.LOOK_AGAIN, tell=tell)


async def _tell_expected(
    rule: Rule, awaited: expected.Awaited, finding: expected.Finding, seen_by: int | None, connection: Connection,
    centre: Centre, now: datetime,
) -> None:  # fmt: skip
    if finding.act is expected.Act.TRY:
        await ask_resident(connection, rule.resident_id, now=now)
        return
    facts = (
        ("found_by", rule.kind), ("rule", rule.id), ("why", str(finding.reason)), ("tries", finding.number),
        ("awaited_since", awaited.from_at.isoformat()),
    )  # fmt: skip
    class_ = expected.class_of(awaited.kind, alone=rule.alone, ability=rule.ability)
    await tell_of_resident(
        connection, class_, rule.resident_id, facts=facts, centre=centre, now=now, seen_by=seen_by,
        id_=f"care:{rule.id}:{int(awaited.from_at.timestamp())}",
    )  # fmt: skip
