"""Neighbours' smoke merged into one case: flat 502 is out, the case is resolved, and 602 is forgotten."""

from __future__ import annotations

from typing import Any


async def _homes(console: Any) -> tuple[Any, list[int], list[int]]:
    """Two homes, with one person in each."""
    admin = await console.person("root", "administrator")
    homes, people = [], []
    for number in (502, 602):
        home = (await admin.posts("/premises", {"address": f"澄湾县东风路3栋{number}"})).body["id"]
        person = (await admin.posts("/residents", {"name": f"王试{number}", "premises_id": home})).body["id"]
        homes.append(int(home))
        people.append(int(person))
    return admin, homes, people


async def _held(console: Any, desk: Any, class_: str, **more: Any) -> str:
    path = f"/incidents/{await console.case(desk, class_, **more)}"
    assert (await desk.posts(f"{path}/claim")).status == 200
    return path


async def _etag(desk: Any, path: str) -> str:
    return str((await desk.gets(path)).headers["ETag"])


def _id(path: str) -> str:
    return path.rpartition("/")[2]


async def test_one_persons_two_cases_become_one_that_is_as_urgent_as_either(console: Any) -> None:
    _, homes, people = await _homes(console)
    desk = await console.person("mei", "dispatcher")
    stays = await _held(console, desk, "wandering", resident_id=people[0])
    goes = f"/incidents/{await console.case(desk, 'sos', premises_id=homes[0])}"
    merged = await desk.posts(
        f"{goes}/merge", {"into": _id(stays), "reason": "同一人"}, If_Match=await _etag(desk, goes)
    )
    assert merged.status == 200, merged.body
    assert (merged.body["state"], merged.body["merged_into"], merged.body["deadline"]) == ("closed", _id(stays), None)
    assert merged.body["timeline"][0]["action"] == "opened", "its entries stay readable"
    whole = (await desk.gets(stays)).body
    assert (whole["priority"], whole["class"], whole["alert_count"]) == ("P1", "sos", 2)
    assert whole["claimed_by"]["id"] == str(desk.id)
    assert {step["class"] for step in whole["plan"]} == {"sos", "wandering"}
    assert whole["plan"][0]["class"] == "sos", "the more urgent plan stands in front"
    assert [(link["id"], link["reason"]) for link in whole["links"]] == [(_id(goes), "merged")]
    assert "merged" in [entry["action"] for entry in whole["timeline"]]
    assert [item["id"] for item in (await desk.gets("/incidents")).body["items"]] == [_id(stays)]


async def test_homes_are_linked_never_merged_and_so_are_two_people_of_one_home(console: Any) -> None:
    admin, homes, people = await _homes(console)
    desk = await console.person("mei", "dispatcher")
    wife = int((await admin.posts("/residents", {"name": "李小英", "premises_id": str(homes[0])})).body["id"])
    smoke = await _held(console, desk, "smoke", premises_id=homes[0])
    above = f"/incidents/{await console.case(desk, 'smoke', premises_id=homes[1])}"
    his = await _held(console, desk, "sos", resident_id=people[0])
    hers = f"/incidents/{await console.case(desk, 'sos', resident_id=wife)}"
    leak = f"/incidents/{await console.case(desk, 'water_leak', premises_id=homes[0])}"
    for goes, stays in ((above, smoke), (hers, his), (leak, smoke)):
        refused = await desk.posts(f"{goes}/merge", {"into": _id(stays)}, If_Match=await _etag(desk, goes))
        assert (refused.status, refused.body["problems"][0]["code"]) == (422, "link_instead"), refused.body
    linked = await desk.posts(f"{above}/link", {"other": _id(smoke), "reason": "同一栋楼"})
    assert [(link["id"], link["reason"]) for link in linked.body["links"]] == [(_id(smoke), "同一栋楼")]
    other = (await desk.gets(smoke)).body
    assert other["links"][0]["id"] == _id(above)
    assert other["timeline"][-1]["action"] == "link"
    states = {(await desk.gets(path)).body["state"] for path in (above, smoke)}
    assert states == {"open", "claimed"}, "each is resolved by its own safety"


