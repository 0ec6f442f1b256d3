"""Whether "arrived" or "done" can be, by place or by time; and how an arrival stands that cannot (centre.md, 20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rules.domain.assignments import OVERDUE_AGAIN_S, TAKE_BACK_S, Assignment, NextStep, Standing


class Doubt(StrEnum):
    """Why "arrived" or "done" cannot be."""

    FAR_AWAY = "far_away"
    TOO_SOON = "too_soon"
    NOT_ARRIVED = "not_arrived"


#: A fix indoors and a large estate: nearer than this is there.
_THERE_M: Final = 500.0
#: Nobody's way is shorter than a quarter of what was expected, where that was more than some minutes.
_TOO_SOON_SHARE: Final = 0.25
_TOO_SOON_LEAST_S: Final = 240
#: Help takes longer than this.
_DONE_SOON_S: Final = 60


def doubt_arrival(
    a: Assignment, *, away_m: float | None, accuracy_m: float, is_eta_measured: bool, now: datetime
) -> Doubt | None:
    """Why this arrival cannot be: by a fresh position (`away_m`), or, without one, by the time it took."""
    if away_m is not None:
        return Doubt.FAR_AWAY if away_m - accuracy_m > _THERE_M else None
    if not is_eta_measured or a.eta_s is None or a.eta_s < _TOO_SOON_LEAST_S:
        return None
    took_s = (now - (a.accepted_at or a.offered_at)).total_seconds()
    return Doubt.TOO_SOON if took_s < a.eta_s * _TOO_SOON_SHARE else None


def doubt_done(a: Assignment, *, now: datetime) -> Doubt | None:
    """Why "done" cannot be: nobody helps in less than a minute."""
    if a.arrived_at is None:
        return Doubt.NOT_ARRIVED
    return Doubt.TOO_SOON if (now - a.arrived_at).total_seconds() < _DONE_SOON_S else None


def doubted(fresh: Assignment, before: Assignment, *, now: datetime) -> Assignment:
    """An arrival in doubt, as it stands after a word: still to come, and looked at again when the word cannot be taken
    back any more. Saying it again, or talking on from there, puts nothing off."""
    if fresh.standing is not Standing.ON_SCENE:
        return replace(fresh, is_doubted=True)
    if not before.is_doubted:
        due_at = now + timedelta(seconds=TAKE_BACK_S)
        return replace(fresh, is_doubted=True, step=NextStep.ARRIVAL, due_at=due_at)
    stands = before.due_at if before.step is NextStep.ARRIVAL else None
    due_at = stands or now + timedelta(seconds=OVERDUE_AGAIN_S)
    return replace(fresh, is_doubted=True, step=NextStep.ARRIVAL, due_at=due_at, called_at=before.called_at)
