"""Commands and the answers to them, as they stand on the wire."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import commands
from devices.errors import DecodeError

COMMAND = commands.Command(
    id="17",
    command=commands.CommandName.SET_INTERVAL,
    args={"seconds": 30},
    expires_at=datetime(2026, 11, 22, tzinfo=UTC),
)


def test_a_device_reads_the_command_that_was_written() -> None:
    assert commands.read_command(commands.encode_command(COMMAND)) == COMMAND


def test_an_answer_is_read_as_it_was_written() -> None:
    reply = commands.Reply(id="17", ok=False, detail={"why": "no fix"})
    assert commands.read_reply(commands.encode_reply(reply)) == reply


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b"", "empty"),
        (b" \x00", "empty"),
        (b"{", "not_json"),
        (b"\xff{}", "not_utf8"),
        (b'{"id":"1"}', "not_json"),
        (b'{"id":"","ok":true}', "not_json"),
        (b'{"id":1,"ok":true}', "not_json"),
        (b'{"id":"1","ok":"yes"}', "not_json"),
        (b'{"id":"1","ok":true,"detail":' + b"[" * 40 + b"]" * 40 + b"}", "too_deep"),
        (b'{"id":"1","ok":true,"detail":"' + b"x" * 20_000 + b'"}', "too_large"),
    ],
)
def test_what_is_no_answer_says_why(payload: bytes, says: str) -> None:
    with pytest.raises(DecodeError, match=f"^{says}"):
        commands.read_reply(payload)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_refused(payload: bytes) -> None:
    try:
        commands.read_reply(payload)
    except DecodeError:
        return


def test_what_a_device_adds_is_shown_in_one_clean_line() -> None:
    assert commands.shown("a\nb\x00") == "a b�"
    assert commands.shown({"why": "x"}) == '{"why":"x"}'
    assert commands.shown(None) == ""
    assert len(commands.shown("x" * 5_000)) == commands.DETAIL_CHARACTERS_MAX
