"""What the engine shows of itself to whoever watches it."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

#: Seconds. The auditor shouts at 10; a second is the engine's own beat.
LAG_BUCKETS_S: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)

deadline_lag_seconds: Final = Histogram(
    "shouwang_deadline_lag_seconds", "From a deadline's due time to its firing, in seconds", buckets=LAG_BUCKETS_S
)
deadlines_fired_total: Final = Counter(
    "shouwang_deadlines_fired_total", "Deadlines that fired, by kind and reason", ["kind", "reason"]
)
deadlines_failed_total: Final = Counter(
    "shouwang_deadlines_failed_total", "Deadlines whose step failed and was put off"
)
assignments_ruled_total: Final = Counter(
    "shouwang_assignments_ruled_total", "Clocks of responders' assignments that were due, by what it meant", ["reason"]
)
assignments_failed_total: Final = Counter(
    "shouwang_assignments_failed_total", "Cases whose assignments could not be looked at and were put off"
)
deadlines_overdue: Final = Gauge("shouwang_deadlines_overdue", "Deadlines overdue by 10 s or more at the last audit")
devices: Final = Gauge(
    "shouwang_devices", "Devices by kind and by life, or by whether they were heard", ["kind", "status"]
)
devices_silent: Final = Gauge(
    "shouwang_devices_silent",
    "Watched devices that are silent, by how they stand (grace, held, late, never_heard)",
    ["status"],
)
residents_unprotected: Final = Gauge(
    "shouwang_residents_unprotected", "Residents with life-safety devices at home of which none is heard"
)
supervision_lag_seconds: Final = Histogram(
    "shouwang_supervision_lag_seconds", "From a device's deadline to its verdict, in seconds", buckets=LAG_BUCKETS_S
)
supervision_verdicts_total: Final = Counter(
    "shouwang_supervision_verdicts_total", "Verdicts on devices that were due, by verdict", ["verdict"]
)
lane_hold_seconds: Final = Gauge(
    "shouwang_lane_hold_seconds", "For how long a lane's outages of the last day hold verdicts, in seconds", ["lane"]
)
incidents_open: Final = Gauge(
    "shouwang_incidents_open", "Incidents that are not closed, at the last audit", ["priority", "state"]
)
incidents_unattended: Final = Gauge(
    "shouwang_incidents_unattended", "Incidents nobody at a desk is responsible for, at the last audit", ["priority"]
)
#: By the priority at the start of the clock, as the report's figures Answer and Arrival count them (docs/kpi.md).
incident_answer_seconds: Final = Histogram(
    "shouwang_incident_answer_seconds",
    "From the receipt of a P1 or P2 alarm that sounded to the first claim that counts, in seconds",
    ["priority"],
    buckets=(5, 10, 15, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600),
)
incident_arrival_seconds: Final = Histogram(
    "shouwang_incident_arrival_seconds",
    "From the first offer of a P1 or P2 case to the first responder on scene, in seconds",
    ["priority"],
    buckets=(60, 120, 300, 600, 900, 1200, 1500, 1800, 2700, 3600, 7200),
)
desks_on_duty: Final = Gauge("shouwang_desks_on_duty", "Desks on duty that answer")
claims_lapsed_total: Final = Counter("shouwang_claims_lapsed_total", "Claims that ended because nobody renewed them")
erased_total: Final = Counter("shouwang_erased_total", "Records erased because their period was over", ["kind"])
partition_days_ahead: Final = Gauge("shouwang_partition_days_ahead", "Days for which readings already have a place")
pass_seconds: Final = Histogram("shouwang_pass_seconds", "One pass of the engine, in seconds", ["name"])
pass_rows_total: Final = Counter("shouwang_pass_rows_total", "Rows a pass of the engine worked on", ["name"])
pass_failures_total: Final = Counter(
    "shouwang_pass_failures_total", "Passes of the engine that ended in an error", ["name", "error"]
)
pass_rows_failed_total: Final = Counter(
    "shouwang_pass_rows_failed_total", "Rows a pass of the engine could not work on and put off, by pass", ["name"]
)
pass_finished_at_seconds: Final = Gauge(
    "shouwang_pass_finished_at_seconds", "When a pass last ended well, in seconds since 1970", ["name"]
)
notifications_total: Final = Counter(
    "shouwang_notifications_total", "Notices given to a channel, by what became of them", ["channel", "outcome"]
)
notices_withheld_total: Final = Counter(
    "shouwang_notices_withheld_total", "Notices that were not sent, by reason", ["reason"]
)
outbox_waiting: Final = Gauge("shouwang_outbox_waiting", "Notices that are due and not sent")
outbox_oldest_seconds: Final = Gauge("shouwang_outbox_oldest_seconds", "How long the oldest of them has been due")
channel_test_age_seconds: Final = Gauge(
    "shouwang_channel_test_age_seconds",
    "Since a channel last passed its daily test, in seconds; NaN where it never did",
    ["channel"],
)
detector_lag_seconds: Final = Gauge(
    "shouwang_detector_lag_seconds", "How long the oldest message of a watched device has waited for its detectors"
)
detector_due_lag_seconds: Final = Gauge(
    "shouwang_detector_due_lag_seconds", "The longest that anything was due at the detectors' last look, in seconds"
)
detector_findings_total: Final = Counter(
    "shouwang_detector_findings_total", "What detectors found and told, by what made them look", ["by"]
)
detector_failures_total: Final = Counter(
    "shouwang_detector_failures_total", "Looks of detectors that failed and were put off", ["by"]
)
held: Final = Gauge("shouwang_held", "Devices' causes that are held back now, by what holds them", ["by"])
released_total: Final = Counter("shouwang_released_total", "Held causes looked at again because their holder ended")
combinations_total: Final = Counter("shouwang_combinations_total", "Cases found to be graver together than alone")
