"""The month's evidence: made by one command, signed, and worth nothing once a byte of it is changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rules.domain.kpi_definition import Figure
from rules.domain.vocabulary import Step
from tests.town import NOW, town_in


@pytest.fixture
def settings(fresh_dsn: str, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
    return kept | {"SHOUWANG_DATABASE_URL": fresh_dsn, "SHOUWANG_DATA_DIR": str(tmp_path)}


def run(settings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shouwang", "report", *arguments]
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.timeout(300)
async def test_a_bundle_is_signed_and_a_changed_byte_is_found(
    settings: dict[str, str], fresh_dsn: str, tmp_path: Path
) -> None:
    async with town_in(fresh_dsn) as town:
        press = await town.says((await town.home()).button)
        await town.step(press.incident_id, Step.CLAIM, await town.user())
    made = run(settings, "month", "--month", f"{NOW:%Y-%m}", "--out", str(tmp_path / "out"))
    assert made.returncode == 0, made.stderr
    folder = tmp_path / "out" / f"{NOW:%Y-%m}"
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert [figure["id"] for figure in report["figures"]] == [str(figure) for figure in Figure]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["sha256"]) == {"report.json", "report.csv", "misses.csv", "report.html"}
    assert "chain_head" in manifest
    assert "接警" in (folder / "report.html").read_text(encoding="utf-8")
    assert run(settings, "verify", str(folder), "--key", str(folder / "public.pem")).returncode == 0
    table = folder / "report.csv"
    table.write_bytes(table.read_bytes().replace(b"answer", b"Answer", 1))
    changed = run(settings, "verify", str(folder))
    assert (changed.returncode, "report.csv" in changed.stderr) == (1, True)
    (folder / "manifest.json").write_text(
        (folder / "manifest.json").read_text(encoding="utf-8").replace("shouwang", "another"), encoding="utf-8"
    )
    assert "not signed" in run(settings, "verify", str(folder)).stderr


def test_a_month_that_is_none_is_one_clear_line(settings: dict[str, str], tmp_path: Path) -> None:
    refused = run(settings, "month", "--month", "2026-13", "--out", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == ["shouwang: --month 2026-13: not a month such as 2026-10"]
