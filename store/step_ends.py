"""The end of a case: resolved, taken up again, closed; and whether a second person must agree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from rules.domain.notices import Purpose
from rules.domain.plan_course import concerns_life
from rules.domain.plans import StepKind
from rules.domain.resolution import Ruling, Safety, Second, check_resolve
from rules.domain.vocabulary import Mark, Step
from store.cases import Case
from store.database import Connection
from store.sql import queries
from store.standing import still_reported
from store.step_types import Hand, Said, StepIncomplete, StepRefused, StepRequest
from store.who_must import Told, tell_supervisors

_Q: Final = queries("steps")

#: The plan's way to ask for two people: a step that closes, addressed to this (centre.md, end of part 3).
SECOND_PERSON: Final = "second_person"
#: After so long without an answer of the on-call supervisor the file is looked at the next morning.
SUPERVISOR_ASKED_S: Final = 600


async def resolve(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    """Help was given, and it is known how the person is; StepIncomplete where that is not said."""
    assert request.outcome is not None, "the body's model requires an outcome"
    ruling = check_resolve(
        priority=case.priority, class_=case.class_, outcome=request.outcome, safety=request.safety,
        user_id=by.user_id, arrived=await somebody_was_there(connection, case.id), now=now,
        second=await _second(connection, case, by),
    )  # fmt: skip
    if not ruling.allowed:
        raise StepIncomplete(ruling.problems)
    case.outcome, case.review = request.outcome, ruling.review
    case.safety = None if request.safety is None else safety_json(request.safety)
    case.resolved_at, case.resolved_by = now, by.user_id
    return await _asked_for_a_second(connection, case, ruling, now)


async def _asked_for_a_second(connection: Connection, case: Case, ruling: Ruling, now: datetime) -> Said:
    """Nobody else is on duty: the on-call supervisor is rung, and what they do not answer waits for the morning."""
    if not ruling.review:
        return Said()
    told = Told(
        purpose=Purpose.INFORMATION, key=f"second:{case.id}:{case.last_seq}", not_after_s=SUPERVISOR_ASKED_S,
        facts=(("asks", "second_person"),),
    )  # fmt: skip
    reached = await tell_supervisors(connection, case, told, now=now)
    return Said(facts=(("second_person", "asked"), ("supervisors", reached)))


async def _second(connection: Connection, case: Case, by: Hand) -> Second:
    return Second(
        also=frozenset(step.class_ for step in case.plan),
        plan_asks=any(step.step.kind is StepKind.CLOSE and step.step.to == SECOND_PERSON for step in case.plan),
        on_duty=await connection.fetchval(_Q.somebody_else_on_duty, by.user_id),
    )


async def somebody_is_there(connection: Connection, incident_id: int) -> bool:
    """Whether somebody is with them now, and can say what they need."""
    there: bool = await connection.fetchval(_Q.somebody_is_there, incident_id)
    return there


async def somebody_was_there(connection: Connection, incident_id: int) -> bool:
    """Whether anybody reached the place. Not by the state of the case: an arrival that cannot be moves it as well."""
    arrived: bool = await connection.fetchval(_Q.somebody_arrived, incident_id)
    return arrived


async def reopen(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    """What was resolved is taken up again."""
    del connection, request, by, now
    case.resolved_at = case.resolved_by = case.outcome = case.safety = None
    case.review = False
    case.marks.discard(Mark.TEST)  # whoever takes it up again has no test in hand
    return Said()


async def close(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    """The file is complete; a file that a second person must see is not closed by the first."""
    del request
    if concerns_life(case.class_, case.plan) and await still_reported(connection, case.id, case.resolved_at):
        raise StepRefused(
            "a device of this case still reports the condition; it cannot be closed", owner=None, state=case.state
        )
    if case.review and case.resolved_by == by.user_id:
        raise StepRefused("a second person has to look at this file and close it", owner=None, state=case.state)
    case.closed_at = now
    agreed, case.review = case.review, False
    return Said(facts=(("agreed", True),) if agreed else ())


def safety_json(safety: Safety) -> dict[str, Any]:
    """Codes and times only: who was seen and why stand in the sealed text."""
    return {
        "kind": str(safety.kind),
        "service": safety.service,
        "reference": safety.reference,
        "accepted_at": safety.accepted_at.isoformat() if safety.accepted_at is not None else None,
        "second_user": str(safety.second_user_id) if safety.second_user_id is not None else None,
    }


ENDS: Final[Mapping[Step, Callable[[Connection, Case, StepRequest, Hand, datetime], Awaitable[Said]]]] = (
    MappingProxyType({Step.RESOLVE: resolve, Step.REOPEN: reopen, Step.CLOSE: close})
)
