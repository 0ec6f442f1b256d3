"""Whether two devices fight over one id: each one's arrival at the broker throws the other out, without end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: So many arrivals within so many seconds are no bad line: a device on one comes back once its keep-alive ran out,
#: every half minute at most, and two devices without back-off throw each other out every second.
FAST: Final = (8, 60.0)
#: And two that wait half a minute before they come back.
SLOW: Final = (20, 600.0)
#: Arrivals that have to be remembered to tell.
REMEMBERED: Final = max(FAST[0], SLOW[0])


def fought_over(arrivals_s: Sequence[float]) -> bool:
    """Whether these arrivals of one id, in seconds and in order, are those of two devices that both have it."""
    return any(
        len(arrivals_s) >= count and arrivals_s[-1] - arrivals_s[-count] <= within_s for count, within_s in (FAST, SLOW)
    )
