"""The field chain of a case: whom to ask next, when a round is over, and when the chain has done its work.

It ends only with an arrival or a hand-over that was accepted. A list that is used up goes to the supervisors, and
begins again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.domain.assignments import GOING, MOVING, REFUSED, Assignment, Standing
from rules.domain.ranking import Candidate
from rules.domain.vocabulary import Class, Priority, State

#: Three refusals or time-outs in 30 days: somebody should talk with them (centre.md, 25).
REFUSALS_FLAGGED: Final = 3
REFUSALS_WITHIN_DAYS: Final = 30
#: Between two rounds, in seconds: who has just said no is not rung in the same minute.
_ROUND_PAUSE_S: Final = {Priority.CRITICAL: 60, Priority.URGENT: 180}
_ROUND_PAUSE_OTHERS_S: Final = 900
#: With nobody to ask at all, it is looked again after these, the last again and again.
_EMPTY_AGAIN_S: Final = (60, 120, 300)
#: While offers are open or somebody comes, the chain looks whether that is still so.
LOOK_AGAIN_S: Final = 300


class Verdict(StrEnum):
    """What the chain does when it looks."""

    ENOUGH = "enough"  #: an arrival, or an accepted hand-over
    COMING = "coming"  #: somebody goes, or has not answered yet
    SEND = "send"
    ROUND_OVER = "round_over"  #: everybody was asked: supervisors, and it begins again
    NOBODY = "nobody"  #: nobody can be asked: supervisors, and it is looked again


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """How far the field chain of a case has come."""

    round: int = 0
    sendings: int = 0
    empty_looks: int = 0
    satisfied: bool = False
    warned_of: frozenset[Class] = frozenset()  #: fire and gas of which those near by were told


def look(chain: Chain, assignments: Iterable[Assignment]) -> Verdict:
    """Whether anybody has to be asked at all; `SEND` says yes.

    Who said yes and was called since because nothing moved, or because they cannot be where they say, is not counted as
    coming.
    """
    if chain.satisfied:
        return Verdict.ENOUGH
    return Verdict.COMING if any(map(_comes, assignments)) else Verdict.SEND


def _comes(a: Assignment) -> bool:
    return a.is_open and (a.called_at is None or (a.standing is Standing.ON_SCENE and not a.is_doubted))


def choose(candidates: Sequence[Candidate], *, count: int) -> tuple[Candidate, ...]:
    """The first so many whom the machine may ask."""
    return tuple(candidate for candidate in candidates if candidate.why_not is None)[:count]


def when_empty(chain: Chain, assignments: Iterable[Assignment]) -> Verdict:
    """What it means that nobody can be chosen: a round that is over, or nobody there at all."""
    asked = any(a.round == chain.round and a.standing in REFUSED for a in assignments)
    return Verdict.ROUND_OVER if asked else Verdict.NOBODY


def pause_s(verdict: Verdict, chain: Chain, priority: Priority) -> int:
    """Seconds until the chain looks again; it never ends by itself."""
    if verdict is Verdict.ROUND_OVER:
        return _ROUND_PAUSE_S.get(priority, _ROUND_PAUSE_OTHERS_S)
    if verdict is Verdict.NOBODY:
        return _EMPTY_AGAIN_S[min(chain.empty_looks, len(_EMPTY_AGAIN_S) - 1)]
    return LOOK_AGAIN_S


def first_won(assignments: Iterable[Assignment], asked: Assignment) -> bool:
    """Whether another of the same sending has said yes and comes: the first acceptance wins.

    Not while that one shows no movement: then whoever is willing may go beside. Who was asked later, in addition, was
    asked because one is not enough.
    """
    return any(
        a.id != asked.id and a.offered_at == asked.offered_at and a.standing in GOING and a.called_at is None
        for a in assignments
    )


def stood_down_by_movement(assignments: Iterable[Assignment], mover: Assignment) -> tuple[Assignment, ...]:
    """Once somebody moves, whoever was only asked is not needed any more; who accepted is, until somebody arrived."""
    return tuple(a for a in assignments if a.standing is Standing.OFFERED and _goes_with(a, mover))


def stood_down_by_arrival(assignments: Iterable[Assignment], first: Assignment) -> tuple[Assignment, ...]:
    """Once somebody is there, who was asked or has not set out is not needed; who is on the way may still help."""
    waiting = (Standing.OFFERED, Standing.ACCEPTED)
    return tuple(a for a in assignments if a.standing in waiting and _goes_with(a, first))


def _goes_with(a: Assignment, other: Assignment) -> bool:
    """Asked instead of the other, not beside it on a dispatcher's word."""
    return a.id != other.id and (a.by_system or a.offered_at == other.offered_at)


def somebody_moves(assignments: Iterable[Assignment]) -> bool:
    return any(a.standing in MOVING and not a.is_doubted for a in assignments)


def state_after(state: State, standings: Collection[Standing], *, attended: bool) -> State:
    """How far help has come after a responder declined, left, timed out, was stood down or took an arrival back."""
    if state not in (State.DISPATCHED, State.ON_SCENE):
        return state
    if Standing.ON_SCENE in standings or (state is State.ON_SCENE and Standing.DONE in standings):
        return State.ON_SCENE
    if not GOING.isdisjoint(standings) or Standing.OFFERED in standings:
        return State.DISPATCHED
    return State.CLAIMED if attended else State.OPEN


def raised(priority: Priority) -> Priority:
    """One higher: an arrival that is overdue makes a case more urgent, never less."""
    return Priority(max(Priority.CRITICAL, priority - 1))
