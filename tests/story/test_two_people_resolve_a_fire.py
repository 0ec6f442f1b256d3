"""A fire talked away by one tired person at four in the morning, with nobody who went to look."""

from __future__ import annotations

from typing import Any

SPOKE = {"kind": "spoke_with_resident"}


async def _smoke(console: Any) -> tuple[Any, str, str]:
    desk = await console.person("mei", "dispatcher")
    await desk.posts("/duty", {"state": "on"})
    path = f"/incidents/{await console.case(desk, 'smoke')}"
    claimed = await desk.posts(f"{path}/claim")
    return desk, path, claimed.headers["ETag"]


def _resolve(**safety: Any) -> dict[str, Any]:
    return {"outcome": "false_alarm", "safety": SPOKE | safety}


async def test_with_two_on_duty_a_second_person_agrees_by_name(console: Any) -> None:
    desk, path, etag = await _smoke(console)
    other = await console.person("jun", "dispatcher")
    await other.posts("/duty", {"state": "on"})
    alone = await desk.posts(f"{path}/resolve", _resolve(), If_Match=etag)
    assert (alone.status, alone.body["problems"][0]["code"]) == (422, "second_user_required")
    both = await desk.posts(f"{path}/resolve", _resolve(second_user=str(other.id)), If_Match=etag)
    assert (both.status, both.body["state"], both.body["review"]) == (200, "resolved", False)
    assert both.body["safety"]["second_user"] == str(other.id)


async def test_alone_at_night_the_on_call_supervisor_is_rung_and_the_file_waits_not_the_help(console: Any) -> None:
    desk, path, etag = await _smoke(console)
    boss = await console.person("bao", "supervisor")
    await console.db.pool.execute("UPDATE app_user SET phone = '13800000001' WHERE id = $1", boss.id)
    resolved = await desk.posts(f"{path}/resolve", _resolve(), If_Match=etag)
    assert (resolved.status, resolved.body["state"], resolved.body["review"]) == (200, "resolved", True)
    told = await console.db.pool.fetchrow("SELECT recipient, not_after FROM outbox WHERE key LIKE 'second:%'")
    assert told["recipient"] == f"user:{boss.id}"
    assert (told["not_after"] - console.clock.now()).total_seconds() == 600
    by_self = await desk.posts(f"{path}/close", {}, If_Match=resolved.headers["ETag"])
    assert by_self.status == 409, "who resolved it alone does not close it"
    closed = await boss.posts(f"{path}/close", {}, If_Match=resolved.headers["ETag"])
    assert (closed.status, closed.body["state"], closed.body["review"]) == (200, "closed", False)
    assert closed.body["timeline"][-1]["detail"]["agreed"] is True


async def test_a_call_for_help_takes_one(console: Any) -> None:
    desk, other = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    await other.posts("/duty", {"state": "on"})
    path = f"/incidents/{await console.case(desk, 'sos')}"
    claimed = await desk.posts(f"{path}/claim")
    resolved = await desk.posts(f"{path}/resolve", _resolve(), If_Match=claimed.headers["ETag"])
    assert (resolved.status, resolved.body["review"]) == (200, False)


async def test_two_dispatchers_make_no_supervisors_decision(console: Any) -> None:
    desk, other = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    boss = await console.person("bao", "supervisor")
    path = f"/incidents/{await console.case(desk, 'sos')}"
    etag = (await desk.posts(f"{path}/claim")).headers["ETag"]

    async def decided(with_: str | None) -> Any:
        safety = {"kind": "supervisor_decision", "reason": "搬走了", "second_user": with_}
        return await desk.posts(f"{path}/resolve", {"outcome": "accidental", "safety": safety}, If_Match=etag)

    for nobody in (str(other.id), None):
        refused = await decided(nobody)
        assert (refused.status, refused.body["problems"][0]["code"]) == (422, "second_user_required")
    assert (await decided(str(boss.id))).body["state"] == "resolved"


async def test_whoever_agrees_sees_the_case(console: Any) -> None:
    admin = await console.person("root", "administrator")
    home = await admin.posts("/premises", {"address": "河口村1号", "area": "321999", "lat": 31.9, "lon": 121.2})
    desk = await console.person("mei", "dispatcher")
    elsewhere = await console.person("lin", "supervisor", ["330999"])
    near = await console.person("bao", "supervisor", ["321999"])
    path = f"/incidents/{await console.case(desk, 'smoke', premises_id=int(home.body['id']))}"
    etag = (await desk.posts(f"{path}/claim")).headers["ETag"]
    refused = await desk.posts(f"{path}/resolve", _resolve(second_user=str(elsewhere.id)), If_Match=etag)
    assert (refused.status, refused.body["problems"][0]["field"]) == (422, "safety.second_user")
    agreed = await desk.posts(f"{path}/resolve", _resolve(second_user=str(near.id)), If_Match=etag)
    assert (agreed.status, agreed.body["review"]) == (200, False)
