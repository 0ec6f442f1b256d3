"""Who does what, and when: one list for devices, people and rounds, and the one invented clock."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

Act = Callable[[datetime], Awaitable[None]]


@dataclass(kw_only=True)
class Agenda:
    """What is written down, in its order; the clock stands where the last of it happened."""

    began_at: datetime
    now: datetime
    _acts: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _order: int = 0

    def at(self, when: datetime, act: Act) -> None:
        """Write down what happens then; what should have happened already happens next."""
        self._order += 1
        heapq.heappush(self._acts, (when, self._order, act))

    def first(self) -> datetime | None:
        """When the next of it happens."""
        return self._acts[0][0] if self._acts else None

    def take(self) -> Act:
        """Take the next, and move the clock to it."""
        when, _, act = heapq.heappop(self._acts)
        self.now = max(self.now, when)
        return act


@dataclass(frozen=True, kw_only=True, slots=True)
class AgendaClock:
    """The agenda's time as workers ask for it; nobody waits here."""

    agenda: Agenda

    def now(self) -> datetime:
        return self.agenda.now

    def monotonic(self) -> float:
        return (self.agenda.now - self.agenda.began_at).total_seconds()

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"the year does not wait, not even {seconds} s")
