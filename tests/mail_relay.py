"""A mail relay on a real socket that answers as told, with STARTTLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Relay:
    """What it says to each command (`replies`; None: never a word), and what it was handed."""

    port: int = 0
    offers_tls: bool = True
    replies: dict[str, str | None] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def relay(context: ssl.SSLContext) -> AsyncIterator[Relay]:
    """One that listens."""
    told, ended = Relay(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Conversation(told, reader, writer, context, ended).hold()
        except (OSError, EOFError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    told.port = int(server.sockets[0].getsockname()[1])
    try:
        yield told
    finally:
        ended.set()
        server.close()
        await server.wait_closed()


@dataclass
class _Conversation:
    told: Relay
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    context: ssl.SSLContext
    ended: asyncio.Event

    async def hold(self) -> None:
        await self._say("CONNECT", "220 relay.example ESMTP")
        while line := await self.reader.readline():
            command = line.decode("latin-1").strip()
            self.told.commands.append(command)
            await self._answer(command.split(" ")[0].upper())

    async def _answer(self, verb: str) -> None:
        match verb:
            case "EHLO":
                offer = "250-STARTTLS\r\n" if self.told.offers_tls else ""
                await self._say(verb, f"250-relay.example\r\n{offer}250-AUTH PLAIN\r\n250 8BITMIME")
            case "STARTTLS":
                await self._say(verb, "220 go ahead")
                await self.writer.start_tls(self.context)
            case "AUTH":
                await self._say(verb, "235 welcome")
            case "DATA":
                await self._say(verb, "354 end with a dot")
                self.told.mails.append(await self.reader.readuntil(b"\r\n.\r\n"))
                await self._say("MAIL-DATA", "250 queued")
            case _:
                await self._say(verb, "250 fine")

    async def _say(self, verb: str, usual: str) -> None:
        reply = self.told.replies.get(verb, usual)
        if reply is None:
            await self.ended.wait()
            raise EOFError
        self.writer.write(f"{reply}\r\n".encode())
        await self.writer.drain()
