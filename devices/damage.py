"""What may be raised out of a message that is not in order: what calls somebody, marked, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import structs

from devices.event import ALARMS, Event, EventType

#: An alarm, or somebody who leaves the place where they are safe: worth a call even if the rest cannot be trusted.
CALLS: Final = ALARMS | {EventType.FENCE_EXIT}


def only_calls(events: Iterable[Event], damage: str) -> list[Event]:
    """Return what calls somebody, each marked with the damage; the rest of a broken message is not believed."""
    return [structs.replace(event, damaged=True, damage=damage) for event in events if event.type in CALLS]
