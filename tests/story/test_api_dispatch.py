"""A desk looks who might go, asks them, stands them down; a responder says yes, on my way, here, done."""

from __future__ import annotations

from typing import Any

import pytest

from store.cases import load

AREA = "321999.321999100"


class Scene:
    """One case at one home, three people near by, a desk."""

    def __init__(self, console: Any, desk: Any, clerk: Any, case: int) -> None:
        self.console, self.desk, self.clerk, self.case = console, desk, clerk, case

    async def responder(self, **more: Any) -> dict[str, Any]:
        body = {
            "name": "李小军", "kind": "community_worker", "phone": "138 0000 1234", "areas": [AREA], "base_lat": 31.903,
            "base_lon": 121.2,
        }  # fmt: skip
        made = await self.clerk.posts("/responders", body | more)
        assert made.status == 201, made.body
        found: dict[str, Any] = made.body
        return found

    async def whole(self) -> Any:
        return (await self.desk.gets(f"/incidents/{self.case}")).body

    async def sends(self, *ids: str, **more: Any) -> Any:
        return await self.desk.posts(f"/incidents/{self.case}/dispatch", {"responders": list(ids)} | more)


@pytest.fixture
async def scene(console: Any) -> Scene:
    clerk, desk = await console.person("clerk", "register_clerk"), await console.person("mei", "dispatcher")
    home = await clerk.posts("/premises", {"address": "澄湾县东风路3栋502", "area": AREA, "lat": 31.9, "lon": 121.2})
    resident = await clerk.posts(
        "/residents", {"name": "王小英", "phone": "138 1234 5678", "premises_id": home.body["id"], "tags": ["dementia"]}
    )
    case = await console.case(desk, "sos", resident_id=int(resident.body["id"]))
    return Scene(console, desk, clerk, case)


async def test_a_list_masks_and_a_whole_record_does_not(scene: Scene) -> None:
    made = await scene.responder(languages=["中文"], dialects=["岛话"])
    (row,) = (await scene.desk.gets("/responders")).body["items"]
    assert (row["masked_name"], row["masked_phone"], row["id"]) == ("李*军", "138****1234", made["id"])
    whole = (await scene.desk.gets(f"/responders/{made['id']}?purpose=roster")).body
    assert (whole["name"], whole["phone"], whole["dialects"]) == ("李小军", "13800001234", ["岛话"])
    changed = await scene.clerk.patches(f"/responders/{made['id']}", {"agreed_to_nights": True}, If_Match='"1"')
    assert (changed.status, changed.body["agreed_to_nights"], changed.headers["ETag"]) == (200, True, '"2"')
    assert (await scene.clerk.patches(f"/responders/{made['id']}", {"means": "car"}, If_Match='"1"')).status == 412


async def test_candidates_stand_in_order_with_their_reasons(scene: Scene) -> None:
    far = await scene.responder(base_lat=31.95)
    near = await scene.responder(name="赵云")
    helper = await scene.responder(name="孙阿姨", kind="volunteer", base_lat=31.9)
    found = await scene.desk.gets(f"/incidents/{scene.case}/candidates")
    assert [(one["responder"], one["why_not"]) for one in found.body["items"]] == [
        (near["id"], None), (far["id"], None), (helper["id"], "kind_not_sent"),
    ]  # fmt: skip
    first = found.body["items"][0]
    assert 300 <= first["distance_m"] <= 360
    assert first["eta_s"] < 300
    assert first["in_circle"] is True


async def test_where_a_responder_is_is_shown_only_to_who_says_why(scene: Scene) -> None:
    made = await scene.responder()
    path = f"/responders/{made['id']}"
    refused = await scene.desk.gets(path)
    assert (refused.status, refused.body["problems"][0]["code"]) == (422, "purpose_required")
    assert (await scene.desk.gets(f"{path}?purpose=shift%20plan")).status == 200
    await scene.desk.posts(f"/incidents/{scene.case}/claim")
    await scene.sends(made["id"])
    assert (await scene.desk.gets(path)).status == 200, "the case that they are asked for says why"
    number = (await scene.whole())["number"]
    rows = await scene.console.db.pool.fetch(
        "SELECT purpose FROM audit WHERE action = 'look' AND object = $1 ORDER BY no", f"responder:{made['id']}"
    )
    assert [row["purpose"] for row in rows] == ["shift plan", f"case {number}"]


async def test_who_looks_whom_to_send_waits_for_nobody_and_keeps_nobody_waiting(scene: Scene) -> None:
    await scene.responder()
    async with scene.console.db.transaction() as alarm:
        await load(alarm, int(scene.case))
        found = await scene.desk.gets(f"/incidents/{scene.case}/candidates")
    assert (found.status, len(found.body["items"])) == (200, 1)


