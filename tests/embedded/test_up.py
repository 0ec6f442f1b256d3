"""`shouwang up` as one process tree: started, hurt, and stopped in the ways that machines and people do it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from rules.clock import SharedClock
from tests.servers import free_port

#: Five Python programs and a database start on two shared cores.
pytestmark = pytest.mark.timeout(150)
UP_S = 90.0


@dataclass(kw_only=True)
class Town:
    """One running `up` and what it said."""

    data_dir: Path
    http_port: int
    metrics_port: int
    mqtt_port: int
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)
    family: list[psutil.Process] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
        return kept | {
            "SHOUWANG_DATA_DIR": str(self.data_dir),
            "SHOUWANG_HTTP_PORT": str(self.http_port),
            "SHOUWANG_METRICS_PORT": str(self.metrics_port),
            "SHOUWANG_EMBEDDED_MQTT_PORT": str(self.mqtt_port),
        }

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shouwang", "up"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment(),
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        self.until(lambda: self.ready() and any("is awake" in line for line in self.said), "up was never awake")
        self.family = psutil.Process(self.process.pid).children(recursive=True)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            self.said.extend(process.stdout)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/readyz", timeout=5) as answer:
                return bool(json.load(answer)["status"] != "unready")  # nobody is on call in an empty house
        except (OSError, urllib.error.URLError):
            return False

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    def until(self, true: Callable[[], bool], otherwise: str) -> None:
        clock = SharedClock()
        end = clock.monotonic() + UP_S
        pause = threading.Event()
        while not true():
            assert clock.monotonic() < end, otherwise + "\n" + "".join(self.said[-40:])
            pause.wait(0.1)

    def part(self, name: str) -> psutil.Process:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if child.cmdline()[1:4] == ["-m", "shouwang", name])

    def end(self, sign: signal.Signals) -> tuple[int, list[psutil.Process]]:
        """Send the signal; return the exit code and whoever of the family still lives."""
        assert self.process is not None
        self.process.send_signal(sign)
        code = self.process.wait(60)
        _, alive = psutil.wait_procs(self.family, timeout=30)
        return code, alive


@pytest.fixture
def town(reachable_tmp: Path, request: pytest.FixtureRequest) -> Iterator[Town]:
    data_dir = reachable_tmp / f"up{abs(hash(request.node.name)) % 10**8}"
    data_dir.mkdir(mode=0o711)
    made = Town(data_dir=data_dir, http_port=free_port(), metrics_port=free_port(), mqtt_port=free_port(pair=True))
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()
    for left in made.family:
        if left.is_running():
            left.kill()


def test_ctrl_c_stops_everything_and_leaves_nothing(town: Town) -> None:
    town.start()
    assert any("First sign-in: admin / " in line for line in town.said)
    code, alive = town.end(signal.SIGINT)
    assert (code, alive) == (0, [])
    # The sign-in is shown once: a second start knows the administrator.
    town.said.clear()
    town.start()
    assert not any("First sign-in" in line for line in town.said)
    code, alive = town.end(signal.SIGTERM)
    assert (code, alive) == (0, [])


def test_signal_9_to_the_supervisor_leaves_nothing_and_the_next_start_works(town: Town) -> None:
    town.start()
    _, alive = town.end(signal.SIGKILL)
    assert alive == []
    town.start()
    code, alive = town.end(signal.SIGINT)
    assert (code, alive) == (0, [])


def test_a_part_that_is_killed_is_started_again_and_said(town: Town) -> None:
    town.start()
    killed = town.part("rules")
    killed.kill()
    town.until(lambda: not killed.is_running() and _lives(town, "rules") and town.ready(), "rules never came back")
    assert any('"part_ended"' in line and '"rules"' in line for line in town.said)
    page = town.metrics()
    assert 'shouwang_part_restarts_total{part="rules"} 1.0' in page
    assert page.count("# TYPE shouwang_build_info gauge") == 1
    town.family += psutil.Process(town.process.pid).children(recursive=True) if town.process else []
    assert town.end(signal.SIGINT) == (0, [])


def test_a_database_that_is_killed_is_started_again(town: Town) -> None:
    town.start()
    assert town.process is not None
    children = psutil.Process(town.process.pid).children()
    postmaster = next(child for child in children if child.name() == "postgres")
    postmaster.kill()
    town.until(lambda: any('"part_ended"' in line and '"postgres"' in line for line in town.said), "nobody noticed")
    town.until(lambda: _answers(town), "the database never came back")
    town.family += psutil.Process(town.process.pid).children(recursive=True)
    assert town.end(signal.SIGINT) == (0, [])


def _lives(town: Town, part: str) -> bool:
    try:
        return town.part(part).is_running()
    except (StopIteration, psutil.NoSuchProcess):
        return False


def _answers(town: Town) -> bool:
    asked = subprocess.run(
        [sys.executable, "-m", "shouwang", "user", "list"], env=town.environment(), capture_output=True, check=False
    )
    return asked.returncode == 0


@pytest.mark.parametrize("setting", ["SHOUWANG_HTTP_PORT", "SHOUWANG_METRICS_PORT", "SHOUWANG_EMBEDDED_MQTT_PORT"])
def test_a_taken_port_is_one_line_that_names_the_setting_and_leaves_nothing(town: Town, setting: str) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = town.environment() | {setting: str(taken.getsockname()[1]), "SHOUWANG_LOG_LEVEL": "error"}
        refused = subprocess.run(
            [sys.executable, "-m", "shouwang", "up"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert setting in refused.stderr


def test_a_second_up_on_the_same_folder_is_refused_in_one_line(town: Town) -> None:
    town.start()
    environment = town.environment() | {
        "SHOUWANG_HTTP_PORT": str(free_port()),
        "SHOUWANG_METRICS_PORT": str(free_port()),
        "SHOUWANG_EMBEDDED_MQTT_PORT": str(free_port(pair=True)),
    }
    second = subprocess.run(
        [sys.executable, "-m", "shouwang", "up"], env=environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert "SHOUWANG_DATA_DIR" in second.stderr
    assert town.end(signal.SIGINT) == (0, [])
