"""The console's own health: alive, ready, and its numbers."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from console.context import CONTEXT
from store.chain_end import chain_end
from store.database import StoreError, check_schema
from store.feed import DATABASE_AWAY

_HEADERS: Final = {"Cache-Control": "no-store"}


async def healthz(_: web.Request) -> web.Response:
    """The process answers; nothing else is said."""
    return web.json_response({"status": "ok"}, headers=_HEADERS)


async def readyz(request: web.Request) -> web.Response:
    """Whether the database answers with a schema this program knows; 503 and the reason otherwise.

    Degraded, and still taking requests, while the P1 chain ends in no voice that reached a person (centre.md, 8).
    """
    try:
        async with request.app[CONTEXT].db.pool.acquire(timeout=2) as connection:
            await check_schema(connection)
            end = await chain_end(connection, request.app[CONTEXT].clock.now())
    except (*DATABASE_AWAY, TimeoutError, StoreError) as error:
        body = {"status": "unready", "reason": type(error).__name__}
        return web.json_response(body, status=503, headers=_HEADERS)
    if not end.is_well:
        return web.json_response({"status": "degraded", "degraded": {"on_call_chain": end}}, headers=_HEADERS)
    return web.json_response({"status": "ok"}, headers=_HEADERS)


async def metrics(_: web.Request) -> web.Response:
    """What this process counts, for Prometheus."""
    return web.Response(body=generate_latest(), headers={**_HEADERS, "Content-Type": CONTENT_TYPE_LATEST})


def add_health(app: web.Application) -> None:
    """Register the three routes; they stand outside the API and need no sign-in."""
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
