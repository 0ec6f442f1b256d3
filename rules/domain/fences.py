"""Fences: on which side a band is known to be, when that is a crossing, and when somebody must be told.

What is judged is the side and not the edge between two fixes: a band first heard of outside is outside. A side is
taken from a fix only where the whole circle of its accuracy lies there; it is believed after several fixes, or after
one that nothing contradicted for a while. What comes late, twice or with the fix time of the one before changes
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from rules.domain.hours import Window, next_start, period_at
from rules.domain.place import EARTH_RADIUS_M, PlaceSource, Point, distance_m

#: A fix that does not say how good it is. Receivers in the open are better, between houses as good as this.
ASSUMED_ACCURACY_M: Final = 50.0
#: What a fix from networks is at best, whatever it says of itself.
WIDENED_TO_M: Final = {PlaceSource.WIFI: 100.0, PlaceSource.CELL: 1_000.0}
#: So near the water counts as at it.
WATER_MARGIN_M: Final = 50.0
#: Agreeing fixes that are believed, and how long a single one must stand alone to be.
CONFIRM_FIXES: Final = 2
DWELL_S: Final = 180
#: A place last heard of so long ago says nothing about the hour in which a fence begins to hold.
STANDS_FOR: Final = timedelta(hours=6)
#: Half a degree of longitude is the widest fence: shapes are reckoned on a plane.
_METRES_A_DEGREE: Final = math.radians(1) * EARTH_RADIUS_M


class FenceKind(StrEnum):
    KEEP_IN = "keep_in"  #: told outside
    KEEP_OUT = "keep_out"  #: told inside
    WATER = "water"  #: told inside and near it


class Side(StrEnum):
    UNKNOWN = "unknown"
    INSIDE = "inside"
    OUTSIDE = "outside"


class Reason(StrEnum):
    """Why a fence tells something."""

    CROSSED = "crossed"
    FIRST_SEEN_THERE = "first_seen_there"  #: no edge was ever seen, and none is needed
    THERE_WHEN_IT_BEGAN = "there_when_it_began"  #: its hours began
    CAME_BACK = "came_back"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """A circle (`radius_m` around one point) or a polygon (three points or more, not closed)."""

    points: tuple[Point, ...]
    radius_m: float | None = None

    def edge_m(self, point: Point) -> float:
        """Metres to the edge: positive outside, negative inside."""
        if self.radius_m is not None:
            return distance_m(self.points[0], point) - self.radius_m
        flat = [_flat(corner, point) for corner in self.points]
        nearest = min(_to_segment(a, b) for a, b in _sides(flat))
        return -nearest if _holds_origin(flat) else nearest


@dataclass(frozen=True, kw_only=True, slots=True)
class Fence:
    """One fence of one band; no windows: it always holds."""

    id: int
    kind: FenceKind
    shape: Shape
    windows: tuple[Window, ...] = ()
    confirm_fixes: int = CONFIRM_FIXES
    dwell_s: int = DWELL_S

    @property
    def forbidden(self) -> Side:
        return Side.OUTSIDE if self.kind is FenceKind.KEEP_IN else Side.INSIDE


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """A fix as it came. `fix_at` is the receiver's own time of it, at most the receipt."""

    point: Point
    received_at: datetime
    fix_at: datetime
    accuracy_m: float | None = None
    source: PlaceSource | None = None
    late: bool = False  #: it was buffered: where somebody was then is not where they are

    @property
    def circle_m(self) -> float:
        told = ASSUMED_ACCURACY_M if self.accuracy_m is None else self.accuracy_m
        return max(told, WIDENED_TO_M.get(self.source, 0.0) if self.source is not None else 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What is known of one band at one fence; carried in the database."""

    side: Side = Side.UNKNOWN
    since: datetime | None = None  #: receipt of the first fix on this side
    crossing: int = 0  #: how often the side was found; names what is told
    came_from: Side = Side.UNKNOWN
    fix_at: datetime | None = None  #: of the newest fix that counted
    heard_at: datetime | None = None  #: its receipt
    candidate: Side | None = None  #: a side seen and not believed yet
    candidate_since: datetime | None = None
    candidate_fixes: int = 0
    told: bool = False  #: of this stay on the forbidden side, in this period of its hours
    told_period: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something to tell: `number` is one for each crossing and period, whatever came twice."""

    reason: Reason
    left: bool  #: True: on the forbidden side; False: back
    number: int
    at: datetime


def judge(
    state: State, fix: Fix | None, fence: Fence, now: datetime, zone: ZoneInfo
) -> tuple[State, Finding | None]:  # fmt: skip
    """Take one fix, or with None the passing of time, and say what is known now and what is to be told."""
    if fix is not None:
        if not counts(state, fix):
            return state, None
        state = _seen(state, fix, fence)
    return _told(_confirmed(state, fence, now), fence, now, zone)


def counts(state: State, fix: Fix) -> bool:
    """Whether a fix says anything new: not late, not older than the last, not of the same fix time again."""
    if fix.late:
        return False
    return state.fix_at is None or fix.fix_at > state.fix_at


def side_of(fix: Fix, fence: Fence) -> Side:
    """The side on which the whole circle of the fix lies; UNKNOWN where it lies on both."""
    edge_m = fence.shape.edge_m(fix.point)
    if fence.kind is FenceKind.WATER:
        edge_m -= WATER_MARGIN_M
    if edge_m > fix.circle_m:
        return Side.OUTSIDE
    return Side.INSIDE if edge_m < -fix.circle_m else Side.UNKNOWN


def next_look_at(state: State, fence: Fence, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When time alone may change something; None: only the next fix can."""
    due = []
    if state.candidate_since is not None:
        due.append(state.candidate_since + timedelta(seconds=fence.dwell_s))
    if state.side is fence.forbidden and fence.windows:
        begins_at = next_start(fence.windows, now, zone)
        if begins_at is not None:
            due.append(begins_at)
    return min(due, default=None)


def _seen(state: State, fix: Fix, fence: Fence) -> State:
    state = replace(state, fix_at=fix.fix_at, heard_at=fix.received_at)
    side = side_of(fix, fence)
    if side is Side.UNKNOWN:
        return state  # it lies on both sides: it neither proves nor refutes
    if side is state.side:
        return replace(state, candidate=None, candidate_since=None, candidate_fixes=0)
    if side is state.candidate:
        return replace(state, candidate_fixes=state.candidate_fixes + 1)
    return replace(state, candidate=side, candidate_since=fix.received_at, candidate_fixes=1)


def _confirmed(state: State, fence: Fence, now: datetime) -> State:
    if state.candidate is None or state.candidate_since is None:
        return state
    stood = now - state.candidate_since >= timedelta(seconds=fence.dwell_s)
    if state.candidate_fixes < fence.confirm_fixes and not stood:
        return state
    return replace(
        state, side=state.candidate, since=state.candidate_since, crossing=state.crossing + 1, came_from=state.side,
        candidate=None, candidate_since=None, candidate_fixes=0,
    )  # fmt: skip


def _told(state: State, fence: Fence, now: datetime, zone: ZoneInfo) -> tuple[State, Finding | None]:
    if state.side is not fence.forbidden:
        if state.told and state.side is not Side.UNKNOWN:
            back = Finding(reason=Reason.CAME_BACK, left=False, number=state.crossing, at=now)
            return replace(state, told=False, told_period=None), back
        return state, None
    period = period_at(fence.windows, now, zone) if fence.windows else None
    if fence.windows and period is None:
        return state, None
    begun = None if period is None else period.begins_at
    if state.told and state.told_period == begun:
        return state, None
    if state.heard_at is None or now - state.heard_at > STANDS_FOR:
        return state, None  # where they were so long ago: the next fix says
    finding = Finding(reason=_reason(state, begun), left=True, number=state.crossing, at=now)
    return replace(state, told=True, told_period=begun), finding


def _reason(state: State, begun: datetime | None) -> Reason:
    if begun is not None and state.since is not None and state.since < begun:
        return Reason.THERE_WHEN_IT_BEGAN
    return Reason.FIRST_SEEN_THERE if state.came_from is Side.UNKNOWN else Reason.CROSSED


# -- the plane around a fix ---------------------------------------------------------------------------------------

_Flat = tuple[float, float]


def _flat(corner: Point, origin: Point) -> _Flat:
    """Metres east and north of the fix: exact enough for a fence of some kilometres."""
    east = (corner.lon - origin.lon) * math.cos(math.radians(origin.lat)) * _METRES_A_DEGREE
    return east, (corner.lat - origin.lat) * _METRES_A_DEGREE


def _sides(corners: Sequence[_Flat]) -> list[tuple[_Flat, _Flat]]:
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


def _to_segment(a: _Flat, b: _Flat) -> float:
    """Metres from the origin to the nearest point between two."""
    along, up = b[0] - a[0], b[1] - a[1]
    squared = along * along + up * up
    share = 0.0 if squared == 0 else max(0.0, min(1.0, -(a[0] * along + a[1] * up) / squared))
    return math.hypot(a[0] + share * along, a[1] + share * up)


def _holds_origin(corners: Sequence[_Flat]) -> bool:
    """Whether a ray from the origin crosses the outline an odd number of times."""
    inside = False
    for (ax, ay), (bx, by) in _sides(corners):
        if (ay > 0) != (by > 0) and ax - ay * (bx - ax) / (by - ay) > 0:
            inside = not inside
    return inside
