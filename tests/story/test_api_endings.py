"""Deleting is a dated end of service: never while a device is at the home, and no row disappears."""

from __future__ import annotations

import pytest

from devices.event import EventType
from tests.story.conftest import Console
from tests.town import Home, Town


@pytest.fixture
def town(console: Console) -> Town:
    return Town(db=console.db)


async def device_id(console: Console, home: Home) -> int:
    return int(await console.db.pool.fetchval("SELECT id FROM device WHERE device = $1", home.button))


async def test_a_resident_is_never_deleted_while_a_device_is_at_the_home(console: Console, town: Town) -> None:
    clerk, home = await console.person("gu", "register_clerk"), await town.home()
    smoke = await town.device("smoke_alarm", premises_id=home.premises_id)
    refused = await clerk.asks("DELETE", f"/api/v1/residents/{home.resident_id}")
    assert (refused.status, refused.body["code"]) == (409, "device_at_home")
    assert [problem["message"] for problem in refused.body["problems"]] == sorted([home.button, smoke])
    assert (await clerk.asks("DELETE", f"/api/v1/devices/{await device_id(console, home)}")).status == 204
    refused = await clerk.asks("DELETE", f"/api/v1/residents/{home.resident_id}")
    assert [problem["message"] for problem in refused.body["problems"]] == [smoke], "it hangs over her bed"


async def test_who_leaves_stays_in_the_register_with_the_date(console: Console, town: Town) -> None:
    clerk, home = await console.person("gu", "register_clerk"), await town.home()
    assert (await clerk.asks("DELETE", f"/api/v1/devices/{await device_id(console, home)}")).status == 204
    gone = await clerk.asks("DELETE", f"/api/v1/residents/{home.resident_id}", If_Match='"7"')
    assert gone.status == 412
    assert (await clerk.asks("DELETE", f"/api/v1/residents/{home.resident_id}")).status == 204
    found = await clerk.gets(f"/residents/{home.resident_id}?purpose=check")
    assert (found.status, found.body["status"]) == (200, "left_service")
    dated = await console.db.pool.fetchrow("SELECT * FROM resident_status WHERE resident_id = $1", home.resident_id)
    assert dated is not None
    assert (dated["from_at"], dated["confirmed_by"]) == (console.clock.now(), clerk.id)
    assert (await clerk.asks("DELETE", f"/api/v1/premises/{home.premises_id}")).status == 204
    assert (await clerk.gets(f"/premises/{home.premises_id}")).body["ended_at"] is not None
    listed = await clerk.gets("/premises")
    assert [one["id"] for one in listed.body["items"]] == []


async def test_a_home_somebody_lives_in_stays(console: Console, town: Town) -> None:
    clerk, home = await console.person("gu", "register_clerk"), await town.home()
    assert (await clerk.asks("DELETE", f"/api/v1/devices/{await device_id(console, home)}")).status == 204
    refused = await clerk.asks("DELETE", f"/api/v1/premises/{home.premises_id}")
    assert (refused.status, refused.body["code"]) == (409, "somebody_lives_there")


async def test_a_device_that_was_taken_back_is_nobodys_and_heard_all_the_same(console: Console, town: Town) -> None:
    clerk, home = await console.person("gu", "register_clerk"), await town.home()
    number = await device_id(console, home)
    assert (await clerk.asks("DELETE", f"/api/v1/devices/{number}")).status == 204
    found = (await clerk.gets(f"/devices/{number}")).body
    assert (found["life"], found.get("resident")) == ("returned", None)
    pressed = await town.says(home.button, EventType.SOS, now=console.clock.now())
    assert pressed.rang, "an alarm is an alarm"


async def test_an_account_that_is_deleted_loses_its_tokens_and_its_streams(console: Console) -> None:
    security = await console.person("wei", "security_administrator")
    leaver = await console.person("li", "dispatcher")
    assert (await leaver.posts("/duty", {"state": "on"})).status == 200
    stream = await leaver.streams()
    assert (await security.asks("DELETE", f"/api/v1/users/{leaver.id}")).status == 204
    console.clock.advance(1)
    assert await stream.closed_with() == 4401
    assert (await leaver.gets("/incidents")).status == 401
    assert (await security.gets(f"/users/{leaver.id}")).body["disabled"] is True, "the record names who did what"
    states = await console.db.pool.fetchrow("SELECT d.state, t.revoked_at FROM duty d JOIN token t USING (user_id)")
    assert states is not None
    assert states["state"] == "off"
    assert states["revoked_at"] is not None
    assert (await security.asks("DELETE", f"/api/v1/users/{security.id}")).status == 422


async def test_nobody_deletes_an_account_above_their_own(console: Console) -> None:
    security, chief = await console.person("wei", "security_administrator"), await console.person("a", "administrator")
    assert (await security.asks("DELETE", f"/api/v1/users/{chief.id}")).status == 422


async def test_a_token_is_read_and_given_another_end(console: Console) -> None:
    security, program = await console.person("wei", "security_administrator"), await console.person("telco", "program")
    (token,) = [t for t in (await security.gets("/tokens")).body["items"] if t["user_id"] == str(program.id)]
    path = f"/tokens/{token['id']}"
    read = await security.gets(path)
    assert (read.body["name"], read.body["version"], "digest" in read.body) == ("tests", 1, False)
    changed = await security.patches(path, {"name": "exchange", "expires_at": "2026-11-30T00:00:00Z"}, If_Match='"1"')
    assert (changed.status, changed.body["name"], changed.body["version"]) == (200, "exchange", 2)
    assert (await security.patches(path, {"name": "x"}, If_Match='"1"')).status == 412
    assert (await security.patches(path, {"expires_at": None})).body["expires_at"] is None
    assert (await security.asks("DELETE", f"/api/v1{path}")).status == 204
    assert (await security.patches(path, {"name": "x"})).status == 409
    assert (await security.gets("/tokens/999")).status == 404
