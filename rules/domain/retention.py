"""How long each kind of record is kept, and what a day of readings still owes (centre.md, 33)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What is erased by a period of its own."""

    INCIDENTS = "incidents"
    RECORDINGS = "recordings"
    RECORDINGS_KEPT = "recordings_kept"  #: of P1 cases, and of those a complaint names
    POSITIONS = "positions"
    READINGS = "readings"
    DEAD_LETTERS = "dead_letters"
    ACCESS_LOGS = "access_logs"
    CALLS = "calls"  #: that no case came of: their numbers
    HELD = "held"  #: what was held back, after it ended
    COMPLAINTS = "complaints"  #: who complained, of what, and the answer
    CALL_AUDITS = "call_audits"  #: what reviewers wrote of a call
    RESIDENTS_LEFT = "residents_left"


@dataclass(frozen=True, kw_only=True, slots=True)
class Periods:
    """Days each kind is kept."""

    incidents: int
    recordings: int
    recordings_kept: int
    positions: int
    readings: int  #: the longer of vitals' and other sensors': a day of readings goes as a whole
    dead_letters: int
    access_logs: int
    calls: int
    held: int
    complaints: int
    call_audits: int
    residents_left: int

    def days(self, kind: Kind) -> int:
        days: int = getattr(self, kind.value)
        return days

    def before(self, kind: Kind, now: datetime) -> datetime:
        """Everything of the kind older than this is erased."""
        return now - timedelta(days=self.days(kind))


def days_past(days: Iterable[date], before: datetime) -> tuple[date, ...]:
    """Of these UTC days those that ended before then, the oldest first: a day is worked off as a whole."""
    last = before.astimezone(UTC).date()
    return tuple(sorted(day for day in days if day < last))


assert {kind.value for kind in Kind} == set(Periods.__dataclass_fields__), "each kind has its period"
