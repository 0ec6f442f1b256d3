"""Other people's real payloads, where they lie beside the project: every alarm is found, and none is invented.

They are not ours to copy; the project's own vectors stand in this folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from devices.event import ALARMS
from devices.sources import SOURCES
from shouwang import decode as command

FOLDER: Final = Path(__file__).resolve().parents[3] / "shared" / "vectors"

#: The word of the recording for the word of the contract.
WORDS: Final = {
    "smoke_alarm": "smoke",
    "low_battery": "battery_low",
    "geofence_exit": "fence_exit",
    "geofence_enter": "fence_enter",
    "button_single": "button",
    "temperature": "reading",
}
#: What calls somebody, beside the alarms proper: it must be there where it is meant, and nowhere else.
CALLS: Final = frozenset({*map(str, ALARMS), "battery_low", "power_lost", "fence_exit", "test"})
#: "other" may be anything that raises no alarm, unless the note or the values name one.
NAMED_BY_VALUES: Final = {"water_leak": "water_leak", "carbon_monoxide": "carbon_monoxide", "gas": "gas"}


def _rows() -> list[dict[str, Any]]:
    path = FOLDER / "vectors.jsonl"
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if not row.get("ambiguous") and row["contract_source"] in SOURCES]


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    line = json.dumps({name: row[name] for name in ("topic", "payload", "device_model")}).encode()
    (answer,) = command.answers(SOURCES[row["contract_source"]], [line])
    told: dict[str, Any] = json.loads(answer)
    return told


def _meant(row: dict[str, Any]) -> set[str]:
    meant = {WORDS.get(word, word) for word in row["means"]} & CALLS
    if "other" in row["means"]:
        meant |= {named for key, named in NAMED_BY_VALUES.items() if row["expect"].get(key) is True}
    return meant


ROWS: Final = _rows()


def test_the_recordings_are_here() -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"no recordings of other people's devices at {FOLDER}")
    assert ROWS


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['contract_source']}-{row['id']}" for row in ROWS])
def test_a_recorded_payload_says_its_alarms_and_no_other(row: dict[str, Any]) -> None:
    told = _decoded(row)
    assert not str(told.get("error", "")).startswith("source_failed")
    assert {event["type"] for event in told.get("events", [])} & CALLS == _meant(row), (row.get("note"), told)


def _numbers(value: object, name: str = "") -> list[tuple[str, float]]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _numbers(inner, str(key))]
    if isinstance(value, list):
        return [found for inner in value for found in _numbers(inner, name)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    return [(name, float(value))]


def _missing(row: dict[str, Any]) -> list[str]:
    """Expected numbers that stand nowhere in the answer, in the contract's units where they differ."""
    said = {round(number, 3) for _, number in _numbers(_decoded(row).get("events", []))}
    missing = []
    for name, number in _numbers(row["expect"]):
        wanted = {round(number, 3)}
        if name == "speed_kmh":
            wanted |= {round(number / 3.6, 3)}
        if name.startswith("time") or name == "timestamp":
            continue  # compared as times, by the sources' own tests
        if not any(abs(one - other) <= 0.01 for one in wanted for other in said):
            missing.append(f"{row['id']}:{name}={number}")
    return missing


def test_at_least_98_of_100_expected_numbers_are_there() -> None:
    if not ROWS:
        pytest.skip(f"no recordings of other people's devices at {FOLDER}")
    expected = sum(len([n for n, _ in _numbers(row["expect"]) if not n.startswith("time")]) for row in ROWS)
    missing = [one for row in ROWS for one in _missing(row)]
    assert len(missing) <= expected * 0.02, f"{len(missing)} of {expected}: {missing}"
