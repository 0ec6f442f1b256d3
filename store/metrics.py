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

#: Seconds from receipt to the first claim that counts, by the priority at the start of the clock (contract.md, part 5).
incident_answer_seconds: Final = Histogram(
    "shouwang_incident_answer_seconds",
    "From the receipt of a P1 or P2 alarm to the first claim that counts, in seconds",
    ["priority"],
    buckets=(5, 10, 15, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600),
)

#: Seconds from the first offer to the first responder on scene, doubted ones left out (contract.md, part 5).
incident_arrival_seconds: Final = Histogram(
    "shouwang_incident_arrival_seconds",
    "From the first offer of a case to the first responder on scene, in seconds",
    buckets=(60, 120, 300, 600, 900, 1200, 1500, 1800, 2700, 3600, 7200),
)
