"""How a desk goes through a plan, answer by answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.plan_course import asks_for_services, find, fits, led_to, next_of, put_together, says_duress
from rules.domain.plans import Answer, Choice, FrozenStep, PlanStep, StepKind, answered
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import Class

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
STEPS = (
    PlanStep(name="call", kind=StepKind.CALL, zh="", en="", choices=(
        Choice(value="ok", zh="", en=""), Choice(value="help", zh="", en="", goes_to="ring"),
        Choice(value="duress", zh="", en="", goes_to="ring"))),
    PlanStep(name="family", kind=StepKind.NOTIFY, zh="", en=""),
    PlanStep(name="ring", kind=StepKind.CALL, zh="", en="", to="service"),
    PlanStep(name="close", kind=StepKind.CLOSE, zh="", en=""),
)  # fmt: skip


def plan(class_: Class = Class.SOS) -> tuple[FrozenStep, ...]:
    return tuple(FrozenStep(id=f"{class_}.{one.name}", class_=class_, policy="p", step=one) for one in STEPS)


def said(steps: tuple[FrozenStep, ...], step: str, value: str, *, after_s: int = 0) -> tuple[FrozenStep, ...]:
    found = answered(steps, step, Answer(value=value, by=1, at=NOW + timedelta(seconds=after_s)))
    assert found is not None
    return found


def test_a_plan_begins_with_its_first_step_and_goes_on_in_order() -> None:
    assert next_of(plan()) == "sos.call"
    assert next_of(said(plan(), "sos.call", "ok")) == "sos.family"
    assert next_of(()) is None


def test_an_answer_leads_on_and_what_it_passed_over_stays_unanswered() -> None:
    led = said(plan(), "sos.call", "help")
    assert next_of(led) == "sos.ring"
    assert next_of(said(led, "sos.ring", "done", after_s=1)) == "sos.close"
    assert find(led, "sos.family") is not None


def test_a_plan_that_is_through_has_no_next_step() -> None:
    steps = plan()
    for place, step in enumerate(steps):
        steps = said(steps, step.id, "ok" if step.step.choices else "done", after_s=place)
    assert next_of(steps) is None


@pytest.mark.parametrize(
    ("step", "value", "good"),
    [
        ("sos.call", "ok", True),
        ("sos.call", "maybe", False),
        ("sos.family", "done", True),
        ("sos.family", "王小英 的女儿", False),
        ("sos.family", "", False),
    ],
)
def test_an_answer_is_a_choice_or_one_word_never_a_text(step: str, value: str, good: bool) -> None:
    found = find(plan(), step)
    assert found is not None
    assert fits(found, value) is good


def test_a_step_is_found_by_its_name_too_the_class_in_front_first() -> None:
    both = (*plan(Class.FALL), *plan(Class.SOS))
    assert find(both, "ring") is both[2]
    assert find(both, "sos.ring") is both[6]
    assert find(both, "nothing") is None


def test_only_an_answer_that_leads_to_a_control_room_asks_for_it() -> None:
    assert asks_for_services(plan()) is None
    assert asks_for_services(said(plan(), "sos.call", "ok")) is None
    asked = asks_for_services(said(plan(), "sos.call", "help"))
    assert asked is not None
    assert asked.step.name == "ring"


def test_the_word_for_duress_is_heard() -> None:
    found = find(said(plan(), "sos.call", "duress"), "sos.call")
    assert found is not None
    assert says_duress(found)
    assert led_to(plan(), plan()[0]) is None


def test_every_built_in_plan_leads_to_steps_that_are_there() -> None:
    for row in BUILTIN.rows.values():
        steps = BUILTIN.plan_for(row.class_).steps
        names = {step.name for step in steps}
        assert {choice.goes_to for step in steps for choice in step.choices} - {""} <= names, row.class_


_ANSWERS = st.dictionaries(st.sampled_from([step.name for step in STEPS]), st.integers(0, 50))


@given(_ANSWERS, _ANSWERS)
def test_two_plans_put_together_lose_no_step_and_no_answer(one: dict[str, int], other: dict[str, int]) -> None:
    front, back = plan(Class.SOS), plan(Class.SOS) + plan(Class.FALL)
    for name, at in one.items():
        front = said(front, f"sos.{name}", "ok", after_s=at)
    for name, at in other.items():
        back = said(back, f"sos.{name}", "ok", after_s=at)
    both = put_together(front, back)
    assert [step.id for step in both] == [step.id for step in (*front, *back[len(STEPS) :])]
    for step in both[: len(STEPS)]:
        times = [given[step.step.name] for given in (one, other) if step.step.name in given]
        assert (step.answer is None) is (not times)
        if step.answer is not None:
            assert step.answer.at == NOW + timedelta(seconds=max(times))
