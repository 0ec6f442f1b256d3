"""The embedded PostgreSQL: its programs from a wheel, its server a child of ours in the foreground."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil

from rules.clock import Clock
from shouwang.embedded.places import Places, find_places
from shouwang.embedded.processes import die_with_parent, processes_in
from shouwang.errors import DatabaseNotRunning
from store.provision import provision

#: Recovery writes a line every two seconds; as long as the log grows we wait, and this long after it stops growing.
START_STALLED_S: Final = 60.0
#: A fast shutdown writes one checkpoint. A disk that needs longer gets an immediate stop: recovery does the rest.
STOP_FAST_S: Final = 60.0
STOP_IMMEDIATE_S: Final = 10.0
#: Backends notice that their postmaster died at their next wait; a long statement may take this long to get there.
ORPHANS_LEAVE_S: Final = 20.0
LOOK_S: Final = 0.02

LOG_KEPT_BYTES: Final = 10 * 1024 * 1024

#: Modest, for a laptop; durable, always: an acknowledged alarm must be on disk.
SERVER_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "checkpoint_completion_target": "0.9",
    "log_startup_progress_interval": "2s",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements can hold personal text; the log must not.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class EmbeddedPostgres:
    """One server over one data folder. The caller holds the folder's lock (`shouwang.embedded.database`)."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self.places: Places = find_places(data_dir)
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """The address of our database for the role that is no superuser; it holds the password."""
        return self._dsn("shouwang", self._password("shouwang"), "shouwang")

    @property
    def superuser_dsn(self) -> str:
        """For tests, which make and drop databases."""
        return self._dsn("postgres", self._password("postgres"), "postgres")

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> str:
        """Start the server, wait until it takes connections and return `dsn`; raises DatabaseNotRunning.

        Whatever an earlier life left is stopped or waited for first; a pid file that names a stranger is put away.
        """
        await self._end_leftovers()
        if not self.places.data.exists():
            await asyncio.to_thread(self._initialise)
        self._process = self._launch()
        try:
            await self._wait_until_ready()
            await provision(self.superuser_dsn, self._password("shouwang"))
        except BaseException:
            await self.stop()
            raise
        return self.dsn

    async def wait(self) -> int:
        """Wait until the server ends by itself and return its exit code."""
        while (code := self._exit_code()) is None:
            await self._clock.sleep(LOOK_S * 5)
        return code

    async def stop(self) -> None:
        """Stop the server: fast, then immediately, then by signal 9. Safe to call twice and after a crash."""
        process, self._process = self._process, None
        if process is None:
            return
        for sign, patience_s in (
            (signal.SIGINT, STOP_FAST_S),
            (signal.SIGQUIT, STOP_IMMEDIATE_S),
            (signal.SIGKILL, STOP_IMMEDIATE_S),
        ):
            if process.poll() is None:
                process.send_signal(sign)
            if await self._until(lambda: process.poll() is not None, patience_s):
                break

    def _exit_code(self) -> int | None:
        return 0 if self._process is None else self._process.poll()

    async def _end_leftovers(self) -> None:
        """Stop a postmaster of an earlier life of ours, wait for its backends, and put away a pid file that lies."""
        postmaster = self._recorded_pid()
        for sign, patience_s in (
            (signal.SIGINT, STOP_FAST_S),
            (signal.SIGQUIT, ORPHANS_LEAVE_S),
            (signal.SIGKILL, STOP_IMMEDIATE_S),
        ):
            left = list(processes_in(self.places.data)) if self.places.data.exists() else []
            if not left:
                break
            alive = [process for process in left if process.pid == postmaster]
            # Without their postmaster, backends leave by themselves; only those that do not are told to.
            if alive or sign is not signal.SIGINT:
                _signal_all(alive or left, sign)
            await self._until(partial(_none_alive, left), patience_s if alive else ORPHANS_LEAVE_S)
        if postmaster is not None and psutil.pid_exists(postmaster):
            # Nothing sits in our data, so the number belongs to a stranger: PostgreSQL itself cannot know that.
            (self.places.data / "postmaster.pid").unlink(missing_ok=True)

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.places.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    async def _until(self, true: Callable[[], bool], patience_s: float) -> bool:
        until = self._clock.monotonic() + patience_s
        while not true():
            if self._clock.monotonic() >= until:
                return False
            await self._clock.sleep(LOOK_S)
        return True

    def _initialise(self) -> None:
        """Make a new cluster beside its final place and move it there whole, so that a half-made one is never used."""
        user = self.places.user
        fresh = self.places.root / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file = self._password_file("postgres")
        self._password("postgres")
        result = subprocess.run(
            [
                str(self.places.binaries / "initdb"),
                *("--pgdata", str(fresh), "--username", "postgres", "--pwfile", str(password_file)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--data-checksums"),
            ],
            capture_output=True,
            check=False,
            cwd=self.places.root,
            env=self._environment(),
            user=user.uid if user.switch else None,
            group=user.gid if user.switch else None,
            extra_groups=[] if user.switch else None,
        )
        if result.returncode:
            last = (result.stderr.decode(errors="replace").strip().splitlines() or ["no word"])[-1]
            raise DatabaseNotRunning(f"SHOUWANG_DATA_DIR: initdb failed in {self.places.root}: {last}")
        fresh.rename(self.places.data)

    def _launch(self) -> subprocess.Popen[bytes]:
        user, log = self.places.user, self.places.log
        if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        options = [f"--{name}={value}" for name, value in SERVER_SETTINGS.items()]
        options.append(f"--unix_socket_directories={self.places.sockets}")
        options.append("--unix_socket_permissions=0700")
        with log.open("ab") as stream:
            log.chmod(0o600)
            self._log_read = stream.tell()
            return subprocess.Popen(
                [str(self.places.binaries / "postgres"), "-D", str(self.places.data), *options],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                cwd=self.places.root,
                env=self._environment(),
                # Its own session: Ctrl-C at the terminal is ours to handle, in order.
                start_new_session=True,
                # Signal 2 is its fast shutdown: also when we are killed, it closes its books.
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 -- two system calls, no locks taken
                user=user.uid if user.switch else None,
                group=user.gid if user.switch else None,
                extra_groups=[] if user.switch else None,
            )

    async def _wait_until_ready(self) -> None:
        size, since = 0, self._clock.monotonic()
        while not self._is_ready():
            if self._process is None or self._process.poll() is not None:
                raise DatabaseNotRunning(f"the embedded database did not start: {self._last_words()}")
            grown = self.places.log.stat().st_size
            if grown != size:
                size, since = grown, self._clock.monotonic()
            if self._clock.monotonic() - since > START_STALLED_S:
                raise DatabaseNotRunning(f"the embedded database does not come up; read {self.places.log}")
            await self._clock.sleep(LOOK_S)

    def _is_ready(self) -> bool:
        """As pg_ctl looks: the eighth line of the pid file says so, and the first is our child."""
        try:
            lines = (self.places.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(self.pid) and lines[7].strip() == "ready"

    def _last_words(self) -> str:
        with self.places.log.open("rb") as stream:
            stream.seek(self._log_read)
            lines = stream.read().decode(errors="replace").splitlines()
        told = [line for line in lines if "FATAL" in line or "PANIC" in line or "ERROR" in line] or lines[-1:]
        return f"{told[0].strip() if told else 'no word'} (more in {self.places.log})"

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "TZ", "LD_LIBRARY_PATH"}}
        return kept | {"LC_ALL": "C.UTF-8"}

    def _password_file(self, role: str) -> Path:
        return self.places.root / f"{role}.password"

    def _password(self, role: str) -> str:
        """The role's password, made at first use and kept where only the database's user and root can read it."""
        path = self._password_file(role)
        if path.exists() and (known := path.read_text(encoding="utf-8").strip()):
            return known
        password = secrets.token_urlsafe(24)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(password + "\n")
        if self.places.user.switch:
            os.chown(path, self.places.user.uid, self.places.user.gid)
        return password

    def _dsn(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.places.sockets), safe='')}"


def _none_alive(processes: list[psutil.Process]) -> bool:
    return not any(_is_alive(process) for process in processes)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal_all(processes: list[psutil.Process], sign: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(sign)
        except psutil.NoSuchProcess:
            continue
