"""The command line: help for everything, and one clear line for every mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shouwang.cli import COMMANDS


def run(*arguments: str, optimised: bool = False, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
    flags = ["-O"] if optimised else []
    return subprocess.run(
        [sys.executable, *flags, "-m", "shouwang", *arguments],
        env=kept | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def refusal(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode != 0
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_help_names_every_command() -> None:
    told = run("--help")
    assert told.returncode == 0
    assert all(f"  {name} " in told.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str) -> None:
    told = run(command, "--help")
    assert told.returncode == 0, told.stderr
    assert "Usage:" in told.stdout


def test_an_unknown_setting_ends_with_2_and_one_line() -> None:
    result = run("migrate", SHOUWANG_HTPP_PORT="1")
    assert refusal(result).endswith("did you mean SHOUWANG_HTTP_PORT?")
    assert result.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "No such command"),
        (["migrate", "--nosuch"], "No such option"),
        (["device", "import", "/no/such.csv"], "/no/such.csv is no file"),
        (["token", "revoke", "x"], "not a valid integer"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], said: str) -> None:
    assert said in refusal(run(*arguments))


def test_a_database_that_does_not_answer_is_one_line_naming_the_setting() -> None:
    line = refusal(run("user", "list", SHOUWANG_DATABASE_URL="postgresql://127.0.0.1:1/x"))
    assert "SHOUWANG_DATABASE_URL" in line


def test_a_data_folder_that_cannot_be_written_is_one_line_naming_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = refusal(run("user", "list", SHOUWANG_DATA_DIR=str(tmp_path / "file" / "var")))
    assert "SHOUWANG_DATA_DIR" in line


def test_without_asserts_the_program_refuses_to_run() -> None:
    assert "python -O" in refusal(run("--help", optimised=True))
