"""`/metrics`, `/healthz` and `/readyz` of gateway and rules, and of all parts together under `up`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from shouwang.errors import PortTaken
from shouwang.exposition import merge
from shouwang.metrics import build_info

#: On every page, whoever serves it: which version this is.
ALWAYS_TOLD: Final = (build_info,)

#: A part that does not answer its own supervisor in this time is not ready.
PART_ANSWERS_S: Final = 2.0

#: How long an open request may still take when we end.
SHUTDOWN_S: Final = 1.0

Listen = tuple[str, int] | Path


class Readiness:
    """Why a part is not ready now, or ready but not all there; each fact has a name and is told anew as it changes."""

    def __init__(self, *awaited: str) -> None:
        self._missing: dict[str, str] = dict.fromkeys(awaited, "not yet")
        self._degraded: dict[str, str] = {}

    def set(self, fact: str, *, missing: str | None = None, degraded: str | None = None) -> None:
        """Say what is wrong with `fact`, or nothing: then it is well."""
        for table, why in ((self._missing, missing), (self._degraded, degraded)):
            if why is None:
                table.pop(fact, None)
            else:
                table[fact] = why

    def as_json(self) -> dict[str, object]:
        status = "unready" if self._missing else "degraded" if self._degraded else "ready"
        return {"status": status, "missing": dict(self._missing), "degraded": dict(self._degraded)}


@asynccontextmanager
async def part_health(listen: Listen, readiness: Readiness) -> AsyncIterator[None]:
    """Serve one part's health for as long as the block runs; raises PortTaken, naming the setting."""
    app = web.Application()
    app.router.add_get("/metrics", _own_metrics)
    app.router.add_get("/healthz", _alive)

    async def ready(_request: web.Request) -> web.Response:
        return _ready(readiness.as_json())

    app.router.add_get("/readyz", ready)
    async with _served(app, listen):
        yield


@asynccontextmanager
async def common_health(listen: Listen, parts: Mapping[str, Path]) -> AsyncIterator[None]:
    """Serve the health of several parts on one address, asking each on its socket; raises PortTaken."""
    app = web.Application()
    app.router.add_get("/metrics", _common_metrics)
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", _common_readiness)
    app[_PARTS] = dict(parts)
    async with _served(app, listen):
        yield


_PARTS: Final = web.AppKey("parts", dict[str, Path])


@asynccontextmanager
async def _served(app: web.Application, listen: Listen) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await _site(runner, listen).start()
    except OSError as error:
        await runner.cleanup()
        raise PortTaken(
            f"{_told(listen)} cannot be used ({error.strerror}); stop what listens there, or set SHOUWANG_METRICS_PORT"
        ) from None
    try:
        yield
    finally:
        await runner.cleanup()


def _told(listen: Listen) -> str:
    return str(listen) if isinstance(listen, Path) else f"{listen[0]}:{listen[1]}"


def _site(runner: web.AppRunner, listen: Listen) -> web.BaseSite:
    if isinstance(listen, Path):
        listen.unlink(missing_ok=True)
        return web.UnixSite(runner, str(listen))
    host, port = listen
    return web.TCPSite(runner, host, port)


async def _own_metrics(_request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _alive(_request: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


def _ready(body: dict[str, object]) -> web.Response:
    return web.json_response(body, status=503 if body["status"] == "unready" else 200)


async def _common_metrics(request: web.Request) -> web.Response:
    pages = [generate_latest(REGISTRY).decode()]
    for socket in request.app[_PARTS].values():
        # A part that is down has no metrics; its absence shows in /readyz and in the restarts.
        _, page = await _ask(socket, "/metrics")
        pages.append(page)
    return web.Response(body=merge(pages).encode(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _common_readiness(request: web.Request) -> web.Response:
    bodies: dict[str, object] = {}
    worst = "ready"
    for name, socket in request.app[_PARTS].items():
        status, page = await _ask(socket, "/readyz")
        body = json.loads(page) if page else {"status": "unready", "missing": {"part": "does not answer"}}
        bodies[name] = body
        if status != 200 or body["status"] == "unready":
            worst = "unready"
        elif body["status"] == "degraded" and worst == "ready":
            worst = "degraded"
    return _ready({"status": worst, "parts": bodies})


async def _ask(socket: Path, path: str) -> tuple[int, str]:
    """The part's answer; status 0 and nothing where it does not answer."""
    limit = aiohttp.ClientTimeout(total=PART_ANSWERS_S)
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket)), timeout=limit) as session,
            session.get(f"http://part{path}") as answer,
        ):
            return answer.status, await answer.text()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return 0, ""
