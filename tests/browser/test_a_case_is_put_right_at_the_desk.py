"""What a desk learns by telephone is put right in real Chromium: who, where, which stranger, who is safe."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rules.clock import SharedClock
from rules.domain.correlation import UNREGISTERED_LIMIT
from rules.domain.storms import POWER_LINES
from tests.browser.conftest import PASSWORD, SOON_MS, Centre, claimed, signed_in
from tests.browser.test_pages_are_accessible import assert_open_to_all, axe

__all__ = ["axe"]

pytestmark = pytest.mark.timeout(300)

HOMES = POWER_LINES.own_area + 2
STREET = "".join(
    f"smk-{n},smoke_alarm,shared,何秀{n},194{n}-03-04,living_alone,澄湾县杨柳巷{n}号,990681.990681200.1,1380000300{n}\n"
    for n in range(HOMES)
)
DOOR = "btn-0900,call_button,personal,赵玉兰,1939-05-06,living_alone,澄湾县南亭路3号,990681.990681200.1,13800004001\n"
HEAD = "device,kind,wearer,resident,birth_date,tags,address,area,phone\n"


def now_ms() -> int:
    return int(SharedClock().now().timestamp() * 1000)


def settled(page: Page) -> None:
    """A command is pending until its change arrives on the feed; until then the next one waits."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=SOON_MS)


def test_a_further_alarm_is_confirmed_with_one_key_by_whoever_holds_the_case(browser: Browser, centre: Centre) -> None:
    page = signed_in(browser, centre)
    centre.press("btn-0417", "first", now_ms())
    row = page.locator(".qrow", has_text="沈*花")
    row.click()
    claimed(page)
    expect(row).to_contain_text("您已接警", timeout=SOON_MS)
    further = page.get_by_role("status", name="又收到报警：")
    expect(further).to_have_count(0)
    settled(page)
    centre.press("btn-0417", "second", now_ms())
    expect(further).to_contain_text("一键呼叫", timeout=SOON_MS)
    page.keyboard.press("s")
    expect(further).to_have_count(0, timeout=SOON_MS)
    expect(page.locator(".tl__text", has_text="核实再次报警").first).to_be_visible(timeout=SOON_MS)


def test_who_and_where_are_put_right_and_stand_in_the_record(browser: Browser, centre: Centre, axe: str) -> None:
    page = signed_in(browser, centre)
    centre.press("stranger-1", "who", now_ms())
    page.locator(".qrow", has_text="stranger-1").click()
    person = page.get_by_role("region", name="人与住处")
    expect(person).to_contain_text("未登记设备", timeout=SOON_MS)
    page.keyboard.press("w")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("姓名、拼音、电话或编号").fill("沈桂花")
    page.keyboard.press("Enter")
    dialog.get_by_label(re.compile("沈\\*花")).check(force=True)
    dialog.get_by_label("纬度、经度（WGS-84）").fill("121.02, 30.05")
    expect(dialog).to_contain_text("坐标应为：纬度, 经度")
    dialog.get_by_label("纬度、经度（WGS-84）").fill("30.0531, 121.0235")
    dialog.get_by_label("地点（文字）").fill("柳浪路菜市场东门")
    assert_open_to_all(page, axe)
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0, timeout=SOON_MS)
    expect(person).to_contain_text("沈桂花", timeout=SOON_MS)
    expect(person).to_contain_text("柳浪路菜市场东门")
    expect(page.locator(".tl__text", has_text="柳浪路菜市场东门").first).to_be_visible(timeout=SOON_MS)


