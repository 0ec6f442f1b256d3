"""The command line: what it writes without a broker, and how it refuses."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import simulate
from simulator.report import page
from simulator.tally import Tally


def test_the_fleet_is_written_as_the_import_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "town.csv"
    result = CliRunner().invoke(simulate, ["--households", "70", "--devices-csv", str(path)])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert len(rows) == 210
    assert {row["kind"] for row in rows} == {"call_button", "smoke_alarm", "location_band"}
    assert len({row["device"] for row in rows}) == 210
    # 澄湾县 is invented: no real county's code begins with 99.
    assert all(row["area"].startswith("990681.9906811") for row in rows)
    assert len({row["area"] for row in rows}) == 2


def test_strangers_to_the_platform_are_left_out_of_the_import(tmp_path: Path) -> None:
    scenario, path = tmp_path / "strangers.toml", tmp_path / "town.csv"
    scenario.write_text("unregistered_share = 1.0")
    result = CliRunner().invoke(simulate, ["--scenario", str(scenario), "--devices-csv", str(path)])
    assert result.exit_code == 0, result.output
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--broker", "http://127.0.0.1"], "mqtt://host:port"),
        (["--scenario", "village"], "no scenario 'village'"),
        (["--duration", "soon"], "no duration"),
        (["--broker-killed-at", "2026-11-19T06:30:00"], "no zone"),
        (["--verify"], "--ledger"),
        (["--verify", "--ledger", "x.jsonl"], "shouwang simulate"),
    ],
)
def test_a_mistake_is_one_clear_line_and_a_non_zero_exit(arguments: list[str], reason: str) -> None:
    result = CliRunner().invoke(simulate, arguments)
    assert result.exit_code != 0
    assert reason in result.stderr
    assert "Traceback" not in result.stderr


def test_the_report_escapes_what_it_is_given() -> None:
    text = page(Tally(), title="<b>run</b>", command="shouwang --run '<script>'", findings=["missing: <i>"])
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "<b>" not in text
    assert "<i>" not in text
