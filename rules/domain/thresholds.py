"""The lines that a policy draws: when much is too much. Each is a proposal to be replayed on a county's own records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Counts and seconds. None of them holds, delays or lowers a life-safety alarm: that is in code."""

    storm_alarms: int = 20  #: of one area and class within the window: storm mode is suggested, never switched on
    storm_window_s: int = 60
    flapping_changes: int = 4  #: of one technical condition within the window: it flaps
    flapping_window_s: int = 600
    runaway_alarms: int = 10  #: technical ones of one device within the window: one case, the rest counted
    runaway_window_s: int = 600
    frequent_calls: int = 10  #: of one person within the window: a visit is proposed; every call is answered
    frequent_window_s: int = 24 * 3600


DEFAULT_THRESHOLDS: Final = Thresholds()
