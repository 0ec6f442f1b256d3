"""When the machine may send in a class that waits for the evening: never at night, if only by waiting."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from rules.domain.responder_rules import ResponderRules
from rules.domain.responders import NIGHT_FROM_HOUR, NIGHT_TO_HOUR

_DAY: Final = timedelta(days=1)


def not_before(opened_at: datetime, rules: ResponderRules, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment until which the machine sends nobody; None where it may now.

    By day that is the evening hour. In the evening it may at once; what opened, or went on, into the night waits for
    the morning.
    """
    from_ = _evening_of(opened_at, rules, zone)
    if now < from_:
        return from_
    hour = now.astimezone(zone).hour
    return None if rules.morning_hour <= hour < NIGHT_FROM_HOUR else _next(now, rules.morning_hour, zone)


def _evening_of(opened_at: datetime, rules: ResponderRules, zone: ZoneInfo) -> datetime:
    hour = opened_at.astimezone(zone).hour
    if NIGHT_TO_HOUR <= hour < rules.evening_hour:
        return _next(opened_at, rules.evening_hour, zone)
    in_the_evening = rules.evening_hour <= hour < NIGHT_FROM_HOUR
    return opened_at if in_the_evening else _next(opened_at, rules.morning_hour, zone)


def _next(at: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """When it is this hour next at the site, later than `at`; in the timezone of `at`."""
    local = at.astimezone(zone)
    today = datetime.combine(local.date(), time(hour), zone)
    found = today if today > local else datetime.combine(local.date() + _DAY, time(hour), zone)
    return found.astimezone(at.tzinfo)
