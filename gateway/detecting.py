"""Which devices some detector wants to hear of, and the queue it reads: nothing for all the others."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from gateway import metrics
from gateway.sorting import TelemetryArrival
from rules.clock import Clock
from store import detector_queue
from store.database import Connection
from store.telemetry import Batch

#: How soon a device that was not watched before is: the engine plans once in half a second, and this comes on top.
REFRESH_S: Final = 1.0
#: What waits for the detectors at most: minutes of a county's bands. Beyond it the newest are left out, and counted:
#: their fixes stand with the readings, and detectors judge by the next.
WAITING_MOST: Final = 200_000


class Watched:
    """The ids of watched devices, kept in memory and read anew when their number changes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids: AbstractSet[int] = frozenset()
        self._version = 0
        self._looked_at_s: float | None = None
        self._is_full = False

    async def refresh(self, connection: Connection) -> None:
        """Look once a second whether they are still the same, inside the batch's transaction."""
        now_s = self._clock.monotonic()
        if self._looked_at_s is not None and now_s - self._looked_at_s < REFRESH_S:
            return
        self._looked_at_s = now_s
        stands = await detector_queue.stands(connection)
        self._is_full = stands.waiting >= WAITING_MOST
        if stands.version != self._version:
            self._ids = await detector_queue.watched(connection)
            self._version = stands.version

    async def queue(
        self, connection: Connection, rows: Batch, arrivals: Sequence[TelemetryArrival], old: AbstractSet[int]
    ) -> None:  # fmt: skip
        """Queue what detectors read of a batch's new rows; nothing is asked where none of its devices is watched."""
        ids = self._ids
        if not ids or ids.isdisjoint(rows.device_id):
            return
        positions = [
            position
            for position, device_id in enumerate(rows.device_id)
            if device_id in ids and position not in old and _is_read(arrivals[position])
        ]
        if not positions:
            return
        if self._is_full:
            metrics.detector_inputs_shed_total.inc(len(positions))
            return
        await detector_queue.put(connection, rows, positions)

    def forget(self) -> None:
        """After an error: what was read in a transaction that was rolled back is read again."""
        self._looked_at_s, self._version, self._ids = None, 0, frozenset()


def _is_read(arrival: TelemetryArrival) -> bool:
    event = arrival.event
    return not arrival.retained and (event.location is not None or event.vitals is not None)
