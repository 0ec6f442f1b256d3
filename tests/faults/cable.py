"""A cable between one gateway and PostgreSQL that can be cut without a word: no reset, no end, only silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

SOCKET_NAME: Final = ".s.PGSQL.5432"
_CHUNK_BYTES: Final = 1 << 16


class Cable:
    """Carries bytes both ways until cut; a cut one takes connections and answers nothing."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._whole = asyncio.Event()
        self._whole.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        self._whole.clear()

    def end(self) -> None:
        """Close every connection; a cut cable lets go of what it held."""
        for writer in list(self._writers):
            writer.transport.abort()
        self._whole.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection's two directions, until either side closes."""
        try:
            there, back = await asyncio.open_unix_connection(str(self._target))
        except OSError:
            writer.close()
            return
        async with asyncio.TaskGroup() as both:
            both.create_task(self._one_way(reader, back))
            both.create_task(self._one_way(there, writer))

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while data := await reader.read(_CHUNK_BYTES):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # the other side is gone; so are we
        finally:
            self._writers.discard(writer)
            writer.close()


@asynccontextmanager
async def cable(dsn: str, folder: Path) -> AsyncIterator[tuple[Cable, str]]:
    """A cable to the server that `dsn` names by its socket folder, and the address at its other end."""
    parts = urlsplit(dsn)
    target = Path(parse_qs(parts.query)["host"][0]) / SOCKET_NAME
    folder.mkdir(mode=0o700)
    one = Cable(target)
    server = await asyncio.start_unix_server(one.carry, str(folder / SOCKET_NAME))
    try:
        yield one, parts._replace(query=f"host={quote(str(folder), safe='')}").geturl()
    finally:
        server.close()
        one.end()
        # One more turn of the loop, in which the connections end.
        await asyncio.sleep(0)
