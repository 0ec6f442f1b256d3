"""A tap between a lane and its broker: notes which messages came and which were acknowledged, and can cut the line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

_CONNACK: Final = 2
_PUBLISH: Final = 3
_PUBACK: Final = 4
HOST: Final = "127.0.0.1"


@dataclass(kw_only=True)
class Tap:
    """Packet ids in the order they passed: `sent` by the broker at QoS 1, `acknowledged` by the lane."""

    port: int = 0
    sent: list[int] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    in_one_read: bool = False  #: hand on a connection's CONNACK only together with what follows it
    _lines: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"mqtt://{HOST}:{self.port}"

    def cut(self) -> None:
        """Drop every connection, as a network does; the ids of what follows mean something else."""
        for line in self._lines:
            line.transport.abort()
        self._lines.clear()

    def forget(self) -> None:
        self.sent.clear()
        self.acknowledged.clear()
        self.topics.clear()

    async def pass_on(self, target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        broker_reader, broker_writer = await asyncio.open_connection(HOST, target)
        self._lines += [writer, broker_writer]
        async with asyncio.TaskGroup() as group:
            group.create_task(_carry(reader, broker_writer, self._from_lane))
            group.create_task(_carry(broker_reader, writer, self._from_broker, in_one_read=self.in_one_read))

    def _from_lane(self, kind: int, _flags: int, body: bytes) -> None:
        if kind == _PUBACK:
            self.acknowledged.append(int.from_bytes(body[:2], "big"))

    def _from_broker(self, kind: int, flags: int, body: bytes) -> None:
        if kind == _PUBLISH:
            length = int.from_bytes(body[:2], "big")
            self.topics.append(body[2 : 2 + length].decode(errors="replace"))
            if flags & 0x06:
                self.sent.append(int.from_bytes(body[2 + length : 4 + length], "big"))


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    note: Callable[[int, int, bytes], None],
    *,
    in_one_read: bool = False,
) -> None:
    partial = bytearray()
    try:
        while data := await reader.read(65_536):
            if in_one_read and data[0] >> 4 == _CONNACK and len(data) == 2 + data[1]:
                data += await reader.read(65_536)
            partial += data
            _packets(partial, note)
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # cut, which is what a tap is for
    finally:
        writer.transport.abort()


def _packets(buffer: bytearray, note: Callable[[int, int, bytes], None]) -> None:
    """Note every whole packet at the front and take it away."""
    while len(buffer) >= 2:
        length, shift, at = 0, 0, 1
        while at < len(buffer):
            length |= (buffer[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not buffer[at - 1] & 0x80:
                break
        else:
            return
        if len(buffer) < at + length:
            return
        note(buffer[0] >> 4, buffer[0] & 0x0F, bytes(buffer[at : at + length]))
        del buffer[: at + length]


@asynccontextmanager
async def tap_before(target: int) -> AsyncIterator[Tap]:
    """A tap before the broker's port; a lane that connects to `tap.port` speaks to the broker through it."""
    tap = Tap()

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await tap.pass_on(target, reader, writer)

    server = await asyncio.start_server(on_connection, HOST, 0)
    tap.port = server.sockets[0].getsockname()[1]
    try:
        yield tap
    finally:
        server.close()
        tap.cut()
