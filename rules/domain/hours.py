"""Hours of days in the site's time: when a fence holds, when movement is expected, when somebody is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

DAY_MIN: Final = 24 * 60
ALL_DAYS: Final = frozenset(range(1, 8))
#: A weekly window begins again within eight days, whatever day it is now.
_DAYS_AHEAD: Final = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """From one minute of the day to another, over midnight where `to_min` is not later; it belongs to its first day."""

    from_min: int = 0
    to_min: int = DAY_MIN
    days: frozenset[int] = ALL_DAYS  #: 1 is Monday, 7 is Sunday

    @property
    def length(self) -> timedelta:
        """How long it lasts by the wall clock; a whole day where both ends are the same."""
        return timedelta(minutes=(self.to_min - self.from_min) % DAY_MIN or DAY_MIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """One occurrence of a window, in UTC-comparable times; `until` is its first moment after."""

    begins_at: datetime
    until: datetime


def period_at(windows: Sequence[Window], now: datetime, zone: ZoneInfo) -> Period | None:
    """The occurrence that lasts now; of several the one that began first."""
    today = now.astimezone(zone).date()
    around = (_on(window, today - timedelta(days=back), zone) for window in windows for back in (1, 0))
    lasting = [period for period in around if period is not None and period.begins_at <= now < period.until]
    return min(lasting, key=lambda period: period.begins_at, default=None)


def next_start(windows: Sequence[Window], now: datetime, zone: ZoneInfo) -> datetime | None:
    """When one begins next, later than now; None where there are none."""
    today = now.astimezone(zone).date()
    coming = (
        _on(window, today + timedelta(days=ahead), zone) for window in windows for ahead in range(_DAYS_AHEAD)
    )  # fmt: skip
    return min((period.begins_at for period in coming if period is not None and period.begins_at > now), default=None)


def minute_of_day(now: datetime, zone: ZoneInfo) -> int:
    """Minutes since midnight by the site's clocks."""
    local = now.astimezone(zone)
    return local.hour * 60 + local.minute


@lru_cache(maxsize=4096)
def _on(window: Window, day: date, zone: ZoneInfo) -> Period | None:
    """The same for every event of a day, and most of what asking cost."""
    if day.isoweekday() not in window.days:
        return None
    begins_at = datetime.combine(day, time(), zone) + timedelta(minutes=window.from_min)
    return Period(begins_at=begins_at, until=begins_at + window.length)
