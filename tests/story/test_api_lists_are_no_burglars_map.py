"""The mistake: whoever may read lists walks home with the address of everybody who lives alone."""

from __future__ import annotations

from typing import Any

import pytest

ADDRESS = "澄湾县河口镇东风路3栋502"


@pytest.fixture
async def people(console: Any) -> Any:
    clerk, desk = await console.person("clerk", "register_clerk"), await console.person("mei", "dispatcher")
    home = await clerk.posts(
        "/premises", {"address": ADDRESS, "parts": {"room": "502"}, "lat": 31.9, "lon": 121.2, "area": "320681"}
    )
    return clerk, desk, home.body


async def test_a_list_of_homes_shows_no_number_and_no_point(people: Any) -> None:
    clerk, _, home = people
    (row,) = (await clerk.gets("/premises")).body["items"]
    assert (row["id"], row["address"]) == (home["id"], "澄湾县河口镇东风路*栋***")
    assert (row["lat"], row["lon"], row["parts"]) == (None, None, {})
    whole = (await clerk.gets(f"/premises/{home['id']}")).body
    assert (whole["address"], whole["lat"]) == (ADDRESS, 31.9)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("东风路", "澄湾县河口镇东风路*栋***"), ("3栋502", ADDRESS), ("502", "澄湾县河口镇东风路*栋502")],
)
async def test_who_searches_sees_the_numbers_they_typed(people: Any, typed: str, shown: str) -> None:
    clerk, *_ = people
    (row,) = (await clerk.gets(f"/premises?q={typed}")).body["items"]
    assert row["address"] == shown


async def test_the_queue_says_where_help_is_needed_and_a_list_of_closed_cases_does_not(
    console: Any, people: Any
) -> None:
    clerk, desk, home = people
    resident = await clerk.posts("/residents", {"name": "王小英", "premises_id": home["id"]})
    case = await console.case(desk, "sos", resident_id=int(resident.body["id"]))
    (row,) = (await desk.gets("/incidents")).body["items"]
    assert row["place_text"] == ADDRESS
    await desk.posts(f"/incidents/{case}/claim")
    version = (await desk.gets(f"/incidents/{case}")).headers["ETag"]
    done = {"outcome": "accidental", "safety": {"kind": "spoke_with_resident"}}
    resolved = await desk.posts(f"/incidents/{case}/resolve", done, If_Match=version)
    assert resolved.status == 200, resolved.body
    (row,) = (await desk.gets("/incidents?state=resolved")).body["items"]
    assert row["place_text"] == "澄湾县河口镇东风路*栋***"
    assert (await desk.gets(f"/incidents/{case}")).body["place_text"] == ADDRESS
