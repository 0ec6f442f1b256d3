"""The order of the queue: the next case to take stands on top (centre.md, 2; invariant 4)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from rules.domain.vocabulary import Priority


class QueueKey(NamedTuple):
    """Sorts as the queue does. `attended` and `unregistered` are False first."""

    priority: int
    attended: bool
    unregistered: bool
    oldest_alarm_at: datetime
    incident_id: int


def queue_key(
    *, priority: Priority, attended: bool, unregistered: bool, oldest_alarm_at: datetime, incident_id: int
) -> QueueKey:
    """Priority, then unattended before attended, then registered before unregistered, then the oldest alarm."""
    return QueueKey(int(priority), attended, unregistered, oldest_alarm_at, incident_id)
