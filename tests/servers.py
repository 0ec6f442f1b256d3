"""Servers that tests start by themselves, on free ports."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from rules.clock import SharedClock

MOSQUITTO: Final = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
ANSWERS_S: Final = 15.0


def _ours(ports: range) -> range:
    """This test process's own share: two workers of xdist that look at one moment must not find the same port."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    of = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    size = len(ports) // of
    return ports[number * size : (number + 1) * size]


_PORTS: Final = _ours(range(10_240, 32_000))
_given: Final[set[int]] = set()


def free_port(*, pair: bool = False) -> int:
    """A port that nobody listens on now, given to nobody else; with `pair`, the next one too.

    Below those that the system gives to outgoing connections: one of them would take it before its server does.
    """
    while True:
        port = _PORTS.start + secrets.randbelow(len(_PORTS) - 1)
        wanted = {port, port + 1} if pair else {port}
        if wanted & _given or not all(_is_free(one) for one in wanted):
            continue
        _given.update(wanted)
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


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
        self._run(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {self.folder}/\nautosave_interval 1\nmax_queued_messages 0\n"
            "max_inflight_messages 0\n" + ("user root\n" if os.geteuid() == 0 else "")
        )

    def _run(self, configuration: str) -> None:
        config = self.folder / "mosquitto.conf"
        config.write_text(configuration)
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
