"""A policy from the command line: checked, proposed, approved by another, explained, replayed, and taken back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devices.event import EventType
from store.database import connect
from store.passwords import Passwords
from store.users import NewUser, add_user
from tests.town import NOW, town_in

# Each command is a program of its own: a second and more to start it, and up to nine in one test, on shared cores.
pytestmark = pytest.mark.timeout(300)

PASSWORD = "a long enough word"
GOOD = 'version = "chengwan-1"\nextends = "builtin"\n[classes.fall]\nfirst_escalation_s = 30\n'
BAD = GOOD + 'frist = 1\n[classes.sos]\npriority = "P3"\n'


@pytest.fixture
def settings(fresh_dsn: str, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
    return kept | {"SHOUWANG_DATABASE_URL": fresh_dsn, "SHOUWANG_DATA_DIR": str(tmp_path)}


def run(settings: dict[str, str], *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shouwang", *arguments],
        env=settings,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


async def people(dsn: str) -> None:
    database = await connect(dsn, application_name="shouwang tests", max_size=1)
    try:
        for name, role in (("mei", "supervisor"), ("an", "centre_manager"), ("wu", "dispatcher")):
            new = NewUser(name=name, display_name=name, role=role, areas=(), password=PASSWORD)
            await add_user(database, Passwords(), new, by=None, now=NOW)
    finally:
        await database.close()


def test_every_problem_of_a_file_is_a_line_and_the_command_fails(settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(BAD, encoding="utf-8")
    found = run(settings, "check-policy", str(tmp_path / "bad.toml"))
    assert found.returncode == 1
    assert "classes.fall.frist: no such key" in found.stderr
    assert "classes.sos: P3 is under the floor P1" in found.stderr
    assert len(found.stderr.splitlines()) == 3


def test_the_built_in_policy_written_out_is_a_good_file_and_is_never_written_over(
    settings: dict[str, str], tmp_path: Path
) -> None:
    path = str(tmp_path / "county.toml")
    assert run(settings, "policy", "write", path, "--builtin").returncode == 0
    assert run(settings, "check-policy", path).returncode == 0
    again = run(settings, "policy", "write", path, "--builtin")
    assert (again.returncode, "is there already" in again.stderr) == (1, True)


def test_explain_names_the_rule_in_both_languages(settings: dict[str, str]) -> None:
    found = run(settings, "explain", "--type", "smoke", "--second-fire-sign", "--builtin")
    assert found.returncode == 0, found.stderr
    assert "规则 second_fire_sign" in found.stdout
    assert "rule second_fire_sign" in found.stdout


async def test_a_policy_takes_two_people_and_one_command_back(
    settings: dict[str, str], fresh_dsn: str, tmp_path: Path
) -> None:
    path = tmp_path / "county.toml"
    path.write_text(GOOD, encoding="utf-8")
    await people(fresh_dsn)
    typed = {"typed": f"{PASSWORD}\n"}
    proposed = run(settings, "policy", "propose", str(path), "--user", "mei", "--password-stdin", **typed)
    assert proposed.returncode == 0, proposed.stderr
    own = run(settings, "policy", "approve", "1", "--user", "mei", "--password-stdin", **typed)
    assert (own.returncode, "second person" in own.stderr) == (1, True)
    not_theirs = run(settings, "policy", "approve", "1", "--user", "wu", "--password-stdin", **typed)
    assert (not_theirs.returncode, "may not" in not_theirs.stderr) == (1, True)
    assert "60 → 30" in run(settings, "policy", "difference", "1").stdout
    approved = run(settings, "policy", "approve", "1", "--user", "an", "--password-stdin", **typed)
    assert approved.stdout.startswith("in force: chengwan-1+"), approved.stderr
    assert "first_escalation_s = 30" in run(settings, "policy", "show").stdout
    assert run(settings, "policy", "back").stdout == "in force: builtin-3\n"
    assert "refused" in run(settings, "policy", "list").stdout


async def test_a_replay_says_what_would_have_been_raised_otherwise(
    settings: dict[str, str], fresh_dsn: str, tmp_path: Path
) -> None:
    path = tmp_path / "county.toml"
    path.write_text(GOOD, encoding="utf-8")
    async with town_in(fresh_dsn) as town:
        home = await town.home()
        await town.says(home.button, EventType.FALL)
        await town.says(home.button, EventType.SOS)
    stretch = ("--from", "2026-11-19T00:00", "--to", "2026-11-20")
    told = run(settings, "replay", "--policy", str(path), *stretch, "--json")
    result = json.loads(told.stdout)
    assert (result["events"], result["changed"]) == (2, 1)
    assert result["differences"][0]["after"]["first_stage_s"] == 30
    assert result["totals"]["after"]["incidents_opened"] == 1
    plain = run(settings, "replay", "--policy", str(path), *stretch)
    assert "fall: first_stage_s 60 → 30" in plain.stdout
    assert "assumed: " in plain.stdout
    wrong = run(settings, "replay", "--policy", str(path), "--from", "yesterday")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (1, 1)
