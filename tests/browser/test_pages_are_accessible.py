"""No page keeps anybody out: axe finds nothing serious on the sign-in page, the desk and its dialog, in both themes."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from rules.clock import SharedClock
from tests.browser.conftest import PASSWORD, SOON_MS, Centre, claimed, signed_in

pytestmark = pytest.mark.timeout(240)

#: The same checks that the pages' authors run; it comes with the pages' own development packages.
AXE: Final = Path(__file__).parents[2] / "console/web/node_modules/axe-core/axe.min.js"
#: WCAG 2.2 AA and what it stands on; advice beyond it is not for a test to enforce.
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
KEEPING_OUT: Final = frozenset({"serious", "critical"})
THEMES: Final = ("light", "dark")


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed; `make web` brings it")
    return AXE.read_text()


def violations(page: Page, axe: str) -> list[str]:
    """What keeps somebody out of the page as it stands: rule, place, and why."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
    )
    return [
        f"{violation['id']} at {node['target']}: {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in KEEPING_OUT
        for node in violation["nodes"]
    ]


def in_theme(page: Page, theme: str) -> None:
    """The theme as the switch in the top bar sets it, also where no bar is."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)


def assert_open_to_all(page: Page, axe: str) -> None:
    for theme in THEMES:
        in_theme(page, theme)
        assert violations(page, axe) == [], theme


def test_the_sign_in_page_keeps_nobody_out(browser: Browser, centre: Centre, axe: str) -> None:
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(centre.address)
    expect(page.locator("input[type=password]")).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)


def test_the_quiet_desk_keeps_nobody_out(browser: Browser, centre: Centre, axe: str) -> None:
    page = signed_in(browser, centre)
    expect(page.get_by_text("当前无待处置事件").first).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)


def test_the_desk_with_an_open_case_and_its_dialog_keep_nobody_out(browser: Browser, centre: Centre, axe: str) -> None:
    page = signed_in(browser, centre)
    centre.press("btn-0417", "press-axe", int(SharedClock().now().timestamp() * 1000))
    row = page.locator(".qrow", has_text="沈*花")
    expect(row).to_be_visible(timeout=SOON_MS)
    row.click()
    expect(page.locator(".tl__text", has_text="按下")).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)

    claimed(page)
    expect(row).to_contain_text("您已接警", timeout=SOON_MS)
    # A command is pending until its change arrives on the feed; until then the next one waits.
    expect(page.get_by_role("button", name=re.compile("^处置完毕"))).to_be_enabled(timeout=SOON_MS)
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)


def test_the_pages_about_devices_keep_nobody_out(browser: Browser, centre: Centre, axe: str) -> None:
    centre.says("btn-0417", "telemetry", "{cut off")
    centre.press("btn-0800", "press-axe-2", int(SharedClock().now().timestamp() * 1000))
    page = signed_in(browser, centre, "admin")
    page.goto(f"{centre.address}/devices?register=btn-0800")
    expect(page.get_by_role("region", name="登记设备")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("link", name="btn-0417")).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)

    page.get_by_role("link", name="异常报文").click()
    expect(page.get_by_text("不是有效的 JSON").first).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)

    page.get_by_role("link", name="来源与厂商").click()
    page.get_by_role("button", name="修改来源 canonical").click()
    expect(page.get_by_role("dialog")).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)


def test_the_page_of_a_device_keeps_nobody_out(browser: Browser, centre: Centre, axe: str) -> None:
    page = signed_in(browser, centre, "admin")
    page.goto(f"{centre.address}/devices?register=")
    page.get_by_role("link", name="btn-0417").click()
    page.get_by_role("button", name="签发", exact=True).click()
    expect(page.get_by_text("密码只在这里显示这一次")).to_be_visible(timeout=SOON_MS)
    testing = page.get_by_role("region", name="测试模式")
    testing.get_by_label("原因").fill("月检")
    testing.get_by_role("button", name="开始测试").click()
    expect(testing.get_by_role("timer")).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)
    testing.get_by_role("button", name="刚才是我按的").click()
    page.get_by_role("dialog").get_by_label("这是开通按键").check()
    assert_open_to_all(page, axe)


def test_the_page_of_the_policy_and_a_storm_keep_nobody_out(browser: Browser, centre: Centre, axe: str) -> None:
    _, cookie = centre.asks("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
    policy, _ = centre.asks("GET", "/api/v1/policies/in_force", {}, cookie)
    proposed = {"toml": re.sub(r'version = "[^"]*"', 'version = "county-7"', policy["toml"], count=1), "reason": "试行"}
    centre.asks("POST", "/api/v1/policies", proposed, cookie)
    until = (SharedClock().now() + timedelta(hours=2)).isoformat()
    centre.asks("POST", "/api/v1/storms", {"until_at": until, "reason": "变电站停电"}, cookie)
    page = signed_in(browser, centre, "admin")
    expect(page.get_by_role("status").filter(has_text="大面积报警模式")).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)

    page.get_by_role("link", name="策略").click()
    page.get_by_role("button", name=re.compile("^查看版本 county-7")).click()
    expect(page.get_by_text("近七日回放").first).to_be_visible(timeout=SOON_MS)
    # Whoever proposed it is told that somebody else approves it.
    expect(page.get_by_text("须由另一人批准").first).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("button", name=re.compile("^批准生效"))).to_have_attribute("aria-disabled", "true")
    assert_open_to_all(page, axe)
