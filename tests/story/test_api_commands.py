"""Talking to a device over the API: who may, what each command takes, and what the list says afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from store import handing
from store.handing import Answer


async def _device(console: Any, source: str = "canonical", area: str | None = None) -> str:
    clerk = await console.person("qian", "register_clerk")
    if area is not None:
        await console.db.pool.execute("INSERT INTO area (path, name) VALUES ($1, '') ON CONFLICT DO NOTHING", area)
    made = await clerk.posts(
        "/devices", {"device": "band-9", "kind": "location_band", "life": "installed", "source": source, "area": area}
    )
    assert made.status == 201
    return f"/devices/{made.body['id']}"


async def test_a_command_waits_is_sent_and_answered_each_with_its_time(console: Any) -> None:
    path, mei = await _device(console), await console.person("mei", "dispatcher")
    made = await mei.posts(f"{path}/commands", {"command": "silence", "args": {"seconds": 120}})
    assert (made.status, made.body["state"], made.body["args"]) == (201, "waiting", {"seconds": 120})
    assert (made.body["asked"], made.body["made_by_name"], made.body["device"]) == ("by_hand", "Mei", "band-9")
    console.clock.advance(1)
    now = console.clock.now()
    (going,) = await handing.take(console.db, limit=5, again_after=timedelta(seconds=30), now=now)
    await handing.mark_sent(console.db, going.id, now=now)
    console.clock.advance(2)
    async with console.db.transaction() as connection:
        answer = Answer(device="band-9", id=made.body["wire_id"], ok=True, detail="ok")
        await handing.note_answers(connection, [answer], now=console.clock.now())
    (one,) = (await mei.gets(f"{path}/commands")).body["items"]
    assert one["state"] == "answered"
    assert one["made_at"] < one["sent_at"] < one["answered_at"] == one["delivered_at"]


async def test_the_list_has_pages_the_newest_first(console: Any) -> None:
    path, mei = await _device(console), await console.person("mei", "dispatcher")
    ids = [(await mei.posts(f"{path}/commands", {"command": "locate"})).body["id"] for _ in range(3)]
    first = (await mei.gets(f"{path}/commands?limit=2")).body
    rest = (await mei.gets(f"{path}/commands?limit=2&cursor={first['next']}")).body
    assert [one["id"] for one in (*first["items"], *rest["items"])] == ids[::-1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"command": "reboot"},
        {"command": "silence"},
        {"command": "silence", "args": {"seconds": 0}},
        {"command": "silence", "args": {"seconds": 1801}},
        {"command": "silence", "args": {"seconds": 60, "until": "2030-01-01T00:00:00Z"}},
        {"command": "locate", "args": {"seconds": 60}},
        {"command": "locate", "args": {"volume": 11}},
        {"command": "set_interval"},
        {"command": "set_interval", "args": {"seconds": 60, "until": "2020-01-01T00:00:00Z"}},
        {"command": "set_interval", "args": {"seconds": 60, "until": "2030-01-01T00:00:00"}},
        {"command": "announce"},
        {"command": "announce", "args": {"announcement": "stored"}},
        {"command": "announce", "args": {"announcement": "taken", "text": {"zh": "只有中文"}}},
        {"command": "announce", "args": {"announcement": "taken", "text": {"zh": "长" * 201, "en": "x"}}},
        {"command": "test", "expires_in_s": 9},
        {"command": "test", "expires_in_s": 86_401},
    ],
)
async def test_what_a_command_does_not_take_is_refused_by_name(console: Any, body: dict[str, Any]) -> None:
    path, mei = await _device(console), await console.person("mei", "dispatcher")
    assert (await mei.posts(f"{path}/commands", body)).status == 422
    assert await console.db.pool.fetchval("SELECT count(*) FROM command") == 0


async def test_an_announcement_has_the_centre_s_words_where_none_are_given(console: Any) -> None:
    path, mei = await _device(console), await console.person("mei", "dispatcher")
    made = await mei.posts(f"{path}/commands", {"command": "announce", "args": {"announcement": "coming"}})
    assert set(made.body["args"]["text"]) == {"zh", "en"}


async def test_a_vendor_s_device_is_undeliverable_at_once_with_the_reason(console: Any) -> None:
    path, mei = await _device(console, source="zigbee2mqtt"), await console.person("mei", "dispatcher")
    made = await mei.posts(f"{path}/commands", {"command": "test"})
    assert (made.status, made.body["state"]) == (201, "undeliverable")
    assert "zigbee2mqtt" in made.body["detail"]
    assert made.body["sent_at"] is None


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("dispatcher", 201), ("supervisor", 201), ("installer", 201), ("administrator", 201),
        ("community_worker", 403), ("register_clerk", 403), ("auditor", 403), ("program", 403), ("responder", 403),
    ],
)  # fmt: skip
async def test_the_desk_and_the_installer_may(console: Any, role: str, status: int) -> None:
    path, person = await _device(console), await console.person("somebody", role)
    assert (await person.posts(f"{path}/commands", {"command": "locate"})).status == status


async def test_a_device_out_of_sight_and_one_that_is_none_are_not_found(console: Any) -> None:
    path = await _device(console, area="320681.320681100")
    elsewhere = await console.person("mei", "dispatcher", areas=["320682"])
    assert (await elsewhere.posts(f"{path}/commands", {"command": "locate"})).status == 404
    assert (await elsewhere.gets(f"{path}/commands")).status == 404
    everywhere = await console.person("lu", "dispatcher")
    assert (await everywhere.posts("/devices/999999/commands", {"command": "locate"})).status == 404


async def test_within_a_case_the_command_stands_in_its_timeline(console: Any) -> None:
    path, mei = await _device(console), await console.person("mei", "dispatcher")
    case = await console.case(mei)
    made = await mei.posts(f"{path}/commands", {"command": "locate", "incident": str(case)})
    assert made.body["incident"] == str(case)
    entry = (await mei.gets(f"/incidents/{case}")).body["timeline"][-1]
    assert (entry["action"], entry["detail"]["command"], entry["actor"]["name"]) == ("commanded", "locate", "Mei")
    assert (await mei.posts(f"{path}/commands", {"command": "locate", "incident": "99999"})).status == 404


async def test_asking_is_in_the_audit(console: Any) -> None:
    path, mei = await _device(console), await console.person("mei", "dispatcher")
    await mei.posts(f"{path}/commands", {"command": "locate"})
    row = await console.db.pool.fetchrow("SELECT * FROM audit WHERE action = 'device_commanded'")
    assert (row["user_id"], row["object"], row["purpose"]) == (mei.id, path.replace("/devices/", "device:"), "locate")
