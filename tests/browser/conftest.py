"""The whole program as one process tree, a small register, and real Chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from rules.clock import SharedClock
from tests.servers import free_port

#: A database, a broker and three Python programs start on two shared cores.
STARTS_WITHIN_S = 120.0
#: A page on two shared cores; an expectation ends as soon as it holds.
SOON_MS = 30_000
expect.set_options(timeout=SOON_MS)
PASSWORD = "an invented password for tests"
#: Debian's browser; the tests' own download of one is not to be had everywhere.
CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
REGISTER = """device,kind,wearer,resident,birth_date,tags,address,area,phone
btn-0417,call_button,personal,沈桂花,1943-02-11,living_alone;oldest_old,澄湾县柳浪路88号3幢502,990681.990681100,13800001234
"""


@dataclass(kw_only=True)
class Centre:
    """One running `shouwang up`, and what a test asks of it."""

    folder: Path
    http_port: int
    mqtt_port: int
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
        own = {
            "SHOUWANG_DATA_DIR": str(self.folder / "var"),
            "SHOUWANG_HTTP_PORT": str(self.http_port),
            "SHOUWANG_METRICS_PORT": str(free_port()),
            "SHOUWANG_EMBEDDED_MQTT_PORT": str(self.mqtt_port),
            "SHOUWANG_ADMIN_PASSWORD": PASSWORD,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shouwang", "up"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=kept | own,
        )  # fmt: skip
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        self.until(lambda: any("is awake" in line for line in self.said) and self._lanes_connected())

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            self.said.extend(process.stdout)

    def _lanes_connected(self) -> bool:
        return sum("lane_connected" in line for line in self.said) >= 2

    def until(self, true: Callable[[], bool]) -> None:
        clock, pause = SharedClock(), threading.Event()
        end = clock.monotonic() + STARTS_WITHIN_S
        while not true():
            assert clock.monotonic() < end, "".join(self.said[-40:])
            pause.wait(0.1)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def asks(self, method: str, path: str, body: str | dict[str, Any], cookie: str = "") -> tuple[dict[str, Any], str]:
        """One request of an administrator; the answer's JSON and the cookie it set."""
        is_json = isinstance(body, dict)
        request = urllib.request.Request(
            self.address + path,
            data=(json.dumps(body) if isinstance(body, dict) else body).encode(),
            method=method,
            headers={
                "Content-Type": "application/json" if is_json else "text/csv",
                "Cookie": cookie,
                "Origin": self.address,
            },
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            set_cookie = str(answer.headers.get("Set-Cookie") or "").partition(";")[0]
            return json.load(answer), set_cookie

    def press(self, device: str, event_id: str, at_ms: int) -> None:
        """A press over MQTT, as the README does it."""
        self.says(device, "alarm", {"id": event_id, "at": at_ms, "type": "sos"})

    def says(self, device: str, channel: str, message: dict[str, Any] | str) -> None:
        """Whatever a device says; a text goes out as it is."""
        text = message if isinstance(message, str) else json.dumps(message)
        subprocess.run(
            ["mosquitto_pub", "-p", str(self.mqtt_port), "-q", "1", "-t", f"sw/v1/{device}/{channel}", "-m", text],
            check=True, timeout=20,
        )  # fmt: skip


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    # pytest's own folders are closed to the database's user where we are root.
    folder = Path(tempfile.mkdtemp(prefix="sw-"))
    folder.chmod(0o711)
    running = Centre(folder=folder, http_port=free_port(), mqtt_port=free_port(pair=True))
    try:
        running.start()
        _, cookie = running.asks("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
        report, _ = running.asks("POST", "/api/v1/devices/import", REGISTER, cookie)
        assert report["imported"] == 1, report
        user = {"name": "suxiao", "display_name": "苏晓", "role": "dispatcher", "password": PASSWORD}
        running.asks("POST", "/api/v1/users", user, cookie)
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


def signed_in(browser: Browser, centre: Centre, name: str = "suxiao") -> Page:
    """A desk in a window of its own; a dispatcher's, where nobody else is named."""
    page = browser.new_context(locale="zh-CN", viewport={"width": 1920, "height": 1080}).new_page()
    page.set_default_timeout(SOON_MS)
    page.goto(centre.address)
    page.locator("input[autocomplete=username]").fill(name)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".queuepane")).to_be_visible(timeout=SOON_MS)
    return page


def claimed(page: Page) -> None:
    """By key, as soon as the desk has live data; before that a step waits, and its button says so."""
    expect(page.get_by_role("button", name=re.compile("^接警"))).to_be_enabled()
    page.keyboard.press("c")
