"""The embedded PostgreSQL, started and stopped in every way that a machine knows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from rules.clock import SharedClock
from shouwang.embedded.database import DSN_FILE, database, held, take_lock
from shouwang.embedded.places import RunAs, can_reach, find_places
from shouwang.embedded.postgres import EmbeddedPostgres
from shouwang.embedded.processes import processes_in
from shouwang.errors import DatabaseNotRunning, DataDirUnusable
from shouwang.settings import Settings

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to be")


@pytest.fixture
def data_dir(reachable_tmp: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    path = reachable_tmp / f"v{abs(hash(request.node.name)) % 10**8}"
    path.mkdir(mode=0o711)
    yield path
    for process in processes_in(path / "postgres" / "data"):
        process.kill()


async def ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_commits_reach_the_disk_and_our_role_is_no_superuser(data_dir: Path) -> None:
    # One of its own: the tests' common server is told to hurry.
    server = EmbeddedPostgres(data_dir, SharedClock())
    dsn = await server.start()
    assert [await ask(dsn, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
        "on",
        "on",
        "on",
    ]
    assert await ask(dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert await ask(dsn, "SHOW listen_addresses") == ""
    await server.stop()


async def test_chinese_names_can_be_searched_by_their_parts(embedded_postgres: EmbeddedPostgres) -> None:
    # With the locale C, pg_trgm sees no letters in Chinese and finds nobody.
    assert await ask(embedded_postgres.dsn, "SELECT datctype FROM pg_database WHERE datname = 'shouwang'") == "C.UTF-8"


async def test_a_wrong_password_is_refused(embedded_postgres: EmbeddedPostgres) -> None:
    dsn = embedded_postgres.dsn.replace("shouwang:", "shouwang:x", 1)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(dsn, "SELECT 1")


async def test_nothing_secret_can_be_read_by_others(embedded_postgres: EmbeddedPostgres) -> None:
    places = embedded_postgres.places
    assert places.root.stat().st_mode & 0o077 == 0
    assert places.sockets.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in places.root.glob("*.password"))


@AS_ROOT
async def test_root_lets_another_user_run_it(embedded_postgres: EmbeddedPostgres) -> None:
    assert embedded_postgres.pid is not None
    assert psutil.Process(embedded_postgres.pid).uids().real != 0


async def test_a_second_start_finds_what_the_first_stored(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, SharedClock())
    await ask(await server.start(), "CREATE TABLE kept AS SELECT 7 AS number")
    await server.stop()
    again = EmbeddedPostgres(data_dir, SharedClock())
    assert await ask(await again.start(), "SELECT number FROM kept") == 7
    await again.stop()
    assert list(processes_in(again.places.data)) == []


async def test_after_signal_9_to_everything_a_pid_file_naming_a_stranger_does_not_stop_it(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, SharedClock())
    await ask(await server.start(), "CREATE TABLE kept AS SELECT 7 AS number")
    for process in processes_in(server.places.data):
        process.kill()
    await server.wait()
    # The number was given to another process of the database's own user: PostgreSQL alone would refuse to start.
    user = server.places.user
    stranger = subprocess.Popen(["/bin/sleep", "300"], user=user.uid if user.switch else None)
    pid_file = server.places.data / "postmaster.pid"
    first, rest = pid_file.read_text().split("\n", 1)
    assert first.strip().isdigit()
    pid_file.write_text(f"{stranger.pid}\n{rest}")
    try:
        again = EmbeddedPostgres(data_dir, SharedClock())
        assert await ask(await again.start(), "SELECT number FROM kept") == 7
        await again.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_server_of_an_earlier_life_is_stopped_first(data_dir: Path) -> None:
    earlier = EmbeddedPostgres(data_dir, SharedClock())
    await ask(await earlier.start(), "CREATE TABLE kept AS SELECT 7 AS number")
    again = EmbeddedPostgres(data_dir, SharedClock())
    assert await ask(await again.start(), "SELECT number FROM kept") == 7
    assert again.pid != earlier.pid
    await again.stop()
    await earlier.stop()


_HOLD = """
import asyncio, sys
from pathlib import Path
from rules.clock import SharedClock
from shouwang.embedded.database import database
from shouwang.settings import Settings

async def hold():
    async with database(Settings(data_dir=Path(sys.argv[1])), SharedClock()) as dsn:
        print(dsn, flush=True)
        await SharedClock().sleep(300)

