"""What a log line is, and what never stands in one."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from shouwang import logs
from shouwang.settings import LogFormat, LogLevel

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_json_object_with_time_part_and_ids(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("rules", level=LogLevel.INFO, form=LogFormat.JSON, now=lambda: NOW)
    structlog.stdlib.get_logger().info("incident_escalated", incident="17")
    assert _lines(capsys) == [
        {
            "event": "incident_escalated",
            "incident": "17",
            "part": "rules",
            "level": "info",
            "at": "2026-11-19T06:30:00.000Z",
        }
    ]


def test_what_could_say_who_somebody_is_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("rules", level=LogLevel.INFO, form=LogFormat.JSON, now=lambda: NOW)
    structlog.stdlib.get_logger().info("resident_changed", resident="4", phone="13800000000", password="x")
    (line,) = _lines(capsys)
    assert (line["resident"], line["phone"], line["password"]) == ("4", logs.MARK, logs.MARK)


def test_other_libraries_lines_come_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("gateway", level=LogLevel.WARNING, form=LogFormat.JSON, now=lambda: NOW)
    logging.getLogger("asyncio").info("not this")
    logging.getLogger("asyncio").warning("slow callback")
    (line,) = _lines(capsys)
    assert (line["event"], line["part"]) == ("slow callback", "gateway")


def _fails() -> None:
    raise ValueError("Key (phone)=(13812345678) of 王秀英 exists")


def test_a_failure_is_told_by_its_lines_and_never_by_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console", level=LogLevel.INFO, form=LogFormat.JSON, now=lambda: NOW)
    try:
        _fails()
    except ValueError as error:
        group = ExceptionGroup("王秀英", [error])
        structlog.stdlib.get_logger().error("request_failed", exc_info=group)
        logging.getLogger("asyncio").exception("never retrieved")
    ours, theirs = _lines(capsys)
    for line in (ours, theirs):
        told = str(line["exception"])
        assert ("ValueError" in told, "test_logs.py" in told) == (True, True)
        assert ("王秀英" in told, "13812345678" in told) == (False, False)
