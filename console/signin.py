"""Who a request comes from, and whether a page of ours sent it."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from console.context import ConsoleContext
from console.problems import forbidden, not_signed_in
from store.accounts import Principal, by_session, by_token

COOKIE: Final = "shouwang_session"

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def principal_of(request: web.Request, context: ConsoleContext, now: datetime) -> Principal | None:
    """Who the request's credential belongs to; None without one that stands. A token wins over a cookie."""
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _, secret = header.partition(" ")
        return await by_token(context.db, secret.strip(), now) if scheme.lower() == "bearer" else None
    cookie = request.cookies.get(COOKIE)
    return await by_session(context.db, cookie, now) if cookie else None


def prove_broker(request: web.Request, context: ConsoleContext) -> None:
    """Refuse whoever does not know SHOUWANG_BROKER_TOKEN, in constant time; nobody does where it is not set.

    Some brokers cannot send a header: theirs stands in the query, which nothing of ours writes down.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    given = secret.strip() if scheme.lower() == "bearer" else request.query.get("token", "")
    known = context.broker_token
    if known is None or not compare_digest(given.encode(), known.encode()):
        raise not_signed_in()


def refuse_foreign_origin(request: web.Request, *, also_reading: bool = False) -> None:
    """Refuse what a page of another origin asks for in this user's name.

    A browser names the origin on everything that changes state and on a WebSocket's handshake; a program has none,
    and nobody can make one send our cookie. The cookie is SameSite=Strict besides.
    """
    origin = request.headers.get("Origin")
    if origin is None or (request.method in _READING and not also_reading):
        return
    if urlsplit(origin).netloc.lower() != request.host.lower():
        raise forbidden("foreign_origin", "This request comes from a page of another origin.")


def is_secure(request: web.Request) -> bool:
    """Whether the browser speaks HTTPS with us or with the proxy in front of us."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"
