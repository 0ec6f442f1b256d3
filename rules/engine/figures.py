"""The pass that keeps what the report needs from moment to moment, and shows its two clocks as metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from prometheus_client import Histogram

from rules.domain.kpi_clocks import Stopped
from rules.domain.kpi_definition import Figure
from rules.engine import metrics

_HISTOGRAMS: Final[Mapping[Figure, Histogram]] = MappingProxyType(
    {Figure.ANSWER: metrics.incident_answer_seconds, Figure.ARRIVAL: metrics.incident_arrival_seconds}
)


class FiguresStore(Protocol):
    """The store's side of the pass."""

    async def desks_on_duty(self) -> int:
        """How many desks are on duty and answer; a plain read."""
        ...

    async def note_protection(self, now: datetime) -> None:
        """Once an hour: how many residents have a working life-safety device."""
        ...

    async def count_clocks(self, now: datetime) -> Sequence[Stopped]:
        """The clocks that stopped since the last look, each once, whichever engine looks."""
        ...


class FiguresPass:
    """Follows the definitions of the report: a claim given back at once stops neither clock nor metric."""

    name: Final = "figures"
    every_s: Final = 10.0
    batch_size: Final = 0

    def __init__(self, store: FiguresStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once; return how many clocks were counted."""
        metrics.desks_on_duty.set(await self._store.desks_on_duty())
        await self._store.note_protection(now)
        stopped = await self._store.count_clocks(now)
        for clock in stopped:
            _HISTOGRAMS[clock.figure].labels(priority=clock.priority).observe(clock.seconds)
        return len(stopped)
