"""Silences, absences and storms over the API: who may, what is refused, and what each tells of itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.story.conftest import Console, Person


def until(console: Console, **more: float) -> str:
    return (console.clock.now() + timedelta(**more)).isoformat()


async def home_of(console: Console, *, area: str | None = None) -> tuple[int, int]:
    pool = console.db.pool
    if area is not None:
        await pool.execute("INSERT INTO area (path) VALUES ($1::text::ltree) ON CONFLICT DO NOTHING", area)
    premises: int = await pool.fetchval(
        "INSERT INTO premises (address, area, created_at) VALUES ('新桥村1号', $1::text::ltree, now()) RETURNING id",
        area,
    )
    resident: int = await pool.fetchval(
        "INSERT INTO resident (name, premises_id, created_at) VALUES ('王小英', $1, now()) RETURNING id", premises
    )
    return premises, resident


async def test_a_silence_has_an_author_a_reason_an_end_and_a_count(console: Console) -> None:
    chief = await console.person("chief", "supervisor")
    body = {"classes": ["fault", "battery_low"], "reason": "批次检修", "until_at": until(console, hours=2)}
    made = await chief.posts("/silences", body)
    assert made.status == 201
    assert (made.body["author_name"], made.body["hits"], made.body["never_hit"]) == ("Chief", 0, True)
    path = f"/silences/{made.body['id']}"
    moved = await chief.patches(path, {"until_at": until(console, hours=3)})
    assert (moved.status, moved.body["version"]) == (200, 2)
    listed = await chief.asks("GET", "/api/v1/silences?running=true")
    assert [one["id"] for one in listed.body["items"]] == [made.body["id"]]
    assert (await chief.asks("DELETE", f"/api/v1{path}")).status == 204
    assert (await chief.asks("GET", "/api/v1/silences?running=true")).body["items"] == []
    assert (await chief.asks("GET", f"/api/v1{path}")).body["ended_at"] is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"classes": ["sos"]}, {"types": ["smoke"]}, {"area": "320681"}, {"classes": ["fault", "fall"]},
        {"classes": ["fault"], "until_at": "2027-11-19T00:00:00Z"}, {"classes": ["fault"], "reason": ""},
        {"classes": ["fault"], "device_id": "999999"},
    ],
)  # fmt: skip
async def test_a_silence_that_could_match_a_call_or_has_no_end_is_unusable(
    console: Console, wrong: dict[str, Any]
) -> None:
    chief = await console.person("chief", "supervisor")
    body = {"reason": "检修", "until_at": until(console, hours=2), **wrong}
    assert (await chief.posts("/silences", body)).status == 422
    assert (await chief.asks("GET", "/api/v1/silences")).body["items"] == []


async def test_no_silence_and_no_storm_is_a_dispatchers(console: Console) -> None:
    desk = await console.person("desk", "dispatcher")
    body = {"classes": ["fault"], "reason": "检修", "until_at": until(console, hours=2)}
    assert (await desk.posts("/silences", body)).status == 403
    assert (await desk.posts("/storms", body)).status == 403
    assert (await desk.asks("GET", "/api/v1/silences")).status == 200


async def test_an_absence_is_noted_moved_and_ended(console: Console) -> None:
    desk = await console.person("desk", "dispatcher")
    _, resident = await home_of(console)
    body = {"resident_id": str(resident), "reason": "去女儿家", "until_at": until(console, days=3)}
    made = await desk.posts("/absences", body)
    assert made.status == 201
    assert (made.body["masked_name"], made.body["running"]) == ("王*英", True)
    path = f"/absences/{made.body['id']}"
    assert (await desk.patches(path, {"reason": "住得久些"}, **{"If-Match": '"7"'})).status == 412
    assert (await desk.patches(path, {"until_at": until(console, days=5)})).status == 200
    listed = await desk.asks("GET", f"/api/v1/absences?resident={resident}&running=true")
    assert len(listed.body["items"]) == 1
    assert (await desk.asks("DELETE", f"/api/v1{path}")).status == 204
    assert (await desk.asks("GET", f"/api/v1{path}")).body["running"] is False


async def test_an_absence_needs_somebody_and_an_end(console: Console) -> None:
    desk = await console.person("desk", "dispatcher")
    premises, resident = await home_of(console)
    both = {"resident_id": str(resident), "premises_id": str(premises)}
    for body in (
        {"reason": "外出", "until_at": until(console, days=1)},
        {**both, "reason": "外出", "until_at": until(console, days=1)},
        {"resident_id": str(resident), "reason": "外出"},
        {"resident_id": str(resident), "reason": "外出", "until_at": until(console, days=-1)},
        {"resident_id": "999999", "reason": "外出", "until_at": until(console, days=1)},
    ):
        assert (await desk.posts("/absences", body)).status == 422


async def test_a_storm_is_switched_on_extended_ended_and_reported(console: Console) -> None:
    chief = await console.person("chief", "supervisor")
    await home_of(console, area="320681")
    made = await chief.posts("/storms", {"area": "320681", "reason": "台风", "until_at": until(console, hours=6)})
    assert made.status == 201
    assert (made.body["state"], made.body["held"], made.body["by_class"]) == ("on", 0, [])
    path = f"/storms/{made.body['id']}"
    row = await chief.asks("GET", f"/api/v1/incidents/{made.body['incident_id']}")
    assert (row.body["class"], row.body["area"]) == ("area_outage", "320681")
    longer = await chief.patches(path, {"state": "on", "until_at": until(console, hours=23)})
    assert longer.status == 200
    assert (await chief.patches(path, {"state": "on", "until_at": until(console, hours=25)})).status == 422
    ended = await chief.patches(path, {"state": "ended"})
    assert (ended.status, ended.body["state"], ended.body["ended_why"]) == (200, "ended", "by_person")
    assert (await chief.patches(path, {"state": "ended"})).status == 409
    listed = await chief.asks("GET", "/api/v1/storms?state=ended")
    assert [one["id"] for one in listed.body["items"]] == [made.body["id"]]


async def test_a_desk_hears_of_a_storm_at_once(console: Console) -> None:
    chief = await console.person("chief", "supervisor")
    stream = await chief.streams()
    made = await chief.posts("/storms", {"reason": "台风", "until_at": until(console, hours=6)})
    frame = await stream.next("storm")
    assert (frame["data"]["id"], frame["data"]["state"]) == (made.body["id"], "on")


async def test_nobody_holds_or_sees_what_lies_elsewhere(console: Console) -> None:
    chief = await console.person("chief", "supervisor", ["320681"])
    other = await console.person("other", "supervisor", ["320999"])
    _, resident = await home_of(console, area="320681.a")
    body = {"reason": "检修", "until_at": until(console, hours=2)}
    assert (await chief.posts("/silences", {**body, "classes": ["fault"]})).status == 422, "everywhere is too much"
    silence = await chief.posts("/silences", {**body, "classes": ["fault"], "area": "320681.a"})
    absence = await chief.posts("/absences", {**body, "resident_id": str(resident)})
    storm = await chief.posts("/storms", {**body, "area": "320681"})
    for path, made in (("silences", silence), ("absences", absence), ("storms", storm)):
        assert made.status == 201
        assert (await other.asks("GET", f"/api/v1/{path}/{made.body['id']}")).status == 404
        assert (await other.asks("GET", f"/api/v1/{path}")).body["items"] == []
        assert len((await chief.asks("GET", f"/api/v1/{path}")).body["items"]) == 1
    assert (await other.posts("/absences", {**body, "resident_id": str(resident)})).status == 422


async def test_a_case_shows_how_often_its_person_calls(console: Console) -> None:
    desk = await console.person("desk", "dispatcher")
    _, resident = await home_of(console)
    case = await console.case(desk, resident_id=resident)
    seen = await desk.asks("GET", f"/api/v1/incidents/{case}")
    assert seen.body["calls"] == {"calls_24h": 0, "calls_30d": 0, "usual": [], "unusual_hour": False}
    assert seen.body["damping"] is None


async def test_only_a_flood_has_callers_to_take_out(console: Console) -> None:
    desk: Person = await console.person("desk", "dispatcher")
    case = await console.case(desk)
    assert (await desk.posts(f"/incidents/{case}/take_out", {"device": "nobody"})).status == 409
