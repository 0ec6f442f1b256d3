"""The console as the program runs it: ready when it takes requests, gone when it is told to end."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp import WSMsgType

from console.app import run


async def test_it_says_when_it_is_ready_and_ends_its_streams_when_cancelled(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    headers = {"Authorization": f"Bearer {desk.token}"}
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group, aiohttp.ClientSession(headers=headers) as session:
        served = group.create_task(run(console.context, "127.0.0.1", 0, ready=listening.set_result))
        address = f"http://127.0.0.1:{await asyncio.wait_for(listening, 10)}"
        async with session.get(f"{address}/readyz") as response:
            assert response.status == 200
        async with session.ws_connect(f"{address}/api/v1/stream") as socket:
            served.cancel()
            while (await socket.receive(timeout=10)).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
                pass
            assert socket.close_code == 1001


async def test_two_consoles_show_the_same_change(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    headers = {"Authorization": f"Bearer {desk.token}"}
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group, aiohttp.ClientSession(headers=headers) as session:
        served = group.create_task(run(console.context, "127.0.0.1", 0, ready=listening.set_result))
        address = f"http://127.0.0.1:{await asyncio.wait_for(listening, 10)}"
        here = await desk.streams()
        async with session.ws_connect(f"{address}/api/v1/stream") as there:
            # The handshake is answered before the feed's head is read: what comes in between would not be its to tell.
            while (await there.receive_json(timeout=10))["kind"] != "alive":
                pass
            case = await console.case(desk)
            frames = [await here.next("incident")]
            while (frame := await there.receive_json(timeout=10))["kind"] != "incident":
                pass
            frames.append(frame)
        served.cancel()
    assert {frame["data"]["id"] for frame in frames} == {str(case)}
    assert frames[0] == frames[1]


async def test_without_its_database_every_request_is_answered_and_says_so(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    await console.db.pool.close()
    answer = await desk.gets("/incidents")
    assert (answer.status, answer.body["code"]) == (503, "database_away")
    async with console.client.get("/readyz") as response:
        assert response.status == 503
    async with console.client.get("/healthz") as response:
        assert response.status == 200
