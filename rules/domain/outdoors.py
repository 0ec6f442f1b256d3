"""When somebody who wanders is in danger of their life: by the hour, the weather, and the water nearby."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from rules.domain.hours import minute_of_day

#: From dusk in winter to daylight in summer: whoever is out then is seen by few.
NIGHT_FROM_MIN: Final = 20 * 60
NIGHT_UNTIL_MIN: Final = 6 * 60
#: Water so near is reached before anybody comes.
NEAR_WATER_M: Final = 100.0
FROST_C: Final = 0.0
HEAT_C: Final = 35.0


def is_night(now: datetime, zone: ZoneInfo) -> bool:
    """Whether it is night by the site's clocks."""
    minute = minute_of_day(now, zone)
    return minute >= NIGHT_FROM_MIN or minute < NIGHT_UNTIL_MIN


def at_risk(now: datetime, zone: ZoneInfo, *, near_water: bool, temperature_c: float | None = None) -> bool:
    """Whether being outside is dangerous now; an unknown temperature counts as mild."""
    extreme = temperature_c is not None and (temperature_c <= FROST_C or temperature_c > HEAT_C)
    return near_water or extreme or is_night(now, zone)
