"""Which of the states that a batch of telemetry reports are new: a door that is still shut is no news."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from devices.event import EventType
from gateway.sorting import AT_ONCE, Arrival, TelemetryArrival
from rules.domain.lateness import TOLERANCE_S
from store import repeats
from store.database import Connection
from store.repeats import StateKey

#: States of which one ends the other.
PAIRS: Final = (
    (EventType.DOOR_OPEN, EventType.DOOR_CLOSED),
    (EventType.OCCUPIED, EventType.VACANT),
    (EventType.ONLINE, EventType.OFFLINE),
)
_PAIR_OF: Final = {state: number for number, pair in enumerate(PAIRS) for state in pair}
_WORDS: Final = [(str(one), str(other)) for one, other in PAIRS]
_TOLERANCE: Final = timedelta(seconds=TOLERANCE_S)


class Edges:
    """What the devices of one batch said last, by the database; moved on by the batch itself, and thrown away."""

    def __init__(self, said: dict[StateKey, str]) -> None:
        self._said = said

    @classmethod
    async def of(cls, connection: Connection, batch: Iterable[Arrival], known: Mapping[str, int]) -> Edges:
        """Read it inside the batch's transaction. No memory is older than that: whoever wrote since is seen."""
        asked = {
            (known[arrival.device], _PAIR_OF[arrival.event.type])
            for arrival in batch
            if type(arrival) is TelemetryArrival
            and arrival.event.is_state
            and arrival.event.type in _PAIR_OF
            and arrival.device in known
        }
        return cls(await repeats.last_states(connection, asked, _WORDS) if asked else {})

    def is_new(self, device_id: int, arrival: TelemetryArrival) -> bool:
        """Whether a state report is to be stored: on its edge, or as history where it comes late."""
        event = arrival.event
        pair = _PAIR_OF.get(event.type)
        if pair is None:
            # The end of what does not stand was passed on by the alarms, for its device was heard.
            return event.type not in AT_ONCE
        if event.at_given and abs(arrival.received_at - event.at) > _TOLERANCE:
            return True
        before = self._said.get((device_id, pair))
        self._said[device_id, pair] = event.type.value
        return before != event.type.value
