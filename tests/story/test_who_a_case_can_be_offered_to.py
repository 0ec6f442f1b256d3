"""A desk sees which colleagues are there before it offers a case, and every clock that runs on it."""

from __future__ import annotations

from typing import Any


async def test_colleagues_are_listed_while_they_are_there_with_the_cases_they_hold(console: Any) -> None:
    desk, colleague = await console.person("mei", "dispatcher"), await console.person("lan", "dispatcher")
    await console.person("gone", "dispatcher")
    await desk.posts("/duty", {"state": "on"})
    await colleague.posts("/duty", {"state": "break"})
    await desk.posts(f"/incidents/{await console.case(desk)}/claim")
    listed = (await desk.gets("/duty")).body["items"]
    assert [(one["id"], one["state"], one["holds"]) for one in listed] == [
        (str(desk.id), "on", 1),
        (str(colleague.id), "break", 0),
    ]
    await colleague.posts("/duty", {"state": "off"})
    assert [one["id"] for one in (await desk.gets("/duty")).body["items"]] == [str(desk.id)]


async def test_who_is_at_no_desk_may_not_ask_who_is(console: Any) -> None:
    auditor = await console.person("bo", "auditor")
    assert (await auditor.gets("/duty")).status == 403


async def test_a_case_tells_every_clock_that_runs_the_soonest_first(console: Any) -> None:
    desk, colleague = await console.person("mei", "dispatcher"), await console.person("lan", "dispatcher")
    case = await console.case(desk)
    await desk.posts(f"/incidents/{case}/claim")
    await desk.posts(f"/incidents/{case}/transfer", {"to": str(colleague.id)})
    whole = (await desk.gets(f"/incidents/{case}")).body
    clocks = whole["clocks"]
    assert {"act", "transfer"} <= {clock["step"] for clock in clocks}
    assert clocks == sorted(clocks, key=lambda clock: clock["at"])
    assert clocks[0]["at"] == whole["deadline"]["at"]
