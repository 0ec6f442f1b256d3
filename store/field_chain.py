"""The field chain of a case: responders asked, sent, watched until somebody is there or a service has taken it.

It runs beside the desk's. A claim before the first sending leaves the decision to the desk, but for fire and for who
cannot use the telephone; once it has begun, nothing but an arrival or a hand-over that was accepted ends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rules.domain import deadlines
from rules.domain.assignments import Standing
from rules.domain.calls import unanswered
from rules.domain.deadlines import Deadline, DeadlineKind
from rules.domain.dispatch import Verdict
from rules.domain.firing import Firing
from rules.domain.lifecycle import TAKES_CLAIM
from rules.domain.policy import Assessment
from rules.domain.policy_table import Row, Sent
from rules.domain.vocabulary import UNRESOLVED, Class, Mark, State, Step
from store import field
from store.assignments import keep_chain, load_field
from store.calls import calls_of
from store.cases import SYSTEM, Case, Note
from store.database import Connection
from store.sql import queries

if TYPE_CHECKING:
    from store.steps import Hand, StepRequest

_Q: Final = queries("assignments")

#: Long quiet is no minute's matter: two calls count when they lie so far apart (centre.md, part 3).
_CALLS_APART_S: Final = {Class.INACTIVITY: 600}
_ENDS: Final = frozenset({Step.RESOLVE, Step.RESTORE, Step.CLOSE})
_GIVES_BACK: Final = frozenset({Step.RELEASE, Step.PASS, Step.LEASE_LOST})


def opening(case: Case, *, now: datetime) -> None:
    """Before a new case is written: when the machine sends, if nobody has taken it by then."""
    held = any(d.kind in (DeadlineKind.TEST, DeadlineKind.DELAY) for d in case.deadlines)
    if not held and not case.attended:
        _start(case, now)


async def opened(connection: Connection, case: Case, *, now: datetime) -> None:
    """Just after a new case was written."""


async def joined(connection: Connection, case: Case, assessed: Assessment, *, raised: bool, now: datetime) -> None:
    """A further alarm has joined: its class may send, or send sooner."""
    del raised
    if _standing(case) is None and case.state in (State.ON_SCENE, State.DISPATCHED):
        if case.attended or (await load_field(connection, case)).open:
            return
        # Whoever was there has gone again, and now they call anew.
        await connection.execute(_Q.begin_anew, case.id)
    if not case.attended or _waits_for_nobody(case):
        _start(case, now)
    if not case.attended:
        # A fall after a press is sent to by its own two minutes, whichever of the two leads.
        _start(case, now, row=assessed.policy.row(assessed.class_))


async def stepped(connection: Connection, case: Case, request: StepRequest, *, by: Hand, now: datetime) -> None:
    """Somebody at a desk has taken a step."""
    step = request.step
    if step in _ENDS:
        await _end(connection, case, str(step), by=by.actor, now=now)
    elif step in TAKES_CLAIM:
        if step is Step.REOPEN:
            await connection.execute(_Q.begin_anew, case.id)
        _leave_to_the_desk(case)
    elif step in _GIVES_BACK:
        lost(case, now=now)
    elif step is Step.CALL:
        await _after_call(connection, case, now)
    elif step is Step.RECLASSIFY and (not case.attended or _waits_for_nobody(case)):
        _start(case, now)


async def fired(connection: Connection, case: Case, firing: Firing, *, zone: ZoneInfo, now: datetime) -> None:
    """A deadline has fired; `zone` is the site's."""
    if firing.close:
        await _end(connection, case, str(Step.CLOSE), by=SYSTEM, now=now)
    elif firing.kind in (DeadlineKind.TEST, DeadlineKind.DELAY):
        if not case.attended or _waits_for_nobody(case):
            _start(case, now)
    elif firing.unclaim:
        lost(case, now=now)
    elif firing.kind is DeadlineKind.DISPATCH and case.state in UNRESOLVED:
        await field.advance(connection, await load_field(connection, case), zone=zone, now=now)


def lost(case: Case, *, now: datetime) -> None:
    """The claim has ended: what the desk had to decide is the machine's again."""
    if case.state is State.OPEN and not case.attended:
        _start(case, now, is_lost=True)


