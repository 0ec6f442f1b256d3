"""The database is away, a responder opens their link, and the log has a link that opens for whoever reads it."""

from __future__ import annotations

from typing import Any

from structlog.testing import capture_logs

CODE = "Xk3_9aQ2LmZp"


async def test_what_fails_is_logged_by_its_route_and_not_by_its_path(console: Any) -> None:
    await console.db.close()
    with capture_logs() as lines:
        async with console.client.get(f"/r/{CODE}") as response:
            assert response.status in (500, 503)
    (line,) = [line for line in lines if line["event"] in ("request_failed", "request_without_database")]
    assert line["route"] == "/r/{code}"
    assert CODE not in str(lines)