async def test_split_undoes_a_merge_and_what_comes_back_sounds(console: Any) -> None:
    _, homes, people = await _homes(console)
    desk = await console.person("mei", "dispatcher")
    stays = await _held(console, desk, "fall", resident_id=people[0])
    goes = f"/incidents/{await console.case(desk, 'sos', premises_id=homes[0])}"
    await desk.posts(f"{goes}/merge", {"into": _id(stays)}, If_Match=await _etag(desk, goes))
    split = await desk.posts(f"{stays}/split", {"reason": "不是同一件事"})
    assert (split.status, split.body["alert_count"], split.body["links"]) == (200, 1, [])
    back = (await desk.gets(goes)).body
    assert (back["state"], back["unattended"], back["merged_into"]) == ("open", True, None)
    assert back["deadline"]["step"] == "escalate"
    assert [entry["action"] for entry in back["timeline"]] == ["opened", "merge", "split"]
    again = await desk.posts(f"{stays}/split", {})
    assert (again.status, again.body["problems"][0]["code"]) == (422, "not_merged")


async def test_a_merge_is_for_the_owner_of_the_one_that_stays_and_past_no_alarm_unseen(console: Any) -> None:
    _, homes, people = await _homes(console)
    desk, other = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    reader = await console.person("qing", "quality_reviewer")
    stays = await _held(console, desk, "fall", resident_id=people[0])
    goes = f"/incidents/{await console.case(desk, 'sos', premises_id=homes[0])}"
    into, etag = {"into": _id(stays)}, await _etag(desk, goes)
    assert (await desk.posts(f"{goes}/merge", into)).status == 428
    assert (await desk.posts(f"{goes}/merge", into, If_Match='"9"')).status == 412
    assert (await other.posts(f"{goes}/merge", into, If_Match=etag)).status == 409
    assert (await reader.posts(f"{goes}/merge", into, If_Match=etag)).status == 403
    assert (await desk.posts(f"{goes}/merge", {"into": _id(goes)}, If_Match=etag)).status == 422
    assert (await desk.posts(f"{goes}/merge", {"into": "999"}, If_Match=etag)).status == 422
    assert (await desk.posts(f"{goes}/merge", into, If_Match=etag)).status == 200
    assert (await desk.posts(f"{goes}/merge", into, If_Match=await _etag(desk, goes))).status == 409
    assert (await other.posts(f"{stays}/split", {})).status == 409
    assert (await desk.posts(f"{goes}/note", {"text": "x"})).status == 409, "it is closed"


async def test_nobody_links_or_merges_what_they_may_not_see(console: Any) -> None:
    admin = await console.person("root", "administrator")
    await console.db.pool.execute("INSERT INTO area (path) VALUES ('321999'), ('321998')")
    there = (await admin.posts("/premises", {"address": "邻县1号", "area": "321998"})).body["id"]
    desk = await console.person("mei", "dispatcher", ["321999"])
    elsewhere = await console.case(admin, "smoke", premises_id=int(there))
    mine = f"/incidents/{await console.case(desk, 'smoke')}"
    refused = await desk.posts(f"{mine}/link", {"other": str(elsewhere)})
    assert (refused.status, refused.body["problems"][0]["code"]) == (422, "unknown")
    assert (await desk.posts(f"/incidents/{elsewhere}/link", {"other": _id(mine)})).status == 404


async def test_nothing_is_let_out_of_a_case_that_is_over(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    path = f"/incidents/{await console.case(desk)}"
    claimed = await desk.posts(f"{path}/claim")
    unmerged = await desk.posts(f"{path}/split", {})
    assert (unmerged.status, unmerged.body["problems"][0]["code"]) == (422, "not_merged")
    body = {"outcome": "accidental", "safety": "spoke_with_resident"}
    resolved = await desk.posts(f"{path}/resolve", body, If_Match=claimed.headers["ETag"])
    await desk.posts(f"{path}/close", {}, If_Match=resolved.headers["ETag"])
    assert (await desk.posts(f"{path}/split", {})).status == 409
