"""What a shift leaves to the next one, in real Chromium: left, taken, done, opened again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SOON_MS, Centre, signed_in
from tests.browser.test_pages_are_accessible import assert_open_to_all, axe

__all__ = ["axe"]

pytestmark = pytest.mark.timeout(240)


def test_a_task_is_left_with_its_note_taken_done_and_opened_again(browser: Browser, centre: Centre, axe: str) -> None:
    page = signed_in(browser, centre)
    page.get_by_role("link", name="待办").click()
    expect(page.get_by_text("没有待办事项")).to_be_visible(timeout=SOON_MS)
    page.get_by_role("button", name="新建待办").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("事项").select_option(label="工单")
    dialog.get_by_label("由谁办理").select_option(label="社区工作者")
    expect(dialog).to_contain_text("还缺：待办内容")
    dialog.get_by_label("待办内容").fill("上门换电池")
    dialog.get_by_role("button", name="24 小时").click()
    dialog.get_by_label("姓名、拼音、电话或编号").fill("沈桂花")
    page.keyboard.press("Enter")
    dialog.get_by_label("沈*花").check(force=True)
    assert_open_to_all(page, axe)
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0, timeout=SOON_MS)
    row = page.get_by_role("row").filter(has_text="工单")
    expect(row).to_contain_text("沈*花", timeout=SOON_MS)
    expect(row).not_to_contain_text("上门换电池")
    row.get_by_role("button", name="工单").click()
    expect(row).to_contain_text("上门换电池", timeout=SOON_MS)
    row.get_by_role("button", name="由我办理").click()
    expect(row).to_contain_text("我办理", timeout=SOON_MS)
    assert_open_to_all(page, axe)
    row.get_by_role("button", name="办完").click()
    expect(row).to_have_count(0, timeout=SOON_MS)
    page.get_by_role("combobox", name="状态").select_option(label="已办")
    expect(row).to_contain_text("已办", timeout=SOON_MS)
    row.get_by_role("button", name="重新办理").click()
    expect(row).to_have_count(0, timeout=SOON_MS)
