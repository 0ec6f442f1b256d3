"""Credentials from the command line: the password alone on standard output, and one clear line for every mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from store import credentials
from store.database import connect
from store.passwords import digest_of

# Each command is a program of its own: a second and more to start it, and several in one test, on shared cores.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def settings(fresh_dsn: str, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
    return kept | {"SHOUWANG_DATABASE_URL": fresh_dsn, "SHOUWANG_DATA_DIR": str(tmp_path)}


def run(settings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shouwang", *arguments],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


async def kept_of(dsn: str, username: str) -> credentials.Presented | None:
    database = await connect(dsn, application_name="shouwang tests", max_size=1)
    try:
        return await credentials.presented(database, username)
    finally:
        await database.close()


async def test_a_devices_password_is_printed_once_and_revoked(settings: dict[str, str], fresh_dsn: str) -> None:
    assert run(settings, "device", "add", "knopf-1", "--kind", "call_button").returncode == 0
    issued = run(settings, "device", "credential", "issue", "knopf-1")
    (password,) = issued.stdout.splitlines()
    kept = await kept_of(fresh_dsn, "knopf-1")
    assert kept is not None and kept.digest == digest_of(password)
    assert run(settings, "device", "credential", "revoke", "knopf-1").returncode == 0
    revoked = await kept_of(fresh_dsn, "knopf-1")
    assert revoked is not None and revoked.digest is None
    again = run(settings, "device", "credential", "revoke", "knopf-1")
    assert (again.returncode, again.stderr) == (1, "shouwang: knopf-1 has no credential that stands\n")


async def test_a_bridge_gets_its_topics_and_no_others(settings: dict[str, str], fresh_dsn: str) -> None:
    issued = run(settings, "bridge", "issue", "zigbee2mqtt", "--topic", "zigbee2mqtt/#", "--topic", "lamps/+")
    assert len(issued.stdout.splitlines()) == 1, issued.stderr
    kept = await kept_of(fresh_dsn, "zigbee2mqtt@bridge")
    assert kept is not None and kept.topics == ("zigbee2mqtt/#", "lamps/+")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("device", "credential", "issue", "nobody"), "no device nobody"),
        (("bridge", "issue", "a/b", "--topic", "x"), "A bridge's name is"),
        (("bridge", "issue", "a", "--topic", "sw/v1/#"), "A bridge's topics are"),
        (("bridge", "issue", "a", "--topic", "a#"), "is not an MQTT topic filter"),
        (("bridge", "revoke", "a"), "has no credential that stands"),
    ],
)
def test_a_mistake_is_one_clear_line(settings: dict[str, str], arguments: tuple[str, ...], said: str) -> None:
    done = run(settings, *arguments)
    assert done.returncode != 0 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert said in line
