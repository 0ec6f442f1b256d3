"""The mistake: the entry code stands in the file, and whoever is at the door at night is told to ring the centre.

A secret is shown inside a case only: to its owner, and to who accepted, for as long as that lasts; each time on record.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.story.test_a_link_preview_accepts_nothing import Link

CODE = "7731#"
ACCESS = [
    {"kind": "key_box", "secret": CODE, "instructions": "门左侧", "consent": "本人同意"},
    {"kind": "key_holder", "holder": "赵阿姨", "instructions": "五楼"},
]


@pytest.fixture
async def link(console: Any) -> Link:
    clerk, desk = await console.person("clerk", "register_clerk"), await console.person("mei", "dispatcher")
    home = await clerk.posts(
        "/premises", {"address": "澄湾县东风路3栋502", "lat": 31.9, "lon": 121.2, "access": ACCESS}
    )
    assert home.status == 201, home.body
    resident = await clerk.posts("/residents", {"name": "王小英", "premises_id": home.body["id"]})
    one = {"name": "李小军", "kind": "community_worker", "phone": "13900004321", "base_lat": 31.91, "base_lon": 121.2}
    made = await clerk.posts("/responders", one)
    case = await console.case(desk, "sos", resident_id=int(resident.body["id"]))
    await desk.posts(f"/incidents/{case}/dispatch", {"responders": [made.body["id"]]})
    code = await console.db.pool.fetchval("SELECT facts->>'code' FROM outbox WHERE purpose = 'offer'")
    return Link(console, desk, case, code)


async def _door(link: Link) -> str:
    number = await link.console.db.pool.fetchval("SELECT id FROM premises_access WHERE secret IS NOT NULL")
    return str(number)


async def _reveals(link: Link) -> list[dict[str, Any]]:
    rows = await link.console.db.pool.fetch(
        "SELECT fixed FROM entry WHERE incident_id = $1 AND action = 'revealed' ORDER BY seq", link.case
    )
    return [json.loads(row["fixed"]) for row in rows]


async def test_who_accepted_presses_for_the_code_and_is_on_record(link: Link) -> None:
    door = await _door(link)
    _, text = await link.presses("accept", digits="4321")
    assert "赵阿姨" in text and "查看密码" in text
    assert CODE not in text, "only by a press of its own"
    status, text = await link.presses("reveal", way_in=door)
    assert (status, CODE in text) == (200, True)
    _, text, _ = await link.opens()
    assert CODE not in text, "a reload shows it no more"
    (entry,) = await _reveals(link)
    assert entry["actor"].startswith("responder:")
    looks = await link.console.db.pool.fetch("SELECT object, purpose FROM audit WHERE action = 'reveal'")
    assert [(row["object"], row["purpose"][:10]) for row in looks] == [(f"incident:{link.case}", "assignment")]
    tasks = await link.console.db.pool.fetch("SELECT kind, for_role FROM task")
    assert [tuple(row) for row in tasks] == [("change_code", "community_worker")], "they are not employed"


async def test_nobody_sees_the_code_before_the_acceptance_by_the_link_alone_or_after_the_end(link: Link) -> None:
    door = await _door(link)
    assert (await link.presses("reveal", way_in=door, digits="4321"))[0] == 409, "offered is not accepted"
    await link.presses("accept", digits="4321")
    link.console.client.session.cookie_jar.clear()
    assert (await link.presses("reveal", way_in=door))[0] == 403, "a forwarded link shows nothing"
    await link.presses("show", digits="4321")
    await link.desk.posts(f"/incidents/{link.case}/stand_down", {"all": True, "reason": "女儿已到"})
    status, text = await link.presses("reveal", way_in=door)
    assert (status, CODE in text) == (409, False)
    assert await _reveals(link) == []


async def test_who_accepted_and_never_came_is_shown_no_code_hours_later(link: Link) -> None:
    door = await _door(link)
    await link.presses("accept", digits="4321")
    link.console.clock.advance(timedelta(hours=5).total_seconds())
    assert (await link.presses("reveal", way_in=door))[0] == 409
    await link.presses("arrive")
    assert (await link.presses("reveal", way_in=door))[0] == 200, "who is at the door needs it"


@pytest.mark.parametrize("door", ["", "x", "0", "999999", "-1", "1' OR 1=1"])
async def test_a_door_of_elsewhere_opens_nothing(link: Link, door: str) -> None:
    await link.presses("accept", digits="4321")
    assert (await link.presses("reveal", way_in=door))[0] == 409
    assert await _reveals(link) == []


async def test_the_owner_of_the_case_is_shown_it_and_nobody_else_at_a_desk(link: Link) -> None:
    path, body = f"/incidents/{link.case}/reveal", {"way_in": await _door(link)}
    assert (await link.desk.posts(path, body)).status == 409, "nobody's case yet"
    await link.desk.posts(f"/incidents/{link.case}/claim")
    shown = await link.desk.posts(path, body)
    assert (shown.status, shown.body["secret"]) == (200, CODE)
    other = await link.console.person("an", "dispatcher")
    assert (await other.posts(path, body)).status == 409
    assert len(await _reveals(link)) == 1


async def test_the_register_keeps_a_secret_sealed_and_never_shows_it(link: Link) -> None:
    clerk = await link.console.person("li", "register_clerk")
    home = (await clerk.gets("/premises")).body["items"][0]["id"]
    assert (await clerk.gets(f"/premises/{home}")).body["access"] is None, "a look says why"
    found = (await clerk.gets(f"/premises/{home}?purpose=yearly%20check")).body
    assert [(way["kind"], way["has_secret"]) for way in found["access"]] == [("key_box", True), ("key_holder", False)]
    kept = {"id": found["access"][0]["id"], "kind": "key_box", "instructions": "门右侧"}
    changed = await clerk.patches(f"/premises/{home}", {"access": [kept]})
    assert [(way["id"], way["has_secret"], way["instructions"]) for way in changed.body["access"]] == [
        (kept["id"], True, "门右侧")
    ], "without a secret named it keeps its own, and who is not named is gone"
    assert CODE not in str(found) + str(changed.body)
    sealed = await link.console.db.pool.fetchval("SELECT secret FROM premises_access")
    assert CODE.encode() not in bytes(sealed)
    emptied = await clerk.patches(f"/premises/{home}", {"access": [{**kept, "secret": None}]})
    assert emptied.body["access"][0]["has_secret"] is False
    unknown = await clerk.patches(f"/premises/{home}", {"access": [{"id": "999999", "kind": "concierge"}]})
    assert (unknown.status, unknown.body["problems"][0]["field"]) == (422, "access")
