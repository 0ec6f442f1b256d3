"""What the console counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

stream_clients: Final = Gauge("shouwang_stream_clients", "Live streams open in this process")
stream_clients_dropped: Final = Counter(
    "shouwang_stream_clients_dropped_total", "Live streams closed because the other side read too slowly"
)
stream_failures: Final = Counter("shouwang_stream_failures_total", "Passes of the feed reader that failed", ["reason"])
broker_questions: Final = Counter(
    "shouwang_broker_questions_total", "Questions of a broker by kind and what we answered", ["kind", "answer"]
)
callbacks_heard: Final = Counter(
    "shouwang_callbacks_total", "Callbacks of providers by channel and what became of them", ["channel", "outcome"]
)
request_seconds: Final = Histogram(
    "shouwang_http_request_seconds", "From a request's head to its answer, in seconds", ["route", "status"]
)
