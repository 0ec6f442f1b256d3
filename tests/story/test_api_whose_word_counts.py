"""Somebody's word is taken for what is not theirs to say: another's visit, another's shift, a stranger's address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.story.conftest import Console, Person


def _window(console: Console) -> dict[str, str]:
    now = console.clock.now()
    return {"from_at": now.isoformat(), "until_at": (now + timedelta(hours=1)).isoformat()}


@pytest.fixture
async def boss(console: Console) -> Person:
    return await console.person("boss", "supervisor")


async def _resident(boss: Person) -> str:
    made = await boss.posts("/residents", {"name": "王秀英"})
    return str(made.body["id"])


async def _at_home(boss: Person) -> str:
    """A resident of an area that only who sees it may name."""
    device = "device,kind,resident,address,area\nb1,call_button,李四,澄湾县二号,320681.t2\n"
    kept = await boss.asks("POST", "/api/v1/devices/import", device, Content_Type="text/csv")
    assert kept.status == 200, kept.body
    return str((await boss.gets("/residents?q=李四")).body["items"][0]["id"])


async def test_a_responder_moves_on_their_own_visits_alone(console: Console, boss: Person) -> None:
    theirs = await console.person("jun", "responder")
    other = await console.person("qi", "responder")
    resident = await _resident(boss)
    body = {"resident_id": resident, **_window(console), "carer": f"user:{theirs.id}"}
    visit = (await boss.posts("/visits", body)).body["id"]
    assert (await other.patches(f"/visits/{visit}", {"state": "called_off"})).status == 404
    assert (await theirs.patches(f"/visits/{visit}", {"state": "started"})).status == 200
    assert (await theirs.posts("/visits", body)).status == 403


async def test_a_responder_says_that_somebody_is_well_only_of_whom_they_care_for(
    console: Console, boss: Person
) -> None:
    theirs = await console.person("jun", "responder")
    other = await console.person("qi", "responder")
    resident = await _resident(boss)
    await boss.posts("/visits", {"resident_id": resident, **_window(console), "carer": f"user:{theirs.id}"})
    assert (await other.posts(f"/residents/{resident}/check_ins")).status == 404
    assert (await theirs.posts(f"/residents/{resident}/check_ins")).status == 201


async def test_who_sees_one_area_neither_cancels_nor_makes_a_shift_of_all(console: Console, boss: Person) -> None:
    local = await console.person("local", "supervisor", ["320681.t1"])
    now = console.clock.now()
    times = {"from_at": now.isoformat(), "to_at": (now + timedelta(hours=8)).isoformat()}
    shift: dict[str, Any] = {"role": "on_call", "user_id": str(boss.id), **times}
    made = await boss.posts("/shifts", shift)
    assert made.status == 201
    refused = await local.patches(f"/shifts/{made.body['id']}", {"cancelled": True})
    assert (refused.status, refused.body["code"]) == (403, "wider_than_yours")
    wider = await local.posts("/shifts", shift)
    assert (wider.status, wider.body["problems"][0]["field"]) == (422, "areas")
    own = await local.posts("/shifts", {**shift, "areas": ["320681.t1"]})
    assert own.status == 201
    assert (await local.patches(f"/shifts/{own.body['id']}", {"areas": []})).status == 422
    assert (await local.patches(f"/shifts/{own.body['id']}", {"cancelled": True})).status == 200


async def test_nobody_binds_a_responder_to_somebody_out_of_their_sight(console: Console, boss: Person) -> None:
    resident = await _at_home(boss)
    far = await console.person("far", "register_clerk", ["320681.t1"])
    bound = {"name": "张三", "kind": "family", "areas": ["320681.t1"], "residents": [resident]}
    refused = await far.posts("/responders", bound)
    assert (refused.status, refused.body["problems"][0]["field"]) == (422, "residents")
    plain = await far.posts("/responders", {**bound, "residents": []})
    assert plain.status == 201, plain.body
    assert (await far.patches(f"/responders/{plain.body['id']}", {"residents": [resident]})).status == 422
    assert (await boss.posts("/responders", {**bound, "residents": ["999999"]})).status == 422
    assert (await boss.posts("/responders", bound)).status == 201


async def test_an_absence_of_years_is_none(console: Console, boss: Person) -> None:
    resident = await _resident(boss)
    later = (console.clock.now() + timedelta(days=400)).isoformat()
    soon = (console.clock.now() + timedelta(days=30)).isoformat()
    said = {"resident_id": resident, "reason": "with the daughter"}
    assert (await boss.posts("/absences", {**said, "until_at": later})).status == 422
    made = await boss.posts("/absences", {**said, "until_at": soon})
    assert made.status == 201
    assert (await boss.patches(f"/absences/{made.body['id']}", {"until_at": later})).status == 422


async def test_what_names_nobody_is_refused_by_its_own_field(console: Console, boss: Person) -> None:
    now = console.clock.now()
    times = {"from_at": now.isoformat(), "to_at": (now + timedelta(hours=8)).isoformat()}
    told = {"source": "phone", "class": "sos"}
    for path, body, field in (
        ("/tasks", {"kind": "talk", "assigned_to": "999999"}, "assigned_to"),
        ("/tasks", {"kind": "talk", "resident": "999999"}, "resident"),
        ("/tasks", {"kind": "talk", "incident": "999999"}, "incident"),
        ("/shifts", {"role": "on_call", "user_id": "999999", **times}, "user_id"),
        ("/shifts", {"role": "on_call", "responder_id": "999999", **times}, "responder_id"),
        ("/incidents", {**told, "resident": "999999"}, "resident"),
        ("/incidents", {**told, "premises": "999999"}, "premises"),
    ):
        refused = await boss.posts(path, body)
        assert (refused.status, refused.body["problems"][0]["field"]) == (422, field), path


async def test_changing_nothing_is_no_look_without_a_trace(console: Console, boss: Person) -> None:
    resident = await _resident(boss)
    contact = await boss.posts("/contacts", {"resident_id": resident, "name": "王芳", "role": "attends"})
    responder = await boss.posts("/responders", {"name": "张三", "kind": "volunteer"})
    for path in (f"/residents/{resident}", f"/contacts/{contact.body['id']}", f"/responders/{responder.body['id']}"):
        assert (await boss.patches(path, {})).status == 200
    rows = await console.db.pool.fetch("SELECT object, purpose FROM audit WHERE action = 'look'")
    looks = {(row["object"].partition(":")[0], row["purpose"]) for row in rows}
    assert looks == {("resident", "change"), ("contact", "change"), ("responder", "change")}
