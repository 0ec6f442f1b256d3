"""What wears out in silence: batteries by level and trend, sensors that repeat themselves, presses never tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: A battery is low at this, nearly empty at that, and well again only above: no flapping around a threshold.
BATTERY_LOW_PCT: Final = 20.0
BATTERY_CRITICAL_PCT: Final = 10.0
BATTERY_WELL_PCT: Final = 30.0
#: Said before it is low where the trend reaches empty within so many days.
BATTERY_SOON_DAYS: Final = 7.0
#: Days of history a trend needs, and how far back it looks.
TREND_DAYS_LEAST: Final = 5
TREND_DAYS_MOST: Final = 30
#: A rise of this much between two days is a change or a charge: the trend begins anew after it.
CHARGED_BY_PCT: Final = 15.0
#: A trend over so few per cent is rounding.
TREND_DROP_LEAST_PCT: Final = 3.0

TEST_EVERY: Final = timedelta(days=35)
#: A device that itself says "test" for longer than this is a fault (centre.md, 12).
SAYS_TEST_MOST: Final = timedelta(hours=24)
#: Words of a test further apart than this are different tests.
TEST_GAP: Final = timedelta(hours=6)

#: As many fixes of one fix time over this long are a receiver that stands still, not a person who does.
SAME_FIX_TIME_LEAST: Final = 6
SAME_FIX_TIME_OVER: Final = timedelta(minutes=30)
#: Readings equal to the last digit, so many and over so long: no room and no body is so steady.
SAME_VALUE_LEAST: Final = 48
SAME_VALUE_OVER: Final = timedelta(hours=24)
#: Values that may stand still for weeks without anything being wrong.
STEADY_VALUES: Final = frozenset(
    {"battery", "battery_voltage", "signal", "rssi", "snr", "steps", "illuminance", "power", "count"}
)


class Battery(StrEnum):
    """How a battery stands."""

    WELL = "well"
    SOON = "soon"  #: by its trend, empty within a week
    LOW = "low"
    CRITICAL = "critical"


def judge_battery(pct: float, *, days_left: float | None, standing: Battery) -> Battery:
    """Say how a battery stands that stood at `standing`; only above `BATTERY_WELL_PCT` is one well again."""
    if pct <= BATTERY_CRITICAL_PCT:
        return Battery.CRITICAL
    if pct <= BATTERY_LOW_PCT:
        return Battery.CRITICAL if standing is Battery.CRITICAL else Battery.LOW
    if standing is not Battery.WELL and pct < BATTERY_WELL_PCT:
        return standing
    if days_left is not None and days_left <= BATTERY_SOON_DAYS:
        return Battery.SOON
    return Battery.WELL


def days_left(daily: Sequence[tuple[int, float]]) -> float | None:
    """Days until empty by the slope of daily lows `(day number, per cent)`, oldest first; None where none can be told.

    Least squares since the last charge; a battery that does not fall has no end in sight.
    """
    points = _since_charged([point for point in daily if point[0] > daily[-1][0] - TREND_DAYS_MOST]) if daily else []
    if len(points) < TREND_DAYS_LEAST:
        return None
    drop = max(pct for _, pct in points) - points[-1][1]
    mean_day = sum(day for day, _ in points) / len(points)
    mean_pct = sum(pct for _, pct in points) / len(points)
    spread = sum((day - mean_day) ** 2 for day, _ in points)
    slope = sum((day - mean_day) * (pct - mean_pct) for day, pct in points) / spread
    if slope >= 0 or drop < TREND_DROP_LEAST_PCT:
        return None
    return max(0.0, points[-1][1] / -slope)


def _since_charged(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    for place in range(len(points) - 1, 0, -1):
        if points[place][1] - points[place - 1][1] >= CHARGED_BY_PCT:
            return points[place:]
    return points


def test_overdue(*, last_test_at: datetime | None, watched_from: datetime, now: datetime) -> bool:
    """Whether the monthly press is overdue; a device never tested counts from when it was first relied on."""
    return now - max(watched_from, last_test_at or watched_from) > TEST_EVERY


test_overdue.__test__ = False  # type: ignore[attr-defined]  # a test runner takes the name for a test


def says_test_since(words: Sequence[datetime]) -> datetime | None:
    """Since when a device has gone on saying "test", by the receipts of its words, in any order; None without any."""
    newest_first = sorted(words, reverse=True)
    since = None
    for word in newest_first:
        if since is not None and since - word > TEST_GAP:
            break
        since = word
    return since


def stuck_in_test(words: Sequence[datetime], *, now: datetime) -> bool:
    """Whether a device says "test", still, and has for longer than a day."""
    since = says_test_since(words)
    return since is not None and now - max(words) <= TEST_GAP and now - since > SAYS_TEST_MOST


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One stored reading: when it came, the time its device gives it, and what it says."""

    received_at: datetime
    at: str  #: exactly as the device wrote it
    what: str  #: "fix" or the reading's name
    value: str  #: exactly as stored
    live: bool = True  #: False where it came late: a flush repeats nothing


class Stuck(StrEnum):
    FIX_TIME = "fix_time"
    VALUE = "value"


def judge_stuck(samples: Sequence[Sample]) -> Stuck | None:
    """Whether the newest readings of one kind only repeat themselves; `samples` newest first, of one `what`."""
    live = [sample for sample in samples if sample.live]
    if not live:
        return None
    run = _run(live, same_time=True)
    if live[0].what == "fix" and _long(run, SAME_FIX_TIME_LEAST, SAME_FIX_TIME_OVER):
        return Stuck.FIX_TIME
    if live[0].what in STEADY_VALUES:
        return None
    return Stuck.VALUE if _long(_run(live, same_time=False), SAME_VALUE_LEAST, SAME_VALUE_OVER) else None


def _run(samples: Sequence[Sample], *, same_time: bool) -> list[Sample]:
    run = []
    for sample in samples:
        same = sample.at == samples[0].at if same_time else sample.value == samples[0].value
        if not same:
            break
        run.append(sample)
    return run


def _long(run: Sequence[Sample], least: int, over: timedelta) -> bool:
    return len(run) >= least and run[0].received_at - run[-1].received_at >= over
