"""A class that waits for the evening: when the machine sends at last, and who may have answered meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from rules.domain import calls, deadlines
from rules.domain.call_words import CallResult, CallTo
from rules.domain.deadlines import DeadlineKind
from rules.domain.evening import not_before
from rules.domain.expected import ANSWERS
from rules.domain.vocabulary import Action
from store.assignments import Field
from store.calls import calls_of
from store.cases import SYSTEM, Case, Facts, Note
from store.database import Connection
from store.sql import queries

_Q: Final = queries("detectors")
_ANSWERS: Final = sorted(str(answer) for answer in ANSWERS)


async def waits(connection: Connection, field: Field, *, zone: ZoneInfo, now: datetime) -> bool:
    """Whether nobody is sent now: it is not evening yet, it is night, or somebody has answered for them.

    The chain's own deadline says when it is looked again; there is none where somebody has answered.
    """
    case = field.case
    if not case.policy.row(case.class_).dispatch_by_evening:
        return False
    if await _answered(connection, case):
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.DISPATCH)
        _say(case, Action.NOTED, (("reason", "answered_for"),), now)
        return True
    until = not_before(case.opened_at, case.policy.responders, now=now, zone=zone)
    if until is None:
        return False
    # A claim takes away only what waits for the first sending and for nobody's unanswered calls.
    stage = 1 if case.attended or field.chain.sendings else 0
    case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.DISPATCH, until, stage=stage)
    _say(case, Action.HELD, (("reason", "by_evening"), ("until", until.isoformat())), now)
    return True


async def _answered(connection: Connection, case: Case) -> bool:
    """The person or any contact, at the desk's telephone, in the register of answers, or by their own device."""
    made = await calls_of(connection, case)
    by_contact = any(call.to is CallTo.CONTACT and call.result is CallResult.SPOKE_OK for call in made)
    if by_contact or calls.said_ok(made):
        return True
    if case.resident_id is None:
        return False
    answered = await connection.fetchval(_Q.answered, case.resident_id, case.opened_at, _ANSWERS)
    return answered is not None


def _say(case: Case, action: Action, facts: Facts, now: datetime) -> None:
    case.note(Note(at=now, actor=SYSTEM, action=action, facts=facts))
