"""119 and 120 come last, can be the wrong city's, wait, or refuse; the reference number stays on a sticky note."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rules.domain.firing import decide
from store.engine import EngineStore
from store.opening import Centre


async def _areas(console: Any) -> Any:
    """A county with its numbers, a town with a fire station of its own, and another county far away."""
    admin = await console.person("root", "administrator")
    await console.db.pool.execute(
        """INSERT INTO area (path, name, police, fire, ambulance) VALUES
           ('321999', '澄湾县', '0513-60000110', '0513-60000119', '0513-60000120'),
           ('321999.321999100', '河口镇', NULL, '0513-60100119', NULL),
           ('330999', '邻县', NULL, NULL, '0571-80000120')"""
    )
    return admin


async def _home(admin: Any, area: str, lat: float = 31.9, lon: float = 121.2) -> int:
    body = {"address": f"{area}某村1号", "area": area, "lat": lat, "lon": lon}
    return int((await admin.posts("/premises", body)).body["id"])


async def _held(console: Any, class_: str, home: int | None) -> tuple[Any, str]:
    desk = await console.person("mei", "dispatcher")
    path = f"/incidents/{await console.case(desk, class_, premises_id=home)}"
    assert (await desk.posts(f"{path}/claim")).status == 200
    return desk, path


async def _engine_looks(console: Any) -> None:
    centre = Centre(keyring=console.context.keyring, timezone=console.context.site_timezone)
    await EngineStore(console.db, centre).fire_due(console.clock.now(), 100, decide)


async def _due(console: Any, path: str, kind: str) -> datetime | None:
    at: datetime | None = await console.db.pool.fetchval(
        "SELECT due_at FROM deadline WHERE incident_id = $1 AND kind = $2", int(path.rpartition("/")[2]), kind
    )
    return at


async def test_the_number_is_that_of_the_place_walking_up_where_the_town_has_none(console: Any) -> None:
    admin = await _areas(console)
    desk, path = await _held(console, "smoke", await _home(admin, "321999.321999100"))
    whole = (await desk.posts(f"{path}/handover", {"service": "119", "answer": "accepted", "reference": "A-1"})).body
    await desk.posts(f"{path}/handover", {"service": "ambulance"})
    whole = (await desk.gets(path)).body
    rung = [(one["service"], one["number"], one["area"], one["answer"]) for one in whole["hand_overs"]]
    assert rung == [
        ("fire", "0513-60100119", "321999.321999100", "accepted"), ("ambulance", "0513-60000120", "321999", None),
    ]  # fmt: skip
    numbers = {one["service"]: one["number"] for one in whole["services"]}
    assert numbers == {"police": "0513-60000110", "fire": "0513-60100119", "ambulance": "0513-60000120"}


async def test_a_band_in_another_county_gets_that_countys_ambulance_never_the_homes(console: Any) -> None:
    admin = await _areas(console)
    desk, path = await _held(console, "sos", await _home(admin, "321999.321999100"))
    await _home(admin, "330999", lat=30.2, lon=120.1)
    await desk.patches(path, {"place": {"text": "湖边", "lat": 30.21, "lon": 120.1}})
    whole = (await desk.posts(f"{path}/handover", {"service": "120"})).body
    assert whole["hand_overs"][0]["number"] == "0571-80000120"
    refused = await desk.posts(f"{path}/handover", {"service": "119"})
    assert (refused.status, refused.body["problems"][0]) == (
        422, {"field": "number", "code": "number_required", "message": None},
    )  # fmt: skip
    await desk.patches(path, {"place": {"lat": 40.0, "lon": 116.0}})
    assert (await desk.gets(path)).body["services"] == [], "somewhere nobody of ours lives: no number is guessed"


async def test_queued_is_asked_about_again_at_the_estimate(console: Any) -> None:
    admin = await _areas(console)
    desk, path = await _held(console, "sos", await _home(admin, "321999"))
    now = console.clock.now()
    await desk.posts(f"{path}/handover", {"service": "120", "answer": "queued", "estimate_min": 2})
    assert await _due(console, path, "call_back") == now + timedelta(minutes=2)
    console.clock.advance(121)
    await _engine_looks(console)
    whole = (await desk.gets(path)).body
    assert (whole["timeline"][-1]["action"], whole["sound_to"]) == ("call_back_due", "owner")
    told = await console.db.pool.fetchval("SELECT recipient FROM outbox WHERE key LIKE 'call_back:%'")
    assert told == f"user:{desk.id}"
    hand_over = whole["hand_overs"][0]["id"]
    assert (await desk.patches(f"/hand_overs/{hand_over}", {"answer": "accepted", "reference": "B-7"})).status == 200
    assert await _due(console, path, "call_back") is None


async def test_without_an_estimate_it_is_asked_about_after_five_minutes(console: Any) -> None:
    admin = await _areas(console)
    desk, path = await _held(console, "sos", await _home(admin, "321999"))
    await desk.posts(f"{path}/handover", {"service": "120", "answer": "queued"})
    assert await _due(console, path, "call_back") == console.clock.now() + timedelta(minutes=5)


async def test_a_refusal_raises_the_case_sounds_again_and_names_the_next_service(console: Any) -> None:
    admin = await _areas(console)
    desk, path = await _held(console, "intrusion", await _home(admin, "321999"))
    console.clock.advance(20)
    body = {"service": "110", "answer": "rejected", "reason": "没有警力"}
    whole = (await desk.posts(f"{path}/handover", body)).body
    assert (whole["priority"], whole["sounded_at"]) == ("P1", "2026-11-19T06:30:20Z")
    entry = next(entry for entry in whole["timeline"] if entry["action"] == "handover")
    assert (entry["detail"]["answer"], entry["detail"]["next_service"]) == ("rejected", "fire")
    assert entry["detail"]["reason"] == "没有警力"
    assert await _due(console, path, "services") == console.clock.now() + timedelta(seconds=60)


async def test_what_was_said_is_read_by_whoever_works_on_it_and_lists_leave_it_out(console: Any) -> None:
    admin = await _areas(console)
    desk, path = await _held(console, "fall", await _home(admin, "321999"))
    incident = path.rpartition("/")[2]
    body = {"incident": incident, "service": "ambulance", "taken_by": "3号接警员", "told": "八十岁,跌倒,清醒"}
    made = await desk.posts("/hand_overs", body)
    assert (made.status, made.body["taken_by"], made.body["number"]) == (201, "3号接警员", "0513-60000120")
    (listed,) = (await desk.gets(f"/hand_overs?incident={incident}&running=true")).body["items"]
    assert (listed["taken_by"], listed["told"]) == (None, None)
    assert await console.db.pool.fetchval("SELECT count(*) FROM hand_over WHERE sealed IS NOT NULL") == 1
    moved = await desk.patches(
        f"/hand_overs/{made.body['id']}", {"departed_at": "2026-11-19T06:33:00Z"}, If_Match=made.headers["ETag"]
    )
    assert (moved.status, moved.body["departed_at"], moved.body["told"]) == (
        200, "2026-11-19T06:33:00Z", "八十岁,跌倒,清醒",
    )  # fmt: skip
    assert (await desk.patches(f"/hand_overs/{made.body['id']}", {}, If_Match='"1"')).status == 412


async def test_an_ambulance_is_cancelled_only_with_word_that_the_person_is_safe(console: Any) -> None:
    admin = await _areas(console)
    desk, path = await _held(console, "fall", await _home(admin, "321999"))
    one = (await desk.posts(f"{path}/handover", {"service": "120", "answer": "accepted"})).body["hand_overs"][0]["id"]
    bare = await desk.patches(f"/hand_overs/{one}", {"cancelled": True})
    assert (bare.status, bare.body["problems"][0]["code"]) == (422, "safety_required")
    told = await desk.patches(f"/hand_overs/{one}", {"cancelled": True, "safety": {"kind": "seen_by", "who": "女儿"}})
    assert (told.status, told.body["safety"]["kind"]) == (200, "seen_by")
    assert told.body["cancelled_at"] is not None


async def test_hand_overs_are_seen_and_written_where_one_may(console: Any) -> None:
    admin = await _areas(console)
    desk, path = await _held(console, "fall", await _home(admin, "321999"))
    one = (await desk.posts(f"{path}/handover", {"service": "120"})).body["hand_overs"][0]["id"]
    elsewhere = await console.person("lin", "dispatcher", ["330999"])
    reader = await console.person("qing", "quality_reviewer")
    assert (await elsewhere.gets(f"/hand_overs/{one}")).status == 404
    assert (await elsewhere.gets("/hand_overs")).body["items"] == []
    assert (await elsewhere.posts("/hand_overs", {"incident": path.rpartition("/")[2], "service": "120"})).status == 422
    assert (await reader.gets(f"/hand_overs/{one}")).status == 200
    assert (await reader.patches(f"/hand_overs/{one}", {"answer": "accepted"})).status == 403
    assert (await desk.posts(f"{path}/handover", {"service": "999"})).status == 422
