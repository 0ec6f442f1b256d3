"""The mistake: a supervisor of one community approves the whole county's policy, or prolongs its silence and storm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.story.conftest import Console
from tests.story.test_api_policies import COUNTY

TOWN = "320681.320681100"
OTHER = "320681.320681200"


@pytest.fixture
async def people(console: Console) -> tuple[Any, Any]:
    await console.db.pool.execute("INSERT INTO area (path) SELECT unnest($1::text[])::ltree", ["320681", TOWN, OTHER])
    return await console.person("mei", "supervisor"), await console.person("tian", "supervisor", [TOWN])


def _until(console: Console, hours: float) -> str:
    return (console.clock.now() + timedelta(hours=hours)).isoformat()


def _silence(console: Console, **more: Any) -> dict[str, Any]:
    return {"types": ["fault"], "until_at": _until(console, 2), "reason": "检修", **more}


async def test_a_policy_is_approved_refused_and_taken_back_only_by_who_sees_everything(
    console: Console, people: tuple[Any, Any]
) -> None:
    await console.db.pool.execute("TRUNCATE policy, policy_file")
    mei, of_town = people
    made = await of_town.posts("/policies", {"toml": COUNTY, "reason": "falls were found late"})
    assert made.status == 201, "anybody who may propose may propose"
    other = await console.person("lan", "supervisor", [OTHER])
    for refused in (
        await other.posts(f"/policies/{made.body['id']}/approve"),
        await other.posts(f"/policies/{made.body['id']}/refuse", {"reason": "no"}),
        await other.posts("/policies/back", {"reason": "no"}),
    ):
        assert (refused.status, refused.body["code"]) == (403, "beyond_your_areas")
    assert (await mei.posts(f"/policies/{made.body['id']}/approve")).status == 200


@pytest.mark.parametrize("area", [None, "320681"])
async def test_a_silence_is_moved_and_ended_only_by_who_sees_all_it_silences(
    console: Console, people: tuple[Any, Any], area: str | None
) -> None:
    mei, of_town = people
    made = await mei.posts("/silences", _silence(console, area=area))
    path = f"/silences/{made.body['id']}"
    later = {"until_at": _until(console, 9)}
    assert (await of_town.patches(path, later)).status in (403, 404)
    assert (await of_town.asks("DELETE", f"/api/v1{path}")).status in (403, 404)
    assert (await mei.gets(path)).body["ended_at"] is None
    assert (await mei.patches(path, later)).status == 200
    own = await of_town.posts("/silences", _silence(console, area=TOWN))
    assert (await of_town.patches(f"/silences/{own.body['id']}", later)).status == 200


async def test_a_storm_of_the_whole_centre_is_prolonged_and_ended_only_by_who_sees_it_all(
    console: Console, people: tuple[Any, Any]
) -> None:
    mei, of_town = people
    made = await mei.posts("/storms", {"reason": "台风", "until_at": _until(console, 2)})
    path = f"/storms/{made.body['id']}"
    for body in ({"until_at": _until(console, 20)}, {"state": "ended"}):
        refused = await of_town.patches(path, body)
        assert (refused.status, refused.body["code"]) == (403, "beyond_your_areas")
    assert (await mei.gets(path)).body["state"] == "on"
    own = await of_town.posts("/storms", {"area": TOWN, "reason": "台风", "until_at": _until(console, 2)})
    assert (await of_town.patches(f"/storms/{own.body['id']}", {"state": "ended"})).status == 200


async def test_what_would_hold_alarms_of_an_area_that_is_not_in_the_register_is_refused(
    console: Console, people: tuple[Any, Any]
) -> None:
    """A silence of a mistyped area holds nothing and looks as if it did."""
    mei, _ = people
    nowhere = "320681.typo"
    for answer in (
        await mei.posts("/silences", _silence(console, area=nowhere)),
        await mei.posts("/storms", {"area": nowhere, "reason": "台风", "until_at": _until(console, 2)}),
    ):
        assert answer.status == 422, answer.body
        (problem,) = answer.body["problems"]
        assert (problem["field"], problem["code"], problem["message"]) == ("area", "unknown", nowhere)


async def test_people_are_named_for_an_area_before_its_first_home_is(console: Console, people: tuple[Any, Any]) -> None:
    """Whatever the register names makes the area known, with those above it; a silence then finds it."""
    mei, _ = people
    clerk = await console.person("clerk", "register_clerk")
    boss = await console.person("boss", "administrator")
    known = {area["path"] for area in (await mei.gets("/areas?limit=200")).body["items"]}
    assert known.isdisjoint({"320681.t7", "320681.t8", "320681.t9"})
    shift = {"role": "on_call", "user_id": str(mei.id), "from_at": _until(console, 1), "to_at": _until(console, 9)}
    assert (await mei.posts("/shifts", {**shift, "areas": ["320681.t9"]})).status == 201
    volunteer = {"name": "李小军", "kind": "volunteer", "areas": ["320681.t8.v1"]}
    assert (await clerk.posts("/responders", volunteer)).status == 201
    user = {"name": "lan", "display_name": "Lan", "role": "dispatcher", "areas": ["320681.t7"]}
    made = await boss.posts("/users", user)
    assert made.status == 201, made.body
    moved = await boss.patches(f"/users/{made.body['id']}", {"areas": ["320681.t6"]})
    assert moved.status == 200, moved.body
    known = {area["path"] for area in (await mei.gets("/areas?limit=200")).body["items"]}
    assert known >= {"320681.t6", "320681.t7", "320681.t8", "320681.t8.v1", "320681.t9"}
    assert (await mei.posts("/silences", _silence(console, area="320681.t9"))).status == 201


async def test_a_visit_by_somebody_who_is_not_there_is_refused(console: Console) -> None:
    clerk = await console.person("clerk", "register_clerk")
    home = await clerk.posts("/premises", {"address": "澄湾县东风路3栋502", "area": TOWN})
    person = await clerk.posts("/residents", {"name": "王小英", "premises_id": home.body["id"]})
    other = await clerk.posts("/residents", {"name": "李大山", "premises_id": home.body["id"]})
    contact = await clerk.posts(
        "/contacts", {"resident_id": other.body["id"], "name": "李小山", "role": "attends", "phone": "13800001111"}
    )
    assert contact.status == 201, contact.body
    plan = {
        "resident_id": person.body["id"], "from_at": _until(console, 1), "until_at": _until(console, 2),
    }  # fmt: skip
    for carer in ("user:999999", "responder:7", f"contact:{contact.body['id']}"):
        answer = await clerk.posts("/visits", {**plan, "carer": carer})
        assert (answer.status, answer.body["problems"][0]["message"]) == (422, carer)
    made = await clerk.posts("/visits", {**plan, "carer": f"user:{clerk.id}"})
    assert made.status == 201
    moved = await clerk.patches(f"/visits/{made.body['id']}", {"carer": "responder:7"})
    assert moved.status == 422


async def test_a_stale_change_of_a_record_is_told_what_has_changed_since(console: Console) -> None:
    clerk, mei = await console.person("clerk", "register_clerk"), await console.person("mei", "supervisor")
    made = await clerk.posts("/residents", {"name": "王小英", "tags": ["dementia"], "phone": "13812345678"})
    path = f"/residents/{made.body['id']}"
    assert (await mei.patches(path, {"tags": ["living_alone"], "ability": 3})).status == 200
    assert (await clerk.patches(path, {"phone": "13800000000"})).status == 200
    stale = await clerk.patches(path, {"name": "王晓英"}, If_Match='"1"')
    assert (stale.status, stale.body["version"]) == (412, 3)
    said = [(one["version"], one["by"]["display_name"], one["fields"]) for one in stale.body["changed"]]
    assert said == [(2, "Mei", ["ability", "tags"]), (3, "Clerk", ["phone"])]
    assert "13800000000" not in str(stale.body), "the names of fields, never what is in them"
    newer = await clerk.patches(path, {"name": "王晓英"}, If_Match='"2"')
    assert [one["version"] for one in newer.body["changed"]] == [3]


@pytest.mark.parametrize("register", ["premises", "responders", "silences"])
async def test_every_register_says_what_has_changed(console: Console, people: tuple[Any, Any], register: str) -> None:
    mei, _ = people
    body: dict[str, Any] = {
        "premises": {"address": "澄湾县东风路3栋502", "area": TOWN},
        "responders": {"name": "李小军", "kind": "volunteer", "phone": "13800001234"},
        "silences": _silence(console, area=TOWN),
    }[register]
    patch = {
        "premises": {"address": "澄湾县东风路4栋"},
        "responders": {"means": "car"},
        "silences": {"reason": "换电池"},
    }
    made = await mei.posts(f"/{register}", body)
    path = f"/{register}/{made.body['id']}"
    assert (await mei.patches(path, patch[register])).status == 200
    stale = await mei.patches(path, patch[register], If_Match='"1"')
    assert stale.status == 412
    (change,) = stale.body["changed"]
    assert change["by"]["display_name"] == "Mei"
    assert set(change["fields"]) == set(patch[register])
