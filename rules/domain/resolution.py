"""What it takes to resolve a case, or to lower its priority: how the person is known to be safe (centre.md, 4, 31)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from rules.domain.vocabulary import TWO_PERSON, Class, Outcome, Priority, SafetyKind

#: Priorities that no case leaves without `safety`.
NEEDS_SAFETY: Final = frozenset({Priority.CRITICAL, Priority.URGENT})
#: Outcomes of a call, or of a merge, never of an urgent case.
REFUSED_OUTCOMES: Final = frozenset({Outcome.NO_ANSWER, Outcome.DUPLICATE})
#: The only outcomes in which nobody was involved.
WITHOUT_PERSON: Final = frozenset({Outcome.TEST, Outcome.TECHNICAL})


@dataclass(frozen=True, kw_only=True, slots=True)
class Safety:
    """How it is known that the person is safe; which fields are needed depends on the kind."""

    kind: SafetyKind
    who: str | None = None  #: seen_by
    service: str | None = None  #: handed_over
    reference: str | None = None  #: handed_over
    accepted_at: datetime | None = None  #: handed_over
    reason: str | None = None  #: supervisor_decision
    second_user_id: int | None = None  #: supervisor_decision, two-person rule


class Code(StrEnum):
    """What is wrong; each has a zh and an en sentence in the console."""

    SAFETY_REQUIRED = "safety_required"
    OUTCOME_REFUSED = "outcome_refused"
    WHO_REQUIRED = "who_required"
    SERVICE_REQUIRED = "service_required"
    REFERENCE_REQUIRED = "reference_required"
    ACCEPTED_AT_REQUIRED = "accepted_at_required"
    ACCEPTED_IN_FUTURE = "accepted_in_future"
    REASON_REQUIRED = "reason_required"
    SECOND_USER_REQUIRED = "second_user_required"
    SECOND_USER_IS_SELF = "second_user_is_self"
    OUTCOME_NAMES_A_PERSON = "outcome_names_a_person"
    NOT_LOWER = "not_lower"
    NO_CONTACT = "no_contact"
    UNKNOWN = "unknown"  #: nothing of this id is there, or in sight
    NO_CHOICE = "no_choice"  #: the plan's step does not offer this answer
    NOTHING_GIVEN = "nothing_given"
    ITSELF = "itself"
    LINK_INSTEAD = "link_instead"  #: other people's or other homes' cases are linked, never merged
    NOT_MERGED = "not_merged"
    ONLY_AFTER_CLOSING = "only_after_closing"
    NUMBER_REQUIRED = "number_required"  #: no direct number is known for the place of the incident
    NOT_AT_A_DESK = "not_at_a_desk"
    OF_THE_SYSTEM = "of_the_system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A field and what is wrong with it."""

    field: str
    code: Code


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """Whether the step may be taken. `review` asks for a second look afterwards: it delays the file, never the help."""

    problems: tuple[Problem, ...]
    review: bool = False

    @property
    def allowed(self) -> bool:
        return not self.problems


@dataclass(frozen=True, kw_only=True, slots=True)
class Second:
    """What decides whether a second person must agree, and whether there is one to ask."""

    also: frozenset[Class] = frozenset()  #: classes that joined the one in front
    plan_asks: bool = False
    on_duty: bool = False  #: somebody else is at a desk