def test_one_stranger_is_taken_out_of_a_flood_as_a_case_of_its_own(browser: Browser, centre: Centre, axe: str) -> None:
    page = signed_in(browser, centre)
    for n in range(UNREGISTERED_LIMIT + 3):
        centre.press(f"flood-{n:02}", "flood", now_ms())
    page.locator(".qrow", has_text="多台未登记设备").click()
    person = page.get_by_role("region", name="人与住处")
    expect(person.get_by_role("listitem").nth(1)).to_be_visible(timeout=SOON_MS)
    assert_open_to_all(page, axe)
    # Which of them came first is nobody's choice: any one that stands in the list.
    last = person.get_by_role("listitem").last.locator("b").inner_text()
    person.get_by_role("button", name=f"{last} 单独立案").press("Enter")
    expect(person).to_contain_text("未登记设备，尚不知是谁", timeout=SOON_MS)
    expect(person).to_contain_text(last)
    page.locator(".qrow", has_text="多台未登记设备").click()
    expect(person.get_by_role("listitem").first).to_be_visible(timeout=SOON_MS)
    expect(person).not_to_contain_text(last)


def test_people_behind_a_power_cut_are_called_until_nobody_is_left(browser: Browser, centre: Centre, axe: str) -> None:
    _, cookie = centre.asks("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
    report, _ = centre.asks("POST", "/api/v1/devices/import", HEAD + STREET, cookie)
    assert report["imported"] == HOMES, report
    page = signed_in(browser, centre)
    for n in range(HOMES):
        centre.says(f"smk-{n}", "telemetry", {"id": "cut", "at": now_ms(), "type": "power_lost"})
    fault = page.get_by_role("button", name=re.compile("大面积"))
    fault.first.click()
    outage = page.get_by_role("region", name="受影响人员").first
    rows = outage.get_by_role("row").filter(has=page.get_by_role("combobox"))
    expect(rows.first).to_be_visible(timeout=SOON_MS)
    total, left = _people(outage)
    assert total == left
    assert_open_to_all(page, axe)
    name = rows.first.get_by_role("link").first.inner_text()
    rows.first.get_by_role("combobox").select_option("已通话，平安")
    expect(rows.filter(has_text=name)).to_contain_text(re.compile(r"已通话，平安 \d"), timeout=SOON_MS)
    total, left = _people(outage)
    assert total - left == 1
    outage.get_by_label("只看尚未确认平安的").check()
    expect(outage).not_to_contain_text(name)
    expect(rows).to_have_count(_people(outage)[1])


def _people(outage: Locator) -> tuple[int, int]:
    """How many there are, and how many are not known to be well; the outage may still grow while they are called."""
    said = re.search(r"(\d+) 人中 (\d+) 人尚未确认平安", outage.inner_text())
    assert said is not None
    return int(said[1]), int(said[2])


def test_the_code_of_a_door_is_shown_to_whoever_holds_the_case_and_stands_in_the_record(
    browser: Browser, centre: Centre
) -> None:
    _, cookie = centre.asks("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
    report, _ = centre.asks("POST", "/api/v1/devices/import", HEAD + DOOR, cookie)
    assert report["imported"] == 1, report
    homes, _ = centre.asks("GET", "/api/v1/premises?q=%E5%8D%97%E4%BA%AD", {}, cookie)
    ways = {"access": [{"kind": "gate_code", "instructions": "东门", "secret": "4711#", "consent": "本人同意"}]}
    centre.asks("PATCH", f"/api/v1/premises/{homes['items'][0]['id']}", ways, cookie)
    page = signed_in(browser, centre)
    centre.press("btn-0900", "door", now_ms())
    row = page.locator(".qrow", has_text="赵*兰")
    row.click()
    person = page.get_by_role("region", name="人与住处")
    expect(person).to_contain_text("有密码，由接警人查看", timeout=SOON_MS)
    claimed(page)
    person.get_by_role("button", name="查看密码").click()
    expect(person).to_contain_text("4711#", timeout=SOON_MS)
    expect(page.locator(".tl__text", has_text="密码").first).to_be_visible(timeout=SOON_MS)
    person.get_by_role("button", name="收起").click()
    expect(person).not_to_contain_text("4711#")
