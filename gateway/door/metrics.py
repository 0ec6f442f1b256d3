"""What the door counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

door_open: Final = Gauge("shouwang_broker_door_open", "1 while this gateway keeps the broker's accounts")
accounts: Final = Gauge(
    "shouwang_broker_accounts",
    "Credentials by state: standing, pending (the broker was not told yet), failing (it refuses), unknown (in our name"
    " at the broker, and never issued by this database)",
    ["state"],
)
changes_total: Final = Counter(
    "shouwang_broker_account_changes_total", "Credentials told to the broker, by outcome: agreed, refused", ["outcome"]
)
reconciled_at: Final = Gauge(
    "shouwang_broker_reconciled_timestamp_seconds", "When all accounts at the broker were last compared with ours"
)
failures_total: Final = Counter(
    "shouwang_broker_door_failures_total", "Times the door was shut by an error and opened anew", ["error"]
)
