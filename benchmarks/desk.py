"""A dispatcher's desk and a call button in one process, so that one clock sees both ends of a press."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from benchmarks.servers import ROOT, Part
from simulator.wire import Version, connect, publish

NAME: Final = "bench-desk"
PASSWORD: Final = "invented-for-this-desk"  # noqa: S105  # lives as long as its database, a minute
#: A press that is not on the screen after so long counts as so late.
LONGEST_S: Final = 30.0
_DEVICE: Final = re.compile(r'"device":"([^"]+)"')


class Desk:
    """Notes when the first frame of each device's incident arrives."""

    def __init__(self, stream: aiohttp.ClientWebSocketResponse) -> None:
        self._stream = stream
        self._awaited: dict[str, asyncio.Future[float]] = {}

    async def listen(self) -> None:
        """Read frames until cancelled."""
        async for message in self._stream:
            now_s = time.perf_counter()
            if message.type is aiohttp.WSMsgType.TEXT and '"kind":"incident"' in message.data[:160]:
                self._note(message.data, now_s)

    def _note(self, text: str, now_s: float) -> None:
        found = _DEVICE.search(text)
        waiting = self._awaited.pop(found[1], None) if found else None
        if waiting is not None and not waiting.done():
            waiting.set_result(now_s)

    async def sees(self, button: Button, device: str, event_id: str) -> float:
        """Press and return the seconds from just before the socket's write to the frame."""
        waiting = self._awaited[device] = asyncio.get_running_loop().create_future()
        packet = button.packet(device, event_id)
        began_s = time.perf_counter()
        button.send(packet)
        try:
            return float(await asyncio.wait_for(waiting, LONGEST_S)) - began_s
        except TimeoutError:
            return LONGEST_S


class Button:
    """A connection to the broker over which every button speaks."""

    def __init__(self, port: int) -> None:
        self._link = socket.create_connection(("127.0.0.1", port))
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._link.sendall(connect("bench-button", Version.V311, keep_alive_s=0))
        self._link.recv(4, socket.MSG_WAITALL)
        self._number = 0

    def packet(self, device: str, event_id: str) -> bytes:
        self._number += 1
        payload = f'{{"id":"{event_id}","at":{time.time_ns() // 1_000_000},"type":"sos","battery_pct":88}}'
        return publish(f"sw/v1/{device}/alarm".encode(), payload.encode(), self._number % 65_535 + 1, Version.V311)

    def send(self, packet: bytes) -> None:
        self._link.sendall(packet)

    def close(self) -> None:
        self._link.close()


async def add_dispatcher(console: Part) -> None:
    """As an administrator would, with the program's own command."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shouwang", "user", "add", NAME, "--role", "dispatcher", "--password-stdin",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, cwd=ROOT, env=console.env,
    )  # fmt: skip
    await process.communicate(PASSWORD.encode() + b"\n")
    if process.returncode != 0:
        raise RuntimeError("the dispatcher was not added")


@asynccontextmanager
async def desk(console: Part) -> AsyncIterator[Desk]:
    """A desk signed in by password, its stream open, listening for as long as the block runs."""
    address = f"http://127.0.0.1:{console.http_port}"
    cookies = aiohttp.CookieJar(unsafe=True)  # a numeric address is no domain
    async with aiohttp.ClientSession(base_url=address, cookie_jar=cookies, headers={"Origin": address}) as session:
        async with session.post("/api/v1/session", json={"username": NAME, "password": PASSWORD}) as answer:
            answer.raise_for_status()
        async with session.ws_connect("/api/v1/stream", max_msg_size=0) as stream, asyncio.TaskGroup() as group:
            one = Desk(stream)
            listening = group.create_task(one.listen())
            yield one
            listening.cancel()
