"""A press arrives on the dispatcher's screen, is claimed and resolved by keyboard alone, in real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from rules.clock import SharedClock
from tests.browser.conftest import SOON_MS, Centre, claimed, signed_in

pytestmark = pytest.mark.timeout(240)


def test_a_press_is_claimed_and_resolved_by_keyboard(browser: Browser, centre: Centre) -> None:
    page = signed_in(browser, centre)
    page.get_by_role("button", name="上岗").click()
    now_ms = int(SharedClock().now().timestamp() * 1000)
    centre.press("btn-0417", "press-1", now_ms)

    row = page.locator(".qrow", has_text="沈*花")
    expect(row).to_be_visible(timeout=SOON_MS)
    expect(row).to_contain_text("特急")
    expect(row).to_contain_text("一键呼叫")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text("沈桂花").first).to_be_visible(timeout=SOON_MS)
    claimed(page)
    expect(row).to_contain_text("您已接警", timeout=SOON_MS)

    expect(page.get_by_role("button", name=re.compile("^处置完毕"))).to_be_enabled(timeout=SOON_MS)
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=SOON_MS)
    dialog.locator("input[name=outcome]").nth(1).check(force=True)
    dialog.locator("input[name=safety]").nth(0).check(force=True)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".queuepane .qrow")).to_have_count(0, timeout=SOON_MS)
    expect(page.get_by_text("处置完毕").first).to_be_visible(timeout=SOON_MS)
