"""The band alarms away from home and the neighbour goes to an empty flat; a wall button says where and not who."""

from __future__ import annotations

from typing import Any


async def _resident(console: Any) -> tuple[Any, str, str]:
    admin = await console.person("root", "administrator")
    home = (await admin.posts("/premises", {"address": "澄湾县河口镇1号", "lat": 31.9, "lon": 121.2})).body["id"]
    person = (await admin.posts("/residents", {"name": "王小英", "premises_id": home})).body["id"]
    return admin, home, person


async def test_what_the_desk_is_told_is_the_place_and_every_change_is_an_entry(console: Any) -> None:
    _, home, _ = await _resident(console)
    desk = await console.person("mei", "dispatcher")
    path = f"/incidents/{await console.case(desk, premises_id=int(home))}"
    assert (await desk.gets(path)).body["place"]["kind"] == "premises"
    told = await desk.patches(path, {"place": {"text": "菜市场东门", "lat": 31.94, "lon": 121.2}})
    place = told.body["place"]
    assert (told.status, place["kind"], place["source"], place["text"]) == (200, "told", "person", "菜市场东门")
    assert 4_000 < place["distance_from_home_m"] < 5_000
    words = (await desk.patches(path, {"place": "河边的亭子"})).body
    assert (words["place"]["text"], words["place"]["lat"]) == ("河边的亭子", None)
    entries = [entry for entry in words["timeline"] if entry["action"] == "tell"]
    assert [entry["detail"]["place_was"] for entry in entries] == [None, "told"]
    assert entries[0]["detail"]["place"].startswith("菜市场东门")
    assert (await desk.patches(path, {})).status == 422
    assert (await desk.patches(path, {"place": "x"}, If_Match='"1"')).status == 412


async def test_the_desk_says_who_pressed_a_shared_button(console: Any) -> None:
    _, home, person = await _resident(console)
    desk = await console.person("mei", "dispatcher")
    path = f"/incidents/{await console.case(desk, premises_id=int(home))}"
    assert (await desk.gets(path)).body["resident"] is None
    named = (await desk.patches(path, {"resident": person})).body
    assert named["resident"]["name"] == "王小英"
    assert (named["timeline"][-1]["detail"]["resident"], named["timeline"][-1]["detail"]["resident_was"]) == (
        int(person), None,
    )  # fmt: skip
    assert (await desk.patches(path, {"resident": "999"})).status == 422
    reader = await console.person("qing", "quality_reviewer")
    assert (await reader.patches(path, {"resident": person})).status == 403


async def test_a_caller_who_gets_a_name_is_that_persons_case_from_then_on(console: Any) -> None:
    _, _, person = await _resident(console)
    desk = await console.person("mei", "dispatcher")
    path = f"/incidents/{await console.case(desk)}"
    named = (await desk.patches(path, {"resident": person})).body
    assert named["premises"]["address"] == "澄湾县河口镇1号"
    again = await console.case(desk, "fall", resident_id=int(person))
    assert str(again) == named["id"], "the next call of this person joins it"
    other = f"/incidents/{await console.case(desk)}"
    taken = await desk.patches(other, {"resident": person})
    assert (taken.status, taken.body["incident"]["id"]) == (409, named["id"])


async def test_a_place_told_when_the_case_is_opened_can_be_sent_to(console: Any) -> None:
    _, home, _ = await _resident(console)
    desk = await console.person("mei", "dispatcher")
    body = {"source": "phone", "class": "sos", "premises": home, "place": {"text": "东门", "lat": 31.94, "lon": 121.2}}
    place = (await desk.posts("/incidents", body)).body["place"]
    assert (place["kind"], place["lat"], place["text"]) == ("told", 31.94, "东门 (31.940000, 121.200000)")
    assert place["distance_from_home_m"] > 4_000
