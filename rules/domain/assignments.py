"""The life of an assignment, from the offer to the end, as one table; and what its own clock does when it is due.

An offer is answered or times out; an acceptance must be followed by movement or word; whoever moves must arrive; who
is there says every ten minutes how it goes. None of these clocks is the desk's: a responder's silence makes the case
louder and never quieter (centre.md, 2 and 25).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.domain.lifecycle import RulesError
from rules.domain.vocabulary import Class, Priority


class Standing(StrEnum):
    """How far one responder has come in one case."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    DONE = "done"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    STOOD_DOWN = "stood_down"
    LEFT = "left"  #: accepted, and does not come or went away


OPEN: Final = frozenset({Standing.OFFERED, Standing.ACCEPTED, Standing.EN_ROUTE, Standing.ON_SCENE})
#: Said yes, and may still come or is there.
GOING: Final = frozenset({Standing.ACCEPTED, Standing.EN_ROUTE, Standing.ON_SCENE})
MOVING: Final = frozenset({Standing.EN_ROUTE, Standing.ON_SCENE})
#: Asked, and does not come: not asked again in that round.
REFUSED: Final = frozenset({Standing.DECLINED, Standing.TIMED_OUT, Standing.LEFT})


class Word(StrEnum):
    """What a responder says, by page, key press or a desk on their word; or what is said to them."""

    ACCEPT = "accept"
    DECLINE = "decline"
    EN_ROUTE = "en_route"
    ARRIVE = "arrive"
    REPORT = "report"
    COMPLETE = "complete"
    TAKE_BACK = "take_back"
    STAND_DOWN = "stand_down"
    TIME_OUT = "time_out"


class DeclineReason(StrEnum):
    """Asked for, and carries no blame (centre.md, 25)."""

    AWAY = "away"
    ILL = "ill"
    AFRAID = "afraid"
    NOT_TRAINED = "not_trained"
    NO_TRANSPORT = "no_transport"
    OTHER = "other"


class NextStep(StrEnum):
    """What an open assignment waits for."""

    ANSWER = "answer"
    MOVEMENT = "movement"
    ARRIVAL = "arrival"
    REPORT = "report"
    SILENCE = "silence"  #: called, and not heard since


class WordRefused(RulesError):
    """This assignment is past that: look at how the case stands now."""


_S: Final = Standing
#: From a standing by a word; a missing pair is the refusal. A late yes is still a yes: the case decides.
WORDS: Final = MappingProxyType(
    {
        _S.OFFERED: MappingProxyType(
            {
                Word.ACCEPT: _S.ACCEPTED,
                Word.DECLINE: _S.DECLINED,
                Word.EN_ROUTE: _S.EN_ROUTE,
                Word.ARRIVE: _S.ON_SCENE,
                Word.STAND_DOWN: _S.STOOD_DOWN,
                Word.TIME_OUT: _S.TIMED_OUT,
            }
        ),
        _S.ACCEPTED: MappingProxyType(
            {
                Word.ACCEPT: _S.ACCEPTED,
                Word.DECLINE: _S.LEFT,
                Word.EN_ROUTE: _S.EN_ROUTE,
                Word.ARRIVE: _S.ON_SCENE,
                Word.REPORT: _S.ACCEPTED,
                Word.STAND_DOWN: _S.STOOD_DOWN,
            }
        ),
        _S.EN_ROUTE: MappingProxyType(
            {
                Word.DECLINE: _S.LEFT,
                Word.EN_ROUTE: _S.EN_ROUTE,
                Word.ARRIVE: _S.ON_SCENE,
                Word.REPORT: _S.EN_ROUTE,
                Word.STAND_DOWN: _S.STOOD_DOWN,
            }
        ),
        _S.ON_SCENE: MappingProxyType(
            {
                Word.DECLINE: _S.LEFT,
                Word.ARRIVE: _S.ON_SCENE,
                Word.REPORT: _S.ON_SCENE,
                Word.COMPLETE: _S.DONE,
                Word.TAKE_BACK: _S.EN_ROUTE,
                Word.STAND_DOWN: _S.STOOD_DOWN,
            }
        ),
        _S.DONE: MappingProxyType({Word.TAKE_BACK: _S.ON_SCENE}),
        _S.TIMED_OUT: MappingProxyType(
            {Word.ACCEPT: _S.ACCEPTED, Word.DECLINE: _S.DECLINED, Word.EN_ROUTE: _S.EN_ROUTE, Word.ARRIVE: _S.ON_SCENE}
        ),
        _S.DECLINED: MappingProxyType({}),
        _S.STOOD_DOWN: MappingProxyType({}),
        _S.LEFT: MappingProxyType({}),
    }
)
assert set(WORDS) == set(Standing), "a new standing needs its words"

