from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.resolution import Code, Ruling, Safety, Second, check_lower, check_resolve
from rules.domain.vocabulary import Class, Outcome, Priority, SafetyKind

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
ME, OTHER = 1, 2
SPOKE = Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT)
P1, P2, P3, P4, P5 = Priority


def resolve(
    priority: Priority,
    outcome: Outcome,
    safety: Safety | None,
    *,
    class_: Class = Class.SOS,
    arrived: bool = False,
) -> Ruling:
    return check_resolve(
        priority=priority, class_=class_, outcome=outcome, safety=safety, user_id=ME, arrived=arrived, now=NOW
    )


def codes(ruling: Ruling) -> set[Code]:
    return {problem.code for problem in ruling.problems}


@pytest.mark.parametrize("priority", [P1, P2])
@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in (Outcome.NO_ANSWER, Outcome.DUPLICATE)])
def test_no_urgent_case_is_resolved_with_nobody_known_to_be_safe(priority: Priority, outcome: Outcome) -> None:
    assert codes(resolve(priority, outcome, None)) == {Code.SAFETY_REQUIRED}


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.DUPLICATE])
def test_no_answer_and_a_double_are_no_outcomes_of_an_urgent_case(outcome: Outcome) -> None:
    assert codes(resolve(P1, outcome, SPOKE)) == {Code.OUTCOME_REFUSED}
    assert resolve(P3, outcome, None).allowed


def test_a_word_with_the_resident_is_enough() -> None:
    assert resolve(P1, Outcome.ACCIDENTAL, SPOKE) == Ruling(problems=())


@pytest.mark.parametrize(
    ("safety", "missing"),
    [
        (Safety(kind=SafetyKind.SEEN_BY), {Code.WHO_REQUIRED}),
        (Safety(kind=SafetyKind.SEEN_BY, who="  "), {Code.WHO_REQUIRED}),
        (Safety(kind=SafetyKind.SEEN_BY, who="neighbour at 502"), set()),
        (
            Safety(kind=SafetyKind.HANDED_OVER),
            {Code.SERVICE_REQUIRED, Code.REFERENCE_REQUIRED, Code.ACCEPTED_AT_REQUIRED},
        ),
        (
            Safety(kind=SafetyKind.HANDED_OVER, service="120", reference="A7", accepted_at=NOW + timedelta(seconds=1)),
            {Code.ACCEPTED_IN_FUTURE},
        ),
        (Safety(kind=SafetyKind.HANDED_OVER, service="120", reference="A7", accepted_at=NOW), set()),
        (Safety(kind=SafetyKind.NO_PERSON_INVOLVED), {Code.OUTCOME_NAMES_A_PERSON}),
        (Safety(kind=SafetyKind.SUPERVISOR_DECISION), {Code.REASON_REQUIRED, Code.SECOND_USER_REQUIRED}),
        (
            Safety(kind=SafetyKind.SUPERVISOR_DECISION, reason="moved away", second_user_id=ME),
            {Code.SECOND_USER_IS_SELF},
        ),
        (Safety(kind=SafetyKind.SUPERVISOR_DECISION, reason="moved away", second_user_id=OTHER), set()),
    ],
)
def test_each_way_of_knowing_has_to_say_how(safety: Safety, missing: set[Code]) -> None:
    assert codes(resolve(P1, Outcome.ASSISTANCE, safety)) == missing


@pytest.mark.parametrize("outcome", [Outcome.TEST, Outcome.TECHNICAL])
def test_a_test_may_say_that_nobody_was_involved(outcome: Outcome) -> None:
    assert resolve(P1, outcome, Safety(kind=SafetyKind.NO_PERSON_INVOLVED)).allowed


def test_safety_that_is_given_without_need_still_has_to_be_whole() -> None:
    assert codes(resolve(P3, Outcome.ASSISTANCE, Safety(kind=SafetyKind.SEEN_BY))) == {Code.WHO_REQUIRED}


@pytest.mark.parametrize("class_", [Class.FIRE, Class.SMOKE, Class.GAS, Class.CARBON_MONOXIDE])
def test_a_fire_nobody_went_to_see_is_resolved_and_looked_at_by_a_second_person(class_: Class) -> None:
    alone = resolve(P1, Outcome.FALSE_ALARM, SPOKE, class_=class_)
    assert (alone.allowed, alone.review) == (True, True)
    assert not resolve(P1, Outcome.FALSE_ALARM, SPOKE, class_=class_, arrived=True).review
    second = Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT, second_user_id=OTHER)
    assert not resolve(P1, Outcome.FALSE_ALARM, second, class_=class_).review
    myself = Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT, second_user_id=ME)
    assert resolve(P1, Outcome.FALSE_ALARM, myself, class_=class_).review


def lower(
    current: Priority,
    wanted: Priority,
    *,
    reason: str = "burnt pot",
    contact: bool = True,
    safety: Safety | None = None,
) -> set[Code]:
    ruling = check_lower(
        current=current, wanted=wanted, reason=reason, contact_made=contact, safety=safety, user_id=ME, now=NOW
    )
    return codes(ruling)


def test_an_owner_lowers_a_priority_after_contact_with_a_reason() -> None:
    assert lower(P1, P2) == set()
    assert lower(P2, P4) == set()
    assert lower(P1, P2, reason=" ") == {Code.REASON_REQUIRED}
    assert lower(P1, P2, contact=False) == {Code.NO_CONTACT}
    assert lower(P2, P1) == lower(P2, P2) == {Code.NOT_LOWER}


@pytest.mark.parametrize("wanted", [P3, P4, P5])
def test_from_life_in_danger_to_attention_only_with_safety(wanted: Priority) -> None:
    assert lower(P1, wanted) == {Code.SAFETY_REQUIRED}
    assert lower(P1, wanted, safety=Safety(kind=SafetyKind.SEEN_BY)) == {Code.WHO_REQUIRED}
    assert lower(P1, wanted, safety=SPOKE) == set()


@pytest.mark.parametrize("class_", [Class.FIRE, Class.SMOKE, Class.GAS, Class.CARBON_MONOXIDE])
def test_a_fire_nobody_went_to_see_is_resolved_by_two_people_where_there_are_two(class_: Class) -> None:
    def asked(safety: Safety, *, arrived: bool = False, on_duty: bool = True) -> Ruling:
        return check_resolve(
            priority=P1, class_=class_, outcome=Outcome.FALSE_ALARM, safety=safety, user_id=ME, arrived=arrived,
            now=NOW, second=Second(on_duty=on_duty),
        )  # fmt: skip

    agreed = Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT, second_user_id=OTHER)
    assert codes(asked(SPOKE)) == {Code.SECOND_USER_REQUIRED}
    assert asked(agreed) == Ruling(problems=())
    assert asked(SPOKE, arrived=True) == Ruling(problems=())
    assert asked(SPOKE, on_duty=False) == Ruling(problems=(), review=True), "the file waits, never the help"


def test_smoke_that_joined_a_call_and_a_plan_that_says_so_ask_for_two_as_well() -> None:
    for second in (Second(also=frozenset({Class.SMOKE}), on_duty=True), Second(plan_asks=True, on_duty=True)):
        ruling = check_resolve(
            priority=P1, class_=Class.SOS, outcome=Outcome.ACCIDENTAL, safety=SPOKE, user_id=ME, arrived=False,
            now=NOW, second=second,
        )  # fmt: skip
        assert codes(ruling) == {Code.SECOND_USER_REQUIRED}
