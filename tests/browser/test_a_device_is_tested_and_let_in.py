"""A device is tested from its page, goes live by a press from its place, is spoken to, let in and cut off."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from rules.clock import SharedClock
from tests.browser.conftest import PASSWORD, SOON_MS, Centre, signed_in

pytestmark = pytest.mark.timeout(300)


def _installed(centre: Centre, device: str) -> str:
    """A device of its own for one test, installed; the path of its page."""
    _, cookie = centre.asks("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
    wanted: dict[str, Any] = {"device": device, "kind": "call_button", "wearer": "personal", "life": "installed"}
    made, _ = centre.asks("POST", "/api/v1/devices", wanted, cookie)
    return f"{centre.address}/devices/{made['id']}"


def _page_of(browser: Browser, centre: Centre, device: str) -> Page:
    page = signed_in(browser, centre, "admin")
    page.goto(_installed(centre, device))
    expect(page.get_by_role("heading", name=device)).to_be_visible(timeout=SOON_MS)
    return page


def test_a_device_goes_live_only_by_a_confirmed_press_from_its_place(browser: Browser, centre: Centre) -> None:
    page = _page_of(browser, centre, "btn-0500")
    expect(page.get_by_text("还不能投入使用")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("button", name="投入使用")).to_have_attribute("aria-disabled", "true")

    testing = page.get_by_role("region", name="测试模式")
    testing.get_by_label("原因").fill("安装调试")
    testing.get_by_role("button", name="开始测试").click()
    expect(testing.get_by_role("timer")).to_contain_text("还剩 14:", timeout=SOON_MS)
    centre.press("btn-0500", "p1", int(SharedClock().now().timestamp() * 1000))
    expect(testing.get_by_text("有一次按键待您确认")).to_be_visible(timeout=SOON_MS)

    testing.get_by_role("button", name="刚才是我按的").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("这是开通按键").check()
    dialog.get_by_label("按键地点").fill("卧室床头")
    dialog.get_by_label("已核对使用人姓名").check()
    dialog.get_by_label("已核对住址").check()
    dialog.get_by_label("双方都听得清").check(force=True)
    page.keyboard.press("Control+Enter")
    expect(testing.get_by_text("已确认为测试")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("region", name="开通")).to_contain_text("卧室床头")

    page.get_by_role("button", name="投入使用").click()
    expect(page.get_by_role("region", name="开通")).to_contain_text("在用", timeout=SOON_MS)
    testing.get_by_role("button", name="结束测试").click()
    expect(testing.get_by_role("button", name="开始测试")).to_be_visible(timeout=SOON_MS)


def test_a_press_that_nobody_made_is_not_confirmed_and_the_page_says_why(browser: Browser, centre: Centre) -> None:
    page = _page_of(browser, centre, "btn-0501")
    testing = page.get_by_role("region", name="测试模式")
    testing.get_by_label("原因").fill("月检")
    testing.get_by_role("button", name="开始测试").click()
    testing.get_by_role("button", name="刚才是我按的").click()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("没有待确认的按键", timeout=SOON_MS)


def test_a_press_in_test_mode_is_marked_with_a_question_at_the_desk(browser: Browser, centre: Centre) -> None:
    page = _page_of(browser, centre, "btn-0502")
    testing = page.get_by_role("region", name="测试模式")
    testing.get_by_label("原因").fill("月检")
    testing.get_by_role("button", name="开始测试").click()
    expect(testing.get_by_role("timer")).to_be_visible(timeout=SOON_MS)
    centre.press("btn-0502", "p1", int(SharedClock().now().timestamp() * 1000))
    desk = signed_in(browser, centre)
    expect(desk.locator(".qrow", has_text="测试？")).to_be_visible(timeout=SOON_MS)


def test_a_command_stands_with_what_became_of_it(browser: Browser, centre: Centre) -> None:
    page = _page_of(browser, centre, "btn-0503")
    asked = page.get_by_role("region", name="设备指令")
    asked.get_by_role("combobox").first.select_option("silence")
    asked.get_by_label("分钟（至多 30）").fill("5")
    asked.get_by_role("button", name="下发").click()
    sent = asked.get_by_role("listitem")
    expect(sent).to_contain_text("消音", timeout=SOON_MS)
    expect(sent).to_contain_text(re.compile("待发出|已发出，未见回复"))


def test_a_password_is_shown_once_and_revoking_asks_once_more(browser: Browser, centre: Centre) -> None:
    page = _page_of(browser, centre, "btn-0504")
    panel = page.get_by_role("region", name="接入凭证")
    expect(panel.get_by_text("尚未签发")).to_be_visible(timeout=SOON_MS)
    panel.get_by_role("button", name="签发", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("密码只在这里显示这一次", timeout=SOON_MS)
    secret = panel.get_by_label("密码").input_value()
    assert len(secret) >= 24

    page.reload()
    expect(panel.get_by_text("有效，签发于")).to_be_visible(timeout=SOON_MS)
    assert secret not in page.content()
    panel.get_by_role("button", name="吊销").click()
    expect(page.get_by_role("dialog")).to_contain_text("求助也发不出来")
    page.keyboard.press("Escape")
    expect(panel.get_by_text("有效，签发于")).to_be_visible()
    panel.get_by_role("button", name="吊销").click()
    page.keyboard.press("Control+Enter")
    expect(panel.get_by_text("已吊销")).to_be_visible(timeout=SOON_MS)
    expect(panel.get_by_role("button", name="吊销")).to_have_count(0)


def test_an_installer_begins_with_the_devices_and_is_told_of_no_old_picture(browser: Browser, centre: Centre) -> None:
    _, cookie = centre.asks("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
    user = {"name": "lujian", "display_name": "陆健", "role": "installer", "password": PASSWORD}
    centre.asks("POST", "/api/v1/users", user, cookie)
    page = browser.new_context(locale="zh-CN", viewport={"width": 400, "height": 800}).new_page()
    page.goto(centre.address)
    page.locator("input[autocomplete=username]").fill("lujian")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="设备", exact=True)).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("link", name="接警台")).to_have_count(0)
    page.get_by_role("link", name="btn-0417").click()
    expect(page.get_by_role("button", name="开始测试")).to_be_visible(timeout=SOON_MS)
    expect(page.locator(".banner:not(.banner--line)")).to_have_count(0)
    narrow = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert narrow, "nothing runs off a telephone's screen"
