"""What a person gets to see of a device's text, and which ids are ids."""

from __future__ import annotations

import json

import pytest

from devices.text import clean, clean_object, is_event_id


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("plain", "plain"),
        ("紧急·求助 \U0002a6b2", "紧急·求助 \U0002a6b2"),
        ("全角\u3000空格", "全角\u3000空格"),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("a\r\nb\tc", "a  b c"),
        ("a\x07\x1b[31mb\x7f\x9f", "a[31mb"),
        ("\u202ecod\u202c \u2066x\u2069\u200f", "cod x"),
        ("a\u200bb\ufeffc\u2060\U000e0041", "abc"),
        ("क\u200d", "क\u200d"),
        ("a\u2028b", "a b"),
    ],
)
def test_text_is_shown_without_what_cannot_be_seen(sent: str, shown: str) -> None:
    assert clean(sent) == shown
    assert clean(shown) == shown


@pytest.mark.parametrize("id_", ["1", "a b", "8f14e45f-ceea-467f", "事件1", "x" * 64, '"', "\\"])
def test_printable_ids_are_ids(id_: str) -> None:
    assert is_event_id(id_)


@pytest.mark.parametrize(
    "id_",
    ["", "x" * 65, " ", " a", "a ", "a\0", "a\n", "a\x7f", "a\u202eb", "a\u200b", "a\u3000b", "\ud800", "a\ufffd"],
)
def test_ids_that_a_person_could_not_tell_apart_are_none(id_: str) -> None:
    assert not is_event_id(id_)


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b'{"a": [1, 2.50, 1e2, -0]}',
        '{"说明":"手动","n":1.0}'.encode(),
        b'{\n  "a": null\n}',
        b'{"fe100":"1e500"}',
    ],
)
def test_a_detail_in_order_is_kept_byte_for_byte(raw: bytes) -> None:
    assert clean_object(raw) == raw


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (rb'{"a":"x\u0000y"}', {"a": "x\ufffdy"}),
        (rb'{"a":"\ud800"}', {"a": "\ufffd"}),
        (rb'{"a":"\ud83d\ude00"}', {"a": "\U0001f600"}),
        (rb'{"\u202ea":["b\nc"]}', {"a": ["b c"]}),
        (rb'{"a":"\"\\"}', {"a": '"\\'}),
        (b'{"a":1e999999,"b":-2.5E+400}', {"a": "1e999999", "b": "-2.5E+400"}),
        (b'{"a":"\x7f"}', {"a": ""}),
    ],
)
def test_a_detail_is_cleaned_in_its_strings_and_its_boundless_numbers(raw: bytes, kept: object) -> None:
    assert json.loads(clean_object(raw)) == kept
