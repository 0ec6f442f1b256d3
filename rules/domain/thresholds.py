"""The lines that a policy draws: when much is too much. Each is a proposal to be replayed on a county's own records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Counts and seconds. None of them holds, delays or lowers a life-safety alarm: that is in code."""

    storm_alarms: int = 50  #: more technical ones of one area in the window: storm mode is suggested, never switched on
    storm_window_s: int = 600
    storm_times_normal: float = 3.0  #: more than so many times what is usual at this hour …
    storm_least: int = 12  #: … but at least so many: three times nothing is nothing
    power_window_s: int = 120  #: from how many power losses in it they are one outage:
    power_hub: int = 3  #: devices behind one hub
    power_own_area: int = 5  #: homes of one community
    power_wider: int = 10  #: homes of an area above it
    power_total: int = 10  #: homes of the whole centre
    flapping_changes: int = 5  #: more of one technical condition than this in the window: it flaps
    flapping_window_s: int = 600
    runaway_alarms: int = 20  #: more technical ones of one device than this in the window: one case, the rest counted
    runaway_window_s: int = 3600


DEFAULT_THRESHOLDS: Final = Thresholds()
