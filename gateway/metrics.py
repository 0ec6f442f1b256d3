"""What the gateway counts and times; names are part of the outside contract (contract.md, part 5)."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from store.metrics import ALARM_BUCKETS_S

events_total: Final = Counter("shouwang_events_total", "Events by what became of them", ["source", "type", "outcome"])
event_commit_seconds: Final = Histogram(
    "shouwang_event_commit_seconds", "Received to committed, in seconds", ["lane"], buckets=ALARM_BUCKETS_S
)
dead_letters_total: Final = Counter("shouwang_dead_letters_total", "What could not be used, by reason", ["reason"])
lane_connected: Final = Gauge(
    "shouwang_lane_connected", "1 while this gateway holds the lane and is connected", ["lane"]
)
lane_inflight: Final = Gauge("shouwang_lane_inflight", "Messages received and not yet acknowledged", ["lane"])
lane_paused_total: Final = Counter(
    "shouwang_lane_paused_total", "Times the lane stopped reading because its bound was reached", ["lane"]
)
lane_failures_total: Final = Counter(
    "shouwang_lane_failures_total",
    "Transactions that failed for a reason of ours and were tried again",
    ["lane", "error"],
)
state_moves_dropped_total: Final = Counter(
    "shouwang_state_moves_dropped_total", "Words about a device's state that could not be written", ["lane"]
)
acks_dropped_total: Final = Counter(
    "shouwang_acks_dropped_total", "Acknowledgements to devices given up because their queue was full", ["lane"]
)
canary_seconds: Final = Histogram(
    "shouwang_canary_seconds", "From the canary's press to its frame on a stream, in seconds", buckets=ALARM_BUCKETS_S
)
canary_rounds_total: Final = Counter(
    "shouwang_canary_rounds_total", "Rounds of the canary by outcome: full, not_full", ["lane", "outcome"]
)
replays_total: Final = Counter("shouwang_replays_total", "Dead letters used again, by what became of them", ["result"])
replay_failures_total: Final = Counter(
    "shouwang_replay_failures_total", "Times replaying stopped for a reason of ours and was begun anew", ["error"]
)
broker_dropped_messages: Final = Gauge(
    "shouwang_broker_dropped_messages", "Messages the broker dropped by its own limits since its start, as it counts"
)
telemetry_shed_total: Final = Counter(
    "shouwang_telemetry_shed_total", "Telemetry left out because its device said too much", ["lane", "reason"]
)
cloned_devices_total: Final = Counter(
    "shouwang_cloned_devices_total", "Times an id was found to be two devices'", ["seen_by"]
)
detector_inputs_shed_total: Final = Counter(
    "shouwang_detector_inputs_shed_total", "Messages of watched devices left out because too much waited for detectors"
)
