"""Credentials by the API, and brokers that ask us who may sign in and what they may do."""

from __future__ import annotations

from typing import Any

import pytest

from console.measure import Measure

BROKER_TOKEN = "an invented token of forty characters ok"


async def registered(console: Any, device: str, by: Any) -> str:
    answer = await by.posts("/devices", {"device": device, "kind": "call_button"})
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


async def issued(console: Any, device: str = "knopf-1") -> tuple[str, str, Any]:
    """The number of a device, its password, and who registered it."""
    clerk = await console.person(f"clerk-{device}", "register_clerk")
    number = await registered(console, device, clerk)
    answer = await clerk.posts(f"/devices/{number}/credentials")
    assert answer.status == 201
    assert answer.body["username"] == device
    return number, answer.body["password"], clerk


async def ask(console: Any, path: str, *, token: str | None = BROKER_TOKEN, **sent: Any) -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with console.client.post(f"/api/v1/broker/{path}", headers=headers, **sent) as response:
        is_json = "json" in response.headers["Content-Type"]
        return response.status, await (response.json(content_type=None) if is_json else response.text())


async def emqx(console: Any, path: str, **body: str) -> str:
    status, answer = await ask(console, f"emqx/{path}", json=body)
    assert (status, answer["is_superuser"]) == (200, False)
    return str(answer["result"])


async def rabbit(console: Any, path: str, **form: str) -> str:
    status, answer = await ask(console, f"rabbitmq/{path}", data=form)
    assert status == 200
    return str(answer)


async def test_a_password_is_shown_once_and_is_nowhere_in_the_database(console: Any) -> None:
    number, password, clerk = await issued(console)
    state = (await clerk.gets(f"/devices/{number}/credentials")).body
    assert state["username"] == "knopf-1" and password not in str(state)
    assert state["applied_at"] is None and state["revoked_at"] is None
    row = await console.db.pool.fetchrow("SELECT * FROM credential")
    assert password not in str(dict(row)) and password.encode() not in row["sealed"]
    trail = await console.db.pool.fetch("SELECT action, object, user_id FROM audit WHERE action LIKE 'credential_%'")
    assert [(row["action"], row["object"], row["user_id"]) for row in trail] == [
        ("credential_issued", f"device:{number}", clerk.id)
    ]


async def test_a_revoked_credential_holds_no_secret_and_is_not_revoked_twice(console: Any) -> None:
    number, _, clerk = await issued(console)
    assert (await clerk.asks("DELETE", f"/api/v1/devices/{number}/credentials")).status == 204
    row = await console.db.pool.fetchrow("SELECT digest, sealed FROM credential")
    assert row["digest"] is None and row["sealed"] is None
    again = await clerk.asks("DELETE", f"/api/v1/devices/{number}/credentials")
    assert (again.status, again.body["code"]) == (409, "nothing_to_revoke")


async def test_a_device_known_only_by_its_alarms_gets_none(console: Any) -> None:
    clerk = await console.person("clerk", "register_clerk")
    number = await console.db.pool.fetchval(
        "INSERT INTO device (device, registered, created_at) VALUES ('stranger', false, now()) RETURNING id"
    )
    answer = await clerk.posts(f"/devices/{number}/credentials")
    assert (answer.status, answer.body["code"]) == (409, "not_registered")
    assert (await clerk.posts("/devices/999999/credentials")).status == 404
    assert (await clerk.gets(f"/devices/{number}/credentials")).status == 404


async def test_nobody_issues_outside_their_areas(console: Any) -> None:
    chief = await console.person("chief", "administrator")
    made = await chief.posts("/devices", {"device": "far", "kind": "other", "area": "321999.321999200"})
    installer = await console.person("installer", "installer", areas=["321999.321999100"])
    assert (await installer.posts(f"/devices/{made.body['id']}/credentials")).status == 404


async def test_emqx_is_told_who_may_sign_in(console: Any) -> None:
    number, password, clerk = await issued(console)
    more = {"clientid": "knopf-1", "peerhost": "192.0.2.7"}
    assert await emqx(console, "auth", username="knopf-1", password=password, **more) == "allow"
    assert await emqx(console, "auth", username="knopf-1", password="guessed", **more) == "deny"
    assert await emqx(console, "auth", username="knopf-1", **more) == "deny"
    assert await emqx(console, "auth", username="the gateway", password=password, **more) == "ignore"
    await clerk.asks("DELETE", f"/api/v1/devices/{number}/credentials")
    assert await emqx(console, "auth", username="knopf-1", password=password) == "deny"
    assert await emqx(console, "acl", username="knopf-1", topic="sw/v1/knopf-1/alarm", action="publish") == "deny"


