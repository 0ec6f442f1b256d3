"""Errors that could not be corrected: the wrong person picked, the wrong outcome, for ever."""

from __future__ import annotations

from typing import Any


async def _closed(console: Any, desk: Any, outcome: str = "accidental") -> str:
    path = f"/incidents/{await console.case(desk)}"
    claimed = await desk.posts(f"{path}/claim")
    body = {"outcome": outcome, "safety": "spoke_with_resident"}
    resolved = await desk.posts(f"{path}/resolve", body, If_Match=claimed.headers["ETag"])
    closed = await desk.posts(f"{path}/close", {}, If_Match=resolved.headers["ETag"])
    assert closed.status == 200, closed.body
    return path


async def test_a_correction_names_the_entry_it_corrects_and_both_are_shown(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    path = f"/incidents/{await console.case(desk)}"
    noted = (await desk.posts(f"{path}/note", {"text": "三楼"})).body
    entry = noted["timeline"][-1]["seq"]
    whole = (await desk.posts(f"{path}/correct", {"entry": entry, "text": "五楼"})).body
    assert [one["detail"].get("text") for one in whole["timeline"]][-2:] == ["三楼", "五楼"]
    assert whole["timeline"][-1]["detail"]["corrects"] == entry
    unknown = await desk.posts(f"{path}/correct", {"entry": 99, "text": "x"})
    assert (unknown.status, unknown.body["problems"][0]["field"]) == (422, "entry")


async def test_after_closing_a_supervisor_corrects_outcome_and_person_and_the_old_value_is_kept(console: Any) -> None:
    desk, boss = await console.person("mei", "dispatcher"), await console.person("bao", "supervisor")
    resident = (await boss.posts("/residents", {"name": "李小英"})).body["id"]
    path = await _closed(console, desk)
    fix = {"entry": 3, "text": "其实送了医", "outcome": "emergency", "resident": resident}
    assert (await desk.posts(f"{path}/correct", fix)).status == 409
    whole = (await boss.posts(f"{path}/correct", fix)).body
    assert (whole["state"], whole["outcome"], whole["resident"]["id"]) == ("closed", "emergency", resident)
    detail = whole["timeline"][-1]["detail"]
    assert (detail["outcome_was"], detail["outcome"], detail["resident_was"]) == ("accidental", "emergency", None)


async def test_before_closing_the_outcome_is_said_by_resolving(console: Any) -> None:
    boss = await console.person("bao", "supervisor")
    path = f"/incidents/{await console.case(boss)}"
    early = await boss.posts(f"{path}/correct", {"entry": 1, "text": "x", "outcome": "emergency"})
    assert (early.status, early.body["problems"][0]["code"]) == (422, "only_after_closing")


async def test_a_correction_says_no_more_of_an_urgent_case_than_resolving_it_may(console: Any) -> None:
    desk, boss = await console.person("mei", "dispatcher"), await console.person("bao", "supervisor")
    path = await _closed(console, desk)
    for outcome in ("no_answer", "duplicate"):
        refused = await boss.posts(f"{path}/correct", {"entry": 3, "text": "没人接", "outcome": outcome})
        assert (refused.status, refused.body["problems"][0]["code"]) == (422, "outcome_refused")
    assert (await boss.gets(path)).body["outcome"] == "accidental"
