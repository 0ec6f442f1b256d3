"""The registers through the API: masked in lists, whole on record, and nobody writes over a colleague's change."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
async def clerk(console: Any) -> Any:
    return await console.person("clerk", "register_clerk")


async def _resident(clerk: Any, **more: Any) -> dict[str, Any]:
    home = await clerk.posts("/premises", {"address": "澄湾县东风路3栋502", "area": "321999.321999100"})
    body = {"name": "王小英", "phone": "138 1234 5678", "premises_id": home.body["id"], "birth_date": "1940-05-03"}
    made = await clerk.posts("/residents", body | more)
    assert made.status == 201, made.body
    found: dict[str, Any] = made.body
    return found


async def test_a_list_shows_people_masked(clerk: Any) -> None:
    await _resident(clerk, tags=["living_alone"])
    listed = await clerk.gets("/residents")
    (row,) = listed.body["items"]
    assert (row["masked_name"], row["masked_phone"]) == ("王*英", "138****5678")
    assert "tags" not in row
    assert "address" not in row


@pytest.mark.parametrize("said", ["王小英", "wangxy", "wxy", "5678", "502"])
async def test_a_resident_is_found_as_they_are_named_on_the_telephone(clerk: Any, said: str) -> None:
    made = await _resident(clerk)
    listed = await clerk.gets(f"/residents?q={said}")
    expected = [] if said == "wangxy" else [made["id"]]
    assert [row["id"] for row in listed.body["items"]] == expected


async def test_a_whole_record_asks_for_a_purpose_and_keeps_it(console: Any, clerk: Any) -> None:
    made = await _resident(clerk)
    refused = await clerk.gets(f"/residents/{made['id']}")
    assert refused.status == 422
    assert refused.body["problems"][0]["code"] == "purpose_required"
    shown = await clerk.gets(f"/residents/{made['id']}?purpose=电话核对")
    assert (shown.status, shown.body["name"], shown.body["phone"]) == (200, "王小英", "13812345678")
    purpose = await console.db.pool.fetchval("SELECT purpose FROM audit WHERE action = 'look'")
    assert purpose == "电话核对"


async def test_an_open_case_is_a_purpose_by_itself(console: Any, clerk: Any) -> None:
    made = await _resident(clerk)
    desk = await console.person("mei", "dispatcher")
    await console.case(desk, resident_id=int(made["id"]))
    shown = await desk.gets(f"/residents/{made['id']}")
    assert shown.status == 200
    purpose = await console.db.pool.fetchval("SELECT purpose FROM audit WHERE action = 'look'")
    assert purpose.startswith("case ")


async def test_a_stale_change_is_refused(clerk: Any) -> None:
    made = await _resident(clerk)
    path = f"/residents/{made['id']}"
    first = await clerk.patches(path, {"also_called": "英姨"}, If_Match='"1"')
    assert (first.status, first.headers["ETag"]) == (200, '"2"')
    second = await clerk.patches(path, {"also_called": "英奶奶"}, If_Match='"1"')
    assert (second.status, second.body["version"]) == (412, 2)
    assert (await clerk.gets(f"{path}?purpose=x")).body["also_called"] == "英姨"


async def test_a_number_of_the_buyers_is_given_once(clerk: Any) -> None:
    await _resident(clerk, ref="R1")
    again = await clerk.posts("/residents", {"name": "李梅", "ref": "R1"})
    assert (again.status, again.body["detail"]) == (409, "ref")


async def test_an_identity_number_is_kept_sealed_and_never_shown(console: Any, clerk: Any) -> None:
    made = await _resident(clerk, identity="11010519491231002X")
    assert made["has_identity"] is True
    assert "11010519491231002X" not in str(made)
    kept = await console.db.pool.fetchval("SELECT identity_sealed FROM resident")
    assert b"11010519491231002X" not in kept


async def test_away_needs_an_end_and_a_status_is_dated(console: Any, clerk: Any) -> None:
    made = await _resident(clerk)
    path = f"/residents/{made['id']}"
    assert (await clerk.patches(path, {"status": "away"})).status == 422
    away = {"status": "away", "status_expected_end": "2026-12-01T00:00:00Z"}
    assert (await clerk.patches(path, away)).status == 200
    rows = await console.db.pool.fetch("SELECT status, confirmed_by FROM resident_status")
    assert [tuple(row) for row in rows] == [("away", clerk.id)]


async def test_a_device_is_registered_given_and_taken_back(console: Any, clerk: Any) -> None:
    made = await _resident(clerk)
    device = await clerk.posts("/devices", {"device": "b-1", "kind": "location_band", "resident_id": made["id"]})
    assert (device.status, device.body["resident_masked_name"]) == (201, "王*英")
    assert (await clerk.posts("/devices", {"device": "b-1", "kind": "hub"})).status == 409
    console.clock.advance(60)
    free = await clerk.patches(f"/devices/{device.body['id']}", {"resident_id": None, "life": "in_stock"})
    assert (free.body["resident_id"], free.body["life"]) == (None, "in_stock")
    past = await console.db.pool.fetchval("SELECT count(*) FROM device_holder WHERE to_at IS NOT NULL")
    assert past == 1


async def test_a_device_cannot_be_given_to_nobody_known(clerk: Any) -> None:
    answer = await clerk.posts("/devices", {"device": "b-1", "kind": "hub", "premises_id": "999"})
    assert answer.status == 422
    assert answer.body["problems"][0]["field"] == "premises_id"


async def test_a_csv_file_is_imported_and_its_bad_rows_named(clerk: Any) -> None:
    text = "device,kind,colour\nb-1,call_button,red\nb-2,toaster,red\n"
    report = await clerk.asks("POST", "/api/v1/devices/import", text, Content_Type="text/csv")
    assert report.status == 200, report.body
    assert (report.body["imported"], report.body["unknown_columns"]) == (1, ["colour"])
    assert [error["line"] for error in report.body["errors"]] == [3]
    assert [row["device"] for row in (await clerk.gets("/devices")).body["items"]] == ["b-1"]


async def test_a_file_from_an_older_spreadsheet_program_is_read(clerk: Any) -> None:
    data = "device,kind,resident\nb-1,call_button,王小英\n".encode("gb18030")
    report = await clerk.asks("POST", "/api/v1/devices/import", data, Content_Type="text/csv")
    assert report.body["imported"] == 1
    assert (await clerk.gets("/residents")).body["items"][0]["masked_name"] == "王*英"


async def test_a_body_too_large_is_refused(clerk: Any) -> None:
    answer = await clerk.asks("POST", "/api/v1/residents", b"[" * 300_000, Content_Type="application/json")
    assert answer.status == 413


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000])
async def test_what_is_no_json_object_is_refused(clerk: Any, body: bytes) -> None:
    answer = await clerk.asks("POST", "/api/v1/residents", body, Content_Type="application/json")
    assert answer.status == 400
    assert answer.body["type"].startswith("/api/problems/")


async def test_areas_and_dead_letters_are_listed(console: Any, clerk: Any) -> None:
    await _resident(clerk)
    assert [area["path"] for area in (await clerk.gets("/areas")).body["items"]] == ["321999", "321999.321999100"]
    await console.db.pool.execute(
        """INSERT INTO dead_letter (device, topic, source, lane, reason, detail, payload, payload_hash, decoder,
                                    first_at, last_at)
           VALUES ('b-1', 'sw/v1/b-1/alarm', 'canonical', 'alarm', 'not_json', '', '\\x00', '\\x01', '0', $1, $1)""",
        console.clock.now(),
    )
    desk = await console.person("mei", "dispatcher")
    (letter,) = (await desk.gets("/dead-letters")).body["items"]
    assert (letter["reason"], letter["size_bytes"]) == ("not_json", 1)


async def test_health_and_pages_of_the_api_answer_without_sign_in(console: Any) -> None:
    for path, word in (
        ("/healthz", "ok"),
        ("/readyz", "degraded"),
        ("/metrics", "shouwang_stream_clients"),
        ("/api/docs", "守望"),
    ):
        async with console.client.get(path) as response:
            assert response.status == 200, path
            assert word in await response.text()
    async with console.client.get("/api/openapi.json") as response:
        assert (await response.json())["openapi"] == "3.1.0"
    async with console.client.get("/api/v1/nothing") as response:
        assert response.status == 404


@pytest.mark.parametrize("path", ["/residents?q=%00", "/premises?q=%00", "/devices?device=%00"])
async def test_a_question_no_text_can_hold_is_refused(clerk: Any, path: str) -> None:
    assert (await clerk.gets(path)).status == 422


@pytest.mark.parametrize("name", ["a\u0000b", "王\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")])
async def test_a_name_is_kept_as_it_was_typed_or_refused(clerk: Any, name: str) -> None:
    answer = await clerk.posts("/residents", {"name": name})
    assert answer.status == (422 if "\u0000" in name else 201)
