"""What stands by the devices' own words, for ends only: an end of nothing is said every hour and need not ring twice.

Never asked about an alarm. Filled from the database in the device's own turn, forgotten when an alarm of the device
arrives, when one is committed, after minutes, and with the lane's term.
"""

from __future__ import annotations

from typing import Final

from devices.event import Event
from rules.domain.policy_routes import ENDED

#: Devices of one lane that were heard to say that nothing is the matter; beyond, all are asked again.
DEVICES_LIMIT: Final = 50_000
#: Whoever else writes a device's state (a letter used again, another lane) is seen after this at the latest: until then
#: the end of what that one began would be passed over. One question a device in this time costs nothing.
FORGET_S: Final = 600.0


def is_end_of_state(event: Event | None) -> bool:
    """Whether this says, as a state, that a condition does not stand."""
    return event is not None and event.is_state and event.type in ENDED


class Standing:
    """The open conditions of devices that sent ends, as last read."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[frozenset[str], float]] = {}

    def ends_nothing(self, device: str, event: Event, now_s: float) -> bool:
        """Whether it is known that what this ends does not stand."""
        known = self._open.get(device)
        if known is None or now_s - known[1] > FORGET_S:
            return False
        return str(ENDED[event.type]) not in known[0]

    def learn(self, device: str, conditions: frozenset[str], now_s: float) -> None:
        if len(self._open) >= DEVICES_LIMIT:
            self._open.clear()
        self._open[device] = (conditions, now_s)

    def forget(self, device: str) -> None:
        self._open.pop(device, None)
