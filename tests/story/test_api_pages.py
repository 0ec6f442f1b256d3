"""The pages as files: strict about what runs, for ever about what is hashed, and nothing outside their folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from console.app import make_app


@pytest.fixture
async def pages(console: Any, tmp_path: Path) -> AsyncIterator[Any]:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>shell</title>")
    (folder / "assets" / "app-1a2b.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    async with TestClient(TestServer(make_app(replace(console.context, web_dir=folder)))) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/incidents/17", "/registers/residents"])
async def test_every_route_of_the_page_gets_its_shell(pages: Any, path: str) -> None:
    async with pages.get(path) as response:
        assert "shell" in await response.text()
        assert response.headers["Cache-Control"] == "no-cache"
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_hashed_file_is_kept_for_ever(pages: Any) -> None:
    async with pages.get("/assets/app-1a2b.js") as response:
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
        assert "javascript" in response.headers["Content-Type"]


async def test_a_missing_hashed_file_is_missing(pages: Any) -> None:
    async with pages.get("/assets/app-old.js") as response:
        assert response.status == 404


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/%00"])
async def test_nothing_outside_the_folder_is_served(pages: Any, path: str) -> None:
    async with pages.get(path) as response:
        assert "secret" not in await response.text()


async def test_answers_of_the_api_are_never_stored(pages: Any) -> None:
    for path in ("/api/v1/session", "/api/openapi.json", "/api/docs", "/api/nothing"):
        async with pages.get(path) as response:
            assert response.headers["Cache-Control"] == "no-store", path
