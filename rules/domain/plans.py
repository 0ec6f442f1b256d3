"""Response plans: the steps a class asks for, frozen into an incident when the class comes in (invariant 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rules.domain.vocabulary import Class


class StepKind(StrEnum):
    """What a step of a plan is."""

    ASK = "ask"  #: a question with answers
    CALL = "call"  #: somebody is called
    DISPATCH = "dispatch"  #: responders are sent
    NOTIFY = "notify"  #: somebody is told
    WAIT = "wait"  #: until so long after the step before
    CLOSE = "close"  #: what has to be known before the case is resolved


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One answer to a question, and where it leads: "" is the next step."""

    value: str
    zh: str
    en: str
    goes_to: str = ""  #: name of a step of the same plan


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanStep:
    """One step. `zh` and `en` say what to do, the scripts what to say, word by word."""

    name: str  #: unique in its plan
    kind: StepKind
    zh: str
    en: str
    script_zh: str = ""
    script_en: str = ""
    to: str = ""  #: call, notify: resident, contact, service; dispatch: staff, trained
    wait_s: int = 0
    choices: tuple[Choice, ...] = ()
    speechless: bool | None = None  #: only for people who cannot use the telephone, or only for those who can


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The steps of a class, in order."""

    name: str
    zh: str
    en: str
    steps: tuple[PlanStep, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What somebody at the desk answered to a step, and when."""

    value: str
    by: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenStep:
    """A step as an incident keeps it: under which class and policy version it came in, and its answer."""

    id: str  #: "<class>.<name>", unique in the incident
    class_: Class
    policy: str
    step: PlanStep
    answer: Answer | None = None


def freeze(plan: Plan, *, class_: Class, policy: str, speechless: bool | None = None) -> tuple[FrozenStep, ...]:
    """The plan's steps as an incident keeps them; those for the other kind of person are left out where it is known."""
    return tuple(
        FrozenStep(id=f"{class_}.{step.name}", class_=class_, policy=policy, step=step)
        for step in plan.steps
        if speechless is None or step.speechless is None or step.speechless is speechless
    )


def put_in_front(standing: Sequence[FrozenStep], fresh: Sequence[FrozenStep]) -> tuple[FrozenStep, ...]:
    """A joining class's steps before those that stand; answered steps stay answered, nothing is put in twice."""
    known = {step.id for step in standing}
    return (*(step for step in fresh if step.id not in known), *standing)


def swap_rest(standing: Sequence[FrozenStep], fresh: Sequence[FrozenStep]) -> tuple[FrozenStep, ...]:
    """A reclassified case: what was answered stays, in its order; the steps left are the new class's."""
    answered = tuple(step for step in standing if step.answer is not None)
    known = {step.id for step in answered}
    return (*answered, *(step for step in fresh if step.id not in known))


def answered(standing: Sequence[FrozenStep], step_id: str, answer: Answer) -> tuple[FrozenStep, ...] | None:
    """The plan with this step answered (again: the last counts, the record keeps all); None where it has no such."""
    if all(step.id != step_id for step in standing):
        return None
    return tuple(replace(step, answer=answer) if step.id == step_id else step for step in standing)
