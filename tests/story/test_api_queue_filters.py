"""What the queue can be asked for."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
async def desk(console: Any) -> Any:
    """A desk with three cases: `sos` of a resident (claimed), `fall` of another, and a `request` that is closed."""
    desk = await console.person("mei", "dispatcher")
    admin = await console.person("root", "administrator")
    homes = [
        (await admin.posts("/premises", {"address": f"东风路{n}号", "area": f"321999.32199910{n}"})).body["id"]
        for n in (1, 2)
    ]
    people = [
        (await admin.posts("/residents", {"name": name, "premises_id": home})).body["id"]
        for name, home in zip(("王小英", "李梅"), homes, strict=True)
    ]
    ids = [await console.case(desk, "sos", resident_id=int(people[0]))]
    ids.append(await console.case(desk, "fall", resident_id=int(people[1])))
    ids.append(await console.case(desk, "request"))
    await desk.posts(f"/incidents/{ids[0]}/claim")
    claimed = await desk.posts(f"/incidents/{ids[2]}/claim")
    resolved = await desk.posts(
        f"/incidents/{ids[2]}/resolve", {"outcome": "assistance"}, If_Match=claimed.headers["ETag"]
    )
    await desk.posts(f"/incidents/{ids[2]}/close", {}, If_Match=resolved.headers["ETag"])
    desk.case_ids, desk.people = [str(one) for one in ids], people
    return desk


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", [1, 0]),
        ("state=open", [1]),
        ("state=open,claimed", [1, 0]),
        ("state=closed", [2]),
        ("priority=P1", [1, 0]),
        ("priority=P5", []),
        ("unattended=true", [1]),
        ("unattended=false", [0]),
        ("area=321999.321999101", [0]),
        ("area=321999", [1, 0]),
        ("q=wxy", [0]),
        ("q=李梅", [1]),
        ("q=0003", [2]),
        ("q=%25", []),
        ("q=_", []),
    ],
)
async def test_the_queue_shows_what_was_asked_for_in_its_order(desk: Any, asked: str, found: list[int]) -> None:
    listed = await desk.gets(f"/incidents?{asked}")
    assert listed.status == 200, listed.body
    assert [item["id"] for item in listed.body["items"]] == [desk.case_ids[n] for n in found]


async def test_the_cases_of_a_resident_are_found_also_when_closed(desk: Any) -> None:
    listed = await desk.gets(f"/incidents?resident={desk.people[0]}")
    assert [item["person"] for item in listed.body["items"]] == [{"masked_name": "王*英"}]


async def test_the_next_step_names_whom_it_reaches(desk: Any) -> None:
    listed = await desk.gets("/incidents?state=open")
    deadline = listed.body["items"][0]["deadline"]
    assert (deadline["step"], deadline["to"]) == ("escalate", ["desks", "supervisors"])


@pytest.mark.parametrize(
    "asked", ["state=lost", "priority=9", "limit=0", "limit=9999", "colour=red", "unattended=maybe"]
)
async def test_a_question_nobody_understands_is_refused_by_name(desk: Any, asked: str) -> None:
    answer = await desk.gets(f"/incidents?{asked}")
    assert answer.status == 422
    assert answer.body["problems"][0]["field"].startswith(asked.partition("=")[0])


async def test_a_cursor_that_is_not_ours_is_refused(desk: Any) -> None:
    assert (await desk.gets("/incidents?cursor=abc")).status == 400
