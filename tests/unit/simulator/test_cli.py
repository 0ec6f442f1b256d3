"""The command line: what it writes without a broker, and how it refuses."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from simulator.cli import simulate
from simulator.report import page
from simulator.tally import Tally
from simulator.told import Told
from simulator.verify import STORED_EVENTS_KEY


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
        (["--speaks", "morse=1"], "'morse' is none of canonical"),
        (["--speaks", "traccar=1", "--devices-csv", "x.csv"], "at most 33 %"),
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


class Rows:
    """A database that holds these events so often, and an incident for each."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    async def lookup(self, device: str, ids: Sequence[str]) -> Mapping[str, int]:
        return {each: self._counts.get(each, 0) for each in ids}

    async def incidents(self, device: str, ids: Sequence[str]) -> Mapping[str, str]:
        return dict.fromkeys(ids, "1")

    async def told(self, device: str, types: Sequence[str], since: datetime) -> Sequence[Told]:
        return ()


@pytest.mark.parametrize(
    ("counts", "code", "line"),
    [
        ({"a": 1, "b": 1}, 0, "missing: 0"),
        ({"a": 1}, 1, "missing: 1"),
        ({"a": 1, "b": 2}, 1, "duplicated: 1"),
    ],
)
def test_verify_exits_non_zero_if_anything_is_missing_or_doubled(
    tmp_path: Path, counts: dict[str, int], code: int, line: str
) -> None:
    @asynccontextmanager
    async def rows() -> AsyncIterator[Rows]:
        yield Rows(counts)

    @click.group()
    @click.pass_context
    def program(ctx: click.Context) -> None:
        ctx.meta[STORED_EVENTS_KEY] = rows

    program.add_command(simulate)
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text(
        "".join(f'{{"device":"d","id":"{each}","type":"sos","at":1,"resent":true}}\n' for each in ("a", "b"))
    )
    arguments = ["simulate", "--verify-only", "--ledger", str(ledger), "--settle", "0s"]
    result = CliRunner().invoke(program, arguments)
    assert result.exit_code == code, result.output
    assert line in result.stdout.splitlines()
    assert "sent: 2" in result.stdout.splitlines()