#: An offer is given up after this, and the next is asked; seconds by priority.
_ANSWER_S: Final = MappingProxyType({Priority.CRITICAL: 60, Priority.URGENT: 180})
_ANSWER_OTHERS_S: Final = 600
#: Who accepted shows movement or word within this (centre.md, 25: three minutes for P1).
_MOVEMENT_S: Final = MappingProxyType({Priority.CRITICAL: 180, Priority.URGENT: 300})
_MOVEMENT_OTHERS_S: Final = 600
#: After the expected arrival: a red light and a flight of stairs.
GRACE_S: Final = 300
#: An arrival that is overdue is raised again after this, until it comes.
OVERDUE_AGAIN_S: Final = 300
#: On scene, a word every so often.
REPORT_S: Final = 600
#: After the call back nobody answered: from then on the responder counts as in danger.
SILENCE_S: Final = 120
#: A check so late was late by our own outage: whatever was said meanwhile did not reach us. One more term, once: an
#: engine that is always late would ask nobody else for ever.
OUTAGE_S: Final = 30
#: "Arrived" and "done" can be taken back for this long (centre.md, 20).
TAKE_BACK_S: Final = 60
#: Somebody so far from where they said yes has set out; a fix indoors wanders by less.
MOVED_M: Final = 150.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """One responder asked in one case, read under the case's lock."""

    id: int
    responder_id: int
    standing: Standing
    round: int
    offered_at: datetime
    step: NextStep | None
    due_at: datetime | None
    by_system: bool = True
    is_watched: bool = False
    is_outside_only: bool = False
    standby_at: datetime | None = None
    accepted_at: datetime | None = None
    moving_at: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    heard_at: datetime | None = None
    called_at: datetime | None = None
    renewed_at: datetime | None = None  #: given one more term for our own lateness; a word of theirs ends that
    arrive_by: datetime | None = None
    eta_s: int | None = None
    is_doubted: bool = False
    warned_of: frozenset[Class] = frozenset()  #: fire and gas that they know of, by the offer or told since

    @property
    def is_open(self) -> bool:
        return self.standing in OPEN


def answer_s(priority: Priority) -> int:
    """Seconds until an offer is given up."""
    return _ANSWER_S.get(priority, _ANSWER_OTHERS_S)


def movement_s(priority: Priority) -> int:
    """Seconds within which who accepted shows movement or word."""
    return _MOVEMENT_S.get(priority, _MOVEMENT_OTHERS_S)


def after(standing: Standing, word: Word) -> Standing:
    """The standing after the word, or `WordRefused`."""
    to = WORDS[standing].get(word)
    if to is None:
        raise WordRefused(f"{word} is not possible any more: the assignment is {standing}")
    return to


