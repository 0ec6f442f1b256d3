"""What confirms a case, whom to ring next, and when to ring back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.call_words import CallResult, CallTo
from rules.domain.calls import CallMade
from rules.domain.plan_course import find
from rules.domain.plans import Answer, FrozenStep, answered, freeze
from rules.domain.policy_value import BUILTIN
from rules.domain.services import (
    Confirmed,
    HandOverAnswer,
    call_back_at,
    confirmed,
    next_service,
    required,
    stands_whatever_is_said,
)
from rules.domain.vocabulary import Class, Family, Priority

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def plan_of(*classes: Class) -> tuple[FrozenStep, ...]:
    return tuple(step for one in classes for step in freeze(BUILTIN.plan_for(one), class_=one, policy="builtin"))


def call(result: CallResult, seconds_ago: int = 0) -> CallMade:
    return CallMade(at=NOW - timedelta(seconds=seconds_ago), to=CallTo.RESIDENT, result=result)


def test_help_asked_for_confirms_whatever_the_class() -> None:
    found = confirmed(plan_of(Class.SOS), [call(CallResult.SPOKE_HELP)], priority=Priority.CRITICAL, now=NOW)
    assert found is Confirmed.HELP_ASKED


def test_two_attempts_within_two_minutes_that_reach_nobody_are_enough() -> None:
    calls = [call(CallResult.NO_ANSWER, 90), call(CallResult.VOICEMAIL)]
    assert confirmed(plan_of(Class.FALL), calls, priority=Priority.CRITICAL, now=NOW) is Confirmed.NOBODY_REACHED
    assert confirmed(plan_of(Class.FALL), calls[:1], priority=Priority.CRITICAL, now=NOW) is None


def test_who_cannot_use_the_telephone_is_never_nobody_reached() -> None:
    calls = [call(CallResult.NO_ANSWER, 90), call(CallResult.NO_ANSWER)]
    plan = plan_of(Class.SOS_NO_VOICE)
    assert confirmed(plan, calls, priority=Priority.CRITICAL, now=NOW, speechless=True) is None


def test_a_second_detector_confirms_a_fire() -> None:
    plan = plan_of(Class.FIRE, Class.SMOKE)
    assert confirmed(plan, [], priority=Priority.CRITICAL, now=NOW) is Confirmed.TWO_SIGNS


@pytest.mark.parametrize("class_", [Class.SMOKE, Class.GAS, Class.CARBON_MONOXIDE])
def test_every_built_in_plan_of_fire_and_gas_can_confirm_it(class_: Class) -> None:
    plan = plan_of(class_)
    leads = [
        (step, choice)
        for step in plan
        for choice in step.step.choices
        if choice.goes_to and (target := find(plan, f"{class_}.{choice.goes_to}")) and target.step.to == "service"
    ]
    assert leads, "an answer leads to the step that rings a control room"
    step, choice = leads[0]
    said = answered(plan, step.id, Answer(value=choice.value, by=1, at=NOW))
    assert said is not None
    assert confirmed(said, [], priority=Priority.CRITICAL, now=NOW) is Confirmed.PLAN_ANSWER


def test_a_confirmed_fire_is_not_talked_out_on_the_telephone() -> None:
    assert stands_whatever_is_said(Confirmed.TWO_SIGNS, Family.FIRE_AND_GAS)
    assert not stands_whatever_is_said(Confirmed.NOBODY_REACHED, Family.FIRE_AND_GAS)
    assert not stands_whatever_is_said(Confirmed.HELP_ASKED, Family.PERSON), "they said all is well since"


@pytest.mark.parametrize(
    ("order", "refused", "following"),
    [
        (("fire", "ambulance"), {"fire"}, "ambulance"),
        (("ambulance",), {"ambulance"}, "police"),
        (("fire", "ambulance"), {"fire", "ambulance"}, "police"),
        ((), {"police", "fire", "ambulance"}, None),
    ],
)
def test_after_a_refusal_the_next_service_is_named(order: tuple[str, ...], refused: set[str], following: str) -> None:
    assert next_service(order, refused) == following


@pytest.mark.parametrize(
    ("answer", "estimate_s", "due_s"),
    [
        (HandOverAnswer.ACCEPTED, None, None),
        (HandOverAnswer.REJECTED, None, None),
        (HandOverAnswer.QUEUED, 2400, 2400),
        (HandOverAnswer.QUEUED, None, 300),
        (HandOverAnswer.QUEUED, -60, 0),
        (HandOverAnswer.PASSED_ON, None, 300),
        (None, None, 300),
    ],
)
def test_whoever_waits_is_rung_back(answer: HandOverAnswer | None, estimate_s: int | None, due_s: int | None) -> None:
    estimate = None if estimate_s is None else NOW + timedelta(seconds=estimate_s)
    due = call_back_at(answer, estimate, NOW)
    assert (None if due is None else (due - NOW).total_seconds()) == due_s


@pytest.mark.parametrize(
    ("class_", "family", "names"),
    [
        (Class.SMOKE, Family.FIRE_AND_GAS, {"fire"}),
        (Class.CARBON_MONOXIDE, Family.FIRE_AND_GAS, {"fire", "ambulance"}),
        (Class.SOS, Family.PERSON, set()),
    ],
)
def test_a_fire_is_not_handed_over_without_the_fire_brigade(class_: Class, family: Family, names: set[str]) -> None:
    assert required(class_, family) == names
