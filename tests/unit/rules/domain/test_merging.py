"""Only one person's cases, or one home's of the same trouble, become one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.merging import Party, may_merge
from rules.domain.vocabulary import Family

PERSON, FIRE, TECHNICAL = Family.PERSON, Family.FIRE_AND_GAS, Family.TECHNICAL


def party(family: Family, resident: int | None, home: int | None) -> Party:
    return Party(family=family, resident_id=resident, premises_id=home)


@pytest.mark.parametrize(
    ("gone", "stays", "allowed"),
    [
        (party(PERSON, 1, 9), party(PERSON, 1, 9), True),
        (party(PERSON, 1, None), party(FIRE, 1, 9), True),
        (party(PERSON, None, 9), party(PERSON, 1, 9), True),
        (party(FIRE, None, 9), party(FIRE, None, 9), True),
        (party(FIRE, None, 9), party(PERSON, None, 9), False),
        (party(PERSON, 1, 9), party(PERSON, 2, 9), False),
        (party(FIRE, None, 8), party(FIRE, None, 9), False),
        (party(PERSON, None, None), party(PERSON, None, None), False),
        (party(PERSON, 1, 9), party(PERSON, None, None), False),
        (party(TECHNICAL, 1, 9), party(PERSON, 1, 9), False),
        (party(PERSON, 1, 9), party(TECHNICAL, 1, 9), False),
        (party(TECHNICAL, None, 9), party(TECHNICAL, None, 9), True),
    ],
)
def test_who_may_be_one_case(gone: Party, stays: Party, allowed: bool) -> None:
    assert may_merge(gone, stays) is allowed


_PARTIES = st.builds(party, st.sampled_from(Family), st.none() | st.integers(1, 3), st.none() | st.integers(1, 3))


@given(_PARTIES, _PARTIES)
def test_it_is_the_same_in_both_directions_and_never_of_two_people(one: Party, other: Party) -> None:
    assert may_merge(one, other) is may_merge(other, one)
    two_people = None not in (one.resident_id, other.resident_id) and one.resident_id != other.resident_id
    assert not (two_people and may_merge(one, other))
