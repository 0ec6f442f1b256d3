"""A policy as the TOML that reads back as the same policy: what a county starts its own file from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from rules.domain.ladders import CANARY_LADDER, Ladder
from rules.domain.plans import Choice, Plan, PlanStep
from rules.domain.policy_context import When
from rules.domain.policy_file import author_version
from rules.domain.policy_routes import Effect, Route
from rules.domain.policy_row import Row, Sent
from rules.domain.policy_value import Policy
from rules.domain.vocabulary import Class


def write(policy: Policy) -> str:
    """The whole policy; `policy_file.read` of it is equal in every part but the digest in its version."""
    return "\n".join(_lines(policy)) + "\n"


def _lines(policy: Policy) -> Iterator[str]:
    yield f"version = {_text(author_version(policy.version))}"
    yield ""
    yield "# Classes: seconds count from receipt while nobody attends."
    for class_, row in policy.rows.items():
        if class_ is not Class.CANARY:
            yield from _row(row)
    yield ""
    yield "# Rules: of those that hold the one that asks most decides; of equals the first."
    for event_type, routes in policy.routes.items():
        for route in routes:
            yield from _rule(str(event_type), route)
    yield ""
    yield "# Ladders: whom the desk chain reaches while nobody attends; it begins again and never ends by itself."
    for ladder in policy.ladders.values():
        if ladder.name != CANARY_LADDER.name:
            yield from _ladder(ladder)
    yield ""
    yield "# Plans: what a desk does, and the words to say."
    for plan in policy.plans.values():
        yield from _plan(plan)
    yield ""
    yield "# Thresholds: when technical alarms are too many. Calls for help are never held."
    yield "[thresholds]"
    yield from (f"{field.name} = {getattr(policy.thresholds, field.name)}" for field in fields(policy.thresholds))
    yield ""
    yield "[responders]"
    yield from (f"{field.name} = {getattr(policy.responders, field.name)}" for field in fields(policy.responders))
    yield ""
    yield "# Storms: which classes one may hold; none named: every technical class that may be held at all."
    for profile in policy.storms:
        yield f"\n[storms.{profile.name}]"
        yield f"classes = {_list(sorted(profile.classes))}"


def _row(row: Row) -> Iterator[str]:
    yield f"\n[classes.{row.class_}]"
    yield f"zh = {_text(row.zh)}"
    yield f"en = {_text(row.en)}"
    yield f"priority = {_text(row.priority.label)}"
    yield f"first_escalation_s = {row.first_escalation_s}"
    yield from _given("warn_s", row.warn_s)
    yield from _given("critical_s", row.critical_s)
    if row.dispatch is not Sent.NOBODY:
        yield f"dispatch = {_text(row.dispatch)}"
        yield from _given("dispatch_s", row.dispatch_s)
        if row.dispatch_by_evening:
            yield "dispatch_by_evening = true"
    yield f"send_count = {row.send_count}"
    if row.ages_to is not None:
        yield f"ages_to = {_text(row.ages_to.label)}"
    if row.rises:
        rises = ", ".join(f"{{ after_s = {after_s}, to = {_text(to.label)} }}" for after_s, to in row.rises)
        yield f"rises = [{rises}]"
    if row.ladder:
        yield f"ladder = {_text(row.ladder)}"
    yield f"plan = {_text(row.plan)}"
    if row.delay_s:
        yield f"delay_s = {row.delay_s}"
    yield f"family_told = {_text(row.family_told)}"
    yield f"services = {_list(row.services)}"
    yield from _given("services_after_s", row.services_after_s)


def _given(key: str, value: int | None) -> Iterator[str]:
    if value is not None:
        yield f"{key} = {value}"


def _rule(event_type: str, route: Route) -> Iterator[str]:
    yield "\n[[rules]]"
    yield f"name = {_text(route.name)}"
    yield f"type = {_text(event_type)}"
    condition = when_text(route.when)
    if condition:
        yield f"when = {condition}"
    yield f"class = {_text(route.class_)}"
    if route.effect is not Effect.RING:
        yield f"effect = {_text(route.effect)}"


def when_text(when: When) -> str:
    """The condition as an inline table; "" for the one that always holds."""
    given = {field.name: getattr(when, field.name) for field in fields(when)}
    parts = [f"{key} = {_value(key, value)}" for key, value in given.items() if value not in (None, frozenset())]
    return f"{{ {', '.join(parts)} }}" if parts else ""


def _value(key: str, value: Any) -> str:
    if key == "hours":
        return _list(f"{minute // 60:02d}:{minute % 60:02d}" for minute in value)
    if isinstance(value, frozenset):
        return _list(sorted(value))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else _text(value)


def _ladder(ladder: Ladder) -> Iterator[str]:
    yield f"\n[ladders.{ladder.name}]"
    yield f"again_after_s = {ladder.again_after_s}"
    yield "stages = ["
    yield from (f"    {{ after_s = {stage.after_s}, to = {_list(stage.to)} }}," for stage in ladder.stages)
    yield "]"


def _plan(plan: Plan) -> Iterator[str]:
    yield f"\n[plans.{plan.name}]"
    yield f"zh = {_text(plan.zh)}"
    yield f"en = {_text(plan.en)}"
    for step in plan.steps:
        yield from _step(plan, step)


def _step(plan: Plan, step: PlanStep) -> Iterator[str]:
    yield f"\n[[plans.{plan.name}.steps]]"
    yield f"name = {_text(step.name)}"
    yield f"kind = {_text(step.kind)}"
    if step.speechless is not None:
        yield f"speechless = {str(step.speechless).lower()}"
    yield f"zh = {_text(step.zh)}"
    yield f"en = {_text(step.en)}"
    for key, value in (("script_zh", step.script_zh), ("script_en", step.script_en), ("to", step.to)):
        if value:
            yield f"{key} = {_text(value)}"
    if step.wait_s:
        yield f"wait_s = {step.wait_s}"
    if step.choices:
        yield "choices = ["
        yield from (f"    {_choice(choice)}," for choice in step.choices)
        yield "]"


def _choice(choice: Choice) -> str:
    parts = [f"value = {_text(choice.value)}", f"zh = {_text(choice.zh)}", f"en = {_text(choice.en)}"]
    if choice.goes_to:
        parts.append(f"goes_to = {_text(choice.goes_to)}")
    return f"{{ {', '.join(parts)} }}"


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(_text(value) for value in values)}]"


def _text(value: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for DEL, which no text of a policy holds."""
    return json.dumps(str(value), ensure_ascii=False)
