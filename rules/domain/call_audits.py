"""The monthly sample of calls: drawn by a recorded seed, the same for whoever draws again (centre.md, 37)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from rules.domain.vocabulary import Outcome, Priority

#: At least two a dispatcher and month, one of them an emergency end to end (TEC).
PER_USER_LEAST: Final = 2
PER_USER_MOST: Final = 20
SCORE_MOST: Final = 4
_NIGHT_FROM, _NIGHT_TO = 22, 6


class Stratum(StrEnum):
    """Why a call was drawn."""

    EMERGENCY = "emergency"  #: of a P1 case in which help was needed, from press to end
    NIGHT = "night"
    ACCIDENTAL = "accidental"
    OTHER = "other"


class Criterion(StrEnum):
    """A line of the score sheet; 0 to 4, or left out where it does not apply."""

    GREETING = "greeting"
    IDENTITY_VERIFIED = "identity_verified"
    PLACE_CONFIRMED = "place_confirmed"
    CONDITION_ASKED = "condition_asked"
    PLAN_FOLLOWED = "plan_followed"
    RIGHT_DECISION = "right_decision"
    TONE = "tone"
    SAFETY_AT_END = "safety_at_end"
    RECORD_COMPLETE = "record_complete"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A call that may be drawn."""

    incident_id: int
    seq: int
    user_id: int
    called_at: datetime
    class_: str
    priority: Priority
    outcome: str | None

    def stratum(self, zone: ZoneInfo) -> Stratum:
        """The first that fits."""
        helped = self.outcome in (Outcome.EMERGENCY, Outcome.ASSISTANCE)
        if self.priority is Priority.CRITICAL and helped:
            return Stratum.EMERGENCY
        hour = self.called_at.astimezone(zone).hour
        if hour >= _NIGHT_FROM or hour < _NIGHT_TO:
            return Stratum.NIGHT
        return Stratum.ACCIDENTAL if self.outcome == Outcome.ACCIDENTAL else Stratum.OTHER


def draw(
    candidates: Iterable[Candidate], *, seed: int, per_user: int, zone: ZoneInfo
) -> list[tuple[Candidate, Stratum]]:  # fmt: skip
    """So many calls of each dispatcher: an emergency first, then night, accidental and other in turn.

    The order is that of a hash of the seed and the call: nobody chooses, and the seed proves it.
    """
    found: dict[int, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda one: (_rank(one, seed), one.incident_id, one.seq)):
        found.setdefault(candidate.user_id, []).append(candidate)
    return [drawn for _, calls in sorted(found.items()) for drawn in _of_one(calls, per_user, zone)]


def _rank(candidate: Candidate, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{candidate.incident_id}:{candidate.seq}".encode()).digest()


def _of_one(calls: Sequence[Candidate], per_user: int, zone: ZoneInfo) -> list[tuple[Candidate, Stratum]]:
    left = [(call, call.stratum(zone)) for call in calls]
    drawn: list[tuple[Candidate, Stratum]] = []
    turns = [Stratum.EMERGENCY, *[Stratum.NIGHT, Stratum.ACCIDENTAL, Stratum.OTHER, Stratum.EMERGENCY] * per_user]
    for wanted in turns:
        if len(drawn) == per_user or not left:
            break
        seen = {call.class_ for call, _ in drawn}
        fits = [one for one in left if one[1] is wanted]
        # Another class before the same again: a month of falls says little about fires.
        chosen = next((one for one in fits if one[0].class_ not in seen), fits[0] if fits else None)
        if chosen is not None:
            drawn.append(chosen)
            left.remove(chosen)
    return drawn


def score_pct(scores: Mapping[str, int]) -> float | None:
    """The sheet as a share of what could be had, in percent; None of an empty one."""
    return round(100 * sum(scores.values()) / (SCORE_MOST * len(scores)), 1) if scores else None