async def test_of_many_candidates_the_first_are_shown_and_the_rest_counted(scene: Scene) -> None:
    near = await scene.responder()
    for number in range(3):
        await scene.responder(name=f"赵云{number}", base_lat=31.95)
    found = (await scene.desk.gets(f"/incidents/{scene.case}/candidates?limit=1")).body
    assert ([one["responder"] for one in found["items"]], found["left_off"]) == ([near["id"]], 3)
    assert (await scene.desk.gets(f"/incidents/{scene.case}/candidates?limit=0")).status == 422


async def test_the_desk_asks_and_the_case_says_whom(scene: Scene) -> None:
    near, other = await scene.responder(), await scene.responder(name="赵云")
    await scene.desk.posts(f"/incidents/{scene.case}/claim")
    sent = await scene.sends(near["id"])
    assert (sent.status, sent.body["state"]) == (200, "dispatched")
    (asked,) = sent.body["assignments"]
    assert (asked["responder"], asked["state"], asked["offered_by"][:5]) == (near["id"], "offered", "user:")
    again = await scene.sends(near["id"])
    assert (again.status, again.body["problems"][0]["code"]) == (422, "asked_already")
    assert (await scene.desk.posts(f"/incidents/{scene.case}/dispatch", {"auto": True})).status == 200
    down = await scene.desk.posts(f"/incidents/{scene.case}/stand_down", {"all": True, "reason": "女儿已到"})
    assert (down.status, down.body["state"]) == (200, "claimed")
    assert {one["state"] for one in down.body["assignments"]} == {"stood_down"}
    assert (await scene.desk.posts(f"/incidents/{scene.case}/stand_down", {"all": True, "reason": "x"})).status in (
        404,
        409,
    )
    del other


async def test_whom_the_machine_would_not_send_takes_a_reason_and_who_is_barred_never_goes(scene: Scene) -> None:
    helper = await scene.responder(kind="volunteer")
    refused = await scene.sends(helper["id"])
    assert (refused.status, refused.body["problems"][0]["code"]) == (422, "reason_required_kind_not_sent")
    assert (await scene.sends(helper["id"], reason="住隔壁,有钥匙")).status == 200
    barred = await scene.responder(phone="139 0000 1111")
    await scene.console.db.pool.execute(
        "INSERT INTO contact (resident_id, name, role, phone) SELECT id, '前夫', 'barred', '13900001111' FROM resident"
    )
    refused = await scene.sends(barred["id"], reason="近")
    assert (refused.status, refused.body["problems"][0]["code"]) == (422, "barred")


async def test_a_responder_answers_by_sign_in_and_sees_the_door_only_then(scene: Scene) -> None:
    user = await scene.console.person("jun", "responder")
    stranger = await scene.console.person("qi", "responder")
    mine = await scene.responder(user_id=str(user.id))
    await scene.sends(mine["id"])
    (asked,) = (await user.gets("/assignments")).body["items"]
    assert "address" not in str(asked)
    path = f"/assignments/{asked['id']}"
    assert (await user.gets(path)).body["way"] is None
    assert (await stranger.posts(f"{path}/accept")).status == 404
    accepted = await user.posts(f"{path}/accept", {"eta_s": 300})
    assert (accepted.status, accepted.body["state"]) == (200, "accepted")
    way = (await user.gets(path)).body["way"]
    assert (way["address"], way["people"][0]["name"]) == ("澄湾县东风路3栋502", "王小英")
    assert set(way["map_links"]) == {"amap", "baidu", "tencent", "tianditu"}
    scene.console.clock.advance(120)
    await user.posts(f"{path}/en_route")
    scene.console.clock.advance(240)
    assert (await user.posts(f"{path}/arrive")).body == {"assignment": asked["id"], "state": "on_scene", "doubt": None}
    assert (await scene.whole())["state"] == "on_scene"
    scene.console.clock.advance(600)
    done = await user.posts(f"{path}/complete", {"seen": True, "condition": "well", "note": "坐在床上"})
    assert (done.body["state"], done.body["doubt"]) == ("done", None)
    assert (await user.gets(path)).body["way"] is None, "it vanishes with the assignment"
    (kept,) = (await scene.whole())["assignments"]
    assert kept["report"] == {"seen": True, "condition": "well"}


async def test_arrived_from_far_away_is_doubted_aloud_and_can_be_taken_back(scene: Scene) -> None:
    user = await scene.console.person("jun", "responder")
    mine = await scene.responder(user_id=str(user.id))
    await scene.sends(mine["id"])
    (asked,) = (await user.gets("/assignments")).body["items"]
    path = f"/assignments/{asked['id']}"
    await user.posts(f"{path}/accept")
    await user.posts(f"/responders/{mine['id']}/position", {"lat": 31.99, "lon": 121.2, "accuracy_m": 20})
    arrived = await user.posts(f"{path}/arrive")
    assert (arrived.body["state"], arrived.body["doubt"]) == ("on_scene", "far_away")
    whole = await scene.whole()
    assert whole["assignments"][0]["doubted"] is True
    assert "field_satisfied" not in [entry["action"] for entry in whole["timeline"]]
    scene.console.clock.advance(59)
    assert (await user.posts(f"{path}/take_back")).body["state"] == "en_route"
    assert (await scene.whole())["state"] == "dispatched"
    await user.posts(f"{path}/arrive")
    scene.console.clock.advance(61)
    assert (await user.posts(f"{path}/take_back")).status == 409


