"""The emergency services of a case: when a person must have called them, and what they answered.

They are no end of a chain but an early, parallel step (centre.md, 7). The machine never dials them: it rings whoever
must, again every minute, until a hand-over is on record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rules.domain import calls, deadlines, services
from rules.domain.calls import CallMade
from rules.domain.deadlines import Deadline, DeadlineKind
from rules.domain.firing import Firing
from rules.domain.lifecycle import TAKES_CLAIM
from rules.domain.notices import Purpose
from rules.domain.plans import FrozenStep
from rules.domain.policy import Assessment
from rules.domain.services import Confirmed
from rules.domain.vocabulary import UNRESOLVED, Action, Class, Family, Mark, State, Step, Target
from store import hand_overs, transfers
from store.calls import calls_of
from store.cases import SYSTEM, Case, Note
from store.database import Connection
from store.step_ends import somebody_is_there
from store.who_must import Told, tell_owner

if TYPE_CHECKING:
    from store.steps import Hand, StepRequest

#: Steps by which it may become known that the services are needed, or that they are not.
_TELLING: Final = frozenset({Step.CALL, Step.ANSWER})
GIVES_BACK: Final = frozenset({Step.RELEASE, Step.PASS})
_RECLASSED: Final = frozenset({Step.RECLASSIFY, Step.LOWER_PRIORITY})
#: A plan's word for "verified: not needed", as the answer to its step of ringing a service.
NOT_NEEDED: Final = "not_needed"


def opening(case: Case, *, now: datetime, is_lost: bool = False) -> None:
    """Before a new case is written: a class that says so has its time by which the services must be called."""
    after_s = case.policy.row(case.class_).services_after_s
    if after_s is None or case.class_ is Class.CANARY or Mark.TEST in case.marks:
        return
    due_at = now + timedelta(seconds=after_s)
    if is_lost:
        due_at = deadlines.after_loss(case.oldest_alarm_at, after_s, case.clocks.first_escalation_s, now=now)
    _due(case, due_at)


async def opened(connection: Connection, case: Case, *, now: datetime) -> None:
    """Just after a new case was written."""


async def joined(connection: Connection, case: Case, assessed: Assessment, *, raised: bool, now: datetime) -> None:
    """A further alarm has joined: a second detector confirms a fire."""
    del raised
    after_s = assessed.policy.row(assessed.class_).services_after_s
    if after_s is None or Mark.TEST in case.marks or case.class_ is Class.CANARY:
        return
    due_at, confirmed = now + timedelta(seconds=after_s), services.two_signs(case.plan)
    if not confirmed and _stands_by(case, due_at):
        return  # its time stands already: nothing to ask, and most further presses are of this kind
    if await hand_overs.is_handed_over(connection, case):
        return
    _due(case, due_at)
    if confirmed:
        _at_once(case, Confirmed.TWO_SIGNS, now)


async def stepped(connection: Connection, case: Case, request: StepRequest, *, by: Hand, now: datetime) -> None:
    """Somebody at a desk has taken a step: it may confirm the trouble, or show that nobody needs a service."""
    del by
    if case.state not in UNRESOLVED:
        return
    if request.step in _TELLING:
        await _learned(connection, case, now)
    elif request.step in _RECLASSED or request.step is Step.REOPEN:
        await _begin_again(connection, case, now)
    elif request.step in TAKES_CLAIM:
        _leave_to_the_desk(case, now)
    elif request.step in GIVES_BACK:
        lost(case, now=now)


async def fired(connection: Connection, case: Case, firing: Firing, *, now: datetime) -> None:
    """A deadline has fired: whoever must call is told, again and again until they have."""
    if firing.becomes_real:
        if not case.attended or case.family is Family.FIRE_AND_GAS:
            opening(case, now=now)
    elif firing.kind is DeadlineKind.SERVICES:
        await _ring_who_must(connection, case, firing, now)
    elif firing.kind is DeadlineKind.CALL_BACK:
        await _ask_again(connection, case, firing, now)
    elif firing.kind is DeadlineKind.TRANSFER:
        await transfers.lapse(connection, case, now)
    elif firing.unclaim:
        lost(case, now=now)


def lost(case: Case, *, now: datetime) -> None:
    """The claim has ended: what the desk had to decide has its time again."""
    asked = any(due.kind is DeadlineKind.CALL_BACK for due in case.deadlines)
    standing = _standing(case)
    begun = standing is not None and standing.stage > 0
    if case.state in UNRESOLVED and not case.attended and not asked and not begun:
        opening(case, now=now, is_lost=True)


def _leave_to_the_desk(case: Case, now: datetime) -> None:
    """Whoever takes a person's call decides; a fire, and what is confirmed, leaves nothing to decide."""
    standing = _standing(case)
    waits = standing is not None and standing.stage == 0 and standing.due_at > now
    if waits and case.family is not Family.FIRE_AND_GAS:
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.SERVICES)


