"""The live stream: every change one may see, in order, and honest about its own silence."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import REGISTRY

from console.app import make_app
from console.stream.frames import Frame
from console.stream.hub import HUB, QUEUE_MOST, RESUME_MOST, Client, Hub, Message
from store.accounts import by_token
from store.changes import Change, record
from store.feed import listening
from tests.waiting import until

TOWN, OTHER_TOWN = "321999.321999100", "321999.321999200"


def waiting_in(client: Client) -> list[Message]:
    """What waits for this stream, taken out."""
    return [client.queue.get_nowait() for _ in range(client.queue.qsize())]


async def test_a_new_case_and_its_steps_arrive_in_the_order_of_commit(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    stream = await desk.streams()
    case = await console.case(desk)
    opened = await stream.next("incident")
    assert (opened["data"]["id"], opened["data"]["state"]) == (str(case), "open")
    entry = await stream.next("entry")
    assert (entry["data"]["incident"], entry["data"]["action"]) == (str(case), "opened")
    assert entry["prev"] == opened["seq"]
    await desk.posts(f"/incidents/{case}/claim")
    claimed = await stream.next("incident")
    assert claimed["data"]["claimed_by"]["id"] == str(desk.id)
    assert claimed["seq"] > entry["seq"]


async def test_the_number_of_a_list_is_where_the_stream_goes_on(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    before = await console.case(desk)
    seq = (await desk.gets("/incidents")).body["seq"]
    after = await console.case(desk, "fall")
    stream = await desk.streams(after=seq)
    frame = await stream.next("incident")
    assert frame["data"]["id"] == str(after) != str(before)
    assert frame["prev"] == seq


async def test_a_change_handed_out_while_a_desk_arrives_is_not_told_twice(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    await console.case(desk)
    seq = (await desk.gets("/incidents")).body["seq"]
    principal = await by_token(console.db, desk.token, console.clock.now())
    assert principal is not None
    hub = Hub(console.context)
    client = hub.attach(principal, seq)
    async with listening(console.context.dsn, lambda: None) as connection:
        await hub.run_once(connection)
        assert [message for message in waiting_in(client) if isinstance(message, Frame)] == []
        assert await hub.catch_up(client, seq) == []
        after = await console.case(desk, "fall")
        await hub.run_once(connection)
    frames = [message for message in waiting_in(client) if isinstance(message, Frame)]
    assert {frame.seq > seq for frame in frames} == {True}
    assert str(after) in frames[0].text(seq).decode()


async def test_a_returning_desk_misses_nothing(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    stream = await desk.streams()
    await console.case(desk)
    seen = (await stream.next("entry"))["seq"]
    await stream.socket.close()
    away = [str(await console.case(desk, class_)) for class_ in ("fall", "smoke")]
    stream = await desk.streams(after=seen)
    frames = [await stream.next("incident") for _ in away]
    assert [frame["data"]["id"] for frame in frames] == away


async def test_a_number_from_the_future_must_begin_anew(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    stream = await desk.streams(after=10**9)
    assert (await stream.next())["kind"] == "resync"


async def test_too_much_missed_must_begin_anew(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await console.case(desk)
    changes = [Change(kind="incident", object_id=case)] * (RESUME_MOST + 1)
    async with console.db.transaction() as connection:
        await record(connection, changes, now=console.clock.now())
    async with TestClient(TestServer(make_app(console.context))) as begun_later:
        late = replace(desk, _client=begun_later)
        frame = await (await late.streams(after=0)).next()
    assert (frame["kind"], frame["prev"]) == ("resync", 0)


async def test_pruned_changes_must_begin_anew(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    await console.case(desk)
    await console.db.pool.execute("DELETE FROM change WHERE seq = (SELECT min(seq) FROM change)")
    stream = await desk.streams(after=0)
    assert (await stream.next())["kind"] == "resync"


async def test_changes_elsewhere_never_leave_the_server(console: Any) -> None:
    admin = await console.person("root", "administrator")
    desk = await console.person("mei", "dispatcher", [TOWN])
    homes = [
        int((await admin.posts("/premises", {"address": f"{area} 1号", "area": area})).body["id"])
        for area in (OTHER_TOWN, TOWN)
    ]
    stream = await desk.streams()
    await console.case(admin, premises_id=homes[0])
    here = await console.case(admin, premises_id=homes[1])
    frame = await stream.next()
    assert (frame["kind"], frame["data"]["id"]) == ("incident", str(here))


async def test_what_moves_out_of_sight_is_gone(console: Any) -> None:
    admin = await console.person("root", "administrator")
    desk = await console.person("mei", "dispatcher", [TOWN])
    home = int((await admin.posts("/premises", {"address": "1号", "area": TOWN})).body["id"])
    stream = await desk.streams()
    case = await console.case(admin, premises_id=home)
    await stream.next("entry")
    async with console.db.transaction() as connection:
        await connection.execute("UPDATE incident SET area = $2::text::ltree WHERE id = $1", case, OTHER_TOWN)
        change = Change(kind="incident", object_id=case, area=OTHER_TOWN)
        await record(connection, [change], now=console.clock.now())
    frame = await stream.next()
    assert (frame["kind"], frame["data"]) == ("gone", {"kind": "incident", "id": str(case)})


async def test_alive_names_the_head_and_whoever_is_awake(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    now = console.clock.now()
    await console.db.pool.execute("INSERT INTO lane (name, holder, valid_until) VALUES ('alarm', 'gw-1', $1)", now)
    await console.db.pool.execute("INSERT INTO part (name, seen_at) VALUES ('engine', $1)", now)
    stream = await desk.streams()
    await console.case(desk)
    alive: dict[str, Any] = {"lanes": []}
    while not alive["lanes"]:  # what was read before the lane was there may still be on its way
        console.clock.advance(2)
        alive = await stream.next("alive")
    assert alive["head"] >= 0
    assert alive["lanes"] == [{"name": "alarm", "connected": False, "holder": "gw-1"}]
    age_s = (datetime.fromisoformat(alive["at"]) - now).total_seconds()
    assert age_s >= 2
    assert alive["engine_age_s"] == pytest.approx(age_s, abs=0.1)
    assert alive["canary_age_s"] is None


async def test_switching_a_user_off_closes_their_stream(console: Any) -> None:
    admin, desk = await console.person("root", "administrator"), await console.person("mei", "dispatcher")
    stream = await desk.streams()
    await admin.patches(f"/users/{desk.id}", {"disabled": True})
    console.clock.advance(1)
    assert await stream.closed_with() == 4401


async def test_a_change_of_areas_closes_the_stream(console: Any) -> None:
    admin, desk = await console.person("root", "administrator"), await console.person("mei", "dispatcher")
    stream = await desk.streams()
    await admin.patches(f"/users/{desk.id}", {"areas": [TOWN]})
    console.clock.advance(1)
    assert await stream.closed_with() == 4401


async def test_a_desk_that_reads_too_slowly_is_cut_off_and_counted(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    stream = await desk.streams()
    hub = console.client.app[HUB]
    (client,) = hub._clients
    for _ in range(QUEUE_MOST + 1):
        client.offer(b'{"kind":"alive"}')
    assert await stream.closed_with() == 4408


async def test_an_answered_ping_renews_the_claims_of_that_desk(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    case = await console.case(desk)
    await desk.posts("/duty", {"state": "on"})
    claimed = await desk.posts(f"/incidents/{case}/claim")
    console.clock.advance(7)
    headers = {"Authorization": f"Bearer {desk.token}"}
    async with console.client.ws_connect("/api/v1/stream", headers=headers, autoping=False) as socket:
        while (message := await socket.receive()).type is not WSMsgType.PING:
            pass
        await socket.pong(message.data)
        # What we ask after our answer is answered after it was used.
        await socket.ping()
        while (await socket.receive()).type is not WSMsgType.PONG:
            pass
    whole = await desk.gets(f"/incidents/{case}")
    assert whole.body["lease_until"] > claimed.body["lease_until"]
    assert whole.body["version"] == claimed.body["version"]
    assert await console.db.pool.fetchval("SELECT stream_at FROM duty WHERE user_id = $1", desk.id) is not None


async def test_the_canary_is_shown_to_programs_and_to_no_desk(console: Any) -> None:
    desk, program = await console.person("mei", "dispatcher"), await console.person("can", "program")
    canary = await console.case(desk)
    await console.db.pool.execute("UPDATE incident SET class = 'canary' WHERE id = $1", canary)
    at_desk, at_program = await desk.streams(after=0), await program.streams(after=0)
    other = await console.case(desk, "fall")
    assert (await at_desk.next("incident"))["data"]["id"] == str(other)
    assert (await at_program.next("incident"))["data"]["id"] == str(canary)
    assert [item["id"] for item in (await desk.gets("/incidents")).body["items"]] == [str(other)]


async def test_a_stream_asks_for_a_sign_in_and_for_a_page_of_ours(console: Any) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await console.client.ws_connect("/api/v1/stream")
    assert refused.value.status == 401
    desk = await console.person("mei", "dispatcher")
    headers = {"Authorization": f"Bearer {desk.token}", "Origin": "https://elsewhere.example"}
    with pytest.raises(WSServerHandshakeError) as foreign:
        await console.client.ws_connect("/api/v1/stream", headers=headers)
    assert foreign.value.status == 403


async def test_the_stream_goes_on_after_its_line_to_the_database_was_cut(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    stream = await desk.streams()
    await console.db.pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'shouwang console feed' AND datname = current_database()"
    )
    case = await console.case(desk)
    async with asyncio.TaskGroup() as group:
        frame = group.create_task(stream.next("incident"))
        while not frame.done():
            console.clock.advance(0.1)
            async with console.client.get("/healthz"):
                pass
    assert frame.result()["data"]["id"] == str(case)


async def test_the_way_of_an_alarm_is_measured_once_however_many_desks_watch(console: Any) -> None:
    def measured() -> float:
        return REGISTRY.get_sample_value("shouwang_alarm_seconds_count", {"stage": "stream"}) or 0.0

    desks = [await console.person(name, "dispatcher") for name in ("mei", "jun", "lan")]
    streams = [await desk.streams() for desk in desks]
    before = measured()
    await console.case(desks[0])
    for stream in streams:
        await stream.next("entry")
    assert measured() == before + 1


async def test_a_key_said_on_the_stream_keeps_the_owners_case(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    opened = (await desk.posts("/incidents", {"source": "phone", "class": "sos", "note": "x"})).body
    await desk.posts(f"/incidents/{opened['id']}/claim")
    stream = await desk.streams()
    console.clock.advance(15)  # less than a stream may be silent: it would end before it hears the key
    await stream.socket.send_str('{"kind":"act"}')
    await stream.socket.send_str("what a page never says")

    async def put_off() -> bool:
        case = (await desk.gets(f"/incidents/{opened['id']}")).body
        return bool(datetime.fromisoformat(case["deadline"]["at"]) == console.clock.now() + timedelta(seconds=150))

    await until(put_off, "the key puts off the end of the claim")


async def _is_ended_while_it_is_woken(console: Any) -> bool:
    hub = Hub(console.context)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(hub.run())
        assert await hub.started()
        await until(lambda: hub._looked_s >= 0, "it waits for the next change")
        # The wake-up and the end in one turn of the loop: neither may be forgotten.
        hub._wake.set()
        task.cancel()
    return task.cancelled()


async def test_a_console_that_ends_while_it_is_woken_ends(console: Any) -> None:
    for _ in range(20):
        assert await _is_ended_while_it_is_woken(console)
