"""Frames, and who sees what of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.stream.drawing import AREAS_REMEMBERED, Areas
from console.stream.frames import Frame
from store.accounts import Principal

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def _somebody(*areas: str) -> Principal:
    return Principal(
        user_id=1,
        name="mei",
        display_name="Mei",
        role="dispatcher",
        areas=areas,
        language="zh-CN",
        version=1,
        digest=b"",
        by_token=True,
    )


@given(st.integers(1, 2**62), st.integers(0, 2**62))
def test_a_frame_is_json_and_names_the_one_before_it(seq: int, prev: int) -> None:
    frame = Frame(seq=seq, kind="incident", at=NOW, data=b'{"id":"7"}')
    said = json.loads(frame.text(prev))
    assert said == {"seq": seq, "prev": prev, "kind": "incident", "at": "2026-11-19T06:30:00Z", "data": {"id": "7"}}


@pytest.mark.parametrize(
    ("own", "area", "sees"),
    [
        ((), "321999.1", True),
        (("321999",), "321999", True),
        (("321999",), "321999.1.2", True),
        (("321999.1",), "321999.10", False),
        (("321999.1",), "321999", False),
        (("321999.1", "321999.2"), "321999.2.5", True),
        (("321999.1",), None, True),
    ],
)
def test_a_sight_is_a_tree_and_what_has_no_place_is_everybodys(
    own: tuple[str, ...], area: str | None, sees: bool
) -> None:
    assert _somebody(*own).may_see(area) is sees


def test_what_moved_names_where_it_was() -> None:
    areas = Areas()
    assert areas.moved(1, "a", "a") == frozenset()
    assert areas.moved(1, "b", "b") == {"a"}
    assert areas.moved(1, "b", "b") == frozenset()
    # A change that says where it happened is believed also by whoever saw nothing before.
    assert areas.moved(2, "b", "a") == {"a"}


def test_the_memory_of_areas_is_bounded_and_forgets_the_longest_untouched() -> None:
    areas = Areas()
    for number in range(AREAS_REMEMBERED + 1):
        areas.moved(number, "a", "a")
    assert areas.moved(0, "b", "b") == frozenset()
    assert areas.moved(AREAS_REMEMBERED, "b", "b") == {"a"}