@pytest.mark.parametrize(
    ("action", "topic", "answer"),
    [
        ("publish", "sw/v1/knopf-1/alarm", "allow"),
        ("publish", "sw/v1/knopf-2/alarm", "deny"),
        ("publish", "sw/v1/knopf-1/ack", "deny"),
        ("subscribe", "sw/v1/knopf-1/ack", "allow"),
        ("subscribe", "sw/v1/+/ack", "deny"),
        ("subscribe", "#", "deny"),
    ],
)
async def test_emqx_is_told_who_may_use_a_topic(console: Any, action: str, topic: str, answer: str) -> None:
    await issued(console)
    assert await emqx(console, "acl", username="knopf-1", topic=topic, action=action) == answer
    assert await emqx(console, "acl", username="another", topic=topic, action=action) == "ignore"


async def test_rabbitmq_is_told_who_may_sign_in_and_use_what(console: Any) -> None:
    _, password, _ = await issued(console, "a.b")
    mine = {"username": "a.b", "vhost": "/"}
    assert await rabbit(console, "user", username="a.b", password=password, client_id="a.b") == "allow"
    assert await rabbit(console, "user", username="a.b", password="guessed") == "deny"
    assert await rabbit(console, "user", username="guest", password="guest") == "deny"
    assert await rabbit(console, "vhost", **mine, ip="192.0.2.7") == "allow"
    assert await rabbit(console, "vhost", username="guest", vhost="/") == "deny"
    exchange = {**mine, "resource": "exchange", "name": "amq.topic"}
    assert await rabbit(console, "resource", **exchange, permission="write") == "allow"
    assert await rabbit(console, "resource", **exchange, permission="configure") == "deny"
    queue = {**mine, "resource": "queue", "permission": "configure"}
    assert await rabbit(console, "resource", **queue, name="mqtt-subscription-a.bqos1") == "allow"
    assert await rabbit(console, "resource", **queue, name="mqtt-subscription-shouwang-lane-alarmsqos1") == "deny"
    topic = {**mine, "resource": "topic", "name": "amq.topic"}
    assert await rabbit(console, "topic", **topic, permission="write", routing_key="sw.v1.a.b.alarm") == "allow"
    assert await rabbit(console, "topic", **topic, permission="write", routing_key="sw.v1.a.alarm") == "deny"
    assert await rabbit(console, "topic", **topic, permission="read", routing_key="sw.v1.a.b.ack") == "allow"
    assert await rabbit(console, "topic", **topic, permission="read", routing_key="sw.v1.*.ack") == "deny"
    assert await rabbit(console, "topic", **topic, permission="read", routing_key="#") == "deny"


async def test_only_a_broker_that_knows_the_token_is_answered(console: Any) -> None:
    _, password, clerk = await issued(console)
    body = {"username": "knopf-1", "password": password}
    for token in (None, "", "guessed", clerk.token):
        status, _ = await ask(console, "emqx/auth", token=token, json=body)
        assert status == 401, token
    status, _ = await ask(console, f"rabbitmq/user?token={BROKER_TOKEN.replace(' ', '+')}", token=None, data=body)
    assert status == 200


async def test_without_a_token_in_the_settings_nobody_is_answered(console: Any) -> None:
    object.__setattr__(console.context, "broker_token", None)
    for token in (None, "", "None"):
        assert (await ask(console, "emqx/auth", token=token, json={}))[0] == 401


async def test_more_questions_than_the_measure_are_refused_and_not_answered(console: Any) -> None:
    object.__setattr__(console.context, "broker_questions", Measure(rate_per_s=1, burst=3))
    answers = [(await ask(console, "emqx/auth", json={"username": "x"}))[0] for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("emqx/auth", {"data": b"{"}),
        ("emqx/auth", {"json": {"username": "a\x00b"}}),
        ("emqx/acl", {"json": {"username": "a", "topic": "x", "action": "drop"}}),
        ("emqx/acl", {"json": []}),
        ("rabbitmq/user", {"data": b"\xff\xfe"}),
        ("rabbitmq/user", {"data": b"username=a%00b&password=x"}),
        ("rabbitmq/topic", {"data": {"username": "a"}}),
    ],
)
async def test_a_question_that_cannot_be_read_is_refused(console: Any, path: str, sent: dict[str, Any]) -> None:
    status, _ = await ask(console, path, **sent)
    assert status in (400, 422)
