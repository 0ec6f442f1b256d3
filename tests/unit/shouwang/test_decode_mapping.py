"""`shouwang decode --mapping`: how a vendor tries a mapping file, and is told what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from devices.mapping import file, numbers, rules, units
from shouwang import decode as command

GOOD = """name = "a call button"
[message]
topic = "vendor/{device}/up"
[device]
id = "topic:device"
[event]
battery_pct = "batt"
[[rule]]
path = "key"
types = { "1" = "sos" }
"""


def run(folder: Path, mapping: str, lines: str = "") -> Result:
    path = folder / "button.toml"
    path.write_text(mapping, "utf-8")
    return CliRunner().invoke(command.decode, ["--source", "mapped", "--mapping", str(path)], input=lines)


def test_a_vendors_message_comes_out_as_canonical_events(tmp_path: Path) -> None:
    result = run(tmp_path, GOOD, '{"topic":"vendor/b-7/up","payload":{"key":"1","batt":81}}\n')
    assert json.loads(result.stdout) == {
        "events": [{"device": "b-7", "type": "sos", "battery_pct": 81.0, "detail": {"key": "1"}}]
    }


def test_a_message_in_which_the_mapping_finds_nothing_says_where_it_looked(tmp_path: Path) -> None:
    result = run(tmp_path, GOOD, '{"topic":"vendor/b-7/up","payload":{"Key":1}}\n')
    assert json.loads(result.stdout) == {
        "error": "not_an_event: message: the mapping finds nothing in it; it looked for `key`, `batt`"
    }


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("battery_pct", "battery_pc", 'line 7: event.battery_pc: is no key here; did you mean "battery_pct"?'),
        ('"sos"', '"SOS"', 'line 10: rule 1, types.1: "SOS" is no type; did you mean "sos"?'),
        ('"batt"', '{ path = "batt", unit = "V" }', 'line 7: event.battery_pct.unit: "V": volts say nothing of the'),
        ("[device]", "[devices]", 'line 4: devices: is no key here; did you mean "device"?'),
        ('"a call button"', "a call button", "file: is not TOML: Invalid value (at line 1, column 8)"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_file_line_key_and_expectation(
    tmp_path: Path, wrong: str, right: str, told: str
) -> None:
    result = run(tmp_path, GOOD.replace(wrong, right, 1))
    assert result.exit_code == 1
    assert "button.toml: " in result.stderr and told in result.stderr
    assert "Traceback" not in result.output


DOCS = Path(__file__).parents[3] / "docs" / "vendors"


@pytest.mark.parametrize("name", ["alink-call-button", "tuya-smoke-alarm"])
def test_the_page_of_a_worked_mapping_shows_what_comes_out(name: str) -> None:
    folder = DOCS / "mappings"
    arguments = ["--source", "mapped", "--mapping", str(folder / f"{name}.toml"), str(folder / f"{name}.jsonl")]
    result = CliRunner().invoke(command.decode, arguments)
    assert result.exit_code == 0
    assert result.stdout in (folder / "README.md").read_text("utf-8")


def test_the_smallest_file_of_the_reference_works(tmp_path: Path) -> None:
    smallest = (DOCS / "mapping.md").read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
    result = run(tmp_path, smallest, '{"topic":"acme/b-7/up","payload":{"key":1}}\n')
    assert json.loads(result.stdout)["events"] == [{"device": "b-7", "type": "sos", "detail": {"key": 1}}]


def test_every_key_of_the_file_stands_in_the_reference() -> None:
    reference = (DOCS / "mapping.md").read_text("utf-8")
    keys = {*file.KEYS, *rules.KEYS, *numbers.KEYS, *units.LOCATION, *units.VITALS, *units.EVENT, *numbers.TESTS}
    words = {
        unit for those in (units.LOCATION, units.VITALS, units.EVENT) for one in those.values() for unit in one.units
    }
    assert not [word for word in keys | words if word and f"`{word}" not in reference and f"[{word}]" not in reference]
