"""A legal hold names its scope, its author and its reason, and only who answers for the data makes one."""

from __future__ import annotations

from tests.story.conftest import Console


async def test_a_hold_is_made_listed_and_ended(console: Console) -> None:
    officer = await console.person("officer", "data_protection_officer")
    made = await officer.posts("/legal_holds", {"reason": "a court asks", "period_from": "2026-11-01T00:00:00Z"})
    assert made.status == 201, made.body
    assert (made.body["author"], made.body["until"]) == (str(officer.id), None)
    listed = await officer.gets("/legal_holds")
    assert [hold["id"] for hold in listed.body["items"]] == [made.body["id"]]
    ended = await officer.patches(f"/legal_holds/{made.body['id']}", {"until": "2026-11-20T00:00:00Z"})
    assert (ended.status, ended.body["version"]) == (200, 2)
    stale = await officer.patches(f"/legal_holds/{made.body['id']}", {"until": None}, If_Match=chr(34) + "1" + chr(34))
    assert stale.status == 412


async def test_a_hold_has_one_scope_and_a_case_that_is_there(console: Console) -> None:
    officer = await console.person("officer", "data_protection_officer")
    for body in ({"reason": "x"}, {"reason": "x", "incident": "1", "period_until": "2026-11-01T00:00:00Z"}):
        assert (await officer.posts("/legal_holds", body)).status == 422
    assert (await officer.posts("/legal_holds", {"reason": "x", "incident": "999"})).status == 404
    assert (await officer.posts("/legal_holds", {"reason": "x", "resident": "999"})).status == 422


async def test_a_dispatcher_makes_no_hold(console: Console) -> None:
    dispatcher = await console.person("li", "dispatcher")
    assert (await dispatcher.posts("/legal_holds", {"reason": "x", "incident": "1"})).status == 403
