"""What can be read of a vendor's message, in order or not."""

from __future__ import annotations

from typing import Any

import pytest

from devices.decoding import Rejected
from devices.json_message import JsonMessage, read_json


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b'{"smoke":true', {"smoke": True}),
        (b'..log: {"smoke":true} and on', {"smoke": True}),
        (b'17,"test":false}{"smoke":true}', {"smoke": True}),
        (b'{"name":"\xff","smoke":true}', {"name": "\ufffd", "smoke": True}),
        (b'[{"smoke":true},{"smo', [{"smoke": True}, {}]),
        (b'{"services":[{"alarm":1,"level":3', {"services": [{"alarm": 1}]}),
        (b'{"place":[32.04,121.1', {"place": [32.04]}),
    ],
)
def test_what_is_readable_of_a_broken_message_comes_back_with_its_damage(payload: bytes, value: Any) -> None:
    read = read_json(payload)
    assert isinstance(read, JsonMessage)
    assert read.value == value
    assert read.damage


@pytest.mark.parametrize("payload", [b"", b" \0", b"smoke", b"}{", b"{", b"\xff", b"{" * 100])
def test_what_holds_nothing_readable_is_refused(payload: bytes) -> None:
    assert isinstance(read_json(payload), Rejected)