asyncio.run(hold())
"""


async def test_a_second_command_reaches_the_first_ones_server_and_signal_9_leaves_nothing(data_dir: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(data_dir)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    announced = holder.stdout.readline().strip()
    async with database(Settings(data_dir=data_dir), SharedClock()) as dsn:
        assert dsn == announced
        assert await ask(dsn, "SELECT 1") == 1
    left = list(processes_in(data_dir / "postgres" / "data"))
    assert left
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    _, alive = psutil.wait_procs(left, timeout=30)
    assert alive == []


async def test_with_nothing_running_a_command_starts_it_for_as_long_as_it_needs(data_dir: Path) -> None:
    async with database(Settings(data_dir=data_dir), SharedClock()) as dsn:
        assert (data_dir / DSN_FILE).stat().st_mode & 0o077 == 0
        assert await ask(dsn, "SELECT 1") == 1
    assert not (data_dir / DSN_FILE).exists()
    assert list(processes_in(data_dir / "postgres" / "data")) == []


async def test_a_lock_without_a_database_behind_it_is_told_in_one_line(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shouwang.embedded.database.NEIGHBOUR_READY_S", 0.1)
    lock = take_lock(data_dir)
    assert lock is not None
    with held(lock), pytest.raises(DatabaseNotRunning, match="another shouwang holds"):
        async with database(Settings(data_dir=data_dir), SharedClock()):
            pass


async def test_an_unwritable_data_folder_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirUnusable, match="SHOUWANG_DATA_DIR"):
        async with database(Settings(data_dir=tmp_path / "file" / "var"), SharedClock()):
            pass


async def test_a_server_that_cannot_start_says_its_last_words(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, SharedClock())
    await server.start()
    await server.stop()
    (server.places.data / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(DatabaseNotRunning, match="did not start"):
        await EmbeddedPostgres(data_dir, SharedClock()).start()


async def test_a_path_too_long_for_a_socket_gets_a_short_closed_folder(reachable_tmp: Path) -> None:
    deep = reachable_tmp / ("d" * 100)
    deep.mkdir(mode=0o711)
    server = EmbeddedPostgres(deep, SharedClock())
    assert not server.places.sockets.is_relative_to(deep)
    assert server.places.sockets.stat().st_mode & 0o077 == 0
    assert await ask(await server.start(), "SELECT 1") == 1
    await server.stop()
    server.places.sockets.rmdir()


async def test_a_folder_that_somebody_else_laid_in_the_shared_place_is_refused(reachable_tmp: Path) -> None:
    deep = reachable_tmp / ("e" * 100)
    deep.mkdir(mode=0o711)
    sockets = find_places(deep).sockets
    sockets.chmod(0o777)
    with pytest.raises(DataDirUnusable, match="is not ours"):
        find_places(deep)
    sockets.rmdir()


@AS_ROOT
async def test_a_data_folder_only_root_can_reach_puts_the_database_elsewhere(
    reachable_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shouwang.embedded.places.REACHABLE_ROOT", reachable_tmp / "elsewhere")
    closed = reachable_tmp / "closed"
    (closed / "var").mkdir(parents=True)
    closed.chmod(0o700)
    server = EmbeddedPostgres(closed / "var", SharedClock())
    assert server.places.root.is_relative_to(reachable_tmp / "elsewhere")
    assert await ask(await server.start(), "SELECT 1") == 1
    await server.stop()
    assert find_places(closed / "var").root == server.places.root
    assert closed.stat().st_mode & 0o077 == 0


@AS_ROOT
async def test_programs_only_root_can_read_are_copied_for_the_databases_user(
    reachable_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shouwang.embedded import places

    shipped = places.shipped_binaries()
    monkeypatch.setattr(
        "shouwang.embedded.places.can_reach",
        lambda path, user, *, bits=1: path.name != "postgres" and can_reach(path, user, bits=bits),
    )
    data_dir = reachable_tmp / "copied"
    data_dir.mkdir(mode=0o711)
    server = EmbeddedPostgres(data_dir, SharedClock())
    assert server.places.binaries != shipped
    assert await ask(await server.start(), "SELECT 1") == 1
    await server.stop()


def test_reach_is_read_from_every_folder_above(tmp_path: Path) -> None:
    stranger = RunAs(uid=54321, gid=54321, switch=True)
    target = tmp_path / "a" / "b"
    target.mkdir(parents=True)
    assert not can_reach(target, stranger)
