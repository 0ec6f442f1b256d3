"""Fences, visits, care rules and bounds over the API: drawn by who may, seen by who may, each on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

CIRCLE = {"lat": 31.9, "lon": 121.2, "radius_m": 300}


async def _resident(console: Any, *, area: str | None = None) -> str:
    clerk = await console.person("qian", "register_clerk")
    home = await clerk.posts("/premises", {"address": "澄湾县新桥村9号", "lat": 31.9, "lon": 121.2, "area": area})
    made = await clerk.posts("/residents", {"name": "王试", "premises_id": home.body["id"], "tags": ["dementia"]})
    assert made.status == 201, made.body
    return str(made.body["id"])


async def test_a_fence_is_drawn_read_changed_and_ended(console: Any) -> None:
    resident = await _resident(console)
    clerk = await console.person("sun", "supervisor")
    body = {"name": "家", "kind": "keep_in", "resident_id": resident, "circle": CIRCLE,
            "hours": [{"from": "22:00", "to": "06:00"}]}  # fmt: skip
    made = await clerk.posts("/fences", body)
    assert (made.status, made.body["circle"], made.body["polygon"]) == (201, CIRCLE, None)
    assert made.body["hours"] == [{"from": "22:00", "to": "06:00", "days": [1, 2, 3, 4, 5, 6, 7]}]
    path = f"/fences/{made.body['id']}"
    corners = [{"lat": 31.9, "lon": 121.2}, {"lat": 31.9, "lon": 121.3}, {"lat": 32.0, "lon": 121.2}]
    changed = await clerk.patches(path, {"polygon": corners}, If_Match='"1"')
    assert (changed.status, changed.body["circle"], changed.body["polygon"]) == (200, None, corners)
    assert (await clerk.patches(path, {"name": "院"}, If_Match='"1"')).status == 412
    (listed,) = (await clerk.gets(f"/fences?resident={resident}")).body["items"]
    assert (listed["name"], "circle" in listed) == ("家", False)
    assert (await clerk.asks("DELETE", f"/api/v1{path}")).status == 204
    assert (await clerk.gets("/fences")).body["items"] == []


async def test_a_fence_has_one_owner_one_shape_and_room_for_a_fix(console: Any) -> None:
    resident = await _resident(console)
    clerk = await console.person("sun", "supervisor")
    fine = {"name": "家", "kind": "keep_in", "resident_id": resident, "circle": CIRCLE}
    for change in (
        {"resident_id": None}, {"resident_id": "999999"}, {"circle": None}, {"circle": {**CIRCLE, "radius_m": 10}},
        {"polygon": [{"lat": 1, "lon": 1}] * 3}, {"device_id": "1"}, {"hours": [{"from": "25:00", "to": "26:00"}]},
        {"kind": "jail"}, {"area": "320681"},
    ):  # fmt: skip
        assert (await clerk.posts("/fences", {**fine, **change})).status == 422, change
    water = {"name": "河", "kind": "water", "circle": CIRCLE, "area": "320681"}
    assert (await clerk.posts("/fences", water)).status == 201


async def test_nobody_sees_the_fences_of_another_area(console: Any) -> None:
    resident = await _resident(console, area="320681")
    clerk = await console.person("sun", "supervisor")
    made = await clerk.posts("/fences", {"name": "家", "kind": "keep_in", "resident_id": resident, "circle": CIRCLE})
    other = await console.person("li", "supervisor", areas=["320999"])
    assert (await other.gets("/fences")).body["items"] == []
    assert (await other.gets(f"/fences/{made.body['id']}")).status == 404
    assert (await other.gets(f"/residents/{resident}/care_rules")).status == 404
    worker = await console.person("wu", "system_administrator")
    assert (await worker.gets("/fences")).status == 403


async def test_a_visit_is_planned_begun_and_completed_only_with_a_proof(console: Any) -> None:
    resident = await _resident(console)
    mei = await console.person("mei", "dispatcher")
    now = console.clock.now()
    window = {"from_at": now.isoformat(), "until_at": (now + timedelta(hours=1)).isoformat()}
    made = await mei.posts("/visits", {"resident_id": resident, "critical": True, "carer": f"user:{mei.id}", **window})
    assert (made.status, made.body["state"]) == (201, "planned")
    path = f"/visits/{made.body['id']}"
    begun = await mei.patches(path, {"state": "started"})
    assert (begun.body["state"], begun.body["started_at"] is not None) == ("started", True)
    far = {"lat": 31.95, "lon": 121.2}
    for unproven in ({"state": "completed"}, {"state": "completed", "place": far}):
        assert (await mei.patches(path, unproven)).status == 422
    done = await mei.patches(path, {"state": "completed", "place": {"lat": 31.9001, "lon": 121.2, "accuracy_m": 20}})
    assert (done.body["state"], done.body["proof"], done.body["proof_detail"]["distance_m"]) == (
        "completed",
        "place",
        11,
    )
    again = await mei.patches(path, {"state": "started"})
    assert (again.status, again.body["state"]) == (409, "completed")
    assert [one["id"] for one in (await mei.gets(f"/visits?resident={resident}&state=completed")).body["items"]] == [
        made.body["id"]
    ]


async def test_a_voice_in_a_call_proves_a_visit_too(console: Any) -> None:
    resident = await _resident(console)
    mei = await console.person("mei", "dispatcher")
    now = console.clock.now().isoformat()
    made = await mei.posts("/visits", {"resident_id": resident, "from_at": now, "until_at": now})
    done = await mei.patches(f"/visits/{made.body['id']}", {"state": "completed", "call": "call:17"})
    assert (done.status, done.body["proof"]) == (200, "voice")


async def test_bounds_rise_and_what_is_not_named_is_the_countys(console: Any) -> None:
    resident = await _resident(console)
    clerk = await console.person("sun", "supervisor")
    path = f"/residents/{resident}/bounds"
    assert (await clerk.gets(path)).status == 404
    wrong = {"bounds": {"spo2_pct": {"danger_low": 95, "attention_low": 90}}}
    assert (await clerk.asks("PUT", f"/api/v1{path}", wrong)).status == 422
    right = {"bounds": {"spo2_pct": {"danger_low": 85, "attention_low": 88}, "heart_rate_bpm": {"danger_high": None}}}
    made = await clerk.asks("PUT", f"/api/v1{path}", right)
    assert (made.status, made.body["bounds"]) == (200, right["bounds"])
    assert (await clerk.asks("DELETE", f"/api/v1{path}")).status == 204
    assert (await clerk.gets(path)).status == 404


async def test_a_care_rule_is_made_changed_and_ended(console: Any) -> None:
    resident = await _resident(console)
    clerk = await console.person("sun", "supervisor")
    path = f"/residents/{resident}/care_rules"
    hours = [{"from": "06:00", "to": "22:00", "days": [1, 2]}]
    assert (await clerk.posts(path, {"kind": "inactivity", "hours": hours})).status == 422
    made = await clerk.posts(path, {"kind": "inactivity", "hours": hours, "after_s": 14400})
    assert (made.status, made.body["hours"], made.body["after_s"]) == (201, hours, 14400)
    changed = await clerk.patches(f"/care_rules/{made.body['id']}", {"after_s": 7200}, If_Match='"1"')
    assert (changed.body["after_s"], changed.body["version"]) == (7200, 2)
    assert [one["kind"] for one in (await clerk.gets(path)).body["items"]] == ["inactivity"]
    assert (await clerk.asks("DELETE", f"/api/v1/care_rules/{made.body['id']}")).status == 204
    assert (await clerk.gets(path)).body["items"] == []