async def _learned(connection: Connection, case: Case, now: datetime) -> None:
    made = await calls_of(connection, case)
    why = _confirmed(case, made, now)
    waits_for_responder = why is Confirmed.NOBODY_REACHED and case.state in (State.DISPATCHED, State.ON_SCENE)
    all_well = calls.said_ok(made) or any(_not_needed(step) for step in case.plan)
    if all_well and not services.stands_whatever_is_said(why, case.family):
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.SERVICES)
        return
    wanted = why is not None and not waits_for_responder and case.policy.row(case.class_).services
    if why is not None and wanted and not await hand_overs.is_handed_over(connection, case):
        _at_once(case, why, now)


def _confirmed(case: Case, made: Iterable[CallMade], now: datetime) -> Confirmed | None:
    speechless = case.class_ is Class.SOS_NO_VOICE
    return services.confirmed(case.plan, made, priority=case.priority, now=now, speechless=speechless)


def _not_needed(step: FrozenStep) -> bool:
    return step.answer is not None and step.answer.value == NOT_NEEDED


async def _begin_again(connection: Connection, case: Case, now: datetime) -> None:
    """Another class, or the case taken up again: its time runs from here, unless a service, or a desk, has it."""
    left_to_desk = case.attended and case.family is not Family.FIRE_AND_GAS
    if left_to_desk or case.policy.row(case.class_).services_after_s is None:
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.SERVICES)
    elif not await hand_overs.is_handed_over(connection, case):
        opening(case, now=now)
    await hand_overs.ask_again(connection, case, now=now)


async def _ring_who_must(connection: Connection, case: Case, firing: Firing, now: datetime) -> None:
    if await hand_overs.is_handed_over(connection, case):
        return
    made = await calls_of(connection, case)
    why = _confirmed(case, made, now)
    if calls.said_ok(made) and not services.stands_whatever_is_said(why, case.family):
        return
    theirs = case.family is not Family.FIRE_AND_GAS and why is not Confirmed.HELP_ASKED
    if theirs and case.state is State.ON_SCENE and await somebody_is_there(connection, case.id):
        return  # whoever is with them says whether a service is needed
    order = ",".join(await hand_overs.still_to_call(connection, case))
    # The version tells one run of ringing from the next: both begin to count at nought.
    told = Told(
        purpose=Purpose.CALL_SERVICES, key=f"services:{case.id}.{case.version}:{firing.stage}",
        # `service` is what is said aloud: the first to call.
        facts=(("services", order), ("service", order.partition(",")[0] or None)), not_after_s=services.AGAIN_S * 2,
    )  # fmt: skip
    await tell_owner(connection, case, told, now=now)
    _sound(case, now)
    _again(case, DeadlineKind.SERVICES, now + timedelta(seconds=services.AGAIN_S), firing)


async def _ask_again(connection: Connection, case: Case, firing: Firing, now: datetime) -> None:
    """Nobody has said what became of it: whoever holds the case rings back."""
    told = Told(
        purpose=Purpose.CALL_SERVICES, key=f"call_back:{case.id}.{case.version}:{firing.stage}",
        facts=(("asks", "call_back"),), not_after_s=services.CALL_BACK_S,
    )  # fmt: skip
    await tell_owner(connection, case, told, now=now)
    _sound(case, now)
    _again(case, DeadlineKind.CALL_BACK, now + timedelta(seconds=services.CALL_BACK_S), firing)


def _sound(case: Case, now: datetime) -> None:
    """At the owner's desk. A case that nobody holds sounds by its own chain already."""
    if case.attended:
        case.sounded_at, case.sound_to = now, Target.OWNER


def _again(case: Case, kind: DeadlineKind, due_at: datetime, firing: Firing) -> None:
    case.deadlines = deadlines.beside(case.deadlines, kind, due_at, stage=firing.stage + 1)


def _at_once(case: Case, why: Confirmed, now: datetime) -> None:
    """On record once: while somebody is being rung already, nothing new is said."""
    standing = _standing(case)
    if standing is not None and (standing.stage > 0 or standing.due_at <= now):
        return
    case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.SERVICES, now)
    order = ",".join(map(str, case.policy.row(case.class_).services))
    facts = (("reason", str(why)), ("services", order))
    case.note(Note(at=now, actor=SYSTEM, action=Action.SERVICES_CONFIRMED, facts=facts))


def _due(case: Case, due_at: datetime) -> None:
    """Set the time, but never put one off that stands."""
    if not _stands_by(case, due_at):
        case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.SERVICES, due_at)


def _stands_by(case: Case, due_at: datetime) -> bool:
    standing = _standing(case)
    return standing is not None and standing.due_at <= due_at


def _standing(case: Case) -> Deadline | None:
    return next((due for due in case.deadlines if due.kind is DeadlineKind.SERVICES), None)
