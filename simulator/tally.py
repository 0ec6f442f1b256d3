"""What a run counted: events by type, latencies, and every bound that was reached."""

from __future__ import annotations

import bisect
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

#: Upper edges in seconds, those of the alarm metrics (contract.md section 5) and a few between.
EDGES_S: Final = (0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0)


class Latencies:
    """A histogram of seconds; its size does not grow with the run."""

    def __init__(self) -> None:
        self.counts = [0] * (len(EDGES_S) + 1)
        self.longest_s = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect.bisect_left(EDGES_S, seconds)] += 1
        self.longest_s = max(self.longest_s, seconds)

    @property
    def number(self) -> int:
        return sum(self.counts)

    def percentile_s(self, share: float) -> float | None:
        """Return the upper edge of the bucket that holds this share, at most the longest; None with nothing counted."""
        wanted, seen = share * self.number, 0
        for edge, count in zip((*EDGES_S, self.longest_s), self.counts, strict=True):
            seen += count
            if seen >= wanted and seen:
                return min(edge, self.longest_s)
        return None


@dataclass(kw_only=True, slots=True)
class TypeCount:
    """One type's row in the report."""

    made: int = 0
    taken_over: int = 0
    acked: int = 0


@dataclass(kw_only=True, slots=True)
class Tally:
    """Counts of one run. `facts` holds what happens besides, under names that the report prints."""

    types: dict[str, TypeCount] = field(default_factory=dict)
    ack_latency: Latencies = field(default_factory=Latencies)
    puback_latency: Latencies = field(default_factory=Latencies)
    facts: Counter[str] = field(default_factory=Counter)
    devices: int = 0
    connections: int = 0
    elapsed_s: float = 0.0
    cpu_s: float = 0.0

    def of(self, word: str) -> TypeCount:
        row = self.types.get(word)
        if row is None:
            row = self.types[word] = TypeCount()
        return row

    @property
    def made(self) -> int:
        return sum(row.made for row in self.types.values())

    @property
    def taken_over(self) -> int:
        return sum(row.taken_over for row in self.types.values())

    @property
    def cpu_us_per_event(self) -> float:
        return self.cpu_s * 1e6 / self.made if self.made else 0.0
