"""What a policy that can be read still does wrong: a rule that never decides, a rung that cuts off the one before it.

Nothing here raises: everything is found in one go, so that whoever wrote the file mends it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rules.domain.ladders import CANARY_LADDER, Ladder
from rules.domain.plans import Plan, PlanStep, StepKind
from rules.domain.policy_context import When
from rules.domain.policy_file import inspect
from rules.domain.policy_reading import PolicyRefused, Problem
from rules.domain.policy_routes import ROUTES, Effect, Route
from rules.domain.policy_row import Row
from rules.domain.policy_table import ROWS, problems_of
from rules.domain.policy_value import BUILTIN, Policy
from rules.domain.vocabulary import LIFE_SAFETY, Class, Family, Priority, SafetyKind, Target

#: A telephone that rings must be let ring: nobody is called away from it before.
RINGS_S: Final = 30
_TELEPHONES: Final = frozenset({Target.ON_CALL_PHONE, Target.COUNTY_DUTY})
#: Who sits at a screen hears an alarm; who does not is reached by telephone.
_REACHES: Final = frozenset(Target) - {Target.RECORD, Target.OWNER}
_WHO: Final = {True: "people who cannot use the telephone", False: "people who can use the telephone"}
_ACTS: Final = frozenset({StepKind.CALL, StepKind.DISPATCH, StepKind.NOTIFY})
_SAFETY: Final = frozenset(kind.value for kind in SafetyKind)


def checked(text: str) -> Policy:
    """The policy that this text is, fit to be approved; PolicyRefused with everything that is wrong, in one go."""
    policy, problems = inspect(text)
    places = {_part_of(problem.place) for problem in problems}
    # What could not be read is not complained of twice.
    more = (problem for problem in lint(policy) if _part_of(problem.place) not in places)
    found = (*problems, *more)
    if found:
        raise PolicyRefused(found)
    return policy


def _part_of(place: str) -> str:
    """ "classes.fall" of "classes.fall.priority"; all rules are one part."""
    return "rules" if place.startswith("rules") else ".".join(place.split(".")[:2])


def lint(policy: Policy) -> tuple[Problem, ...]:
    """Everything that is wrong with it; empty for a policy that may be approved."""
    found: list[Problem] = []
    for part in (_rules, _classes, _ladders, _plans):
        found.extend(part(policy))
    return tuple(found)


def _say(place: str, remedy: str, value: str = "") -> Problem:
    return Problem(place=place, value=value, remedy=remedy)


# -- rules -----------------------------------------------------------------------------------------------------------


def _rules(policy: Policy) -> Iterator[Problem]:
    for event_type in ROUTES:
        routes = policy.routes.get(event_type, ())
        if not routes or routes[-1].when.weight:
            yield _say(f"rules of {event_type}", "none without a condition: what matches nothing becomes `unknown`")
        for at, route in enumerate(routes):
            shadow = next((before for before in routes[:at] if covers(before.when, route.when)), None)
            if shadow is not None:
                yield _say(f"rules of {event_type}", f"never decides: {shadow.name} holds whenever it does", route.name)
            yield from _rule(policy, event_type, route)


def _rule(policy: Policy, event_type: str, route: Route) -> Iterator[Problem]:
    row = policy.rows.get(route.class_)
    if row is None:
        yield _say(f"rules of {event_type}", "its class has no row", route.name)
    elif route.effect is Effect.RING and not _is_canary(route.class_) and row.plan not in policy.plans:
        yield _say(f"rules of {event_type}", f"its class {route.class_} has no plan", route.name)


def covers(wider: When, narrower: When) -> bool:
    """Whether `wider` holds whenever `narrower` does; False where that cannot be told."""
    return (
        _any_covers(wider.tags_any, narrower.tags_any, narrower.tags_all)
        and wider.tags_all <= (narrower.tags_all | _one(narrower.tags_any))
        and (wider.ability_at_least is None or (narrower.ability_at_least or 0) >= wider.ability_at_least)
        and (not wider.kinds or (bool(narrower.kinds) and narrower.kinds <= wider.kinds))
        and all(
            getattr(wider, name) is None or getattr(wider, name) == getattr(narrower, name)
            for name in ("speechless", "life_safety_device", "other_fire_sign", "vitals", "outdoors_at_risk", "absent")
        )
        and (wider.hours is None or (narrower.hours is not None and _minutes(narrower.hours) <= _minutes(wider.hours)))
        and (wider.area is None or _lies_under(narrower.area, wider.area))
    )


def _any_covers(wider: frozenset[str], any_: frozenset[str], all_: frozenset[str]) -> bool:
    return not wider or (bool(any_) and any_ <= wider) or not wider.isdisjoint(all_)


def _one(tags: frozenset[str]) -> frozenset[str]:
    """At least one of a single tag is that tag."""
    return tags if len(tags) == 1 else frozenset()


def _minutes(hours: tuple[int, int]) -> frozenset[int]:
    start, end = hours
    return frozenset(range(start, end)) if start <= end else frozenset((*range(start, 1440), *range(end)))


def _lies_under(area: str | None, above: str) -> bool:
    return area is not None and (area == above or area.startswith(f"{above}."))


# -- classes ---------------------------------------------------------------------------------------------------------


def _is_canary(class_: Class) -> bool:
    return class_ is Class.CANARY


def _classes(policy: Policy) -> Iterator[Problem]:
    for line in problems_of(policy.rows):
        class_, remedy = line.split(": ", 1)
        yield _say(f"classes.{class_}", remedy)
    for class_, row in policy.rows.items():
        yield from (_say(f"classes.{class_}", remedy) for remedy in _class(policy, row))


def _class(policy: Policy, row: Row) -> Iterator[str]:
    if row.ladder and row.ladder not in policy.ladders:
        yield f"no ladder {row.ladder}"
    if row.plan not in policy.plans:
        yield f"no plan {row.plan}"
    if not row.zh.strip() or not row.en.strip():
        yield "its name must stand in both languages"
    if row.warn_s is not None and row.critical_s is not None and row.warn_s > row.critical_s:
        yield f"warns after {row.warn_s} s, later than critical after {row.critical_s} s"
    if row.family is not ROWS[row.class_].family:
        yield f"its family is {ROWS[row.class_].family}, by code"
    if row.family is Family.FIRE_AND_GAS and row.services_after_s is None:
        yield "must say by when a person has called the fire service (services_after_s)"


# -- ladders ---------------------------------------------------------------------------------------------------------


def _ladders(policy: Policy) -> Iterator[Problem]:
    used = {priority.label.lower() for priority in Priority} | {row.ladder for row in policy.rows.values()}
    for name, ladder in policy.ladders.items():
        if name == CANARY_LADDER.name:
            continue
        yield from (_say(f"ladders.{name}", remedy, value) for value, remedy in _ladder(ladder))
        if name not in used and BUILTIN.ladders.get(name) != ladder:
            yield _say(f"ladders.{name}", "no class uses it")


def _ladder(ladder: Ladder) -> Iterator[tuple[str, str]]:
    count = len(ladder.stages)
    for at, stage in enumerate(ladder.stages):
        if not _REACHES & set(stage.to):
            yield f"stage {at + 1}", "reaches nobody"
        if not _TELEPHONES.isdisjoint(stage.to) and ladder.wait_s(at) < RINGS_S:
            following = f"stage {ladder.after(at) + 1}" + (" of the next round" if at + 1 == count else "")
            yield (
                f"stage {at + 1}",
                f"{following} comes {ladder.wait_s(at)} s later and cuts its call off: at least {RINGS_S} s",
            )


# -- plans -----------------------------------------------------------------------------------------------------------


def _plans(policy: Policy) -> Iterator[Problem]:
    used = {row.plan for row in policy.rows.values()}
    life_safety = {row.plan for row in policy.rows.values() if row.class_ in LIFE_SAFETY}
    for name, plan in policy.plans.items():
        yield from (_say(f"plans.{name}", remedy, value) for value, remedy in _plan(plan))
        if name in life_safety:
            yield from (_say(f"plans.{name}", remedy, value) for value, remedy in _plan_for_life(plan))
        if name not in used and BUILTIN.plans.get(name) != plan:
            yield _say(f"plans.{name}", "no class uses it")
    yield from _untrained(policy)


def _plan(plan: Plan) -> Iterator[tuple[str, str]]:
    names = {step.name for step in plan.steps}
    if not plan.zh.strip() or not plan.en.strip():
        yield "", "its name must stand in both languages"
    for step in plan.steps:
        if not step.zh.strip() or not step.en.strip():
            yield step.name, "must say what to do in both languages"
        if bool(step.script_zh) is not bool(step.script_en):
            yield step.name, "its script must stand in both languages, or in none"
        for choice in step.choices:
            if choice.goes_to and choice.goes_to not in names:
                yield f"{step.name}.{choice.value}", f"leads to {choice.goes_to}, which is no step of this plan"
            if choice.goes_to == step.name:
                yield f"{step.name}.{choice.value}", "leads back to its own step"
    yield from _left_out(plan)


def _left_out(plan: Plan) -> Iterator[tuple[str, str]]:
    """Answers that lead to a step which a case does not keep for this kind of person."""
    names = {step.name for step in plan.steps}
    for speechless, who in _WHO.items():
        left = _left(plan, speechless=speechless)
        gone = names - {step.name for step in left}
        for step in left:
            for choice in step.choices:
                if choice.goes_to in gone:
                    yield f"{step.name}.{choice.value}", f"leads to {choice.goes_to}, which is left out for {who}"


def _left(plan: Plan, *, speechless: bool) -> list[PlanStep]:
    """The steps that a case keeps of it for somebody who cannot use the telephone, or who can."""
    return [step for step in plan.steps if step.speechless is None or step.speechless is speechless]


def _plan_for_life(plan: Plan) -> Iterator[tuple[str, str]]:
    """Nothing ends before it is known that the person is safe, and silence is never that knowledge."""
    closes = [step for step in plan.steps if step.kind is StepKind.CLOSE]
    if not any(step.choices and {choice.value for choice in step.choices} <= _SAFETY for step in closes):
        yield (
            "",
            f"must hold a close step that asks how it is known that the person is safe: {', '.join(sorted(_SAFETY))}",
        )
    ends = {step.name for step in closes}
    for step in plan.steps:
        for choice in step.choices:
            if choice.value == "no_answer" and (
                choice.goes_to in ends or (not choice.goes_to and step is plan.steps[-1])
            ):
                yield f"{step.name}.{choice.value}", "no answer is the outcome of a call: it must lead to a next step"
    for speechless, who in _WHO.items():
        if not any(step.kind in _ACTS for step in _left(plan, speechless=speechless)):
            yield "", f"does nothing for {who}"


def _untrained(policy: Policy) -> Iterator[Problem]:
    """Nobody untrained is sent into smoke by a plan either, and nobody into an intrusion."""
    for row in policy.rows.values():
        plan = policy.plans.get(row.plan)
        steps: Iterable[tuple[str, str]] = ((step.name, step.to) for step in plan.steps) if plan else ()
        for name, to in steps:
            if row.family is Family.FIRE_AND_GAS and to == "staff":
                yield _say(f"plans.{row.plan}", f"{row.class_}: only trained people are sent", name)
            if row.class_ is Class.INTRUSION and to in ("staff", "trained"):
                yield _say(f"plans.{row.plan}", "nobody is sent into an intrusion: a person calls the police", name)
