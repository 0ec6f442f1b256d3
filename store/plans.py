"""The plan an incident keeps, as it lies in its row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rules.domain.plans import Answer, Choice, FrozenStep, PlanStep, StepKind
from rules.domain.vocabulary import Class


def plan_json(steps: Sequence[FrozenStep]) -> list[dict[str, Any]]:
    """As contract.md's `plan`: each step with the class and policy it came in under, and its answer."""
    return [
        {
            "id": frozen.id,
            "class": str(frozen.class_),
            "policy": frozen.policy,
            "name": frozen.step.name,
            "kind": str(frozen.step.kind),
            "zh": frozen.step.zh,
            "en": frozen.step.en,
            "script_zh": frozen.step.script_zh,
            "script_en": frozen.step.script_en,
            "to": frozen.step.to,
            "wait_s": frozen.step.wait_s,
            "choices": [_choice_json(choice) for choice in frozen.step.choices],
            "answer": None if frozen.answer is None else _answer_json(frozen.answer),
        }
        for frozen in steps
    ]


def plan_of(kept: Sequence[dict[str, Any]]) -> tuple[FrozenStep, ...]:
    """The same, read back."""
    return tuple(
        FrozenStep(
            id=row["id"],
            class_=Class(row["class"]),
            policy=row["policy"],
            step=PlanStep(
                name=row["name"],
                kind=StepKind(row["kind"]),
                zh=row["zh"],
                en=row["en"],
                script_zh=row["script_zh"],
                script_en=row["script_en"],
                to=row["to"],
                wait_s=row["wait_s"],
                choices=tuple(Choice(**choice) for choice in row["choices"]),
            ),
            answer=None if row["answer"] is None else _answer_of(row["answer"]),
        )
        for row in kept
    )


def _choice_json(choice: Choice) -> dict[str, str]:
    return {"value": choice.value, "zh": choice.zh, "en": choice.en, "goes_to": choice.goes_to}


def _answer_json(answer: Answer) -> dict[str, str]:
    return {"value": answer.value, "by": str(answer.by), "at": answer.at.isoformat()}


def _answer_of(kept: dict[str, str]) -> Answer:
    return Answer(value=kept["value"], by=int(kept["by"]), at=datetime.fromisoformat(kept["at"]))
