"""What providers of voice and SMS report later: proved by the channel, kept at once, and thanked for.

There is no sign-in: a provider has none. Each channel proves its own provider, by a signature where there is one, else
by the secret in the address that the provider was given, which nothing of ours writes down.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict

from console.context import CONTEXT, ConsoleContext
from console.metrics import callbacks_heard
from console.problems import Problem
from console.routes import Call, Reply, Route
from store import callbacks

_log: Final = structlog.get_logger(__name__)

PATH: Final = "/callbacks/{name}"
#: Aiohttp's own form: a name is that of a channel.
PATTERN: Final = "/api/v1/callbacks/{name:[a-z][a-z0-9_-]{0,31}}"
#: A report is a few hundred bytes, and a bundle of a hundred fits.
BODY_BYTES_MOST: Final = 64 * 1024


class CallbackQuery(BaseModel):
    """Where a provider does not sign, its address holds a secret."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    token: str | None = None


async def hear(request: web.Request) -> web.Response:
    """Keep what a provider reports; nothing is said of why a stranger is refused."""
    context = request.app[CONTEXT]
    name = request.match_info["name"]
    if not context.callback_questions.takes(context.clock.monotonic()):
        callbacks_heard.labels(_known(name, context), "too_many").inc()
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many", "More callbacks than this console takes.")
    channel = context.callbacks.get(name)
    body = await _read(request)
    if channel is None or not channel.verify(query=request.query, headers=request.headers, body=body):
        callbacks_heard.labels(_known(name, context), "refused").inc()
        raise Problem(HTTPStatus.UNAUTHORIZED, "not_signed_in", "This is no callback of a channel of ours.")
    said = channel.read(body)
    if said is None:
        callbacks_heard.labels(name, "unreadable").inc()
        _log.warning("callback_unreadable", channel=name, length_bytes=len(body))
        raise Problem(HTTPStatus.BAD_REQUEST, "callback_unreadable", "The body is none of this provider's reports.")
    if said:
        async with context.db.transaction() as connection:
            await callbacks.hear(connection, name, said, now=context.clock.now())
    callbacks_heard.labels(name, "heard").inc()
    # After the commit: what we thank for is not sent again.
    return web.Response(body=channel.thanks, content_type="application/json", headers={"Cache-Control": "no-store"})


def _known(name: str, context: ConsoleContext) -> str:
    # A stranger's guesses must not become labels of a metric.
    return name if name in context.callbacks else "unknown"


async def _read(request: web.Request) -> bytes:
    data = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        data += chunk
        if len(data) > BODY_BYTES_MOST:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"At most {BODY_BYTES_MOST} bytes.")
    return bytes(data)


async def _described_only(_: Call) -> Reply:
    raise AssertionError("a callback is served by its own handler: its body is the provider's")


ROUTES: Final = [
    Route(
        method="POST",
        path=PATH,
        zh="语音、短信服务商的回执",
        en="A provider of voice or SMS reports what became of a message; the body is the provider's own",
        roles=None,
        handler=_described_only,
        query=CallbackQuery,
        text_type="application/json",
        names=("name",),
        refusals=(400, 401, 413, 429),
    )
]
