"""Body readings against somebody's own bounds: what is beyond them, for how many readings, and how fast it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: Readings in a row beyond a bound that are believed (centre.md, part 3: two for danger).
DANGER_READINGS: Final = 2
ATTENTION_READINGS: Final = 3
CHANGE_READINGS: Final = 2
#: So long a device's own `medical` and the readings before it are one.
MEDICAL_WITHIN: Final = timedelta(minutes=15)
#: Earlier values kept to see how fast one changes.
KEPT_MOST: Final = 12


class Level(StrEnum):
    NORMAL = "normal"
    ATTENTION = "attention"
    DANGER = "danger"


_RANK: Final = {Level.NORMAL: 0, Level.ATTENTION: 1, Level.DANGER: 2}


class Reason(StrEnum):
    """Why a reading tells something."""

    BEYOND_DANGER = "beyond_danger"
    BEYOND_ATTENTION = "beyond_attention"
    CHANGES_FAST = "changes_fast"
    BACK_IN_BOUNDS = "back_in_bounds"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Of one quantity, in its unit: outside (low, high) is attention or danger; None: no such bound."""

    danger_low: float | None = None
    attention_low: float | None = None
    attention_high: float | None = None
    danger_high: float | None = None
    margin: float = 0.0  #: a value has to come back by so much to be in bounds again
    change: float | None = None  #: so great a change within `change_within` is attention
    change_within: timedelta = timedelta(minutes=30)
    plausible: tuple[float, float] = (0.0, 1e9)  #: what a body can have; anything else is no measurement


