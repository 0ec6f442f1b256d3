"""Cursors come back as they went out, and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.api.fields import decode_cursor, encode_cursor
from console.problems import Problem


@given(st.integers(0, 2**62), st.booleans(), st.datetimes(timezones=st.just(UTC)))
def test_a_cursor_comes_back_as_it_went_out(number: int, flag: bool, at: datetime) -> None:
    assert decode_cursor(encode_cursor(number, flag, at), int, bool, datetime) == (number, flag, at)


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_of_ours_or_a_problem(text: str) -> None:
    try:
        (number,) = decode_cursor(text, int)
    except Problem as problem:
        assert problem.status == 400
    else:
        assert isinstance(number, int)


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(Problem):
        decode_cursor(encode_cursor("a.b"), int)
