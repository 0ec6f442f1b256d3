"""A complaint has a number and two dates to keep, and what it is about cannot be erased from the moment it came."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from rules.domain.complaints import due_after
from tests.story.conftest import Console

SITE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("received", "days", "by"),
    [
        (datetime(2026, 11, 19, 15, tzinfo=SITE), 1, datetime(2026, 11, 21, tzinfo=SITE)),  # a Thursday
        (datetime(2026, 11, 20, 15, tzinfo=SITE), 1, datetime(2026, 11, 24, tzinfo=SITE)),  # a Friday
        (datetime(2026, 11, 20, 17, tzinfo=UTC), 1, datetime(2026, 11, 24, tzinfo=SITE)),  # Saturday at the site
        (datetime(2026, 11, 19, 15, tzinfo=SITE), 15, datetime(2026, 12, 11, tzinfo=SITE)),
    ],
)
def test_working_days_are_those_of_the_site(received: datetime, days: int, by: datetime) -> None:
    assert due_after(received, days, SITE) == by


async def test_a_complaint_holds_its_cases_at_once_and_keeps_its_dates(console: Console) -> None:
    manager, dispatcher = await console.person("chen", "centre_manager"), await console.person("li", "dispatcher")
    case = await console.case(dispatcher)
    body = {
        "channel": "phone", "subject": "answer", "text": "nobody came", "incidents": [str(case)],
        "complainant": {"name": "王小明", "phone": "13800001234", "relation": "son"},
    }  # fmt: skip
    made = await dispatcher.posts("/complaints", body)
    assert made.status == 201, made.body
    assert made.body["number"] == "C20261119-001"
    assert (made.body["acknowledge_by"], made.body["answer_by"]) == ("2026-11-20T16:00:00Z", "2026-12-10T16:00:00Z")
    held = await console.db.pool.fetchrow("SELECT incident_id, reason, until_at FROM legal_hold")
    assert held is not None
    assert tuple(held) == (case, "complaint C20261119-001", None)
    kept = await console.db.pool.fetchval("SELECT sealed FROM complaint")
    assert "王小明".encode() not in bytes(kept)
    listed = (await manager.gets("/complaints?open=true")).body["items"]
    assert [one["number"] for one in listed] == ["C20261119-001"]
    assert {"complainant", "text", "answer"}.isdisjoint(listed[0]), "a list names nobody"
    path = f"/complaints/{made.body['id']}"
    answered = await manager.patches(path, {"answer": "we are sorry", "finding": "upheld"}, If_Match='"1"')
    assert (answered.status, answered.body["state"], answered.body["complainant"]["name"]) == (
        200,
        "answered",
        "王小明",
    )
    assert answered.body["acknowledged_at"] is not None, "whoever answers has acknowledged"
    assert (await manager.patches(path, {"answer": "not so", "finding": "not_upheld"})).status == 409
    further = await console.case(dispatcher, "request")
    assert (await manager.patches(path, {"incidents": [str(further)]})).status == 200
    assert await console.db.pool.fetchval("SELECT count(*) FROM legal_hold") == 2


async def test_what_was_not_answered_in_time_is_overdue_and_missed_in_the_figures(console: Console) -> None:
    manager = await console.person("chen", "centre_manager")
    body = {"channel": "letter", "subject": "conduct", "text": "rude", "received_at": "2026-11-12T02:00:00Z"}
    assert (await manager.posts("/complaints", body)).status == 201
    assert (await manager.gets("/complaints")).body["items"][0]["overdue"] is True
    report = await manager.gets("/reports/kpi?from=2026-11-01T00:00:00Z&to=2026-11-19T00:00:00Z")
    figures = {one["id"]: one for one in report.body["figures"]}
    assert figures["complaints_acknowledged"]["misses_total"] == 1
    assert figures["complaints_answered"]["exclusions"] == [{"reason": "still_running", "count": 1}]


async def test_complaints_are_not_everybodys_and_not_of_every_area(console: Console) -> None:
    manager, dispatcher = await console.person("chen", "centre_manager"), await console.person("li", "dispatcher")
    outsider = await console.person("sun", "supervisor", ["320681.320681900"])
    body = {"channel": "phone", "subject": "fees", "text": "too much", "area": "320681.320681100"}
    made = await manager.posts("/complaints", body)
    assert (await dispatcher.gets("/complaints")).status == 403
    assert (await outsider.gets(f"/complaints/{made.body['id']}")).status == 404
    assert (await outsider.gets("/complaints")).body["items"] == []
    assert (await manager.posts("/complaints", {**body, "incidents": ["999"]})).status == 422
    assert (await manager.patches(f"/complaints/{made.body['id']}", {"answer": "x"})).status == 422
