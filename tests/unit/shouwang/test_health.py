"""A part's health, and several parts' health on one address."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import aiohttp
import pytest

from shouwang.errors import PortTaken
from shouwang.health import Readiness, common_health, part_health
from tests.servers import free_port


async def _get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def test_a_part_is_unready_until_everything_it_awaits_is_there_and_says_what_is_not() -> None:
    readiness, port = Readiness("lanes"), free_port()
    async with part_health(("127.0.0.1", port), readiness):
        assert (await _get(port, "/healthz"))[0] == 200
        status, body = await _get(port, "/readyz")
        assert (status, json.loads(body)["missing"]) == (503, {"lanes": "not yet"})
        readiness.set("lanes")
        readiness.set("voice", degraded="no on-call number passed its last test")
        status, body = await _get(port, "/readyz")
        assert (status, json.loads(body)["status"]) == (200, "degraded")
        readiness.set("voice")
        status, body = await _get(port, "/readyz")
        assert (status, json.loads(body)["status"]) == (200, "ready")
        assert "shouwang_build_info{" in (await _get(port, "/metrics"))[1]


async def test_several_parts_are_as_ready_as_the_worst_and_a_silent_one_is_named(tmp_path: Path) -> None:
    port, rules, gateway = free_port(), Readiness(), Readiness()
    sockets = {"rules": tmp_path / "rules.sock", "gateway": tmp_path / "gateway.sock"}
    async with common_health(("127.0.0.1", port), sockets), part_health(sockets["rules"], rules):
        async with part_health(sockets["gateway"], gateway):
            assert (await _get(port, "/readyz"))[0] == 200
            gateway.set("voice", degraded="no number")
            assert json.loads((await _get(port, "/readyz"))[1])["status"] == "degraded"
            page = (await _get(port, "/metrics"))[1]
            assert page.count("# TYPE shouwang_build_info gauge") == 1
        status, body = await _get(port, "/readyz")
        assert status == 503
        assert json.loads(body)["parts"]["gateway"]["missing"] == {"part": "does not answer"}
        assert (await _get(port, "/metrics"))[0] == 200


async def test_a_taken_port_names_the_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTaken, match="SHOUWANG_METRICS_PORT"):
            async with part_health(("127.0.0.1", taken.getsockname()[1]), Readiness()):
                pass
