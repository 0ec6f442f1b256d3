"""What an alarm says about its device: heard, where it is, which conditions stand; old words change nothing newer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices.datums import to_wgs84
from devices.event import Event, EventType
from rules.domain import correlation, lateness
from rules.domain.policy_routes import ENDED
from rules.domain.repeats import BEGINNINGS
from store.context import DeviceContext
from store.database import Connection
from store.sql import queries
from store.telemetry import in_real

if TYPE_CHECKING:
    from store.alarms import Alarm

_Q: Final = queries("device_words")

#: From a condition to its end.
END_OF: Final = {begin: end for end, begin in ENDED.items()}


async def move_state(connection: Connection, alarm: Alarm, context: DeviceContext, timing: lateness.Lateness) -> None:
    """Write it inside the alarm's transaction; raises what the database says. What we found ourselves says nothing."""
    if alarm.found is not None:
        return
    event = alarm.event
    fresh = not (timing.late or alarm.is_old_word)
    location = to_wgs84(event.location) if fresh and event.location is not None else None
    opens, ends = _conditions(event)
    await connection.execute(
        _Q.move_state, context.device_id, None if alarm.is_old_word else alarm.received_at,
        in_real(event.battery_pct) if fresh else None,
        location.lat if location is not None else None,
        location.lon if location is not None else None,
        in_real(location.accuracy_m) if location is not None else None,
        not alarm.is_old_word and lateness.proves_clock(alarm.at, alarm.received_at), opens, ends,
        _opposite(event.type) if opens or ends else None, alarm.said_at,
    )  # fmt: skip


def _conditions(event: Event) -> tuple[list[str], list[str]]:
    """Which lasting conditions now stand and which ended: also by a late word, unless the device said more since."""
    if event.type in correlation.STATES or (event.is_state and event.type in BEGINNINGS):
        return [str(event.type)], []
    return [], [str(ENDED[event.type])] if event.type in ENDED else []


def _opposite(type_: EventType) -> str | None:
    other = ENDED.get(type_) or END_OF.get(type_)
    return None if other is None else str(other)


async def is_overtaken(connection: Connection, alarm: Alarm, context: DeviceContext) -> bool:
    """Whether the device has said the opposite since, by its own clock."""
    other = _opposite(alarm.event.type)
    if other is None or alarm.said_at is None:
        return False
    return bool(await connection.fetchval(_Q.said_since, context.device_id, other, alarm.said_at))