def heard(
    assignment: Assignment, word: Word, *, priority: Priority, circle_s: int, now: datetime, eta_s: int | None = None
) -> Assignment:
    """The assignment after a word, with what it waits for next; `WordRefused` where it is past that.

    `eta_s` is the responder's own word about how long they need, from now.
    """
    to = after(assignment.standing, word)
    fresh = replace(assignment, standing=to, heard_at=now, called_at=None, renewed_at=None)
    if eta_s is not None:
        fresh = replace(fresh, eta_s=eta_s)
    if to not in OPEN:
        return replace(fresh, step=None, due_at=None, ended_at=now)
    fresh = replace(fresh, ended_at=None)  # nor has a late yes
    if to in GOING and assignment.accepted_at is None:
        fresh = replace(fresh, accepted_at=now)
    if to in GOING and (fresh.arrive_by is None or eta_s is not None):
        fresh = replace(fresh, arrive_by=arrive_by(fresh.eta_s, circle_s=circle_s, now=now))
    if to in MOVING and fresh.moving_at is None:
        fresh = replace(fresh, moving_at=now)
    if to is Standing.ON_SCENE and (fresh.arrived_at is None or word is Word.ARRIVE):
        fresh = replace(fresh, arrived_at=now)
    if word is Word.TAKE_BACK:
        fresh = replace(fresh, arrived_at=None if to is Standing.EN_ROUTE else fresh.arrived_at)
    return _waiting(fresh, word, priority, now)


def _waiting(a: Assignment, word: Word, priority: Priority, now: datetime) -> Assignment:
    """With its next step after a word that leaves it open."""
    if a.standing is Standing.ON_SCENE:
        return _next(a, NextStep.REPORT, now, REPORT_S)
    if a.standing is Standing.ACCEPTED and word is Word.ACCEPT:
        return _next(a, NextStep.MOVEMENT, now, movement_s(priority))
    assert a.arrive_by is not None, "who goes is expected"
    return replace(a, step=NextStep.ARRIVAL, due_at=max(a.arrive_by, now + timedelta(seconds=60)))


def arrive_by(eta_s: int | None, *, circle_s: int, now: datetime) -> datetime:
    """When an arrival is overdue: the expected time and a grace, or the circle's where nobody knows how far it is."""
    return now + timedelta(seconds=circle_s if eta_s is None else eta_s + GRACE_S)


class Effect(StrEnum):
    """What a due clock asks for, beside what becomes of the assignment."""

    OFFER_AGAIN = "offer_again"  #: its notice may never have left
    NEXT = "next"  #: another is asked, if now nobody is left
    BESIDE = "beside"  #: another is asked in addition
    CALL = "call"  #: the responder is asked how they are
    RAISE = "raise"  #: the case is raised, and sounds
    ALARM = "alarm"  #: a case about the responder


class Reason(StrEnum):
    """Why a due clock did what it did."""

    NOT_ANSWERED = "not_answered"
    ANOTHER_ACCEPTED = "another_accepted"  #: stays offered until somebody moves
    OUTAGE_OF_OURS = "outage_of_ours"
    WORD_CAME = "word_came"
    NOT_MOVING = "not_moving"
    ARRIVAL_DOUBTED = "arrival_doubted"
    ARRIVAL_OVERDUE = "arrival_overdue"
    REPORT_MISSING = "report_missing"
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """What becomes of an assignment whose clock is due, and what follows."""

    assignment: Assignment
    reason: Reason
    effects: frozenset[Effect] = frozenset()


def on_due(a: Assignment, *, priority: Priority, another_accepted: bool, now: datetime) -> Ruling | None:
    """Fire this assignment's clock; None where it is not due. Counts from now, never from when it was due."""
    if a.due_at is None or a.step is None or a.due_at > now:
        return None
    late = a.renewed_at is None and now - a.due_at > timedelta(seconds=OUTAGE_S)
    match a.step:
        case NextStep.ANSWER:
            return _answer_due(a, priority, another_accepted=another_accepted, late=late, now=now)
        case NextStep.MOVEMENT:
            return _movement_due(a, priority, late=late, now=now)
        case NextStep.ARRIVAL:
            return _arrival_due(a, now)
        case NextStep.REPORT:
            return _report_due(a, now)
        case NextStep.SILENCE:
            return _silence_due(a, late=late, now=now)


