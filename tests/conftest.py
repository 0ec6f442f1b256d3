"""Real servers for the tests: one PostgreSQL a test process, and brokers on free ports."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import pytest

from rules.clock import SharedClock
from shouwang.embedded.broker import EmbeddedBroker
from shouwang.embedded.postgres import EmbeddedPostgres
from store.migrate import migrate

TEMPLATE: Final = "shouwang_template"
MOSQUITTO: Final = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
ANSWERS_S: Final = 15.0


def free_port(*, pair: bool = False) -> int:
    """A port that nobody listens on now; with `pair`, the next one is free too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            if not pair:
                return port
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once `process` listens on `port`; fails when it ended or stays silent."""
    clock = SharedClock()
    until = clock.monotonic() + ANSWERS_S
    while clock.monotonic() < until:
        assert process.poll() is None, f"{process.args!r} ended with code {process.returncode}"
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except ConnectionRefusedError:
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
    pytest.fail(f"nothing listens on {port}")


@pytest.fixture(scope="session")
def reachable_tmp() -> Iterator[Path]:
    """A folder that the database's user can reach also where we are root: pytest's own are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="sw-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def embedded_postgres(reachable_tmp: Path) -> Iterator[EmbeddedPostgres]:
    """One running server for this test process (one for each worker of xdist)."""
    data_dir = reachable_tmp / "var"
    data_dir.mkdir(mode=0o711)
    server = EmbeddedPostgres(data_dir, SharedClock())
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


def _in_database(dsn: str, name: str) -> str:
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template_database(embedded_postgres: EmbeddedPostgres) -> str:
    """The name of a database with the whole schema and no rows, for `CREATE DATABASE … TEMPLATE`."""
    asyncio.run(_execute(embedded_postgres.superuser_dsn, f"CREATE DATABASE {TEMPLATE} OWNER shouwang"))
    asyncio.run(migrate(_in_database(embedded_postgres.dsn, TEMPLATE)))
    return TEMPLATE


def _fresh_database(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"t_{secrets.token_hex(6)}"
    asyncio.run(_execute(server.superuser_dsn, f"CREATE DATABASE {name} TEMPLATE {template} OWNER shouwang"))
    yield _in_database(server.dsn, name)
    asyncio.run(_execute(server.superuser_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def postgres_dsn(embedded_postgres: EmbeddedPostgres, template_database: str) -> Iterator[str]:
    """A migrated database of this test module's own."""
    yield from _fresh_database(embedded_postgres, template_database)


@pytest.fixture
def fresh_dsn(embedded_postgres: EmbeddedPostgres, template_database: str) -> Iterator[str]:
    """A migrated database of this one test's own."""
    yield from _fresh_database(embedded_postgres, template_database)


@pytest.fixture
def empty_dsn(embedded_postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database without a schema, for this one test."""
    yield from _fresh_database(embedded_postgres, "template1")


@dataclass(kw_only=True)
class Mosquitto:
    """A Mosquitto of our own that keeps its sessions on disk; both MQTT versions are on one port."""

    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = self.folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {self.folder}/\nautosave_interval 1\nmax_queued_messages 0\n"
            "max_inflight_messages 0\n" + ("user root\n" if os.geteuid() == 0 else "")
        )
        log = (self.folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stdout=log, stderr=log)
        log.close()
        wait_for_port(self.port, self._process)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, by default in order (its memory is saved); safe to call twice."""
        if self._process is not None:
            self._process.send_signal(sign)
            self._process.wait(10)
            self._process = None


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    broker = Mosquitto(folder=tmp_path_factory.mktemp("mosquitto"), port=free_port())
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """The broker that comes with the program: MQTT 3.1.1 on `.port`, MQTT 5 on the next."""
    broker = EmbeddedBroker(tmp_path_factory.mktemp("broker"), free_port(pair=True), SharedClock())
    asyncio.run(broker.start())
    yield broker
    asyncio.run(broker.stop())