def check_resolve(
    *,
    priority: Priority,
    class_: Class,
    outcome: Outcome,
    safety: Safety | None,
    user_id: int,
    arrived: bool,
    now: datetime,
    second: Second | None = None,
) -> Ruling:
    """Check a `resolve` of a case that has this priority now. `arrived` is whether anybody reached the place.

    Fire, smoke, gas and CO that nobody went to see ask for a second person who agrees, and so may a plan. Where
    nobody else is on duty the on-call supervisor is asked, or looks at it the next morning: it may delay the file,
    never the help (centre.md, end of part 3).
    """
    problems: list[Problem] = []
    if priority in NEEDS_SAFETY:
        if outcome in REFUSED_OUTCOMES:
            problems.append(Problem(field="outcome", code=Code.OUTCOME_REFUSED))
        if safety is None:
            problems.append(Problem(field="safety", code=Code.SAFETY_REQUIRED))
    if safety is not None:
        problems += problems_of(safety, outcome=outcome, user_id=user_id, now=now)
    known = second or Second()
    agreed = safety is not None and safety.second_user_id not in (None, user_id)
    asked = known.plan_asks or (not arrived and not TWO_PERSON.isdisjoint({class_, *known.also}))
    if asked and not agreed and known.on_duty:
        problems.append(Problem(field="safety.second_user", code=Code.SECOND_USER_REQUIRED))
    return Ruling(problems=tuple(dict.fromkeys(problems)), review=asked and not agreed)


def check_lower(
    *,
    current: Priority,
    wanted: Priority,
    reason: str,
    contact_made: bool,
    safety: Safety | None,
    user_id: int,
    now: datetime,
) -> Ruling:
    """Check a lower priority by the owner: after contact, with a reason, from P1 to P3 or lower with `safety`."""
    problems: list[Problem] = []
    if wanted <= current:
        problems.append(Problem(field="priority", code=Code.NOT_LOWER))
    if not reason.strip():
        problems.append(Problem(field="reason", code=Code.REASON_REQUIRED))
    if not contact_made:
        problems.append(Problem(field="priority", code=Code.NO_CONTACT))
    if current is Priority.CRITICAL and wanted >= Priority.NOTICE and safety is None:
        problems.append(Problem(field="safety", code=Code.SAFETY_REQUIRED))
    if safety is not None:
        problems += problems_of(safety, outcome=None, user_id=user_id, now=now)
    return Ruling(problems=tuple(problems))


def problems_of(safety: Safety, *, outcome: Outcome | None, user_id: int, now: datetime) -> tuple[Problem, ...]:
    """What is missing from, or wrong with, how it is known that the person is safe."""
    match safety.kind:
        case SafetyKind.SPOKE_WITH_RESIDENT:
            return ()
        case SafetyKind.SEEN_BY:
            return _missing("who", safety.who, Code.WHO_REQUIRED)
        case SafetyKind.HANDED_OVER:
            return _handed_over(safety, now)
        case SafetyKind.NO_PERSON_INVOLVED:
            fits = outcome is None or outcome in WITHOUT_PERSON
            return () if fits else (Problem(field="safety.kind", code=Code.OUTCOME_NAMES_A_PERSON),)
        case SafetyKind.SUPERVISOR_DECISION:
            return (*_missing("reason", safety.reason, Code.REASON_REQUIRED), *_second_user(safety, user_id))


def _handed_over(safety: Safety, now: datetime) -> tuple[Problem, ...]:
    problems = (
        *_missing("service", safety.service, Code.SERVICE_REQUIRED),
        *_missing("reference", safety.reference, Code.REFERENCE_REQUIRED),
    )
    if safety.accepted_at is None:
        return (*problems, Problem(field="safety.accepted_at", code=Code.ACCEPTED_AT_REQUIRED))
    if safety.accepted_at > now:
        return (*problems, Problem(field="safety.accepted_at", code=Code.ACCEPTED_IN_FUTURE))
    return problems


def _second_user(safety: Safety, user_id: int) -> tuple[Problem, ...]:
    if safety.second_user_id is None:
        return (Problem(field="safety.second_user", code=Code.SECOND_USER_REQUIRED),)
    if safety.second_user_id == user_id:
        return (Problem(field="safety.second_user", code=Code.SECOND_USER_IS_SELF),)
    return ()


def _missing(field: str, value: str | None, code: Code) -> tuple[Problem, ...]:
    return () if value is not None and value.strip() else (Problem(field=f"safety.{field}", code=code),)