#: Where a resident's record names no bound of their own. Danger is three points of NEWS2, attention two (Royal College
#: of Physicians, 2017); pressure and glucose, of which it says less, are our proposals.
COUNTY: Final[Mapping[str, Bounds]] = {
    "heart_rate_bpm": Bounds(
        danger_low=40, attention_low=50, attention_high=110, danger_high=131, margin=3, change=50, plausible=(20, 260)
    ),
    "spo2_pct": Bounds(danger_low=91, attention_low=93, margin=1, change=6, plausible=(50, 100)),
    "systolic_mmhg": Bounds(
        danger_low=90, attention_low=100, attention_high=180, danger_high=220, margin=5, plausible=(50, 300)
    ),
    "diastolic_mmhg": Bounds(
        danger_low=40, attention_low=50, attention_high=110, danger_high=130, margin=5, plausible=(20, 200)
    ),
    "temperature_c": Bounds(
        danger_low=35.0, attention_low=35.5, attention_high=38.5, danger_high=39.5, margin=0.2, plausible=(30, 44)
    ),
    "respiratory_rate_bpm": Bounds(
        danger_low=8, attention_low=10, attention_high=21, danger_high=25, margin=1, plausible=(3, 70)
    ),
    "glucose_mmol_l": Bounds(
        danger_low=3.0, attention_low=3.9, attention_high=16.7, danger_high=22.0, margin=0.3, change=8,
        change_within=timedelta(hours=1), plausible=(1, 40),
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Personal:
    """A resident's own bounds; a quantity or a bound that is not named has the county's."""

    bounds: Mapping[str, Bounds] = field(default_factory=lambda: COUNTY)

    @classmethod
    def of(cls, named: Mapping[str, Mapping[str, float | None]]) -> Personal:
        """From the record: quantity → the bounds that somebody set; null takes one away."""
        return cls(bounds={name: _with(county, named.get(name, {})) for name, county in COUNTY.items()})


#: What a record may set of a quantity.
SET: Final = frozenset({"danger_low", "attention_low", "attention_high", "danger_high"})
assert {one.name for one in fields(Bounds)} >= SET


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What one message said of a body."""

    values: Mapping[str, float]
    received_at: datetime
    at: datetime  #: the device's time, at most the receipt
    late: bool = False
    worn: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One quantity of one person as it stands."""

    level: Level = Level.NORMAL  #: told
    danger_run: int = 0
    attention_run: int = 0
    change_run: int = 0
    recent: tuple[tuple[datetime, float], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What is known of one person's readings by one device; carried in the database."""

    at: datetime | None = None
    tracks: Mapping[str, Track] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something to tell; `level` NORMAL: back in bounds."""

    reason: Reason
    level: Level
    quantity: str
    value: float


def judge(state: State, reading: Reading, personal: Personal) -> tuple[State, Finding | None]:
    """Take one message: the state after it, and the worst that is new about it."""
    if not counts(state, reading):
        return state, None
    tracks, found = dict(state.tracks), []
    for quantity, value in reading.values.items():
        bounds = personal.bounds.get(quantity)
        if bounds is None or not is_plausible(value, bounds):
            continue
        tracks[quantity], finding = _one(tracks.get(quantity, Track()), quantity, value, reading.at, bounds)
        if finding is not None:
            found.append(finding)
    worst = max(found, key=lambda one: _RANK[one.level], default=None)
    return State(at=reading.at, tracks=tracks), worst


def counts(state: State, reading: Reading) -> bool:
    """Whether a message says something new about the person: worn, not late, newer than the last."""
    return reading.worn and not reading.late and (state.at is None or reading.at > state.at)


def is_plausible(value: float, bounds: Bounds) -> bool:
    """Whether a living body can have it; a zero is a sensor without a wrist."""
    low, high = bounds.plausible
    return low <= value <= high


def level_of(value: float, bounds: Bounds, *, margin: float = 0.0) -> Level:
    """On which side of the bounds a value lies; with `margin` it must be so far within them to count as in bounds."""
    if _beyond(value, bounds.danger_low, bounds.danger_high, margin):
        return Level.DANGER
    if _beyond(value, bounds.attention_low, bounds.attention_high, margin):
        return Level.ATTENTION
    return Level.NORMAL


def dangers(values: Mapping[str, float], personal: Personal) -> frozenset[str]:
    """The quantities of a message that are beyond the danger bound."""
    return frozenset(
        quantity
        for quantity, value in values.items()
        if (bounds := personal.bounds.get(quantity)) is not None
        and is_plausible(value, bounds)
        and level_of(value, bounds) is Level.DANGER
    )


def in_danger(state: State, values: Mapping[str, float], personal: Personal, *, said_before: bool) -> bool | None:
    """What the bounds say of a device's own `medical` (`Context.vitals_in_danger`).

    True after two readings beyond the danger bound: this one, and one just before by telemetry (the state) or in an
    earlier `medical` (`said_before`). False where only the attention bound is passed. None where nothing can be told:
    no values, all in bounds, or a single reading in danger, which stays the device's own unproven word (P2).
    """
    beyond = dangers(values, personal)
    if beyond:
        tracks = (state.tracks.get(quantity, Track()) for quantity in beyond)
        return True if said_before or any(track.danger_run > 0 for track in tracks) else None
    needs_attention = any(
        is_plausible(value, bounds) and level_of(value, bounds) is Level.ATTENTION
        for quantity, value in values.items()
        if (bounds := personal.bounds.get(quantity)) is not None
    )
    return False if needs_attention else None


def _with(county: Bounds, own: Mapping[str, float | None]) -> Bounds:
    return replace(
        county,
        danger_low=own.get("danger_low", county.danger_low),
        attention_low=own.get("attention_low", county.attention_low),
        attention_high=own.get("attention_high", county.attention_high),
        danger_high=own.get("danger_high", county.danger_high),
    )


def _beyond(value: float, low: float | None, high: float | None, margin: float) -> bool:
    return (low is not None and value <= low + margin) or (high is not None and value >= high - margin)


def _one(
    track: Track, quantity: str, value: float, at: datetime, bounds: Bounds
) -> tuple[Track, Finding | None]:  # fmt: skip
    level = level_of(value, bounds)
    danger_run = track.danger_run + 1 if level is Level.DANGER else 0
    attention_run = track.attention_run + 1 if level is not Level.NORMAL else 0
    recent = _within(track.recent, at, bounds.change_within)
    change_run = track.change_run + 1 if _changed(recent, value, bounds) else 0
    track = replace(
        track, danger_run=danger_run, attention_run=attention_run, change_run=change_run,
        recent=(*recent, (at, value))[-KEPT_MOST:],
    )  # fmt: skip
    reason, risen = _risen(track)
    if risen is not None and _RANK[risen] > _RANK[track.level]:
        return replace(track, level=risen), Finding(reason=reason, level=risen, quantity=quantity, value=value)
    return _settled(track, quantity, value, bounds)


def _changed(recent: tuple[tuple[datetime, float], ...], value: float, bounds: Bounds) -> bool:
    """Far from where it was at the beginning of the window, and it was in bounds there: coming back is no change."""
    if bounds.change is None or not recent:
        return False
    before = recent[0][1]
    return level_of(before, bounds) is Level.NORMAL and abs(value - before) >= bounds.change


def _risen(track: Track) -> tuple[Reason, Level | None]:
    if track.danger_run >= DANGER_READINGS:
        return Reason.BEYOND_DANGER, Level.DANGER
    if track.attention_run >= ATTENTION_READINGS:
        return Reason.BEYOND_ATTENTION, Level.ATTENTION
    return Reason.CHANGES_FAST, Level.ATTENTION if track.change_run >= CHANGE_READINGS else None


def _settled(track: Track, quantity: str, value: float, bounds: Bounds) -> tuple[Track, Finding | None]:
    """Back only where the value has come back by the margin: no flapping around a bound."""
    is_back = level_of(value, bounds, margin=bounds.margin) is Level.NORMAL and track.change_run == 0
    if track.level is Level.NORMAL or not is_back:
        return track, None
    back = Finding(reason=Reason.BACK_IN_BOUNDS, level=Level.NORMAL, quantity=quantity, value=value)
    return replace(track, level=Level.NORMAL), back


def _within(
    recent: tuple[tuple[datetime, float], ...], at: datetime, window: timedelta
) -> tuple[tuple[datetime, float], ...]:  # fmt: skip
    return tuple(one for one in recent if at - one[0] <= window)
