"""The dead man's switch is called with a plain GET, and whoever resets it never waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY

from shouwang.dead_mans_switch import DeadMansSwitch
from tests.servers import free_port
from tests.waiting import until


def _calls(outcome: str) -> float:
    return REGISTRY.get_sample_value("shouwang_canary_calls_total", {"outcome": outcome}) or 0.0


@asynccontextmanager
async def outside(status: int = 200) -> AsyncIterator[tuple[str, list[str]]]:
    """A switch that answers with this, and what it was asked."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(f"{request.method} {request.path_qs}")
        return web.Response(status=status)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/ping/abc?from=county")), asked


@asynccontextmanager
async def running(address: str | None) -> AsyncIterator[DeadMansSwitch]:
    switch = DeadMansSwitch(address)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(switch.run())
        yield switch
        task.cancel()


async def test_each_reset_is_one_plain_get() -> None:
    before = _calls("called")
    async with outside() as (address, asked), running(address) as switch:
        switch.reset()
        await until(lambda: len(asked) == 1, "it was called")
        await until(lambda: _calls("called") == before + 1, "the call was counted")
        switch.reset()
        await until(lambda: len(asked) == 2, "it was called again")
    assert set(asked) == {"GET /ping/abc?from=county"}


@pytest.mark.parametrize("status", [404, 500])
async def test_a_refused_call_is_counted_and_the_next_one_is_made(status: int) -> None:
    before = _calls("failed")
    async with outside(status) as (address, asked), running(address) as switch:
        switch.reset()
        await until(lambda: _calls("failed") == before + 1, "the failure was counted")
        switch.reset()
        await until(lambda: len(asked) == 2, "it was called again")


async def test_a_switch_that_is_away_ends_nothing() -> None:
    before = _calls("failed")
    async with running(f"http://127.0.0.1:{free_port()}/ping") as switch:
        switch.reset()
        await until(lambda: _calls("failed") == before + 1, "the failure was counted")
        switch.reset()
        await until(lambda: _calls("failed") == before + 2, "the next was tried")


async def test_without_an_address_a_reset_does_nothing() -> None:
    async with running(None) as switch:
        switch.reset()
        await until(lambda: not switch._due.is_set(), "the reset was taken")
