"""`shouwang decode`: every line gets its answer, and every mistake one clear line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from click.testing import CliRunner, Result

from devices.decoding import Decode, Decoded, DecodeError
from devices.sources import canonical
from shouwang import decode as command

VECTORS = Path(__file__).parents[2] / "vectors" / "canonical.jsonl"
ROWS = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
TOPIC = '"topic":"sw/v1/d/alarm"'


def _run(*arguments: str, lines: bytes = b"") -> Result:
    return CliRunner().invoke(command.decode, arguments, input=lines)


def _answers(lines: bytes) -> list[dict[str, object]]:
    result = _run("--source", "canonical", lines=lines)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["says"])
def test_each_recorded_message_gives_what_its_row_expects(row: dict[str, object]) -> None:
    assert _answers(json.dumps(row).encode()) == [row["expect"]]


def test_a_file_is_read_like_standard_input() -> None:
    result = _run("--source", "canonical", str(VECTORS))
    assert [json.loads(line) for line in result.stdout.splitlines()] == [row["expect"] for row in ROWS]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", "not_a_row: not one complete JSON object in a line"),
        ("nonsense", "not_a_row: not one complete JSON object in a line"),
        ("[" * 5000, "not_a_row: not one complete JSON object in a line"),
        ("{}", "not_a_row: payload is missing"),
        ('{"payload":{}}', "not_a_row: topic is not a string"),
        ('{"topic":5,"payload":{}}', "not_a_row: topic is not a string"),
        (f"{{{TOPIC}}}", "not_a_row: payload is missing"),
        (f'{{{TOPIC},"payload":{{"hex":"0g"}}}}', "not_a_row: hex is not pairs of hexadecimal digits"),
        (f'{{{TOPIC},"payload":{{"hex":5}}}}', "not_a_row: hex is not a string"),
        (f'{{{TOPIC},"payload":"\\x"}}', "not_a_row: payload is not a string"),
        (f'{{{TOPIC},"payload":' + "[" * 2000 + "}", "not_a_row: not one complete JSON object in a line"),
        (f'{{{TOPIC},"payload":5}}', "not_an_event: message: is no event"),
        (f'{{{TOPIC},"payload":"\\ud800"}}', "not_utf8: message"),
        (f'{{{TOPIC},"payload":{{"id":"1","at":0,"type":"test","value":NaN}}}}', "bad_value: value"),
        (f'{{{TOPIC},"payload":{{"id":"1","at":0,"type":"test","value":1e999999}}}}', "bad_value: value"),
    ],
)
def test_a_bad_line_gets_its_reason_and_the_next_line_is_read(line: str, error: str) -> None:
    good = f'{{{TOPIC},"payload":{{"id":"1","at":0,"type":"sos"}}}}'
    bad, next_ = _answers(f"{line}\n{good}\n".encode())
    assert str(bad["error"]).startswith(error)
    assert "events" in next_


def test_bytes_that_are_no_text_are_a_bad_line_too() -> None:
    assert "error" in _answers(b"\xff\xfe\n")[0]


def test_a_deep_payload_reaches_the_source_as_it_is() -> None:
    line = f'{{{TOPIC},"payload":' + "[" * 2000 + "]" * 2000 + "}"
    assert str(_answers(line.encode())[0]["error"]).startswith("too_deep")


def test_a_bug_in_a_source_costs_one_line() -> None:
    def broken(_topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
        if payload == b"1":
            raise ZeroDivisionError("a bug")
        return canonical.decode(_topic, payload)

    rows = [b'{"topic":"x","payload":1}', b'{"topic":"x","payload":2}']
    failed, next_ = (json.loads(line) for line in command.answers(broken, rows))
    assert failed == {"error": "source_failed: ZeroDivisionError: a bug"}
    assert next_["error"].startswith("unknown_topic")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--source", "nobody"], "Error: no source is called 'nobody'; known are: canonical"),
        (["--source", "canonical", "--mapping", "m.toml"], "Error: source 'canonical' takes no mapping file"),
        (["--source", "canonical", "/nowhere/at/all"], "Error: cannot read /nowhere/at/all: No such file"),
        (["--source", "canonical", "/"], "Error: cannot read /: Is a directory"),
    ],
)
def test_a_mistake_is_one_clear_line_and_a_failure(arguments: list[str], says: str) -> None:
    result = _run(*arguments)
    assert result.exit_code != 0
    assert result.stdout == ""
    assert result.stderr.startswith(says)
    assert result.stderr.count("\n") == 1


class TestSourcesMadeByAMapping:
    """A source whose decoder is made from the operator's file."""

    @pytest.fixture(autouse=True)
    def mapped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def make(mapping: bytes) -> Decode:
            if mapping != b"good":
                raise DecodeError("line 1: no field is called 'x'")
            return canonical.decode

        sources: Mapping[str, object] = MappingProxyType({"mapped": make})
        monkeypatch.setattr(command, "MAPPED_SOURCES", sources)

    def test_decode_with_their_file(self, tmp_path: Path) -> None:
        (tmp_path / "m").write_bytes(b"good")
        row = json.dumps(ROWS[0]).encode()
        result = _run("--source", "mapped", "--mapping", str(tmp_path / "m"), lines=row)
        assert json.loads(result.stdout) == ROWS[0]["expect"]

    def test_need_a_file(self) -> None:
        assert "needs a mapping file" in _run("--source", "mapped").stderr

    def test_say_what_is_wrong_with_it(self, tmp_path: Path) -> None:
        (tmp_path / "m").write_bytes(b"bad")
        result = _run("--source", "mapped", "--mapping", str(tmp_path / "m"))
        assert result.stderr == f"Error: {tmp_path / 'm'}: line 1: no field is called 'x'\n"

    def test_say_that_it_is_not_there(self) -> None:
        assert "cannot read /nowhere" in _run("--source", "mapped", "--mapping", "/nowhere").stderr
