"""Somebody answers about a case as it was: a step that names the version it saw is refused once that is gone."""

from __future__ import annotations

from typing import Any


async def test_declining_a_transfer_of_a_case_that_has_changed_is_stale(console: Any) -> None:
    desk, other = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    path = f"/incidents/{await console.case(desk)}"
    await desk.posts(f"{path}/claim")
    offered = await desk.posts(f"{path}/transfer", {"to": str(other.id)})
    noted = await desk.posts(f"{path}/note", {"text": "她在浴室"})
    stale = await other.posts(f"{path}/transfer", {"decline": True}, If_Match=offered.headers["ETag"])
    assert (stale.status, stale.body["changed"][-1]["action"]) == (412, "note")
    assert (await desk.gets(path)).body["transfer"] is not None, "it is offered as before"
    fresh = await other.posts(f"{path}/transfer", {"decline": True}, If_Match=noted.headers["ETag"])
    assert (fresh.status, fresh.body["transfer"]) == (200, None)


async def test_an_arrival_told_of_a_case_that_has_changed_is_stale(console: Any) -> None:
    clerk, desk = await console.person("clerk", "register_clerk"), await console.person("mei", "dispatcher")
    body = {"address": "东风路3栋502", "area": "321999.321999100", "lat": 31.9, "lon": 121.2}
    home = await clerk.posts("/premises", body)
    path = f"/incidents/{await console.case(desk, premises_id=int(home.body['id']))}"
    goes = {
        "name": "李小军", "kind": "community_worker", "phone": "13800001234", "areas": ["321999.321999100"],
        "base_lat": 31.903, "base_lon": 121.2,
    }  # fmt: skip
    responder = (await clerk.posts("/responders", goes)).body["id"]
    sent = await desk.posts(f"{path}/dispatch", {"responders": [responder]})
    there = {"assignment": sent.body["assignments"][0]["id"]}
    await desk.posts(f"{path}/note", {"text": "门是锁的"})
    stale = await desk.posts(f"{path}/arrive", there, If_Match=sent.headers["ETag"])
    assert (stale.status, (await desk.gets(path)).body["state"]) == (412, "dispatched")
    assert (await desk.posts(f"{path}/arrive", there)).body["state"] == "on_scene"
