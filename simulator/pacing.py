"""Exact open-loop pacing: what is due does not depend on how the events before it fared."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.clock import Clock
from simulator.plan import Planned


class Schedule:
    """Hands out planned events when their time has come. Falling behind is caught up, never forgiven."""

    def __init__(self, events: Iterator[Planned], clock: Clock) -> None:
        self._events = events
        self._clock = clock
        self.began_s = clock.monotonic()
        self._next = next(events, None)
        self.furthest_behind_s = 0.0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the schedule began."""
        return self._clock.monotonic() - self.began_s

    @property
    def exhausted(self) -> bool:
        return self._next is None

    def due(self, most: int) -> Iterator[Planned]:
        """Yield what is due now and was not yet handed out, in order, at most `most` events."""
        elapsed_s = self.elapsed_s
        if self._next is not None and self._next.made_s <= elapsed_s:
            self.furthest_behind_s = max(self.furthest_behind_s, elapsed_s - self._next.made_s)
        for _ in range(most):
            planned = self._next
            if planned is None or planned.made_s > elapsed_s:
                return
            self._next = next(self._events, None)
            yield planned
