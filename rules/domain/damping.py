"""Technical causes that come and go, and devices that say too much: when they are damped, and when that ends.

Only technical causes are ever asked about here; who calls for help ten times a day is heard ten times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.domain.thresholds import Thresholds


@dataclass(frozen=True, kw_only=True, slots=True)
class DampingLimits:
    """Where coming and going becomes flapping, and many become too many."""

    flaps: int = 5  #: more changes between bad and well than this …
    flap_window_s: int = 600  #: … in so long
    calm_s: int = 1800  #: without a change for so long it flaps no more
    runaway_alarms: int = 20  #: more of one device and cause than this …
    runaway_window_s: int = 3600  #: … in so long
    runaway_calm_s: int = 3600
    samples: int = 20  #: alarms of a runaway device that its case shows one by one; the others are counted


LIMITS: Final = DampingLimits()


def limits_of(thresholds: Thresholds) -> DampingLimits:
    """The limits as a policy draws them."""
    return DampingLimits(
        flaps=thresholds.flapping_changes, flap_window_s=thresholds.flapping_window_s,
        runaway_alarms=thresholds.runaway_alarms, runaway_window_s=thresholds.runaway_window_s,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """How one cause of one device has come and gone of late."""

    bad: bool
    changes: tuple[datetime, ...] = ()
    flapping_since: datetime | None = None
    flaps: int = 0  #: since then
    window_at: datetime
    alarms: int = 0  #: in the window that began then
    runaway_since: datetime | None = None
    held: int = 0  #: since then, counted only
    last_at: datetime

    @property
    def is_first_of_window(self) -> bool:
        return self.alarms <= 1


def heard(trace: Trace | None, *, bad: bool, now: datetime, limits: DampingLimits = LIMITS) -> Trace:
    """The trace after one more word: the cause is (`bad`), or it is over."""
    if trace is None:
        return Trace(bad=bad, changes=(now,) if bad else (), window_at=now, alarms=int(bad), last_at=now)
    changed = trace.bad is not bad
    changes = _recent((*trace.changes, now) if changed else trace.changes, now, limits)
    begins = trace.flapping_since is None and len(changes) > limits.flaps
    flapping_since = now if begins else trace.flapping_since
    window_at, alarms, runaway_since, held = _counted(trace, now, limits) if bad else _as_counted(trace)
    return Trace(
        bad=bad, changes=changes, flapping_since=flapping_since, window_at=window_at, alarms=alarms,
        flaps=len(changes) if begins else trace.flaps + (changed and flapping_since is not None),
        runaway_since=runaway_since, held=held, last_at=now,
    )  # fmt: skip


#: When its window began, the alarms in it, since when it runs away, and what was only counted since.
_Counted = tuple[datetime, int, datetime | None, int]


def _as_counted(trace: Trace) -> _Counted:
    return trace.window_at, trace.alarms, trace.runaway_since, trace.held


def _counted(trace: Trace, now: datetime, limits: DampingLimits) -> _Counted:
    over = now - trace.window_at >= timedelta(seconds=limits.runaway_window_s)
    window_at, alarms = (now, 1) if over else (trace.window_at, trace.alarms + 1)
    runs = trace.runaway_since is not None or alarms > limits.runaway_alarms
    held = trace.held + 1 if runs and alarms > 1 else trace.held
    return window_at, alarms, (trace.runaway_since or now) if runs else None, held


def _recent(changes: tuple[datetime, ...], now: datetime, limits: DampingLimits) -> tuple[datetime, ...]:
    since = now - timedelta(seconds=limits.flap_window_s)
    return tuple(at for at in changes if at > since)[-(limits.flaps + 1) :]


def is_calm(trace: Trace, now: datetime, limits: DampingLimits = LIMITS) -> bool:
    """Whether a flapping cause has stayed as it is for long enough."""
    last = trace.changes[-1] if trace.changes else trace.last_at
    return now - max(last, trace.flapping_since or last) >= timedelta(seconds=limits.calm_s)
