"""The parts of a policy's file that stand by themselves: rules, plans, thresholds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

from devices.event import EventType
from rules.domain.plans import Choice, Plan, PlanStep, StepKind
from rules.domain.policy_context import ALWAYS, Vitals, When
from rules.domain.policy_reading import NAME, NAME_REMEDY, Table
from rules.domain.policy_routes import ROUTES, TYPE_FLOORS, Effect, Reason, Route
from rules.domain.policy_table import FLOORS, NO_DELAY, ROWS
from rules.domain.storms import StormProfile
from rules.domain.vocabulary import Class, DeviceKind

_Numbers = TypeVar("_Numbers")

TYPES: Final = {event_type.value: event_type for event_type in ROUTES}
EFFECTS: Final = {Effect.RING.value: Effect.RING, Effect.LOG.value: Effect.LOG}
_KINDS: Final = {kind.value: kind for kind in DeviceKind}
_VITALS: Final = {vitals.value: vitals for vitals in Vitals}
_STEPS: Final = {kind.value: kind for kind in StepKind}
#: Whom a step is for, by its kind.
_RESIDENT: Final = ("resident", "contact", "responder", "service")
_TO: Final = {StepKind.CALL: _RESIDENT, StepKind.NOTIFY: _RESIDENT, StepKind.DISPATCH: ("staff", "trained")}
_AREA: Final = re.compile(r"[A-Za-z0-9_]{1,32}(\.[A-Za-z0-9_]{1,32}){0,5}")
_HOUR: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_SCRIPT_MOST: Final = 2_000
_STEPS_MOST: Final = 60
_COUNT_MOST: Final = 1_000_000


# -- rules: from what a device says, under a condition, to a class ---------------------------------------------------


def read_rules(
    top: Table,
    base: Mapping[EventType, tuple[Route, ...]],
    classes: Mapping[str, Class],
) -> dict[EventType, tuple[Route, ...]]:
    """The rules of each type, the most specific first.

    With a policy extended its rules follow; one of the same type and the same name or condition stands in for it.
    """
    given: dict[EventType, list[Route]] = {}
    for table in top.rows("rules"):
        rule = _rule(table, classes)
        table.end()
        if rule is None:
            continue
        event_type, route = rule
        _check_rule(table, event_type, route, given.get(event_type, ()))
        given.setdefault(event_type, []).append(route)
    routes = {event_type: _in_order(given.get(event_type, []), base.get(event_type, ())) for event_type in ROUTES}
    for event_type in TYPE_FLOORS:
        if not any(route.when == ALWAYS for route in routes[event_type]):
            top.problems.add("rules", event_type.value, "needs a rule without a condition: it calls for help")
    return {event_type: found for event_type, found in routes.items() if found}


def _in_order(given: list[Route], base: Iterable[Route]) -> tuple[Route, ...]:
    """Of rules that ask as much, the county's first, in the order of its file."""
    stand_in = {route.when for route in given}
    named = {route.name for route in given}
    kept = [route for route in base if route.when not in stand_in and route.name not in named]
    return tuple(sorted((*given, *kept), key=lambda route: -route.when.weight))


def _rule(table: Table, classes: Mapping[str, Class]) -> tuple[EventType, Route] | None:
    name = table.pattern("name", NAME, NAME_REMEDY)
    event_type = table.word("type", TYPES)
    class_ = table.word("class", classes)
    effect = table.word("effect", EFFECTS, Effect.RING) or Effect.RING
    when = _when(table.inner("when"))
    if event_type is None or class_ is None or not name:
        return None
    for route in ROUTES[event_type]:
        if (route.name, route.when, route.class_, route.effect) == (name, when, class_, effect):
            return event_type, route
    return event_type, Route(when=when, class_=class_, reason=Reason.COUNTY_RULE, effect=effect, rule=name)


def _check_rule(table: Table, event_type: EventType, route: Route, before: Iterable[Route]) -> None:
    """What stands twice, and what no file may do to a call for help."""
    if any(other.name == route.name for other in before):
        table.wrong("name", f"another rule of {event_type} has this name")
    if any(other.when == route.when for other in before):
        table.wrong("when", f"another rule of {event_type} has this very condition")
    family = ROWS[ROUTES[event_type][-1].class_].family
    keeps_family = event_type in TYPE_FLOORS or event_type is EventType.INTRUSION
    if keeps_family and ROWS[route.class_].family is not family:
        table.wrong("class", f"of another kind of trouble: {event_type} is of {family}, which says who may be sent")
    if event_type not in TYPE_FLOORS:
        return
    floor = TYPE_FLOORS[event_type]
    if FLOORS.get(route.class_, max(FLOORS.values()) + 1) > floor:
        table.wrong("class", f"{event_type} never goes under {floor.label}: take a class with that floor")
    if route.effect is not Effect.RING:
        table.wrong("effect", f"{event_type} calls for help: it always rings")


