"""Whatever a county writes, a policy reads back as it was written, refuses by name, and never goes under its floors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.event import EventType
from rules.domain.ladders import CANARY_LADDER, Ladder, Stage
from rules.domain.plans import Choice, Plan, PlanStep, StepKind
from rules.domain.policy import Context, Effect, assess
from rules.domain.policy_context import Vitals, When
from rules.domain.policy_file import PolicyRefused, read
from rules.domain.policy_file_parts import TYPES
from rules.domain.policy_lint import checked, covers
from rules.domain.policy_routes import ROUTES, TYPE_FLOORS, Reason, Route
from rules.domain.policy_row import FamilyTold, Row, Sent, Service
from rules.domain.policy_table import FIRST_STAGE_LIMIT_S, FLOORS, ROWS
from rules.domain.policy_value import BUILTIN, Policy
from rules.domain.policy_write import write
from rules.domain.responder_rules import ResponderRules
from rules.domain.storms import StormProfile
from rules.domain.thresholds import Thresholds
from rules.domain.vocabulary import Class, DeviceKind, DeviceLife, Priority, Target
from tests.properties.test_rules_judgements import contexts

NOW: Final = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
_P1, _P2, _P3, _P4, _P5 = Priority

names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
#: Words as people write them: quotes, backslashes, Chinese, no control characters.
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
texts = st.builds(" ".join, st.lists(words, min_size=1, max_size=3))
seconds = st.integers(1, 100_000)
tags = st.frozensets(st.sampled_from(["dementia", "living_alone", "oxygen", "deaf"]), max_size=2)
minutes = st.integers(0, 1439)
whens = st.builds(
    When,
    tags_any=tags,
    tags_all=tags,
    ability_at_least=st.none() | st.integers(1, 4),
    kinds=st.frozensets(st.sampled_from(DeviceKind), max_size=3),
    speechless=st.none() | st.booleans(),
    life_safety_device=st.none() | st.booleans(),
    other_fire_sign=st.none() | st.booleans(),
    vitals=st.none() | st.sampled_from(Vitals),
    outdoors_at_risk=st.none() | st.booleans(),
    absent=st.none() | st.booleans(),
    hours=st.none() | st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1]),
    area=st.none() | st.sampled_from(["chengwan", "chengwan.haibin"]),
)
known = st.builds(
    lambda context, area, minute, absent: replace(context, area=area, minute=minute, absent=absent),
    contexts,
    st.none() | st.sampled_from(["chengwan", "chengwan.haibin.xinqiao", "haibei"]),
    st.none() | minutes,
    st.booleans(),
)
steps = st.builds(
    lambda name, kind, zh, en, say, choices, wait_s, speechless: PlanStep(
        name=name,
        kind=kind,
        zh=zh,
        en=en,
        script_zh=say,
        script_en=say,
        to={StepKind.CALL: "resident", StepKind.NOTIFY: "contact", StepKind.DISPATCH: "trained"}.get(kind, ""),
        wait_s=wait_s if kind is StepKind.WAIT else 0,
        choices=tuple(choices),
        speechless=speechless,
    ),
    names,
    st.sampled_from(StepKind),
    texts,
    texts,
    st.just("") | texts,
    st.lists(
        st.builds(Choice, value=names, zh=texts, en=texts, goes_to=st.just("") | names),
        max_size=2,
        unique_by=lambda choice: choice.value,
    ),
    seconds,
    st.none() | st.booleans(),
)
plans = st.builds(
    lambda name, zh, en, found: Plan(name=name, zh=zh, en=en, steps=tuple(found)),
    names,
    texts,
    texts,
    st.lists(steps, min_size=1, max_size=3, unique_by=lambda step: step.name),
)
reached = st.lists(
    st.sampled_from([target for target in Target if target not in (Target.RECORD, Target.OWNER)]),
    min_size=1,
    max_size=3,
    unique=True,
).map(tuple)
ladders = st.builds(
    lambda name, stages, again: Ladder(name=name, stages=tuple(stages), again_after_s=again),
    names.filter(lambda name: name != CANARY_LADDER.name),
    st.lists(st.builds(Stage, after_s=seconds, to=reached), min_size=1, max_size=4),
    seconds,
)


@st.composite
def rows(draw: Any) -> dict[Class, Row]:
    """The built-in rows, some of them changed as far as code allows."""
    found = dict(ROWS)
    for class_ in draw(st.lists(st.sampled_from([c for c in Class if c is not Class.CANARY]), max_size=6, unique=True)):
        row, floor = found[class_], FLOORS.get(class_)
        priority = draw(st.sampled_from([p for p in Priority if floor is None or p <= floor]))
        limit = FIRST_STAGE_LIMIT_S.get(priority) if floor else None
        higher = [p for p in Priority if p < priority]
        found[class_] = replace(
            row,
            zh=draw(texts),
            en=draw(texts),
            priority=priority,
            first_escalation_s=draw(st.integers(0, limit or 100_000)),
            warn_s=draw(st.none() | seconds),
            critical_s=draw(st.none() | seconds),
            ages_to=draw(st.sampled_from([None, *higher])),
            rises=tuple((draw(seconds), to) for to in draw(st.lists(st.sampled_from(higher), max_size=2)))
            if higher
            else (),
            send_count=draw(st.integers(1, 20)),
            family_told=draw(st.sampled_from(FamilyTold)),
            services=tuple(draw(st.lists(st.sampled_from(Service), unique=True))),
            services_after_s=draw(st.none() | seconds),
            **draw(sent(row)),
        )
    return found


_NOBODY = {"dispatch": Sent.NOBODY, "dispatch_s": None, "dispatch_by_evening": False}


def sent(row: Row) -> st.SearchStrategy[dict[str, Any]]:
    if row.class_ is Class.INTRUSION:
        return st.just(_NOBODY)
    return st.just(_NOBODY) | seconds.map(lambda after_s: {"dispatch": Sent.TRAINED, "dispatch_s": after_s})


def classes_for(event_type: EventType) -> list[Class]:
    """The classes that code allows a rule of this type to give."""
    family = ROWS[ROUTES[event_type][-1].class_].family
    floor = TYPE_FLOORS.get(event_type)
    allowed: list[Class] = [class_ for class_ in Class if class_ is not Class.CANARY]
    if floor is not None or event_type is EventType.INTRUSION:
        allowed = [class_ for class_ in allowed if ROWS[class_].family is family]
    if floor is not None:
        allowed = [class_ for class_ in allowed if FLOORS.get(class_, _P5) <= floor]
    return allowed


@st.composite
def policies(draw: Any) -> Policy:
    """A policy as a county might write one, whole."""
    routes = dict(ROUTES)
    for event_type in draw(st.lists(st.sampled_from(sorted(ROUTES)), max_size=4, unique=True)):
        allowed = classes_for(event_type)
        effects = [Effect.RING] if event_type in TYPE_FLOORS else [Effect.RING, Effect.LOG]
        given = [
            Route(
                when=when,
                class_=draw(st.sampled_from(allowed)),
                reason=Reason.COUNTY_RULE,
                effect=draw(st.sampled_from(effects)),
                rule=f"rule_{number}",
            )
            for number, when in enumerate(draw(st.lists(whens, max_size=4, unique=True)))
        ]
        kept = [route for route in routes[event_type] if route.when not in {other.when for other in given}]
        routes[event_type] = tuple(sorted((*given, *kept), key=lambda route: -route.when.weight))
    more_ladders = {ladder.name: ladder for ladder in draw(st.lists(ladders, max_size=3))}
    more_plans = {plan.name: plan for plan in draw(st.lists(plans, max_size=2))}
    return Policy(
        version="county-1",
        routes=MappingProxyType(routes),
        rows=MappingProxyType(draw(rows())),
        ladders=MappingProxyType({**BUILTIN.ladders, **more_ladders}),
        plans=MappingProxyType({**BUILTIN.plans, **more_plans}),
        thresholds=Thresholds(storm_alarms=draw(seconds), storm_times_normal=draw(st.floats(0.5, 100.0))),
        responders=ResponderRules(circle_s=draw(seconds)),
        storms=tuple(
            StormProfile(name=name, classes=frozenset({"battery_low", "power_lost"}))
            for name in draw(st.lists(names, max_size=2, unique=True))
        ),
    )


@dataclass(frozen=True)
class County:
    """A policy that is shown by its size: whole, it would fill the screen."""

    policy: Policy

    def __repr__(self) -> str:
        return f"County({len(self.policy.routes)} types)"


counties = policies().map(County)


def parts_of(policy: Policy) -> tuple[Any, ...]:
    return tuple(
        dict(part) if isinstance(part, MappingProxyType) else part
        for part in (
            policy.routes,
            policy.rows,
            policy.ladders,
            policy.plans,
            policy.thresholds,
            policy.storms,
            policy.responders,
        )
    )


@settings(max_examples=60, deadline=None)
@given(counties)
def test_a_policy_reads_back_as_it_was_written(county: County) -> None:
    policy = county.policy
    text = write(policy)
    found = read(text)
    assert parts_of(found) == parts_of(policy)
    assert [list(routes) for routes in found.routes.values()] == [list(routes) for routes in policy.routes.values()]
    assert write(found) == text


@settings(max_examples=60, deadline=None)
@given(counties, st.lists(st.tuples(st.sampled_from(sorted(EventType)), known), min_size=1, max_size=30))
def test_every_event_reaches_exactly_one_class_and_none_goes_under_its_floor(
    county: County, events: list[tuple[EventType, Context]]
) -> None:
    found = read(write(county.policy))
    for event_type, context in events:
        assessed = assess(event_type, context, now=NOW, policy=found)
        assert assessed.class_ in found.rows
        if event_type not in TYPE_FLOORS or context.canary:
            continue
        assert assessed.effect is Effect.RING
        if assessed.class_ is not Class.RETAINED_CALL:
            assert assessed.priority <= TYPE_FLOORS[event_type]
            assert assessed.first_escalation_s <= FIRST_STAGE_LIMIT_S.get(assessed.priority, 10**9)


@given(st.sampled_from(sorted(TYPES)), known)
def test_what_no_rule_matches_is_an_unknown_alarm_and_never_silence(event_type: str, context: Context) -> None:
    live = replace(context, retained=False, registered=True, life=DeviceLife.LIVE)
    found = assess(EventType(event_type), live, now=NOW, policy=WITHOUT_RULES)
    assert (found.class_, found.effect, found.reason) == (Class.UNKNOWN, Effect.RING, Reason.NO_RULE_MATCHED)
    assert found.priority <= min(_P2, TYPE_FLOORS.get(EventType(event_type), _P2))


@given(whens, whens, known)
def test_a_wider_condition_holds_wherever_the_narrower_one_does(wider: When, narrower: When, context: Context) -> None:
    if covers(wider, narrower) and narrower.holds(context):
        assert wider.holds(context)


@settings(max_examples=200)
@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_no_text_is_anything_but_a_policy_or_refused_by_name(text: str) -> None:
    for reader in (read, checked):
        try:
            reader(text)
        except PolicyRefused as error:
            assert error.problems
            assert all("\n" not in problem.line() for problem in error.problems)


WITHOUT_RULES: Final = replace(BUILTIN, routes=MappingProxyType({}))
BUILTIN_TEXT: Final = write(BUILTIN)
_LINES: Final = BUILTIN_TEXT.splitlines()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(_LINES) - 1), st.sampled_from(["", 'x = "y"', "1", "[[rules]]", 'priority = "P5"', "= ="]))
def test_a_line_that_was_lost_or_mistyped_is_a_policy_or_refused_by_name(at: int, instead: str) -> None:
    text = "\n".join((*_LINES[:at], instead, *_LINES[at + 1 :]))
    try:
        found = checked(text)
    except PolicyRefused as error:
        assert error.problems
        return
    for class_, floor in FLOORS.items():
        assert found.rows[class_].priority <= floor