def _answer_due(a: Assignment, priority: Priority, *, another_accepted: bool, late: bool, now: datetime) -> Ruling:
    wait_s = answer_s(priority)
    if another_accepted:
        return Ruling(assignment=_next(a, NextStep.ANSWER, now, wait_s), reason=Reason.ANOTHER_ACCEPTED)
    if late:
        again = replace(_next(a, NextStep.ANSWER, now, wait_s), renewed_at=now)
        return Ruling(assignment=again, reason=Reason.OUTAGE_OF_OURS, effects=frozenset({Effect.OFFER_AGAIN}))
    ended = replace(a, standing=after(a.standing, Word.TIME_OUT), step=None, due_at=None, ended_at=now)
    return Ruling(assignment=ended, reason=Reason.NOT_ANSWERED, effects=frozenset({Effect.NEXT}))


def _movement_due(a: Assignment, priority: Priority, *, late: bool, now: datetime) -> Ruling:
    if late:
        again = replace(_next(a, NextStep.MOVEMENT, now, answer_s(priority)), renewed_at=now)
        return Ruling(assignment=again, reason=Reason.OUTAGE_OF_OURS)
    due_at = max(a.arrive_by or now, now + timedelta(seconds=60))
    waiting = replace(a, step=NextStep.ARRIVAL, due_at=due_at, called_at=now)
    return Ruling(assignment=waiting, reason=Reason.NOT_MOVING, effects=frozenset({Effect.BESIDE, Effect.CALL}))


def _arrival_due(a: Assignment, now: datetime) -> Ruling:
    if a.is_doubted and a.called_at is None:
        # Nobody has taken it back, and no desk has it on their word: they count as coming no more, and may come yet.
        due_at = max(a.arrive_by or now, now + timedelta(seconds=OVERDUE_AGAIN_S))
        waiting = replace(a, step=NextStep.ARRIVAL, due_at=due_at, called_at=now)
        return Ruling(
            assignment=waiting, reason=Reason.ARRIVAL_DOUBTED, effects=frozenset({Effect.BESIDE, Effect.CALL})
        )
    effects = frozenset({Effect.RAISE, Effect.BESIDE, Effect.CALL})
    step, wait_s = (NextStep.SILENCE, SILENCE_S) if a.is_watched else (NextStep.ARRIVAL, OVERDUE_AGAIN_S)
    waiting = replace(_next(a, step, now, wait_s), called_at=now)
    return Ruling(assignment=waiting, reason=Reason.ARRIVAL_OVERDUE, effects=effects)


def _report_due(a: Assignment, now: datetime) -> Ruling:
    called = replace(_next(a, NextStep.SILENCE, now, SILENCE_S), called_at=now)
    return Ruling(assignment=called, reason=Reason.REPORT_MISSING, effects=frozenset({Effect.CALL}))


def _silence_due(a: Assignment, *, late: bool, now: datetime) -> Ruling:
    """Not heard since the call back. The call itself may have stuck in our outage: then it is made once more."""
    if late:
        called = replace(_next(a, NextStep.SILENCE, now, SILENCE_S), called_at=now, renewed_at=now)
        return Ruling(assignment=called, reason=Reason.OUTAGE_OF_OURS, effects=frozenset({Effect.CALL}))
    there = a.standing is Standing.ON_SCENE
    again = _next(a, NextStep.SILENCE, now, REPORT_S if there else OVERDUE_AGAIN_S)
    return Ruling(assignment=again, reason=Reason.SILENT, effects=frozenset({Effect.ALARM, Effect.BESIDE, Effect.CALL}))


def _next(a: Assignment, step: NextStep, now: datetime, seconds: int) -> Assignment:
    return replace(a, step=step, due_at=now + timedelta(seconds=seconds))


def may_take_back(a: Assignment, *, now: datetime) -> bool:
    """Whether "arrived" or "done" was said so shortly ago that it can be taken back."""
    said_at = a.ended_at if a.standing is Standing.DONE else a.arrived_at if a.standing is Standing.ON_SCENE else None
    return said_at is not None and (now - said_at).total_seconds() <= TAKE_BACK_S
