"""Of which fire and gas somebody has heard, and of which they must still be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.dangers import GRAVITY, gravest_untold, heard_of
from rules.domain.vocabulary import Class

C = Class
DANGERS = st.frozensets(st.sampled_from(GRAVITY))


@pytest.mark.parametrize(
    ("told", "present", "next_"),
    [
        ([], [C.SMOKE], C.SMOKE),
        ([C.SMOKE], [C.SMOKE, C.HEAT], None),
        ([C.SMOKE], [C.SMOKE, C.FIRE], C.FIRE),
        ([C.FIRE], [C.FIRE, C.SMOKE], None),
        ([C.SMOKE], [C.SMOKE, C.GAS], C.GAS),
        ([C.FIRE], [C.GAS, C.CARBON_MONOXIDE], C.CARBON_MONOXIDE),
        ([C.SOS], [C.SMOKE], C.SMOKE),
        ([], [], None),
    ],
)
def test_a_graver_danger_is_told_and_the_same_one_is_not(
    told: list[Class], present: list[Class], next_: Class | None
) -> None:
    assert gravest_untold(present, heard_of(told)) is next_


@given(told=DANGERS, present=DANGERS)
def test_once_told_there_is_nothing_left_to_tell(told: frozenset[Class], present: frozenset[Class]) -> None:
    assert gravest_untold(present, heard_of(told) | heard_of(present)) is None