async def test_a_desk_writes_down_an_arrival_told_by_telephone(scene: Scene) -> None:
    mine = await scene.responder()
    await scene.sends(mine["id"])
    (asked,) = (await scene.whole())["assignments"]
    assert (await scene.desk.posts(f"/assignments/{asked['id']}/accept")).status == 200
    body = {"assignment": asked["id"], "on_word_of": "李小军"}
    arrived = await scene.desk.posts(f"/incidents/{scene.case}/arrive", body)
    assert (arrived.status, arrived.body["state"]) == (200, "on_scene")
    last = [entry for entry in arrived.body["timeline"] if entry["action"] == "arrive"][-1]
    assert (last["detail"]["by_word"], last["detail"]["text"]) == (True, "李小军")


async def test_a_position_that_moves_is_as_good_as_a_word(scene: Scene) -> None:
    mine = await scene.responder()
    await scene.sends(mine["id"])
    (asked,) = (await scene.whole())["assignments"]
    await scene.desk.posts(f"/assignments/{asked['id']}/accept")
    program = await scene.console.person("tracker", "program")
    still = await program.posts(f"/responders/{mine['id']}/position", {"lat": 31.9031, "lon": 121.2})
    assert still.body == {"set_out": 0}
    moved = await program.posts(f"/responders/{mine['id']}/position", {"lat": 31.9010, "lon": 121.2})
    assert moved.body == {"set_out": 1}
    assert (await scene.whole())["assignments"][0]["state"] == "en_route"


async def test_the_last_who_declines_leaves_the_case_to_the_desk(scene: Scene) -> None:
    mine = await scene.responder()
    await scene.desk.posts(f"/incidents/{scene.case}/claim")
    await scene.sends(mine["id"])
    (asked,) = (await scene.whole())["assignments"]
    assert (await scene.desk.posts(f"/assignments/{asked['id']}/decline", {"reason": "angry"})).status == 422
    assert (await scene.desk.posts(f"/assignments/{asked['id']}/decline", {"reason": "ill"})).status == 200
    whole = await scene.whole()
    assert (whole["state"], whole["assignments"][0]["ended_for"]) == ("claimed", "ill")


async def test_who_left_is_not_asked_and_not_forgotten(scene: Scene) -> None:
    mine = await scene.responder()
    await scene.sends(mine["id"])
    busy = await scene.clerk.asks("DELETE", f"/api/v1/responders/{mine['id']}")
    assert busy.status == 409
    await scene.desk.posts(f"/incidents/{scene.case}/stand_down", {"all": True, "reason": "x"})
    assert (await scene.clerk.asks("DELETE", f"/api/v1/responders/{mine['id']}")).status == 204
    assert (await scene.desk.gets("/responders")).body["items"] == []
    assert (await scene.whole())["assignments"][0]["name"] == "李小军"
    assert (await scene.sends(mine["id"])).body["problems"][0]["code"] == "unknown"


async def test_an_absence_is_said_by_the_responder_and_taken_back(scene: Scene) -> None:
    user = await scene.console.person("jun", "responder")
    mine = await scene.responder(user_id=str(user.id))
    other = await scene.responder(name="赵云")
    path = f"/responders/{mine['id']}/absences"
    made = await user.posts(path, {"reason": "ill"})
    assert made.status == 201
    assert (await user.posts(f"/responders/{other['id']}/absences", {"reason": "ill"})).status == 404
    found = await scene.desk.gets(f"/incidents/{scene.case}/candidates")
    assert {one["responder"]: one["why_not"] for one in found.body["items"]}[mine["id"]] == "absent"
    gone = await user.asks("DELETE", f"/api/v1{path}", {"absence": made.body["id"]})
    assert gone.status == 204


async def test_a_case_elsewhere_cannot_be_sent_to(scene: Scene) -> None:
    foreign = await scene.console.person("lan", "dispatcher", ["321888"])
    mine = await scene.responder()
    await scene.sends(mine["id"])
    (asked,) = (await scene.whole())["assignments"]
    assert (await foreign.gets(f"/incidents/{scene.case}/candidates")).status == 404
    assert (await foreign.posts(f"/assignments/{asked['id']}/accept")).status == 404
    assert (await foreign.gets("/responders")).body["items"] == []
    assert (await foreign.gets(f"/responders/{mine['id']}")).status == 404
    county = await scene.console.person("zhi", "dispatcher", ["321999"])
    assert [one["id"] for one in (await county.gets("/responders")).body["items"]] == [mine["id"]]
