"""A clock in a hurry, for tests in which real servers and real waiting belong together."""

from __future__ import annotations

from datetime import datetime, timedelta

from rules.clock import SharedClock


class HurriedClock(SharedClock):
    """The real clock, so many times as fast: a minute of everybody's patience is over in seconds."""

    def __init__(self, times: float = 20.0) -> None:
        super().__init__()
        self._times = times
        self._began_s, self._began_at = super().monotonic(), super().now()

    def monotonic(self) -> float:
        return (super().monotonic() - self._began_s) * self._times

    def now(self) -> datetime:
        return self._began_at + timedelta(seconds=self.monotonic())

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self._times)
