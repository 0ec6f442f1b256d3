"""The one way out over HTTP: bounded in time and size, TLS verified, no proxy, no redirect, nothing secret in a log."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final, Self
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from notify.channel import Failed, Outcome, Reason, Uncertain
from rules.clock import Clock

#: A provider that answers takes well under a second; a channel that hangs must not hold the next one up.
TOTAL_S: Final = 15.0
CONNECT_S: Final = 5.0
#: Every answer we understand is a few hundred bytes; what is longer is cut, and so becomes unreadable.
ANSWER_BYTES_MOST: Final = 64 * 1024
CONNECTIONS_MOST: Final = 100
#: What a provider may ask us to wait; longer is a wish we do not keep.
RETRY_AFTER_MOST_S: Final = 3_600.0

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def address_fault(url: str) -> str | None:
    """Why this is no address to send to, or None: https (plain http only to this machine), no user or password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable() or " " in url:
        return "must be https://host/…"
    if parts.username or parts.password:
        return "must not hold a user or password: it is shown in lists"
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        return "must be https: what is sent over http can be read on the way"
    return None


def retry_after_s(answer: Answer, clock: Clock) -> float | None:
    """The provider's wish in seconds, within bounds; None where it says nothing that we understand."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 10:
        return min(float(said), RETRY_AFTER_MOST_S)
    try:
        seconds = (parsedate_to_datetime(said) - clock.now()).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_MOST_S)


def refused_status(answer: Answer, clock: Clock) -> Outcome | None:
    """What a status alone says of a message that must not be sent twice; None where the body has to say it.

    A gateway's 502 or 504 means that somebody behind it may well have taken the message.
    """
    detail = f"http_{answer.status}"
    if answer.status in (502, 504):
        return Uncertain(reason=Reason.ANSWER_LOST, detail=detail)
    if answer.status == 429:
        wait = retry_after_s(answer, clock)
        return Failed(reason=Reason.RATE_LIMITED, retry_helps=True, detail=detail, retry_after_s=wait)
    if answer.status >= 500:
        return Failed(reason=Reason.PROVIDER_DOWN, retry_helps=True, detail=detail)
    return None


class Outgoing:
    """All channels' connections. `post` answers or says how it failed, within `TOTAL_S`; `close` ends the rest.

    Each message has a connection of its own: on a kept one that the other side has just closed, nobody could tell a
    message that was never read from one whose answer was lost.
    """

    def __init__(self, context: ssl.SSLContext | None = None, *, total_s: float = TOTAL_S) -> None:
        self._context = context or ssl.create_default_context()
        self._total_s = total_s
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | Failed | Uncertain:
        """Send `body`; never raises for anything the network or the other side does."""
        try:
            async with self._open().post(
                URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
            ) as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                return Answer(status=response.status, headers=names, body=await _bounded(response))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return _failure(error)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._context, limit=CONNECTIONS_MOST, force_close=True)
            limit = aiohttp.ClientTimeout(total=self._total_s, connect=min(CONNECT_S, self._total_s / 2))
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=limit,
                trust_env=False,  # a proxy of the environment would read every message
                auto_decompress=False,  # a small answer could unpack to gigabytes
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity", "User-Agent": "shouwang"},
            )
        return self._session


def _failure(error: Exception) -> Failed | Uncertain:
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return Failed(reason=Reason.CERTIFICATE, retry_helps=False)
        case aiohttp.ClientConnectorError():
            return Failed(reason=Reason.UNREACHED, retry_helps=True)
        case aiohttp.ConnectionTimeoutError():
            return Failed(reason=Reason.TIMED_OUT, retry_helps=True)
        case aiohttp.InvalidURL():
            return Failed(reason=Reason.ADDRESS_WRONG, retry_helps=False)
        case _:
            # The connection stood, so some or all of it was written.
            return Uncertain(reason=Reason.ANSWER_LOST, detail=type(error).__name__)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(8_192):
        data += chunk
        if len(data) >= ANSWER_BYTES_MOST:
            break
    return bytes(data[:ANSWER_BYTES_MOST])
