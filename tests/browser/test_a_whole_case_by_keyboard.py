"""A whole case without a mouse, in real Chromium: press, claim, plan, call, dispatch, arrival, resolution."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rules.clock import SharedClock
from tests.browser.conftest import PASSWORD, SOON_MS, Centre, claimed, signed_in
from tests.browser.test_pages_are_accessible import assert_open_to_all, axe

__all__ = ["axe"]

pytestmark = pytest.mark.timeout(300)

STAFF = {"name": "孙国强", "kind": "grid_worker", "trained": True, "means": "e_bike", "phone": "13800002001"}


@pytest.fixture(scope="module")
def staffed(centre: Centre) -> Centre:
    """The home stands on the map, and somebody near it may be sent at any hour."""
    _, cookie = centre.asks("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
    homes, _ = centre.asks("GET", "/api/v1/premises", {}, cookie)
    centre.asks("PATCH", f"/api/v1/premises/{homes['items'][0]['id']}", {"lat": 30.05, "lon": 121.02}, cookie)
    more = {"channels": ["voice"], "agreed_to_nights": True, "base_lat": 30.054, "base_lon": 121.022}
    centre.asks("POST", "/api/v1/responders", STAFF | more, cookie)
    return centre


def settled(page: Page) -> None:
    """A command is pending until its change arrives on the feed; until then the next one waits."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=SOON_MS)


def opened_by(page: Page, key: str) -> Locator:
    """The dialog that this key opens."""
    settled(page)
    page.keyboard.press(key)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=SOON_MS)
    return dialog


def test_a_case_is_worked_from_press_to_resolution_by_keyboard(browser: Browser, staffed: Centre, axe: str) -> None:
    page = signed_in(browser, staffed)
    staffed.press("btn-0417", "whole-case", int(SharedClock().now().timestamp() * 1000))
    row = page.locator(".qrow", has_text="沈*花")
    expect(row).to_be_visible(timeout=SOON_MS)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    plan = page.get_by_role("region", name="预案")
    expect(plan.locator("[aria-current=step]")).to_contain_text("回拨本人", timeout=SOON_MS)
    claimed(page)
    expect(row).to_contain_text("您已接警", timeout=SOON_MS)

    settled(page)
    page.keyboard.press("Alt+2")
    expect(plan.locator(".plan__step.is-done")).to_contain_text("本人要求帮助", timeout=SOON_MS)
    expect(plan.locator(".plan__step.is-done")).to_contain_text("苏晓")
    expect(plan.locator("[aria-current=step]")).to_contain_text("先问在哪里")
    assert_open_to_all(page, axe)

    call = opened_by(page, "t")
    call.locator("input[name=result]").nth(1).check(force=True)
    page.keyboard.press("Control+Enter")
    expect(call).to_have_count(0, timeout=SOON_MS)

    field = page.get_by_role("region", name="上门救助人员")
    expect(field.get_by_role("button", name=re.compile("孙国强"))).to_be_visible(timeout=SOON_MS)
    page.keyboard.press("1")
    expect(field.get_by_role("button", name=re.compile("孙国强"))).to_have_attribute("aria-pressed", "true")
    sending = opened_by(page, "d")
    expect(sending).to_contain_text("孙国强")
    page.keyboard.press("Control+Enter")
    expect(sending).to_have_count(0, timeout=SOON_MS)
    expect(field.get_by_role("list", name="已邀约")).to_contain_text("孙国强", timeout=SOON_MS)
    expect(row).to_contain_text("已调派", timeout=SOON_MS)
    assert_open_to_all(page, axe)

    settled(page)
    field.get_by_role("button", name="孙国强 已到场").press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible(timeout=SOON_MS)
    page.keyboard.press("Control+Enter")
    expect(row).to_contain_text("已到场", timeout=SOON_MS)
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=SOON_MS)

    end = opened_by(page, "r")
    end.locator("input[name=outcome]").nth(1).check(force=True)
    end.locator("input[name=safety]").nth(0).check(force=True)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".queuepane .qrow")).to_have_count(0, timeout=SOON_MS)
    expect(page.get_by_text("处置完毕").first).to_be_visible(timeout=SOON_MS)


def test_a_hand_over_begins_with_a_number_and_its_card_is_read_on_one_screen(
    browser: Browser, staffed: Centre, axe: str
) -> None:
    page = signed_in(browser, staffed)
    staffed.press("btn-0417", "hand-over", int(SharedClock().now().timestamp() * 1000))
    row = page.locator(".qrow", has_text="沈*花")
    expect(row).to_be_visible(timeout=SOON_MS)
    row.click()
    services = page.get_by_role("region", name="110 / 119 / 120", exact=True)
    expect(services).to_be_visible(timeout=SOON_MS)
    dialog = opened_by(page, "h")
    dialog.locator("input[name=service]").nth(0).check(force=True)
    expect(dialog.locator("input[type=tel]")).to_have_value("120")
    dialog.locator("input[name=answer]").nth(1).check(force=True)
    dialog.get_by_label("预计多少分钟后").fill("12")
    assert_open_to_all(page, axe)
    page.keyboard.press("Control+Enter")
    expect(services).to_contain_text("排队等待", timeout=SOON_MS)
    expect(services).to_contain_text(re.compile(r"预计 1[12]:\d\d 后"))

    services.get_by_role("button", name="宣读卡").press("Enter")
    card = page.get_by_role("dialog")
    expect(card).to_contain_text("澄湾县柳浪路88号3幢502", timeout=SOON_MS)
    expect(card.locator("dl")).to_be_in_viewport(ratio=1)
    assert_open_to_all(page, axe)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0, timeout=SOON_MS)


def test_a_colleague_is_asked_and_takes_the_case_over(browser: Browser, staffed: Centre) -> None:
    _, cookie = staffed.asks("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
    user = {"name": "hejing", "display_name": "何静", "role": "dispatcher", "password": PASSWORD}
    staffed.asks("POST", "/api/v1/users", user, cookie)
    giver, taker = signed_in(browser, staffed), signed_in(browser, staffed, "hejing")
    taker.get_by_role("button", name="上岗").click()
    staffed.press("btn-0417", "transfer", int(SharedClock().now().timestamp() * 1000))
    row = giver.locator(".qrow", has_text="沈*花")
    row.click()
    claimed(giver)
    expect(row).to_contain_text("您已接警", timeout=SOON_MS)
    dialog = opened_by(giver, "x")
    dialog.get_by_label(re.compile("何静")).check(force=True)
    giver.keyboard.press("Control+Enter")
    offer = taker.get_by_role("alert", name="转交")
    expect(offer).to_contain_text("苏晓 要把事件转交给您", timeout=SOON_MS)
    expect(row).to_contain_text("您已接警")
    offer.get_by_role("button", name="接受").press("Enter")
    expect(row).to_contain_text("何静", timeout=SOON_MS)
