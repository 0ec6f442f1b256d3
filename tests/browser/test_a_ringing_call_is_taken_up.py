"""A telephone call at the centre, on the desk in real Chromium: who it may be, taken up, given up, taken by another."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Route, expect

from rules.clock import SharedClock
from tests.browser.conftest import PASSWORD, SOON_MS, Centre, signed_in
from tests.browser.test_pages_are_accessible import assert_open_to_all, axe

__all__ = ["axe"]

pytestmark = pytest.mark.timeout(240)

#: The resident of the small register, and a number that nobody has.
THEIRS, STRANGE = "13800001234", "13999990001"


@pytest.fixture(scope="module")
def cookie(centre: Centre) -> str:
    _, signed = centre.asks("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
    user = {"name": "hejing", "display_name": "何静", "role": "dispatcher", "password": PASSWORD}
    centre.asks("POST", "/api/v1/users", user, signed)
    return signed


def ring(centre: Centre, cookie: str, number: str) -> str:
    """A call as the telephone system reports it."""
    # Two calls of one number within a second are one call reported twice.
    began = (SharedClock().now() - timedelta(milliseconds=500)).isoformat()
    call, _ = centre.asks(
        "POST", "/api/v1/calls", {"direction": "in", "number": number, "line": "12349", "began_at": began}, cookie
    )
    return str(call["id"])


def test_a_call_is_taken_up_by_key_and_becomes_a_case_of_whoever_calls(
    browser: Browser, centre: Centre, cookie: str, axe: str
) -> None:
    page = signed_in(browser, centre)
    ring(centre, cookie, THEIRS)
    bar = page.get_by_role("region", name="来电")
    expect(bar).to_contain_text("可能是服务对象 沈*花", timeout=SOON_MS)
    expect(bar).to_contain_text("138****1234")
    expect(bar.get_by_role("timer")).to_have_text(re.compile(r"0:[0-2]\d 后自动立案"))
    assert_open_to_all(page, axe)
    page.keyboard.press("a")
    expect(bar).to_contain_text("通话中", timeout=SOON_MS)
    expect(bar).to_contain_text(THEIRS)
    page.reload()
    expect(bar).to_contain_text("通话中", timeout=SOON_MS)

    bar.get_by_role("button", name="立案…").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("来电号码")).to_have_value(THEIRS)
    dialog.get_by_label("一键呼叫").check(force=True)
    page.keyboard.press("Control+Enter")
    row = page.locator(".qrow", has_text="沈*花")
    expect(row).to_be_visible(timeout=SOON_MS)
    expect(bar).to_have_count(0, timeout=SOON_MS)

    # Whoever calls again has that case: one press puts the call there.
    call = ring(centre, cookie, THEIRS)
    expect(bar).to_contain_text("来电振铃", timeout=SOON_MS)
    page.keyboard.press("a")
    bar.get_by_role("button", name=re.compile("^归入 ")).click()
    expect(bar).to_have_count(0, timeout=SOON_MS)
    kept, _ = centre.asks("GET", f"/api/v1/calls/{call}", {}, cookie)
    assert kept["incident"] is not None


def test_a_caller_who_hangs_up_is_a_case_at_once(browser: Browser, centre: Centre, cookie: str) -> None:
    page = signed_in(browser, centre)
    ring(centre, cookie, STRANGE)
    bar = page.get_by_role("region", name="来电")
    expect(bar).to_contain_text("未登记的号码", timeout=SOON_MS)
    bar.get_by_role("button", name="已挂断，立案").click()
    expect(bar).to_have_count(0, timeout=SOON_MS)
    expect(page.locator(".qrow", has_text="未知类型报警")).to_be_visible(timeout=SOON_MS)


def test_a_colleague_who_was_quicker_is_said_and_the_call_rings_no_more(
    browser: Browser, centre: Centre, cookie: str
) -> None:
    page = signed_in(browser, centre, "hejing")
    call = ring(centre, cookie, "13999990002")
    bar = page.get_by_role("region", name="来电")
    expect(bar).to_contain_text("来电振铃", timeout=SOON_MS)

    def taken_meanwhile(route: Route) -> None:
        now = SharedClock().now().isoformat()
        centre.asks("PATCH", f"/api/v1/calls/{call}", {"answered_at": now}, cookie)
        route.continue_()

    page.route(f"**/api/v1/calls/{call}", taken_meanwhile)
    page.keyboard.press("a")
    expect(bar).to_contain_text("未接到：同事已接听", timeout=SOON_MS)
    expect(bar).not_to_contain_text("来电振铃", timeout=SOON_MS)
    bar.get_by_role("button", name="知道了").click()
    expect(bar).to_have_count(0, timeout=SOON_MS)
