"""Whom a stage rings: by table, and that the list never ends in nobody by property."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.on_call import Asked, Chosen, Missing, Person, ShiftRole, next_on_list, reach
from rules.domain.telling import HEARD_S
from rules.domain.vocabulary import Priority, Target

NOW = datetime(2026, 11, 19, 18, 0, tzinfo=UTC)
P1 = Priority.CRITICAL


def _person(user_id: int, role: str = "dispatcher", *, on_call: int | None = None, phone: bool = True,
            **more: object) -> Person:  # fmt: skip
    shifts = () if on_call is None else ((ShiftRole.ON_CALL, on_call),)
    return Person(user_id=user_id, role=role, has_phone=phone, shifts=shifts, **more)  # type: ignore[arg-type]  # of the test


def _asked(*users: int, cannot: tuple[int, ...] = ()) -> list[Asked]:
    return [Asked(user_id=user, capacity=Chosen.ON_CALL, cannot=user in cannot) for user in users]


THREE = [_person(1, on_call=1), _person(2, on_call=2), _person(3, on_call=3)]


@pytest.mark.parametrize(
    ("asked", "following"),
    [
        (_asked(), 1), (_asked(1), 2), (_asked(1, 2, 3), 1), (_asked(1, cannot=(1,)), 2),
        (_asked(1, 2, 3, cannot=(1,)), 2), (_asked(1, 2, 3, cannot=(1, 2, 3)), None), (_asked(9), 1),
    ],
)  # fmt: skip
def test_the_list_rotates_past_who_cannot(asked: list[Asked], following: int | None) -> None:
    assert next_on_list(THREE, asked) == following


def test_who_has_no_number_is_passed_over() -> None:
    assert next_on_list([_person(1, on_call=1, phone=False), _person(2, on_call=2)], []) == 2


def test_a_high_alarm_nobody_is_on_call_for_is_every_supervisors() -> None:
    people = [_person(1, "supervisor"), _person(2, "supervisor", phone=False), _person(3)]
    found = reach(Target.ON_CALL_PHONE, people, [], priority=P1, now=NOW)
    assert found.people == ((1, Chosen.ANYBODY),)
    assert found.missing is Missing.NOBODY_ON_CALL
    found = reach(Target.ON_CALL_PHONE, people[1:], [], priority=P1, now=NOW)
    assert found.people == ((3, Chosen.ANYBODY),)
    nobody = reach(Target.ON_CALL_PHONE, [], [], priority=P1, now=NOW)
    assert (nobody.people, nobody.missing) == ((), Missing.NOBODY_WITH_A_NUMBER)


def test_a_low_alarm_wakes_nobody_who_is_not_on_duty() -> None:
    people = [_person(1, "supervisor")]
    assert reach(Target.SUPERVISORS, people, [], priority=Priority.TECHNICAL, now=NOW).people == ()


def test_who_took_it_by_telephone_keeps_the_others_asleep_for_a_while() -> None:
    took = [Asked(user_id=1, capacity=Chosen.ON_CALL, took_at=NOW)]
    soon, later = NOW + timedelta(seconds=HEARD_S - 1), NOW + timedelta(seconds=HEARD_S + 1)
    assert reach(Target.ON_CALL_PHONE, THREE, took, priority=P1, now=soon).missing is Missing.HEARD
    assert reach(Target.ON_CALL_PHONE, THREE, took, priority=P1, now=later).people == ((2, Chosen.ON_CALL),)


@given(
    people=st.lists(
        st.builds(
            _person, st.integers(1, 6), st.sampled_from(["dispatcher", "supervisor", "administrator"]),
            on_call=st.none() | st.integers(1, 3), phone=st.booleans(), present=st.booleans(),
        ),
        unique_by=lambda one: one.user_id,
    ),
    cannot=st.sets(st.integers(1, 6)),
    asked=st.lists(st.integers(1, 6)),
    target=st.sampled_from([Target.ON_CALL_PHONE, Target.COUNTY_DUTY]),
)  # fmt: skip
def test_a_p1_reaches_somebody_while_anybody_with_a_number_has_not_said_cannot(
    people: list[Person], cannot: set[int], asked: list[int], target: Target
) -> None:
    found = reach(target, people, _asked(*asked, cannot=tuple(cannot)), priority=P1, now=NOW)
    said = {user for user in asked if user in cannot}
    able = {one.user_id for one in people if one.has_phone} - said
    assert bool(found.people) == bool(able)
    assert not {user for user, _ in found.people} & said
