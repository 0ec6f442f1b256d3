"""A case that came by telephone, from opening to closing, through the API alone."""

from __future__ import annotations

from typing import Any

SPOKE = {"kind": "spoke_with_resident"}


async def _opened(person: Any, **more: Any) -> dict[str, Any]:
    body = {"source": "phone", "class": "sos", "caller": {"name": "李梅", "phone": "13800001234"}, "note": "摔倒了"}
    answer = await person.posts("/incidents", body | more)
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.body
    return found


async def test_a_case_is_opened_claimed_resolved_and_closed(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await _opened(desk)
    assert (case["state"], case["unattended"], case["claimed_by"]) == ("open", True, None)
    path = f"/incidents/{case['id']}"

    claimed = await desk.posts(f"{path}/claim")
    assert claimed.status == 200, claimed.body
    assert claimed.body["state"] == "claimed"
    assert claimed.body["claimed_by"] == {"id": str(desk.id), "display_name": "Mei"}

    called = await desk.posts(f"{path}/call", {"to": "resident", "number": "13800005678", "result": "spoke_ok"})
    assert called.status == 200, called.body
    entry = called.body["timeline"][-1]
    assert entry["action"] == "call"
    assert entry["actor"] == {"kind": "user", "id": str(desk.id), "name": "Mei"}
    assert entry["detail"]["number"] == "13800005678"
    assert entry["detail"]["result"] == "spoke_ok"

    resolved = await desk.posts(
        f"{path}/resolve", {"outcome": "accidental", "safety": SPOKE}, If_Match=called.headers["ETag"]
    )
    assert resolved.status == 200, resolved.body
    assert (resolved.body["state"], resolved.body["outcome"]) == ("resolved", "accidental")

    closed = await desk.posts(f"{path}/close", {}, If_Match=resolved.headers["ETag"])
    assert closed.status == 200, closed.body
    assert closed.body["state"] == "closed"
    assert closed.body["deadline"] is None
    listed = await desk.gets("/incidents")
    assert [item["id"] for item in listed.body["items"]] == []


async def test_the_caller_stands_in_the_timeline_and_not_in_the_queue(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await _opened(desk, place={"text": "菜市场东门", "lat": 32.1, "lon": 120.2})
    assert case["timeline"][0]["detail"]["caller"]["name"] == "李梅"
    assert case["caller"]["phone"] == "13800001234"
    assert (case["place"]["kind"], case["place"]["text"]) == ("told", "菜市场东门 (32.100000, 120.200000)")
    listed = await desk.asks("GET", "/api/v1/incidents")
    assert "timeline" not in listed.body["items"][0]
    assert "李梅" not in str(listed.body)


async def test_a_lost_race_says_who_holds_the_case(console: Any) -> None:
    first, second = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    case = await _opened(first)
    await first.posts(f"/incidents/{case['id']}/claim")
    lost = await second.posts(f"/incidents/{case['id']}/claim")
    assert lost.status == 409
    assert lost.headers["Content-Type"].startswith("application/problem+json")
    assert lost.body["claimed_by"]["display_name"] == "Mei"
    assert lost.body["changed"][-1]["action"] == "claim"


async def test_resolving_without_a_version_is_refused(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await _opened(desk)
    answer = await desk.posts(f"/incidents/{case['id']}/resolve", {"outcome": "assistance", "safety": SPOKE})
    assert answer.status == 428
    assert answer.body["status"] == 428


async def test_resolving_past_an_unseen_change_shows_the_change(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await _opened(desk)
    path = f"/incidents/{case['id']}"
    seen = (await desk.posts(f"{path}/claim")).headers["ETag"]
    console.clock.advance(5)
    await desk.posts(f"{path}/note", {"text": "又按了一次"})
    stale = await desk.posts(f"{path}/resolve", {"outcome": "assistance", "safety": SPOKE}, If_Match=seen)
    assert stale.status == 412
    assert [entry["action"] for entry in stale.body["changed"]] == ["note"]
    assert stale.body["changed"][0]["detail"] == {"text": "又按了一次"}


async def test_a_p1_is_not_resolved_before_it_is_known_that_the_person_is_safe(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await _opened(desk)
    path = f"/incidents/{case['id']}"
    seen = (await desk.posts(f"{path}/claim")).headers["ETag"]
    without = await desk.posts(f"{path}/resolve", {"outcome": "assistance"}, If_Match=seen)
    assert without.status == 422
    assert without.body["problems"] == [{"field": "safety", "code": "safety_required", "message": None}]
    nobody = await desk.posts(f"{path}/resolve", {"outcome": "no_answer", "safety": SPOKE}, If_Match=seen)
    assert nobody.status == 422


async def test_a_field_nobody_knows_is_refused_by_its_name(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    answer = await desk.posts("/incidents", {"source": "phone", "class": "sos", "colour": "red"})
    assert answer.status == 422
    assert answer.body["problems"][0]["field"] == "colour"
    assert answer.body["problems"][0]["code"] == "unknown_field"


async def test_a_note_cannot_pretend_to_be_facts(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await _opened(desk)
    noted = await desk.posts(f"/incidents/{case['id']}/note", {"text": '{"result": "spoke_ok"}'})
    assert noted.body["timeline"][-1]["detail"] == {"text": '{"result": "spoke_ok"}'}


async def test_steps_that_are_not_built_are_not_there(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await _opened(desk)
    assert (await desk.posts(f"/incidents/{case['id']}/teleport")).status == 404


async def test_the_queue_is_paged_in_its_order(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    opened = []
    for class_ in ("request", "sos", "fall"):
        opened.append((await _opened(desk, **{"class": class_}))["id"])
        console.clock.advance(1)
    await desk.posts(f"/incidents/{opened[1]}/claim")
    first = await desk.gets("/incidents?limit=2")
    rest = await desk.gets(f"/incidents?limit=2&cursor={first.body['next']}")
    got = [item["id"] for item in first.body["items"] + rest.body["items"]]
    assert got == [opened[2], opened[1], opened[0]]
    assert rest.body["next"] is None
    assert first.body["seq"] >= 3


async def test_a_look_at_a_case_is_on_record(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await _opened(desk)
    await desk.gets(f"/incidents/{case['id']}?purpose=回访")
    row = await console.db.pool.fetchrow("SELECT * FROM audit WHERE object = $1", f"incident:{case['id']}")
    assert (row["user_id"], row["action"], row["purpose"]) == (desk.id, "look", "回访")
