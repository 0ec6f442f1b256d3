"""Real servers for a measurement or a fault: PostgreSQL, Mosquitto and our own parts, each in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rules.clock import SharedClock
from shouwang.embedded.postgres import EmbeddedPostgres
from shouwang.embedded.processes import die_with_parent
from store.migrate import migrate

MOSQUITTO: Final = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
ROOT: Final = Path(__file__).resolve().parent.parent
#: A broker with a million messages in its file needs this long to read them.
ANSWERS_S: Final = 60.0
LOOK_S: Final = 0.02
KEYS: Final = "parts"
STOP_S: Final = 20.0


class ServerSilent(Exception):
    """A server that was started ended or does not answer; the text names its log."""


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """A process of ours, which never outlives us; only it is ever signalled."""

    def __init__(self, command: Sequence[str], *, log: Path, env: dict[str, str] | None = None) -> None:
        self._command, self._log, self._env = list(command), log, env
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        assert not self.alive, "one process at a time: the one before would be forgotten"
        with self._log.open("ab") as stream:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                cwd=ROOT,
                env=self._env,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # two system calls, no locks taken
            )

    def signal(self, sign: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(sign)

    async def ended(self, patience_s: float = STOP_S) -> int:
        """Wait for the end and return the exit code; raises TimeoutError."""
        process = self._process
        assert process is not None
        async with asyncio.timeout(patience_s):
            while (code := process.poll()) is None:  # noqa: ASYNC110  # the kernel tells nobody
                await asyncio.sleep(LOOK_S)
        return code

    async def kill(self) -> None:
        """Signal 9, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> None:
        """Ask it to end, then make it; safe to call twice and after a crash."""
        if not self.alive:
            return
        # A stopped process hears nothing but these two.
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            await self.ended()
        except TimeoutError:
            await self.kill()

    async def answers_on(self, port: int) -> None:
        """Wait until it listens on `port`; raises ServerSilent."""
        async with asyncio.timeout(ANSWERS_S):
            while not _listens(port):
                if not self.alive:
                    raise ServerSilent(f"{self._command[0]} ended; read {self._log}")
                await asyncio.sleep(LOOK_S)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


class Mosquitto(Child):
    """A broker that keeps its sessions on disk once a second and has no bound of its own on queues."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self.store = folder / "mosquitto.db"
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {folder}/\nautosave_interval 1\nmax_queued_messages 0\nmax_inflight_messages 0\n"
            "max_packet_size 262144\nsys_interval 1\nset_tcp_nodelay true\n"
            + ("user root\n" if os.geteuid() == 0 else ""),
            encoding="utf-8",
        )
        super().__init__([MOSQUITTO, "-c", str(config)], log=folder / "mosquitto.log")

    async def up(self) -> None:
        """Start it and wait until it takes connections."""
        self.start()
        await self.answers_on(self.port)


class Part(Child):
    """One part of the program, started as an operator would: `shouwang gateway` with its settings as variables."""

    def __init__(self, name: str, folder: Path, number: int = 0, **settings: str) -> None:
        self.metrics_port = free_port()
        self.http_port = free_port()
        env = {key: value for key, value in os.environ.items() if not key.startswith("SHOUWANG_")}
        env |= {
            "SHOUWANG_METRICS_PORT": str(self.metrics_port),
            "SHOUWANG_HTTP_PORT": str(self.http_port),
            "SHOUWANG_DATA_DIR": str(folder / KEYS),
            "SHOUWANG_ADMIN_PASSWORD": "invented-for-this-run",
        }
        env |= {f"SHOUWANG_{key.upper()}": value for key, value in settings.items()}
        self.name = name
        self.log = folder / f"{name}-{number}.log"
        self.env = env
        super().__init__([sys.executable, "-m", "shouwang", name], log=self.log, env=env)

    async def up(self) -> None:
        """Start it and wait until its own port answers."""
        self.start()
        await self.answers_on(self.http_port if self.name == "console" else self.metrics_port)


@dataclass(kw_only=True)
class Servers:
    """The strangers our parts stand on. `folder` holds everything, also the logs, and is removed at the end."""

    folder: Path
    postgres: EmbeddedPostgres
    mosquitto: Mosquitto
    parts: list[Part] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        return self.postgres.dsn

    @property
    def keys(self) -> Path:
        """The parts' data folder, where their keys are."""
        return self.folder / KEYS

    def part(self, name: str, *, database_url: str | None = None, mqtt_url: str | None = None) -> Part:
        """A part over these servers, not yet started; ended with them."""
        part = Part(
            name, self.folder, len(self.parts),
            database_url=database_url or self.dsn, mqtt_url=mqtt_url or self.mosquitto.url,
        )  # fmt: skip
        self.parts.append(part)
        return part

    async def kill_postmaster(self) -> None:
        """Signal 9 to the postmaster; its backends leave by themselves when they notice."""
        assert self.postgres.pid is not None
        os.kill(self.postgres.pid, signal.SIGKILL)
        await self.postgres.wait()


@asynccontextmanager
async def servers() -> AsyncIterator[Servers]:
    """PostgreSQL with the schema and Mosquitto, both empty, on free ports; everything ends with the block."""
    folder = _fresh_folder()
    async with AsyncExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = EmbeddedPostgres(folder / "db", SharedClock())
        running.push_async_callback(postgres.stop)
        await postgres.start()
        await migrate(postgres.dsn)
        mosquitto = Mosquitto(folder)
        running.push_async_callback(mosquitto.stop)
        await mosquitto.up()
        those = Servers(folder=folder, postgres=postgres, mosquitto=mosquitto)
        running.push_async_callback(_stop_all, those)
        yield those


def _fresh_folder() -> Path:
    """Where we are root, the database's user must be able to pass through: pytest's own folders would be closed."""
    folder = Path(tempfile.mkdtemp(prefix="sw-bench-"))
    folder.chmod(0o711)
    (folder / "db").mkdir(mode=0o711)
    (folder / KEYS).mkdir(mode=0o700)
    return folder


async def _stop_all(those: Servers) -> None:
    for part in those.parts:
        await part.stop()
