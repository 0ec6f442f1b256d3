"""Each area has the numbers of its own control rooms: 120 dialled in the centre rings the centre's own district."""

from __future__ import annotations

from tests.story.conftest import Console


async def test_an_area_is_made_with_its_numbers_and_all_above_it(console: Console) -> None:
    clerk = await console.person("wang", "register_clerk")
    body = {"path": "320681.320681100", "name": "河口镇", "fire": "0513-80000119", "is_country": True}
    made = await clerk.posts("/areas", body)
    assert (made.status, made.body["fire"], made.body["is_country"]) == (201, "0513-80000119", True)
    listed = await clerk.gets("/areas")
    assert [area["path"] for area in listed.body["items"]] == ["320681", "320681.320681100"]
    assert (await clerk.posts("/areas", body)).status == 409
    changed = await clerk.patches(f"/areas/{made.body['id']}", {"ambulance": "0513-80000120", "fire": None})
    assert (changed.status, changed.body["ambulance"], changed.body["fire"]) == (200, "0513-80000120", None)
    stale = await clerk.patches(f"/areas/{made.body['id']}", {"name": "x"}, If_Match='"1"')
    assert stale.status == 412


async def test_an_area_with_something_in_it_stays(console: Console) -> None:
    clerk = await console.person("wang", "register_clerk")
    made = await clerk.posts("/areas", {"path": "320681.320681100"})
    assert (await clerk.posts("/premises", {"address": "新桥村1号", "area": "320681.320681100"})).status == 201
    above = (await clerk.gets("/areas")).body["items"][0]["id"]
    for area in (above, made.body["id"]):
        assert (await clerk.asks("DELETE", f"/api/v1/areas/{area}")).status == 409
    empty = await clerk.posts("/areas", {"path": "320682"})
    assert (await clerk.asks("DELETE", f"/api/v1/areas/{empty.body['id']}")).status == 204


async def test_a_dispatcher_reads_the_numbers_and_changes_none_and_nobody_beyond_their_area(console: Console) -> None:
    clerk = await console.person("wang", "register_clerk", ["320681"])
    made = await clerk.posts("/areas", {"path": "320681.320681100"})
    assert (await clerk.posts("/areas", {"path": "320682"})).status == 422
    other = await console.person("zhao", "register_clerk", ["320682"])
    assert (await other.gets(f"/areas/{made.body['id']}")).status == 404
    desk = await console.person("li", "dispatcher")
    assert (await desk.gets(f"/areas/{made.body['id']}")).status == 200
    assert (await desk.patches(f"/areas/{made.body['id']}", {"fire": "119"})).status == 403
