"""A device that nobody registered calls; it is registered from the pages, and everybody learns whose it is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from rules.clock import SharedClock
from tests.browser.conftest import SOON_MS, Centre, signed_in

pytestmark = pytest.mark.timeout(300)

#: What `fullTime` writes in Chinese; the page has no other.
A_TIME = re.compile(r"\d{4}年\d+月\d+日 \d\d:\d\d:\d\d")


def _now_ms() -> int:
    return int(SharedClock().now().timestamp() * 1000)


def _letters(page: Page, centre: Centre, device: str) -> None:
    page.goto(f"{centre.address}/dead-letters?device={device}")
    expect(page.get_by_role("heading", name="异常报文（待处理）")).to_be_visible(timeout=SOON_MS)


def test_a_stranger_is_registered_from_its_letter_and_its_case_gets_the_person(
    browser: Browser, centre: Centre
) -> None:
    centre.says("btn-0900", "telemetry", {"id": "t1", "at": _now_ms(), "type": "heartbeat", "battery_pct": 71})
    centre.press("btn-0900", "a1", _now_ms())
    desk = signed_in(browser, centre)
    row = desk.locator(".qrow", has_text="btn-0900")
    row.click()
    expect(desk.get_by_role("heading", name="问厂商：这台设备是谁的")).to_be_visible(timeout=SOON_MS)

    page = signed_in(browser, centre, "admin")
    _letters(page, centre, "btn-0900")
    expect(page.locator(".letters tbody tr")).to_have_count(1, timeout=SOON_MS)
    expect(page.get_by_text("没有登记这台设备").first).to_be_visible()
    page.get_by_role("link", name="登记此设备").click()

    form = page.get_by_role("region", name="登记设备")
    expect(form.get_by_label("设备号")).to_have_value("btn-0900")
    form.get_by_role("searchbox").fill("沈桂花")
    form.get_by_role("searchbox").press("Enter")
    form.get_by_role("radio").check()
    form.get_by_role("button", name="登记", exact=True).click()
    expect(form.get_by_text("在办事件已补上使用人和住址")).to_be_visible(timeout=SOON_MS)

    expect(desk.locator(".qrow", has_text="沈*花")).to_be_visible(timeout=SOON_MS)
    expect(desk.locator(".person")).to_contain_text("沈桂花", timeout=SOON_MS)
    expect(desk.get_by_role("heading", name="问厂商：这台设备是谁的")).to_be_hidden()

    _letters(page, centre, "btn-0900")
    expect(page.locator(".letters tbody tr")).to_contain_text("已用上", timeout=SOON_MS)


def test_a_letter_is_replayed_by_hand_and_says_what_became_of_it(browser: Browser, centre: Centre) -> None:
    centre.says("btn-0417", "telemetry", "{cut off")
    page = signed_in(browser, centre, "admin")
    _letters(page, centre, "btn-0417")
    row = page.locator(".letters tbody tr")
    expect(row).to_contain_text("不是有效的 JSON", timeout=SOON_MS)
    expect(row.locator("time").first).to_have_text(A_TIME)
    assert "cut off" not in page.content(), "nobody sees what a device sent"
    row.get_by_role("button", name="重放 btn-0417 的报文").click()
    expect(row).to_contain_text("仍然读不懂", timeout=SOON_MS)


def test_a_dispatcher_may_read_the_letters_and_not_replay_them(browser: Browser, centre: Centre) -> None:
    centre.says("btn-0417", "telemetry", "{cut off")
    page = signed_in(browser, centre)
    _letters(page, centre, "btn-0417")
    expect(page.locator(".letters tbody tr").first).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("button", name=re.compile("^重放"))).to_have_count(0)
    page.get_by_role("link", name="来源与厂商").click()
    expect(page.get_by_role("heading", name="来源与厂商")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("button", name=re.compile("^修改来源"))).to_have_count(0)


def test_the_vendors_telephone_is_written_down_once_and_stands_in_the_case(browser: Browser, centre: Centre) -> None:
    page = signed_in(browser, centre, "admin")
    page.goto(f"{centre.address}/sources")
    page.get_by_role("button", name="修改来源 canonical").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("厂商").fill("澄湾安康设备有限公司")
    dialog.get_by_label("24 小时电话").fill("400-800-9999")
    dialog.get_by_label("从现在起 14 天").check(force=True)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("link", name="4008009999")).to_be_visible(timeout=SOON_MS)
    expect(page.locator("tbody")).to_contain_text("开通中，至")

    page.get_by_role("button", name="修改来源 canonical").click()
    page.get_by_role("dialog").get_by_label("现在结束").check(force=True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("tbody")).to_contain_text("不在开通期", timeout=SOON_MS)

    centre.press("btn-0901", "a1", _now_ms())
    desk = signed_in(browser, centre)
    desk.locator(".qrow", has_text="btn-0901").click()
    call = desk.get_by_role("link", name="致电 澄湾安康设备有限公司，4008009999")
    expect(call).to_have_attribute("href", "tel:4008009999", timeout=SOON_MS)
