"""A telephone call that nobody answers is forgotten: it is a case after half a minute, or once the caller gives up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from store.opening import Centre
from store.ringing import RingingStore
from tests.story.conftest import Console, Person

_NUMBER = "138 1234 5678"


@pytest.fixture
async def desk(console: Console) -> Person:
    return await console.person("li", "dispatcher")


@pytest.fixture
async def exchange(console: Console) -> Person:
    return await console.person("pbx", "program")


async def _resident(console: Console) -> str:
    clerk = await console.person("clerk", "register_clerk")
    made = await clerk.posts("/residents", {"name": "王秀英", "phone": _NUMBER})
    assert made.status == 201, made.body
    return str(made.body["id"])


def _call(console: Console, **more: Any) -> dict[str, Any]:
    return {"direction": "in", "number": _NUMBER, "line": "1", "began_at": console.clock.now().isoformat(), **more}


async def _engine(console: Console) -> int:
    centre = Centre(keyring=console.context.keyring, timezone=console.context.site_timezone)
    return await RingingStore(console.db, centre).make_cases(console.clock.now())


async def test_a_call_rings_on_the_desks_with_whose_number_it_is_and_nothing_unmasked(
    console: Console, desk: Person, exchange: Person
) -> None:
    resident = await _resident(console)
    stream = await desk.streams()
    made = await exchange.posts("/calls", _call(console))
    assert made.status == 201
    frame = await stream.next("call")
    shown = frame["data"]
    assert shown["state"] == "ringing"
    assert shown["resident"] == {"id": resident, "masked_name": "王*英", "role": None}
    assert "13812345678" not in str(frame)
    listed = await desk.gets("/calls?ringing=true")
    assert [item["id"] for item in listed.body["items"]] == [made.body["id"]]
    assert "13812345678" not in str(listed.body)
    assert (await desk.gets(f"/calls/{made.body['id']}")).body["number"] == "13812345678"


async def test_unanswered_for_thirty_seconds_it_is_a_call_for_help_once(
    console: Console, desk: Person, exchange: Person
) -> None:
    resident = await _resident(console)
    made = await exchange.posts("/calls", _call(console))
    console.clock.advance(29)
    assert await _engine(console) == 0
    console.clock.advance(1)
    assert await _engine(console) == 1
    assert await _engine(console) == 0
    call = (await desk.gets(f"/calls/{made.body['id']}")).body
    assert call["state"] == "missed"
    case = (await desk.gets(f"/incidents/{call['incident']}")).body
    assert (case["class"], case["priority"], case["source"], case["unattended"]) == ("sos", "P1", "phone", True)
    assert case["resident"]["id"] == resident
    assert case["deadline"] is not None


async def test_answered_in_time_it_is_none(console: Console, exchange: Person) -> None:
    made = await exchange.posts("/calls", _call(console))
    answered = await exchange.patches(f"/calls/{made.body['id']}", {"answered_at": console.clock.now().isoformat()})
    assert answered.body["state"] == "answered"
    console.clock.advance(60)
    assert await _engine(console) == 0
    ended = await exchange.patches(f"/calls/{made.body['id']}", {"ended_at": console.clock.now().isoformat()})
    assert (ended.body["state"], ended.body["incident"]) == ("ended", None)


async def test_given_up_by_the_caller_it_is_a_case_at_once(console: Console, desk: Person, exchange: Person) -> None:
    made = await exchange.posts("/calls", _call(console))
    console.clock.advance(6)
    ended = await exchange.patches(f"/calls/{made.body['id']}", {"ended_at": console.clock.now().isoformat()})
    assert ended.body["state"] == "missed"
    case = (await desk.gets(f"/incidents/{ended.body['incident']}")).body
    assert (case["class"], case["priority"], case["resident"]) == ("unknown", "P2", None)


async def test_who_rings_twice_unheard_is_one_case(console: Console, exchange: Person) -> None:
    cases = set()
    for _ in range(2):
        console.clock.advance(10)
        now = console.clock.now().isoformat()
        cases.add((await exchange.posts("/calls", _call(console, ended_at=now))).body["incident"])
    assert len(cases) == 1


async def test_the_same_call_reported_again_is_the_same(console: Console, exchange: Person) -> None:
    said = _call(console)
    first = await exchange.posts("/calls", said)
    again = await exchange.posts("/calls", said)
    assert (first.status, again.status) == (201, 200)
    assert first.body["id"] == again.body["id"]


async def test_a_wrong_clock_of_the_telephone_system_neither_hides_a_call_nor_hurries_it(
    console: Console, exchange: Person
) -> None:
    ahead = console.clock.now() + timedelta(hours=8)
    await exchange.posts("/calls", {**_call(console), "began_at": ahead.isoformat()})
    console.clock.advance(30)
    assert await _engine(console) == 1


async def test_a_call_out_is_kept_and_never_a_case(console: Console, exchange: Person) -> None:
    now = console.clock.now().isoformat()
    made = await exchange.posts("/calls", _call(console, direction="out", ended_at=now))
    assert (made.status, made.body["incident"]) == (201, None)
    console.clock.advance(60)
    assert await _engine(console) == 0


async def test_a_stale_version_and_what_cannot_be_are_refused(console: Console, exchange: Person) -> None:
    made = await exchange.posts("/calls", _call(console))
    now = console.clock.now()
    path = f"/calls/{made.body['id']}"
    assert (await exchange.patches(path, {"recording": "r1"}, If_Match='"1"')).status == 200
    assert (await exchange.patches(path, {"recording": "r2"}, If_Match='"1"')).status == 412
    before = (now - timedelta(seconds=1)).isoformat()
    assert (await exchange.patches(path, {"answered_at": before})).status == 422
    assert (await exchange.patches(path, {"incident": "999999"})).status == 422
    assert (await exchange.posts("/calls", _call(console, ended_at=before))).status == 422


async def test_nobody_sees_calls_of_another_area_nor_learns_by_a_number_who_lives_there(
    console: Console, exchange: Person
) -> None:
    boss = await console.person("boss", "supervisor")
    device = "device,kind,resident,phone,address,area\nb1,call_button,李四,13812345678,澄湾县二号,320681.t2\n"
    await boss.asks("POST", "/api/v1/devices/import", device, Content_Type="text/csv")
    made = await exchange.posts("/calls", _call(console))
    assert (made.body["area"], made.body["resident"]["masked_name"]) == ("320681.t2", "李*")
    far = await console.person("far", "dispatcher", ["320681.t1"])
    assert (await far.gets(f"/calls/{made.body['id']}")).status == 404
    assert (await far.gets("/calls")).body["items"] == []
    asked = await far.posts("/calls", _call(console, line="2"))
    assert (asked.status, asked.body["resident"], asked.body["area"]) == (201, None, None)
    worker = await console.person("wu", "community_worker")
    assert (await worker.posts("/calls", _call(console, line="3"))).status == 403
