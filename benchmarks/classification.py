"""What deciding about one event costs with every detector on: pure functions, one after the other, no database.

Each kind of event is put through everything that has to do with it, in a home with a person at risk, a fence with
hours, personal bounds and a rule for inactivity, beside an open case and one resolved before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks.figures import Figure, percentile
from devices.event import EventType
from rules.domain import combinations, correlation, damping, fences, inactivity, policy, suppression, vitals
from rules.domain.hours import Window
from rules.domain.place import Point
from rules.domain.policy import Context
from rules.domain.vocabulary import Class, DeviceKind, Priority, State

TARGET_US: Final = 15.0
ROUNDS: Final = 300
CALLS: Final = 200
_NOW: Final = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_HOME: Final = Point(lat=31.9, lon=121.2)

_CONTEXT: Final = Context(
    kind=DeviceKind.LOCATION_BAND, tags=frozenset({"dementia", "lives_alone"}), ability=2, area="320000.v1"
)
_ASSESSED: Final = policy.assess(EventType.FALL, _CONTEXT, now=_NOW)
_FLAT: Final = policy.assess(EventType.BATTERY_LOW, _CONTEXT, now=_NOW)
_OPEN: Final = correlation.OpenIncident(
    id=1, state=State.OPEN, class_=Class.WANDERING, priority=Priority.URGENT, attended=False,
    opened_at=_NOW - timedelta(minutes=3),
)  # fmt: skip
_RESOLVED: Final = correlation.ResolvedIncident(id=2, class_=Class.FALL, resolved_at=_NOW - timedelta(hours=2))
_STANDING: Final = suppression.Standing(silence_id=7, storm_id=9)
_FALL: Final = combinations.Fall(fell_at=_NOW - timedelta(minutes=4), moved_at=None, inactivity_joined=False)
_TRACE: Final = damping.heard(None, bad=True, now=_NOW - timedelta(hours=1))
_WINDOW: Final = Window(from_min=6 * 60, to_min=22 * 60)
_FENCE: Final = fences.Fence(
    id=1, kind=fences.FenceKind.KEEP_IN, shape=fences.Shape(points=(_HOME,), radius_m=300), windows=(_WINDOW,)
)
_FIX: Final = fences.Fix(point=Point(lat=31.91, lon=121.2), received_at=_NOW, fix_at=_NOW, accuracy_m=12.0)
_SIDE: Final = fences.State(side=fences.Side.INSIDE, since=_NOW, fix_at=_NOW - timedelta(minutes=1))
_READING: Final = vitals.Reading(values={"heart_rate_bpm": 118.0}, received_at=_NOW, at=_NOW)
_TRACKED: Final = vitals.judge(
    vitals.State(),
    vitals.Reading(values={"heart_rate_bpm": 96.0}, received_at=_NOW, at=_NOW - timedelta(minutes=5)),
    vitals.Personal(),
)[0]
_RULE: Final = inactivity.Rule(id=1, windows=(_WINDOW,), after=timedelta(hours=4))
_LOOK: Final = inactivity.Look(
    last_sign_at=_NOW - timedelta(minutes=2), alone=True,
    sensors=(inactivity.Sensor(kind=DeviceKind.MOTION_SENSOR, alive=True, heard_at=_NOW),),
)  # fmt: skip
_QUIET: Final = inactivity.State(status=inactivity.Status.WATCHING, since=_NOW - timedelta(hours=1))
_PERSONAL: Final = vitals.Personal()


def _classify() -> None:
    policy.assess(EventType.FALL, _CONTEXT, now=_NOW)


def _classify_battery() -> None:
    policy.assess(EventType.BATTERY_LOW, _CONTEXT, now=_NOW)


def _classify_fix() -> None:
    policy.assess(EventType.LOCATION, _CONTEXT, now=_NOW)


def _classify_vitals() -> None:
    policy.assess(EventType.VITALS, _CONTEXT, now=_NOW)


def _classify_activity() -> None:
    policy.assess(EventType.ACTIVITY, _CONTEXT, now=_NOW)


def _hold_battery() -> None:
    suppression.decide(_FLAT, _CONTEXT, _STANDING)


def _relate_battery() -> None:
    correlation.subject_of(_FLAT, resident_id=1, premises_id=2, device_id=3)
    correlation.relate(_FLAT, None, None, now=_NOW)


def _hold() -> None:
    suppression.decide(_ASSESSED, _CONTEXT, _STANDING)


def _relate() -> None:
    correlation.subject_of(_ASSESSED, resident_id=1, premises_id=2, device_id=3)
    correlation.relate(_ASSESSED, _OPEN, _RESOLVED, now=_NOW)


def _combine() -> None:
    combinations.of_fall(_FALL, now=_NOW)


def _damp() -> None:
    damping.heard(_TRACE, bad=True, now=_NOW)


def _fence() -> None:
    fences.judge(_SIDE, _FIX, _FENCE, _NOW, _ZONE)


def _vitals() -> None:
    vitals.judge(_TRACKED, _READING, _PERSONAL)


def _inactivity() -> None:
    inactivity.judge(_QUIET, _LOOK, _RULE, _NOW, _ZONE)


_PARTS: Final[dict[str, Callable[[], None]]] = {
    "its class": _classify,
    "whether anything holds it": _hold,
    "its incident": _relate,
    "combinations": _combine,
    "fence": _fence,
    "vital signs": _vitals,
    "inactivity": _inactivity,
    "damping": _damp,
}


#: What an event of each kind is put through, its class always.
_EVENTS: Final[dict[str, tuple[Callable[[], None], ...]]] = {
    "a fall": (_classify, _hold, _relate, _combine),
    "a flat battery": (_classify_battery, _damp, _hold_battery, _relate_battery),
    "a fix, with a fence that has hours": (_classify_fix, _fence),
    "a heart rate": (_classify_vitals, _vitals),
    "a sign of life": (_classify_activity, _inactivity),
}


async def measure() -> list[Figure]:
    """Each part by itself, and what an event of each kind costs with all of them on."""
    figures = [Figure(name=f"part: {name}", value=_p50_us((part,)), unit="µs") for name, part in _PARTS.items()]
    figures += [
        Figure(name=f"one event, {name}", value=_p50_us(parts), unit="µs", target=TARGET_US)
        for name, parts in _EVENTS.items()
    ]
    print("\n".join(figure.line() for figure in figures), flush=True)
    return figures


def _p50_us(parts: Sequence[Callable[[], None]]) -> float:
    """Median over rounds of many calls, in processor time: what else runs on the machine is not the rules'."""
    took_us = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(CALLS):
            for part in parts:
                part()
        took_us.append(1e6 * (time.thread_time() - began) / CALLS)
    return percentile(took_us, 0.5)
