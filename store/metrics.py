"""Metrics that two rooms of one floor observe: how long an alarm took from receipt to each stage."""

from __future__ import annotations

from typing import Final

from prometheus_client import Histogram

#: Seconds; part of the outside contract (contract.md, part 5).
ALARM_BUCKETS_S: Final = (0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0)

#: Received → `commit` (gateway), `incident` (gateway), `stream` (console).
alarm_seconds: Final = Histogram(
    "shouwang_alarm_seconds",
    "From the receipt of an alarm to each stage, in seconds",
    ["stage"],
    buckets=ALARM_BUCKETS_S,
)
