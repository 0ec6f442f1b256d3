"""Reading the outline of JSON that may be broken, cut off or far too deep."""

from __future__ import annotations

import pytest

from devices.scanning import NESTING_MAX, is_too_deep, members, split


@pytest.mark.parametrize(
    ("payload", "too_deep"),
    [
        (b"[" * NESTING_MAX + b"]" * NESTING_MAX, False),
        (b"[" * (NESTING_MAX + 1) + b"]" * (NESTING_MAX + 1), True),
        (b'{"a":' * 2000, True),
        (b"[" * 2000, True),
        (b'["' + b"[" * 2000 + b'"]', False),
        (rb'["\"' + b"{" * 2000 + b'"]', False),
        (b'"' + b"[" * 2000, False),
        (b"[]" * 2000, False),
        (b"]" * 100 + b"[" * 100, False),
        (b"{}", False),
        (b"", False),
    ],
)
def test_depth_counts_brackets_outside_strings(payload: bytes, too_deep: bool) -> None:
    assert is_too_deep(payload) is too_deep


@pytest.mark.parametrize(
    ("payload", "parts", "closed", "whole"),
    [
        (b'[1,"a,]",{"b":[2,3]}]', [b"1", b'"a,]"', b'{"b":[2,3]}'], True, True),
        (b"[NaN,{}]", [b"NaN", b"{}"], True, True),
        (b'[{"a":1},{"b"', [b'{"a":1}', b'{"b"'], False, False),
        (b"[1,2}", [b"1", b"2"], True, False),
        (b"[1] x", [b"1"], True, False),
        (b"x [1]", [b"1"], True, False),
        (b"]", [b""], True, False),
        (b"", [b""], False, False),
    ],
)
def test_an_array_is_taken_apart_even_if_broken(payload: bytes, parts: list[bytes], closed: bool, whole: bool) -> None:
    assert split(payload) == (parts, closed, whole)


@pytest.mark.parametrize(
    ("payload", "values", "whole"),
    [
        (b"{}", {}, True),
        (b' { "a" : 1 , "b":"x:,}" } ', {"a": b"1", "b": b'"x:,}"'}, True),
        (b'{"a":1,"a":2}', {"a": b"2"}, True),
        (b'{"a":"x","n":31', {"a": b'"x"'}, False),
        (b'{"a":"x","n":{"y":1', {"a": b'"x"', "n": b'{"y":1'}, False),
        (b'{"a":"x","n":[{"y":1', {"a": b'"x"', "n": b'[{"y":1'}, False),
        (b'{"n":31}tail', {"n": b"31"}, False),
        (b'{"n":31,}', {"n": b"31"}, False),
        (b'{"a" 1,"b":2}', {"b": b"2"}, False),
        (b'["a"]', {}, False),
        (b'{"\\x":1,"b":2}', {"b": b"2"}, False),
        (b"", {}, False),
    ],
)
def test_an_object_gives_what_is_certain(payload: bytes, values: dict[str, bytes], whole: bool) -> None:
    assert members(payload) == (values, whole)


def test_of_a_cut_off_object_a_word_that_nothing_longer_begins_with_is_whole() -> None:
    assert members(b'{"battery":31,"smoke":true').values == {"battery": b"31", "smoke": b"true"}
    assert members(b'{"smoke":true,"battery":31').values == {"smoke": b"true"}
    assert members(b'{"battery":31,"smoke":tru').values == {"battery": b"31"}
