"""How busy the desks were: who was on duty when, and how many alarms sounded for each of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.domain.kpi import By, Exclusion, Sample

#: The load is counted in pieces of this length (EEMUA 191).
PIECE: Final = timedelta(minutes=10)
#: Up to so many alarms a desk; what is above is the last group.
_STEPS: Final = ((1.0, "0-1"), (5.0, "1-5"), (10.0, "5-10"))


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyChange:
    """A user said whether they are at a desk; a desk that fell silent is not known from this record."""

    at: datetime
    user_id: int
    is_on: bool


class Desks:
    """How many desks were on duty at any moment since the record of it begins."""

    def __init__(self, changes: Iterable[DutyChange]) -> None:
        on, times, counts = set[int](), list[datetime](), list[int]()
        for change in sorted(changes, key=lambda one: (one.at, one.user_id)):
            on = on | {change.user_id} if change.is_on else on - {change.user_id}
            times.append(change.at)
            counts.append(len(on))
        self._times, self._counts = times, counts

    def at(self, moment: datetime) -> int | None:
        """How many; None before the record begins."""
        place = bisect_right(self._times, moment)
        return self._counts[place - 1] if place else None


class Load:
    """Alarms per desk in the ten minutes up to a moment."""

    def __init__(self, alarms: Sequence[datetime], desks: Desks) -> None:
        self._alarms, self._desks = sorted(alarms), desks

    def group_at(self, moment: datetime) -> str | None:
        """`no_desk`, or how many alarms each desk had; None where no duty is on record."""
        desks = self._desks.at(moment)
        if not desks:
            return None if desks is None else "no_desk"
        share = self._between(moment - PIECE, moment) / desks
        return next((name for most, name in _STEPS if share <= most), "over 10")

    def pieces(self, start: datetime, end: datetime) -> Iterator[Sample]:
        """The load of each ten minutes of the period."""
        while start < end:
            desks = self._desks.at(start)
            alarms = self._between(start, start + PIECE) if start + PIECE <= end else self._between(start, end)
            why = Exclusion.NO_DUTY_RECORD if desks is None else None if desks else Exclusion.NO_DESK_ON_DUTY
            value = alarms / desks if desks else None
            yield Sample(ref=f"time:{start.isoformat()}", at=start, value=value, excluded=why)
            start += PIECE

    def _between(self, start: datetime, end: datetime) -> int:
        return bisect_left(self._alarms, end) - bisect_left(self._alarms, start)


def hour_groups(at: datetime, area: str | None = None) -> dict[By, str]:
    """The groups of what belongs to no case; `at` is in the site's time."""
    return {By.HOUR: f"{at:%H}", **({By.AREA: area} if area is not None else {})}
