"""Exact open-loop pacing: how many events are due does not depend on how the last ones fared."""

from __future__ import annotations

from simulator.clock import Clock


class Pace:
    """Counts what is due at a rate since its start. Falling behind is caught up, never forgiven."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._per_second = per_second
        self._began_s = clock.monotonic()
        self._taken = 0

    def due(self, most: int) -> int:
        """Return how many events are due now and not yet taken, at most `most`, and count them as taken."""
        # Event i is due at i / rate, so the first one is due at once.
        due = int((self._clock.monotonic() - self._began_s) * self._per_second) + 1 - self._taken
        taken = max(0, min(due, most))
        self._taken += taken
        return taken

    @property
    def taken(self) -> int:
        return self._taken
