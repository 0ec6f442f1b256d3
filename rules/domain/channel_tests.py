"""When a channel is tested: each day by daylight, and sooner while its last test did not pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

#: A test a day, and an hour for whoever is late: then a channel counts as untested.
KEEPS_S: Final = 25 * 3600
#: Daily, at about the same hour: half an hour less than a day, so that it never slips past 25 h.
EVERY_S: Final = 23 * 3600 + 1800
#: A test that did not pass is tried again after this.
AGAIN_S: Final = 900
#: Nobody is woken for a test; a channel that was never tested does not wait for the morning.
FROM_HOUR: Final = 8
TO_HOUR: Final = 20
#: A test whose answer has not come by then has failed.
ANSWER_LIMIT_S: Final = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Last:
    """A channel's last test; `passed` is None while it runs."""

    begun_at: datetime
    passed: bool | None


def due(last: Last | None, *, now: datetime, timezone: ZoneInfo) -> bool:
    """Whether to test now. One that runs is waited for; by night only what would lapse before the morning."""
    if last is None:
        return True
    if last.passed is None:
        return False
    age = now - last.begun_at
    if not last.passed:
        return age >= timedelta(seconds=AGAIN_S)
    if age >= timedelta(seconds=KEEPS_S - AGAIN_S):
        return True
    by_day = FROM_HOUR <= now.astimezone(timezone).hour < TO_HOUR
    return by_day and age >= timedelta(seconds=EVERY_S)