async def satisfied(connection: Connection, case: Case, reason: str, *, now: datetime) -> None:
    """Somebody is there, or a service has taken it: nothing else ends this chain.

    Who was only asked is stood down; whoever is on the way may know the way in, and the desk decides about them.
    """
    in_hand = await load_field(connection, case)
    await field.satisfy(connection, in_hand, reason, now=now)
    asked = [a for a in in_hand.open if a.standing is Standing.OFFERED]
    await field.stand_down(connection, in_hand, asked, reason, by=SYSTEM, now=now)
    field.settle(in_hand)


async def merged(connection: Connection, gone: Case, stays: Case, *, now: datetime) -> None:
    """One case was taken into another, both locked: whoever goes to the one goes to the other."""
    moved = await connection.fetch(_Q.move_to, gone.id, stays.id)
    left = await load_field(connection, gone)
    await field.stand_down(connection, left, left.open, "goes_already", by=SYSTEM, now=now)
    if moved and stays.state in UNRESOLVED:
        await _take_over(connection, stays, now)


async def let_out(connection: Connection, case: Case) -> None:
    """A case is one of its own again: whoever came before it was taken in went with the other."""
    await connection.execute(_Q.begin_anew, case.id)


async def taken_back(connection: Connection, case: Case, *, now: datetime) -> None:
    """The service that had accepted refuses after all, and no other has it: the chain looks at once who comes."""
    if case.state in UNRESOLVED and await connection.fetchval(_Q.unsatisfy_hand_over, case.id) is not None:
        case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.DISPATCH, now, stage=1)


async def _take_over(connection: Connection, stays: Case, now: datetime) -> None:
    """The case that stays has come as far as the help that now goes to it."""
    coming = await load_field(connection, stays)
    await keep_chain(connection, coming, coming.chain, now=now)
    there = any(a.standing is Standing.ON_SCENE and not a.is_doubted for a in coming.all)
    before = stays.state
    stays.state = State.ON_SCENE if there or before is State.ON_SCENE else State.DISPATCHED
    if before is not stays.state:
        facts = (("reason", "merged"), ("going", len(coming.open)))
        stays.note(Note(at=now, actor=SYSTEM, action=Step.DISPATCH, from_=before, to=stays.state, facts=facts))
    if there:
        await field.satisfy(connection, coming, "arrival", now=now)
    else:
        field.look_again(coming, Verdict.COMING, now)


async def _end(connection: Connection, case: Case, reason: str, *, by: str, now: datetime) -> None:
    in_hand = await load_field(connection, case)
    await field.end_all(connection, in_hand, reason, by=by, now=now)


async def _after_call(connection: Connection, case: Case, now: datetime) -> None:
    """Two calls without an answer: somebody goes, whoever holds the case (centre.md, part 3)."""
    if case.policy.row(case.class_).dispatch is Sent.NOBODY or case.state not in (State.OPEN, State.CLAIMED):
        return
    found = unanswered(await calls_of(connection, case), now, priority=case.priority)
    apart_s = _CALLS_APART_S.get(case.class_)
    if found.moves_on if apart_s is None else found.moves_on_apart(apart_s):
        case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.DISPATCH, now, stage=1)


def _start(case: Case, now: datetime, *, row: Row | None = None, is_lost: bool = False) -> None:
    """Set the machine's first sending, or bring it forward; a test, and a case without a place, send nobody."""
    row = row or case.policy.row(case.class_)
    if row.dispatch is Sent.NOBODY or row.dispatch_s is None or Mark.TEST in case.marks or not _has_a_place(case):
        return
    due_at = now + timedelta(seconds=row.dispatch_s)
    if is_lost:
        first_s = case.clocks.first_escalation_s
        due_at = deadlines.after_loss(case.oldest_alarm_at, row.dispatch_s, first_s, now=now)
    standing = _standing(case)
    if standing is None or (standing.stage == 0 and due_at < standing.due_at):
        case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.DISPATCH, due_at)


def _leave_to_the_desk(case: Case) -> None:
    """A claim before the first sending: the desk decides, but for a class that waits for nobody."""
    standing = _standing(case)
    if standing is not None and standing.stage == 0 and not _waits_for_nobody(case):
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.DISPATCH)


def _waits_for_nobody(case: Case) -> bool:
    """Fire is sent to at once; and who cannot use the telephone is not rung first, whoever holds the case (19)."""
    return case.policy.row(case.class_).dispatch_s == 0 or case.class_ is Class.SOS_NO_VOICE


def _has_a_place(case: Case) -> bool:
    return case.premises_id is not None or case.resident_id is not None or case.place is not None


def _standing(case: Case) -> Deadline | None:
    return next((d for d in case.deadlines if d.kind is DeadlineKind.DISPATCH), None)
