"""The console's application: its table of routes, its pages, its stream, and how it is run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from console.api import (
    absences,
    accounts,
    areas,
    assignments,
    brokers,
    call_audits,
    callbacks,
    callers,
    calls,
    care,
    case_steps,
    commands,
    complaints,
    contacts,
    credentials,
    dead_letters,
    devices,
    duty,
    endings,
    exports,
    fences,
    hand_overs,
    incidents,
    legal_holds,
    maintenance,
    notices,
    outage_calls,
    places,
    policies,
    reports,
    residents,
    responder_absences,
    responders,
    session,
    shifts,
    silences,
    sources,
    steps,
    storms,
    tasks,
    tracks,
    visits,
    ways_in,
)
from console.context import CONTEXT, ConsoleContext
from console.dispatch import dispatch
from console.health import add_health
from console.openapi import describe
from console.pages import DESCRIPTION, MQTT_DESCRIPTION, SECURITY_HEADERS, add_pages
from console.problems import Problem
from console.responder_page import add_responder_page
from console.routes import Route, register
from console.stream import socket
from console.stream.hub import HUB, Hub
from devices.asyncapi import describe as describe_mqtt
from store.feed import DATABASE_AWAY

_log: Final = structlog.get_logger(__name__)

#: How long open requests may still take when the console ends.
SHUTDOWN_SECONDS: Final = 3.0

ROUTES: Final[list[Route]] = [
    *session.ROUTES,
    *duty.ROUTES,
    *incidents.ROUTES,
    *steps.ROUTES,
    *assignments.ROUTES,
    *ways_in.ROUTES,
    *responders.ROUTES,
    *responder_absences.ROUTES,
    *case_steps.ROUTES,
    *hand_overs.ROUTES,
    *tasks.ROUTES,
    *residents.ROUTES,
    *areas.ROUTES,
    *tracks.ROUTES,
    *care.ROUTES,
    *fences.ROUTES,
    *visits.ROUTES,
    *outage_calls.ROUTES,
    *contacts.ROUTES,
    *shifts.ROUTES,
    *notices.ROUTES,
    *places.ROUTES,
    *devices.ROUTES,
    *credentials.ROUTES,
    *brokers.ROUTES,
    *callbacks.ROUTES,
    *maintenance.ROUTES,
    *commands.ROUTES,
    *absences.ROUTES,
    *callers.ROUTES,
    *calls.ROUTES,
    *silences.ROUTES,
    *storms.ROUTES,
    *sources.ROUTES,
    *endings.ROUTES,
    *policies.ROUTES,
    *reports.ROUTES,
    *dead_letters.ROUTES,
    *accounts.ROUTES,
    *legal_holds.ROUTES,
    *complaints.ROUTES,
    *call_audits.ROUTES,
    *exports.ROUTES,
    *socket.ROUTES,
]


def make_app(context: ConsoleContext) -> web.Application:
    """The whole application; its feed reader runs from start-up to clean-up."""
    app = web.Application(middlewares=[_answer_problems])
    app[CONTEXT] = context
    app[HUB] = Hub(context)
    app[DESCRIPTION] = describe(ROUTES, version=context.version)
    app[MQTT_DESCRIPTION] = describe_mqtt(version=context.version)
    app.router.add_get("/api/v1/stream", socket.stream)
    app.router.add_post(callbacks.PATTERN, callbacks.hear)
    # Both have handlers of their own: one upgrades, the other's body is a provider's.
    by_hand = [*socket.ROUTES, *callbacks.ROUTES]
    register(app, [route for route in ROUTES if route not in by_hand], dispatch)
    add_health(app)
    add_responder_page(app)
    add_pages(app)
    app.on_response_prepare.append(_secure)
    app.cleanup_ctx.append(_feed_reader)
    app.on_shutdown.append(_close_streams)
    return app


async def run(context: ConsoleContext, host: str, port: int, *, ready: Callable[[int], None]) -> None:
    """Serve until cancelled; `ready` is told the port once requests are taken (0 asks for any free one)."""
    runner = web.AppRunner(make_app(context), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        ready(int(runner.addresses[0][1]))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def _feed_reader(app: web.Application) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(app[HUB].run(), name="feed reader")
        yield
        task.cancel()


async def _close_streams(app: web.Application) -> None:
    app[HUB].close_all()


@web.middleware
async def _answer_problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The outermost line of a request: whatever goes wrong is answered as a problem and recorded."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        return Problem(HTTPStatus(error.status), HTTPStatus(error.status).name.lower()).response()
    except (*DATABASE_AWAY, TimeoutError) as error:
        _log.warning("request_without_database", route=_route(request), reason=type(error).__name__)
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "database_away", "The database does not answer.").response()
    except Exception:  # noqa: BLE001 - a request's outermost line: recorded, counted by its status, never passed over
        _log.exception("request_failed", route=_route(request))
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "our_fault", "This is our fault; it is recorded.").response()


def _route(request: web.Request) -> str:
    """The route and not the path: a path may be somebody's link, which opens."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


async def _secure(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
