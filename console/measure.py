"""How much of something is taken: a measure that fills up again."""

from __future__ import annotations

from typing import Final

#: A reconnect wave of 100,000 devices in a minute is 1,700 sign-ins a second, each with a few questions of access.
RATE_PER_S: Final = 5_000.0
BURST: Final = 20_000.0


class Measure:
    """A token bucket; `now_s` is monotonic."""

    def __init__(self, rate_per_s: float = RATE_PER_S, burst: float = BURST) -> None:
        self._rate_per_s, self._burst = rate_per_s, burst
        self._left, self._at_s = burst, 0.0

    def takes(self, now_s: float) -> bool:
        """Whether one more is within the measure."""
        self._left = min(self._burst, self._left + max(0.0, now_s - self._at_s) * self._rate_per_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
