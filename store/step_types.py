"""What a step carries, who takes it, and every way in which it can be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.domain.place import Point
from rules.domain.resolution import Problem, Safety
from rules.domain.vocabulary import Class, Outcome, Priority, State, Step
from store.cases import Case, Facts
from store.database import StoreError


class StepRefused(StoreError):
    """The case moved on, or somebody else holds it. `owner` is who, where anybody does; `other` a case in the way."""

    def __init__(self, message: str, *, owner: int | None, state: State, other: int | None = None) -> None:
        super().__init__(message)
        self.owner = owner
        self.state = state
        self.other = other


class StaleVersion(StoreError):
    """The case has changed since it was read: `given` is the reader's version, `current` the case's."""

    def __init__(self, *, given: int, current: int) -> None:
        super().__init__(f"the case is at version {current}, not {given}; look at what changed and decide again")
        self.given = given
        self.current = current


def refuse_stale(case: Case, if_match: int | None) -> None:
    """StaleVersion where somebody says which version they saw, and it is not the case's any more."""
    if if_match is not None and if_match != case.version:
        raise StaleVersion(given=if_match, current=case.version)


class VersionRequired(StoreError):
    """This step needs `If-Match` with the version the case was read at."""


class StepIncomplete(StoreError):
    """What the step needs is missing or wrong; `problems` names each field."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(f"{problem.field}: {problem.code}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True, slots=True)
class Hand:
    """Who takes a step: a user at a desk."""

    user_id: int
    supervisor: bool = False

    @property
    def actor(self) -> str:
        return f"user:{self.user_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """`answer`: what was said to a step of the plan."""

    step_id: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reclassed:
    """`reclassify`: another class, another priority, or both."""

    reason: str
    class_: Class | None = None
    priority: Priority | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """`correct`: an earlier entry was wrong; outcome and person only once the case is closed."""

    entry: int
    outcome: Outcome | None = None
    resident_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """`tell`: where it is, or whom it is about."""

    place_text: str | None = None
    point: Point | None = None
    resident_id: int | None = None

    @property
    def names_place(self) -> bool:
        return self.place_text is not None or self.point is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """`transfer`: to whom."""

    to_user: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedOver:
    """`handover`: a control room was rung. Without a number the direct one of the place of the incident was."""

    service: str
    number: str | None = None
    reference: str | None = None
    answer: str | None = None
    estimate_at: datetime | None = None
    dialled_at: datetime | None = None
    taken_by: str | None = None
    told: str | None = None
    reason: str | None = None
    passed_on_to: str | None = None


Payload = Answered | Reclassed | Corrected | Told | Offered | HandedOver


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRequest:
    """A step and what it carries. `text` is personal (a note, a reason, a number called) and is sealed."""

    step: Step
    if_match: int | None = None
    text: str | None = None
    facts: Facts = ()
    outcome: Outcome | None = None
    safety: Safety | None = None
    payload: Payload | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a step adds to its own entry."""

    facts: Facts = ()
    from_: str | None = None
    to: str | None = None
