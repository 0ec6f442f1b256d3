"""Who is let in where: every route asks for a sign-in and a right, and nobody sees beyond their areas."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from console.app import ROUTES
from console.rights import Role
from store.accounts import FAILURES_ALLOWED

GUARDED = [route for route in ROUTES if route.roles is not None]
TOWN, VILLAGE = "321999.321999100", "321999.321999100.321999100001"
OTHER_TOWN = "321999.321999200"
SIGN_IN = {"username": "mei", "password": "a long enough word"}


def _path(route: Any) -> str:
    return "/api/v1" + route.path.replace("{id}", "1")


async def test_every_route_refuses_whoever_is_not_signed_in(console: Any) -> None:
    for route in GUARDED:
        async with console.client.request(route.method, _path(route)) as response:
            assert response.status == 401, route.operation_id
            assert response.headers["Content-Type"] == "application/problem+json"


async def test_every_route_refuses_every_role_without_the_right(console: Any) -> None:
    people = {role: await console.person(role.value, role.value) for role in Role}
    for route in GUARDED:
        for role in set(Role) - route.roles:
            answer = await people[role].asks(route.method, _path(route))
            assert answer.status == 403, (route.operation_id, role)


async def test_nobody_holds_two_of_the_three_administrations(console: Any) -> None:
    for route in GUARDED:
        holders = route.roles & {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR}
        # Signing in and the names of areas are everybody's.
        assert len(holders) <= 1 or route.roles == frozenset(Role), route.operation_id


async def test_a_revoked_token_opens_nothing(console: Any) -> None:
    admin, desk = await console.person("root", "administrator"), await console.person("mei", "dispatcher")
    token = await console.db.pool.fetchval("SELECT id FROM token WHERE user_id = $1", desk.id)
    assert (await admin.asks("DELETE", f"/api/v1/tokens/{token}")).status == 204
    assert (await desk.gets("/incidents")).status == 401


async def test_a_case_elsewhere_does_not_exist_for_this_desk(console: Any) -> None:
    admin = await console.person("root", "administrator")
    desk = await console.person("mei", "dispatcher", [TOWN])
    homes = {}
    for area in (VILLAGE, OTHER_TOWN):
        made = await admin.posts("/premises", {"address": f"澄湾县 {area}", "area": area})
        homes[area] = int(made.body["id"])
    here = await console.case(admin, premises_id=homes[VILLAGE])
    there = await console.case(admin, premises_id=homes[OTHER_TOWN])
    listed = await desk.gets("/incidents")
    assert [item["id"] for item in listed.body["items"]] == [str(here)]
    assert (await desk.gets(f"/incidents/{there}")).status == 404
    assert (await desk.posts(f"/incidents/{there}/claim")).status == 404
    assert (await desk.gets(f"/premises/{homes[OTHER_TOWN]}")).status == 404
    assert [home["id"] for home in (await desk.gets("/premises")).body["items"]] == [str(homes[VILLAGE])]
    assert (await desk.posts(f"/incidents/{here}/claim")).status == 200


@pytest.fixture
async def mei(console: Any) -> Any:
    admin = await console.person("root", "administrator")
    await admin.posts(
        "/users", {"name": "mei", "display_name": "Mei", "role": "dispatcher"} | {"password": SIGN_IN["password"]}
    )
    return console


async def test_a_sign_in_sets_a_cookie_no_script_can_read(mei: Any) -> None:
    async with mei.client.post("/api/v1/session", json=SIGN_IN) as response:
        assert response.status == 200
        cookie = response.cookies["shouwang_session"]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
        assert (await response.json())["user"]["role"] == "dispatcher"
    async with mei.client.get("/api/v1/session") as response:
        assert response.status == 200
    async with mei.client.delete("/api/v1/session") as response:
        assert response.status == 204
    async with mei.client.get("/api/v1/session") as response:
        assert response.status == 401


async def test_a_page_of_another_origin_changes_nothing_in_ones_name(mei: Any) -> None:
    await mei.client.post("/api/v1/session", json=SIGN_IN)
    headers = {"Origin": "https://elsewhere.example"}
    async with mei.client.post("/api/v1/duty", json={"state": "on"}, headers=headers) as response:
        assert response.status == 403
        assert (await response.json())["code"] == "foreign_origin"


async def test_guessing_locks_this_account_at_this_address_only(mei: Any) -> None:
    wrong = SIGN_IN | {"password": "not the word"}
    for _ in range(FAILURES_ALLOWED):
        async with mei.client.post("/api/v1/session", json=wrong) as response:
            assert response.status == 401
    async with mei.client.post("/api/v1/session", json=SIGN_IN) as response:
        assert response.status == 429
        assert int(response.headers["Retry-After"]) > 0
    await mei.db.pool.execute("UPDATE sign_in_failure SET source = '192.0.2.7'")
    async with mei.client.post("/api/v1/session", json=SIGN_IN) as response:
        assert response.status == 200


async def test_lockout_never_ends_a_session_that_is_open(mei: Any) -> None:
    await mei.client.post("/api/v1/session", json=SIGN_IN)
    for _ in range(FAILURES_ALLOWED + 1):
        await mei.client.post("/api/v1/session", json=SIGN_IN | {"password": "not the word"})
    async with mei.client.get("/api/v1/session") as response:
        assert response.status == 200


async def test_a_desk_on_duty_is_not_signed_out_by_time(mei: Any) -> None:
    await mei.client.post("/api/v1/session", json=SIGN_IN)
    await mei.client.post("/api/v1/duty", json={"state": "on"})
    mei.clock.advance(timedelta(hours=30).total_seconds())
    async with mei.client.get("/api/v1/session") as response:
        assert response.status == 200
    await mei.client.post("/api/v1/duty", json={"state": "off"})
    mei.clock.advance(timedelta(hours=13).total_seconds())
    async with mei.client.get("/api/v1/session") as response:
        assert response.status == 401


async def test_a_security_administrator_makes_no_administrator_and_takes_none_over(console: Any) -> None:
    security = await console.person("sec", "security_administrator")
    root = await console.person("root", "administrator")
    new = {"name": "x", "display_name": "X", "role": "administrator"}
    assert (await security.posts("/users", new)).status == 422
    assert (await security.patches(f"/users/{root.id}", {"password": "another word"})).status == 422
    assert (await security.posts("/tokens", {"name": "t", "user_id": str(root.id)})).status == 422
