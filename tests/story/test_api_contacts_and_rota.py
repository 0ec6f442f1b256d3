"""Contacts, consents and the rota through the API: masked, on record, and wrong rotas named before the night."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture
async def clerk(console: Any) -> Any:
    return await console.person("clerk", "register_clerk")


@pytest.fixture
async def boss(console: Any) -> Any:
    return await console.person("boss", "supervisor")


async def _resident(clerk: Any) -> str:
    home = await clerk.posts("/premises", {"address": "澄湾县东风路3栋502", "area": "321999.321999100"})
    made = await clerk.posts("/residents", {"name": "王小英", "premises_id": home.body["id"]})
    assert made.status == 201, made.body
    found: str = made.body["id"]
    return found


async def _contact(clerk: Any, resident: str, **more: Any) -> dict[str, Any]:
    body = {"resident_id": resident, "name": "王大明", "role": "attends", "phone": "139 1234 5678"}
    made = await clerk.posts("/contacts", body | more)
    assert made.status == 201, made.body
    found: dict[str, Any] = made.body
    return found


async def test_contacts_are_masked_in_lists_and_whole_on_record(console: Any, clerk: Any) -> None:
    resident = await _resident(clerk)
    made = await _contact(clerk, resident, quiet_hours=[{"from": "22:00", "to": "07:00"}], channels=["sms", "voice"])
    assert (made["phone"], made["phone_typed"], made["consented"]) == ("13912345678", "139 1234 5678", False)
    listed = await clerk.gets(f"/contacts?resident={resident}")
    (row,) = listed.body["items"]
    assert (row["masked_name"], row["masked_phone"]) == ("王*明", "139****5678")
    refused = await clerk.gets(f"/contacts/{made['id']}")
    assert (refused.status, refused.body["problems"][0]["code"]) == (422, "purpose_required")
    shown = await clerk.gets(f"/contacts/{made['id']}?purpose=核对电话")
    assert shown.body["quiet_hours"] == [{"from": "22:00", "to": "07:00"}]
    assert await console.db.pool.fetchval("SELECT count(*) FROM audit WHERE object = $1", f"contact:{made['id']}") == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Phobos"), ("channels", ["robot"]), ("role", "friend"), ("phone", "12"),
        ("quiet_hours", [{"from": "25:00", "to": "07:00"}]), ("email", "nobody"), ("resident_id", "999999"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_by_name(clerk: Any, field: str, value: Any) -> None:
    body = {"resident_id": await _resident(clerk), "name": "王大明", "role": "attends"}
    refused = await clerk.posts("/contacts", body | {field: value})
    assert refused.status == 422
    assert field in str(refused.body["problems"])


async def test_a_contact_is_changed_only_by_who_saw_it_as_it_is(clerk: Any) -> None:
    made = await _contact(clerk, await _resident(clerk))
    changed = await clerk.patches(f"/contacts/{made['id']}", {"role": "barred"}, If_Match=f'"{made["version"]}"')
    assert (changed.status, changed.body["role"]) == (200, "barred")
    stale = await clerk.patches(f"/contacts/{made['id']}", {"role": "attends"}, If_Match=f'"{made["version"]}"')
    assert stale.status == 412


async def test_a_consent_is_dated_and_its_withdrawal_says_what_ends(console: Any, clerk: Any) -> None:
    resident = await _resident(clerk)
    contact = await _contact(clerk, resident, consent={"given_by": "self", "how": "paper"})
    assert contact["consented"]
    listed = await clerk.gets(f"/consents?resident={resident}")
    (consent,) = listed.body["items"]
    assert consent["purpose"] == f"family_sharing:{contact['id']}"
    assert consent["switches_off"] == ["notices to this contact"]
    at = console.clock.now().isoformat()
    withdrawn = await clerk.patches(f"/consents/{consent['id']}", {"withdrawn_at": at})
    assert (withdrawn.status, withdrawn.body["withdrawn_at"] is not None) == (200, True)
    again = await clerk.gets(f"/contacts?resident={resident}")
    assert not again.body["items"][0]["consented"]
    body = {"resident_id": resident, "purpose": "family_sharing:999", "given_by": "self", "how": "page"}
    other = await clerk.posts("/consents", body)
    assert other.status == 422


async def test_whoever_sees_another_area_sees_no_contact_of_this_one(console: Any, clerk: Any) -> None:
    made = await _contact(clerk, await _resident(clerk))
    stranger = await console.person("far", "register_clerk", ["321888"])
    assert (await stranger.gets("/contacts")).body["items"] == []
    assert (await stranger.gets(f"/contacts/{made['id']}?purpose=看看")).status == 404
    assert (await stranger.patches(f"/contacts/{made['id']}", {"role": "barred"})).status == 404


async def test_the_rota_names_who_has_no_number_and_when_nobody_is_on_call(console: Any, boss: Any) -> None:
    """The mistake: somebody stood on the rota without a way to be reached, and nobody knew until the night."""
    now = console.clock.now()
    body = {"role": "on_call", "user_id": str(boss.id), "from_at": now.isoformat(),
            "to_at": (now + timedelta(days=2)).isoformat()}  # fmt: skip
    made = await boss.posts("/shifts", body)
    assert (made.status, made.body["has_phone"]) == (201, False)
    wrong = [(one["wrong"], one["shift_id"]) for one in (await boss.gets("/shifts")).body["findings"]]
    assert wrong == [("gap", None), ("no_number", made.body["id"])]
    security = await console.person("keys", "security_administrator")
    given = await security.patches(f"/users/{boss.id}", {"phone": "138 0000 0001", "channels": ["voice"]})
    assert (given.status, given.body["phone"]) == (200, "13800000001")
    (gap,) = (await boss.gets("/shifts")).body["findings"]
    assert (gap["wrong"], gap["from_at"]) == ("gap", (now + timedelta(days=2)).isoformat().replace("+00:00", "Z"))
    cancelled = await boss.patches(f"/shifts/{made.body['id']}", {"cancelled": True})
    assert cancelled.body["cancelled_at"] is not None
    assert (await boss.gets("/shifts")).body["items"] == []


async def test_a_dispatcher_reads_the_rota_and_does_not_write_it(console: Any, boss: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    now = console.clock.now()
    body = {"role": "desk", "user_id": str(desk.id), "from_at": now.isoformat(),
            "to_at": (now + timedelta(hours=8)).isoformat()}  # fmt: skip
    assert (await desk.posts("/shifts", body)).status == 403
    assert (await boss.posts("/shifts", body)).status == 201
    assert len((await desk.gets("/shifts")).body["items"]) == 1
    assert (await desk.gets("/notices")).status == 403
