"""Quiet must differ from dead: when the server stops answering, the page says that its picture is old."""

from __future__ import annotations

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SOON_MS, Centre, signed_in

pytestmark = pytest.mark.timeout(240)


def _console_of(centre: Centre) -> psutil.Process:
    assert centre.process is not None
    family = psutil.Process(centre.process.pid).children(recursive=True)
    (console,) = [process for process in family if "console" in process.cmdline()]
    return console


def test_a_console_that_stops_answering_shows_a_banner_until_it_answers_again(browser: Browser, centre: Centre) -> None:
    page = signed_in(browser, centre)
    expect(page.get_by_text("当前无待处置事件").first).to_be_visible(timeout=SOON_MS)
    console = _console_of(centre)
    console.suspend()
    try:
        expect(page.locator(".banner:not(.banner--line), .stale").first).to_be_visible(timeout=SOON_MS)
    finally:
        console.resume()
    expect(page.locator(".banner:not(.banner--line), .stale").first).to_be_hidden(timeout=SOON_MS)
