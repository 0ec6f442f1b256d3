"""Nobody moves: found by the hours in which somebody should, said only where the sensors are proven to live.

Silence of a living sensor is `inactive`; silence of a sensor that may be dead is `unknown`, and never the other.
Before anybody is called the resident is asked by their own device; any movement or press takes it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from devices.event import EventType
from rules.domain.hours import Window, next_start, period_at
from rules.domain.vocabulary import DeviceKind

#: The resident is asked so long before anybody else hears of it (field: ten minutes, and a way to take it back).
PRE_ALARM: Final = timedelta(minutes=10)
#: Somebody alone whose sensors prove nothing for so long is called (centre.md, 23).
UNKNOWN_AFTER: Final = timedelta(hours=12)
#: While the resident is asked, a movement is noticed within this; the verdict itself waits for nothing.
LOOK_WHILE_ASKED: Final = timedelta(seconds=30)
#: Whether the sensors live is asked so often while nothing is wrong.
LOOK_WHILE_WELL: Final = timedelta(hours=1)
#: How soon it is seen that an absence ended, sensors came alive, or the register changed.
LOOK_AGAIN: Final = timedelta(minutes=10)

#: What only a person does.
SIGNS: Final = frozenset(
    {
        EventType.ACTIVITY, EventType.DOOR_OPEN, EventType.DOOR_CLOSED, EventType.OCCUPIED, EventType.VACANT,
        EventType.BUTTON, EventType.SOS, EventType.CANCEL, EventType.ANSWERED, EventType.TEST,
    }
)  # fmt: skip

#: Sensors that see somebody move, the surest first: where the surest kind of a home is dead, the others prove nothing.
_SURE: Final = (
    frozenset({DeviceKind.MOTION_SENSOR, DeviceKind.BED_SENSOR}),
    frozenset({DeviceKind.DOOR_SENSOR}),
    frozenset({DeviceKind.OTHER}),
    frozenset({DeviceKind.LOCATION_BAND, DeviceKind.FALL_SENSOR}),
)


class Status(StrEnum):
    IDLE = "idle"  #: outside the hours in which movement is expected
    WATCHING = "watching"
    HELD = "held"  #: an absence was reported
    ASKED = "asked"  #: the resident was asked, and nobody else yet
    RAISED = "raised"
    UNKNOWN = "unknown"  #: no sensor is proven to live


class Reason(StrEnum):
    """Why something is told or done."""

    NO_SIGN = "no_sign"
    SENSORS_NOT_PROVEN = "sensors_not_proven"
    MOVED_AGAIN = "moved_again"


class Act(StrEnum):
    ASK = "ask"  #: announce to the resident's devices
    RAISE = "raise"
    RAISE_UNKNOWN = "raise_unknown"
    TAKE_BACK = "take_back"  #: a sign after it was raised: a note on its case


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One resident's hours and how long nobody may move within them."""

    id: int
    windows: tuple[Window, ...]
    after: timedelta
    since: datetime | None = None  #: made then: what nobody watched counts for nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensor:
    """A device that tells of movement, and whether it is proven to live: heard by itself within its own interval."""

    kind: DeviceKind
    alive: bool
    heard_at: datetime | None = None
    excused: bool = False  #: an outage, or one of ours, holds its silence: its people stand in that list


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What is known at one moment."""

    last_sign_at: datetime | None
    sensors: tuple[Sensor, ...]
    alone: bool
    away_at: datetime | None = None  #: the last moment of an absence (外出报备) that has begun; now: it lasts

    def is_absent(self, now: datetime) -> bool:
        return self.away_at is not None and self.away_at >= now


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Where one rule stands; carried in the database."""

    status: Status = Status.IDLE
    since: datetime | None = None
    asked_at: datetime | None = None
    unproven_since: datetime | None = None
    unknown_told: bool = False
    number: int = 0  #: of the silence that is told; names it


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something to do, once; `quiet_since` is the last sign, or when counting began."""

    act: Act
    reason: Reason
    number: int
    quiet_since: datetime


def proven(sensors: Sequence[Sensor]) -> bool:
    """Whether silence means that nobody moves: one of the surest kind at home lives."""
    return any(sensor.alive for sensor in _surest(sensors))


def _surest(sensors: Sequence[Sensor]) -> list[Sensor]:
    for kinds in _SURE:
        of_kind = [sensor for sensor in sensors if sensor.kind in kinds]
        if of_kind:
            return of_kind
    return []


def judge(state: State, look: Look, rule: Rule, now: datetime, zone: ZoneInfo) -> tuple[State, Finding | None]:
    """Say where the rule stands now and what is to be done; it does nothing twice for one silence."""
    state, unknown = _proof(state, look, now)
    if look.is_absent(now):
        return _to(replace(state, asked_at=None), Status.HELD, now), unknown
    quiet_since = _quiet_since(state, look, rule, now, zone)
    moved = state.since is not None and look.last_sign_at is not None and look.last_sign_at > state.since
    if state.status is Status.RAISED:
        if not moved:
            return state, unknown
        back = Finding(
            act=Act.TAKE_BACK, reason=Reason.MOVED_AGAIN, number=state.number, quiet_since=look.last_sign_at or now
        )
        return _to(replace(state, asked_at=None), Status.WATCHING, now), back
    if unknown is not None or not proven(look.sensors):
        return _to(replace(state, asked_at=None), Status.UNKNOWN, now), unknown
    if quiet_since is None:
        return _to(replace(state, asked_at=None), Status.IDLE, now), None
    return _count(state, quiet_since, rule, now)


def next_look_at(state: State, look: Look, rule: Rule, now: datetime, zone: ZoneInfo) -> datetime:
    """When to look again: nothing is asked of the database while nothing can have changed."""
    if state.status is Status.ASKED and state.asked_at is not None:
        return min(now + LOOK_WHILE_ASKED, max(now, state.asked_at + PRE_ALARM))
    if state.status is Status.WATCHING:
        quiet_since = _quiet_since(state, look, rule, now, zone)
        if quiet_since is not None:
            ask_at = max(now + timedelta(seconds=1), quiet_since + rule.after - PRE_ALARM)
            return min(ask_at, now + LOOK_WHILE_WELL)
    if state.status is Status.IDLE:
        # In a few hours at the latest: whether the sensors live is asked around the clock.
        begins_at = next_start(rule.windows, now, zone) or now + LOOK_AGAIN
        return min(begins_at, now + LOOK_WHILE_WELL)
    if state.status is Status.UNKNOWN and state.unproven_since is not None and not state.unknown_told:
        return min(now + LOOK_AGAIN, max(now + timedelta(seconds=1), state.unproven_since + UNKNOWN_AFTER))
    return now + LOOK_AGAIN


def _count(state: State, quiet_since: datetime, rule: Rule, now: datetime) -> tuple[State, Finding | None]:
    ask_at = quiet_since + rule.after - PRE_ALARM
    if now < ask_at:
        return _to(_not_asked(state), Status.WATCHING, now), None
    if state.status is not Status.ASKED or state.asked_at is None or quiet_since > state.asked_at:
        state = replace(_to(state, Status.ASKED, now), asked_at=now, number=state.number + 1)
        return state, _finding(Act.ASK, Reason.NO_SIGN, state, quiet_since)
    if now - state.asked_at < PRE_ALARM:
        return state, None
    state = _to(state, Status.RAISED, now)
    return state, _finding(Act.RAISE, Reason.NO_SIGN, state, quiet_since)


def _proof(state: State, look: Look, now: datetime) -> tuple[State, Finding | None]:
    """How long the sensors have proven nothing, and whether somebody is to be told, once."""
    if proven(look.sensors):
        known = state.unproven_since is None and not state.unknown_told
        return state if known else replace(state, unproven_since=None, unknown_told=False), None
    surest = _surest(look.sensors)
    heard_at = max((sensor.heard_at for sensor in surest if sensor.heard_at is not None), default=None)
    since = heard_at or state.unproven_since or now
    state = replace(state, unproven_since=since)
    excused = look.is_absent(now) or not look.alone or any(sensor.excused for sensor in surest)
    if excused or state.unknown_told or now - since < UNKNOWN_AFTER:
        return state, None
    state = replace(state, unknown_told=True, number=state.number + 1)
    return state, _finding(Act.RAISE_UNKNOWN, Reason.SENSORS_NOT_PROVEN, state, look.last_sign_at or since)


def _quiet_since(state: State, look: Look, rule: Rule, now: datetime, zone: ZoneInfo) -> datetime | None:
    """From when the silence counts: the last sign, but not before the hours began or an absence ended."""
    # Once the resident was asked it is seen through, also where the hours end meanwhile.
    moment = state.asked_at if state.status is Status.ASKED and state.asked_at is not None else now
    period = period_at(rule.windows, moment, zone)
    if period is None:
        return None
    return max(at for at in (period.begins_at, look.last_sign_at, look.away_at, rule.since) if at is not None)


def _finding(act: Act, reason: Reason, state: State, quiet_since: datetime) -> Finding:
    return Finding(act=act, reason=reason, number=state.number, quiet_since=quiet_since)


def _not_asked(state: State) -> State:
    return state if state.asked_at is None else replace(state, asked_at=None)


def _to(state: State, status: Status, now: datetime) -> State:
    return state if state.status is status else replace(state, status=status, since=now)
