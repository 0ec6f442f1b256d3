"""How a desk goes through a plan: what an answer leads to, and what it says beyond its step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rules.domain.plans import Choice, FrozenStep
from rules.domain.vocabulary import LIFE_SAFETY, Class

#: Of a step without choices: one short word, since answers stand in the record without a seal.
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: A plan's word for "they say the duress word, or it does not sound right" (centre.md, 18).
DURESS: Final = "duress"
#: Steps that are done by ringing a control room are for it.
SERVICE: Final = "service"


def find(plan: Sequence[FrozenStep], wanted: str) -> FrozenStep | None:
    """The step of this id; or of this name, the first of the plan in front."""
    by_id = next((step for step in plan if step.id == wanted), None)
    return by_id or next((step for step in plan if step.step.name == wanted), None)


def fits(step: FrozenStep, value: str) -> bool:
    """Whether this is an answer to the step: one of its choices, or one word where it has none."""
    if step.step.choices:
        return _choice(step, value) is not None
    return _WORD.fullmatch(value) is not None


def next_of(plan: Sequence[FrozenStep]) -> str | None:
    """The id of the step to do now: where the last answer leads, else the first after it that nobody answered."""
    answered = [step for step in plan if step.answer is not None]
    if not answered:
        return plan[0].id if plan else None
    last = max(answered, key=lambda step: step.answer.at if step.answer is not None else 0)
    begin = led_to(plan, last) or last
    order = [step.id for step in plan]
    after = plan[order.index(begin.id) :]
    following = next((step for step in after if step.answer is None), None)
    return following.id if following is not None else None


def led_to(plan: Sequence[FrozenStep], step: FrozenStep) -> FrozenStep | None:
    """The step that the answer of this one names, of the same class's plan; None where it is just the next."""
    chosen = None if step.answer is None else _choice(step, step.answer.value)
    if chosen is None or not chosen.goes_to:
        return None
    wanted = f"{step.class_}.{chosen.goes_to}"
    return next((other for other in plan if other.id == wanted), None)


def asks_for_services(plan: Sequence[FrozenStep]) -> FrozenStep | None:
    """The step of ringing a control room that an answer leads to: the trouble is confirmed (centre.md, 7)."""
    for step in plan:
        target = led_to(plan, step)
        if target is not None and target.step.to == SERVICE:
            return target
    return None


def says_duress(step: FrozenStep) -> bool:
    """Whether somebody was heard to be threatened."""
    return step.answer is not None and step.answer.value == DURESS


def put_together(front: Sequence[FrozenStep], back: Sequence[FrozenStep]) -> tuple[FrozenStep, ...]:
    """Two cases' plans as one: each step once, an answer of either kept, the later where both were answered."""
    others = {step.id: step for step in back}
    known = {step.id for step in front}
    return (*(_later(step, others.get(step.id)) for step in front), *(step for step in back if step.id not in known))


def concerns_life(class_: Class, plan: Sequence[FrozenStep]) -> bool:
    """Whether life is at stake in a case of this class and plan: in its own class, or in one that was taken into it."""
    return class_ in LIFE_SAFETY or any(step.class_ in LIFE_SAFETY for step in plan)


def _later(step: FrozenStep, other: FrozenStep | None) -> FrozenStep:
    if other is None or other.answer is None:
        return step
    return other if step.answer is None or other.answer.at > step.answer.at else step


def _choice(step: FrozenStep, value: str) -> Choice | None:
    return next((choice for choice in step.step.choices if choice.value == value), None)