def _when(table: Table) -> When:
    when = When(
        tags_any=table.names("tags_any"),
        tags_all=table.names("tags_all"),
        ability_at_least=table.whole("ability_at_least", least=1, most=4) if table.has("ability_at_least") else None,
        kinds=frozenset(table.words("kinds", _KINDS)),
        speechless=table.flag("speechless"),
        life_safety_device=table.flag("life_safety_device"),
        other_fire_sign=table.flag("other_fire_sign"),
        vitals=table.word("vitals", _VITALS) if table.has("vitals") else None,
        outdoors_at_risk=table.flag("outdoors_at_risk"),
        absent=table.flag("absent"),
        hours=_hours(table),
        area=table.pattern("area", _AREA, "a path of areas such as chengwan.haibin") if table.has("area") else None,
    )
    for key in ("ability_at_least", "vitals", "area"):
        if not table.has(key):
            table.flag(key)  # known, and not given
    table.end()
    return ALWAYS if when == ALWAYS else when


def _hours(table: Table) -> tuple[int, int] | None:
    values = table.values("hours")
    if not values:
        return None
    texts = [value for value in values if isinstance(value, str) and _HOUR.fullmatch(value)]
    if len(values) != 2 or len(texts) != 2 or texts[0] == texts[1]:
        table.wrong("hours", 'two different times such as ["22:00", "06:00"]')
        return None
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in texts)
    return start, end


# -- plans -----------------------------------------------------------------------------------------------------------


def read_plans(table: Table, base: Mapping[str, Plan]) -> dict[str, Plan]:
    """The plans by name; one that is given replaces the whole of the extended policy's."""
    plans = dict(base)
    for name, inner in table.tables():
        if not NAME.fullmatch(name):
            table.wrong(name, NAME_REMEDY)
            continue
        steps: list[PlanStep] = []
        for row in inner.rows("steps"):
            step = _step(row)
            if any(step.name == other.name for other in steps):
                row.wrong("name", "another step of this plan has this name")
            steps.append(step)
        plans[name] = Plan(name=name, zh=inner.text("zh"), en=inner.text("en"), steps=tuple(steps))
        inner.end()
        if not 1 <= len(steps) <= _STEPS_MOST:
            inner.wrong("steps", f"1 to {_STEPS_MOST} steps")
    return plans


def _step(table: Table) -> PlanStep:
    kind = table.word("kind", _STEPS) or StepKind.ASK
    step = PlanStep(
        name=table.pattern("name", NAME, NAME_REMEDY),
        kind=kind,
        zh=table.text("zh"),
        en=table.text("en"),
        script_zh=table.text("script_zh", "", most=_SCRIPT_MOST),
        script_en=table.text("script_en", "", most=_SCRIPT_MOST),
        to=table.text("to", ""),
        wait_s=table.whole("wait_s", 0),
        choices=_choices(table),
        speechless=table.flag("speechless"),
    )
    allowed = _TO.get(kind, ("",))
    if step.to not in allowed:
        table.wrong("to", f"one of {', '.join(allowed)}" if allowed != ("",) else f"a step {kind} is for nobody")
    if kind is StepKind.WAIT and step.wait_s == 0:
        table.wrong("wait_s", "how many seconds to wait")
    table.end()
    return step


def _choices(table: Table) -> tuple[Choice, ...]:
    found: list[Choice] = []
    for row in table.rows("choices"):
        choice = Choice(
            value=row.pattern("value", NAME, NAME_REMEDY),
            zh=row.text("zh"),
            en=row.text("en"),
            goes_to=row.text("goes_to", ""),
        )
        row.end()
        if any(choice.value == other.value for other in found):
            row.wrong("value", "another answer of this step has this value")
        found.append(choice)
    return tuple(found)


# -- thresholds and storms -------------------------------------------------------------------------------------------


def read_numbers(table: Table, base: _Numbers) -> _Numbers:
    """A value whose fields are all numbers: whole ones where the base has a whole one."""
    values: dict[str, Any] = {}
    for field in fields(base):  # type: ignore[arg-type]  # the callers give dataclasses
        was = getattr(base, field.name)
        if isinstance(was, float):
            values[field.name] = table.number(field.name, was, least=0.0, most=float(_COUNT_MOST))
        else:
            bounds = field.metadata
            least, most = bounds.get("least", 1), bounds.get("most", _COUNT_MOST)
            values[field.name] = table.whole(field.name, was, least=least, most=most)
    table.end()
    return type(base)(**values)


def read_storms(table: Table, base: tuple[StormProfile, ...], classes: Mapping[str, Class]) -> tuple[StormProfile, ...]:
    """The profiles by name: which classes a storm may hold. None of a call for help, whatever is written."""
    profiles = {profile.name: profile for profile in base}
    for name, inner in table.tables():
        if not NAME.fullmatch(name):
            table.wrong(name, NAME_REMEDY)
        held = inner.words("classes", classes)
        inner.end()
        for class_ in held:
            if class_ in NO_DELAY:
                inner.wrong("classes", f"no storm holds {class_}: by code")
        profiles[name] = StormProfile(name=name, classes=frozenset(str(class_) for class_ in held))
    return tuple(profiles.values())
