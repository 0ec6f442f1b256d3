"""Whatever a stranger types where a number, time or cursor belongs is refused or finds nothing: never our fault."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import pytest

from console.app import ROUTES
from console.routes import Route
from tests.story.conftest import Console

pytestmark = pytest.mark.timeout(240)

_OUR_FAULT: Final = 500
_IDS: Final = ("0", "999999999999999999")


def _cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


_CURSORS: Final = (
    *(_cursor(10**18), _cursor(2**64), _cursor(2**70), _cursor(-1), _cursor(1.5), _cursor(True), _cursor(None)),
    *(_cursor("a\x00b"), _cursor("2026-01-01T00:00:00", 1, "x"), _cursor("0001-01-01T00:00:00+14:00", 1, "x")),
    *(_cursor("2026-01-01T00:00:00Z", 2**63, "x"), _cursor("2026-01-01T00:00:00Z", 1, "a\x00b")),
    *(_cursor(1, True, "2026-01-01T00:00:00", 2**63), _cursor("a\x00", 1), _cursor("a", 2**63), _cursor(2**63, 1)),
    *(_cursor([1]), _cursor(), "AAAA", "é", "{}", "-1"),
)
_MOMENTS: Final = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "253402300799999")


def _got() -> list[Route]:
    return [route for route in ROUTES if route.method == "GET" and route.path != "/stream"]


def _fields(route: Route) -> Mapping[str, Any]:
    return {} if route.query is None else route.query.model_fields


async def test_no_id_is_our_fault(console: Console) -> None:
    admin = await console.person("root", "administrator")
    wrong = []
    for route in ROUTES:
        if not route.parameters or route.names or route.path == "/stream":
            continue
        for number in _IDS:
            path = route.path.replace("{id}", number)
            found = await admin.asks(route.method, f"/api/v1{path}", {} if route.body is not None else None)
            if found.status >= _OUR_FAULT or (200 <= found.status < 300 and route.method != "GET"):
                wrong.append((route.method, path, found.status, found.body))
    assert wrong == []


async def test_no_cursor_is_our_fault(console: Console) -> None:
    admin = await console.person("root", "administrator")
    wrong = []
    for route in _got():
        if "cursor" not in _fields(route) or route.parameters:
            continue
        for cursor in _CURSORS:
            found = await admin.gets(f"{route.path}?cursor={quote(cursor)}")
            if found.status >= _OUR_FAULT:
                wrong.append((route.path, cursor, found.status))
    assert wrong == []


async def test_no_time_is_our_fault(console: Console) -> None:
    admin = await console.person("root", "administrator")
    person = await admin.posts("/residents", {"name": "王秀英"})
    wrong = []
    for route in _got():
        names = [
            field.alias or name
            for name, field in _fields(route).items()
            if "Aware" in str(field) or "datetime" in str(field.annotation)
        ]
        path = route.path.replace("{id}", person.body["id"])
        more = "&purpose=asked" if "purpose" in _fields(route) else ""
        asked = [*[(name,) for name in names], *([tuple(names)] if len(names) > 1 else [])]
        for some in asked:
            for moment in _MOMENTS:
                query = "&".join(f"{name}={quote(moment)}" for name in some)
                found = await admin.gets(f"{path}?{query}{more}")
                if found.status >= _OUR_FAULT:
                    wrong.append((path, query, found.status))
    assert wrong == []
