"""A number for the on-call list from the command line: read as people type it, kept whole, shown masked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from store.database import connect

# Each command is a program of its own: a second and more to start it, and several in one test, on shared cores.
pytestmark = pytest.mark.timeout(240)

PASSWORD = "a long enough word\n"
NUMBER, TYPED, MASKED = "13900000007", "+86 139-0000-0007", "139****0007"


@pytest.fixture
def settings(fresh_dsn: str, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
    return kept | {"SHOUWANG_DATABASE_URL": fresh_dsn, "SHOUWANG_DATA_DIR": str(tmp_path)}


def run(settings: dict[str, str], *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shouwang", *arguments],
        env=settings, input=typed, capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip


async def kept_number(dsn: str, name: str) -> str | None:
    database = await connect(dsn, application_name="shouwang tests", max_size=1)
    try:
        number: str | None = await database.pool.fetchval("SELECT phone FROM app_user WHERE name = $1", name)
        return number
    finally:
        await database.close()


def _add(settings: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    return run(settings, "user", "add", "mei", "--role", "supervisor", "--password-stdin", *more, typed=PASSWORD)


async def test_a_number_is_kept_as_it_is_dialled_and_printed_masked(settings: dict[str, str], fresh_dsn: str) -> None:
    added = _add(settings, "--phone", TYPED)
    assert added.returncode == 0, added.stderr
    listed = run(settings, "user", "list")
    assert await kept_number(fresh_dsn, "mei") == NUMBER
    assert MASKED in added.stdout
    assert MASKED in listed.stdout
    assert NUMBER not in added.stdout + listed.stdout


async def test_what_cannot_be_rung_is_refused_in_a_line_and_nobody_is_added(
    settings: dict[str, str], fresh_dsn: str
) -> None:
    refused = _add(settings, "--phone", "12")
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 1
    assert "cannot be rung" in refused.stderr
    assert (await _names(fresh_dsn)) == []


async def test_somebody_who_is_known_already_gets_a_number_and_loses_it(
    settings: dict[str, str], fresh_dsn: str
) -> None:
    _add(settings)
    given = run(settings, "user", "phone", "mei", TYPED)
    assert MASKED in given.stdout, given.stderr
    assert await kept_number(fresh_dsn, "mei") == NUMBER
    taken = run(settings, "user", "phone", "mei")
    assert taken.returncode == 0, taken.stderr
    assert await kept_number(fresh_dsn, "mei") is None


def test_a_name_nobody_has_is_a_line_and_a_failure(settings: dict[str, str]) -> None:
    unknown = run(settings, "user", "phone", "nobody", TYPED)
    assert unknown.returncode != 0
    assert "no user named nobody" in unknown.stderr


async def _names(dsn: str) -> list[str]:
    database = await connect(dsn, application_name="shouwang tests", max_size=1)
    try:
        return [row["name"] for row in await database.pool.fetch("SELECT name FROM app_user")]
    finally:
        await database.close()
