"""What a program outside is told of a case, and of which cases: nothing personal, and nothing it did not ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.domain.vocabulary import Action, Class, Priority, Step


class CaseEvent(StrEnum):
    """What happened, in the past tense; the last word of the CloudEvent's type."""

    OPENED = "opened"
    RAISED = "raised"  #: its priority
    LOWERED = "lowered"
    RECLASSIFIED = "reclassified"
    CLAIMED = "claimed"
    RELEASED = "released"  #: given back, or lost: nobody at a desk has it
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"


#: Which entry of the record is which event; all others stay inside.
EVENT_OF: Final[Mapping[str, CaseEvent]] = MappingProxyType(
    {
        str(action): event
        for event, actions in {
            CaseEvent.OPENED: (Action.OPENED,),
            CaseEvent.RAISED: (Action.RAISED,),
            CaseEvent.LOWERED: (Step.LOWER_PRIORITY,),
            CaseEvent.RECLASSIFIED: (Step.RECLASSIFY,),
            CaseEvent.CLAIMED: (Step.CLAIM, Step.TRANSFER_ACCEPTED),
            CaseEvent.RELEASED: (Step.RELEASE, Step.PASS, Step.LEASE_LOST),
            CaseEvent.RESOLVED: (Step.RESOLVE, Step.RESTORE, Action.RESTORED),
            CaseEvent.REOPENED: (Step.REOPEN,),
            CaseEvent.CLOSED: (Step.CLOSE, Action.CLOSED, Step.MERGE),
        }.items()
        for action in actions
    }
)
#: Older, it would mislead: a receiver that was away for longer reads the list of cases.
EVENT_NOT_AFTER: Final = timedelta(hours=24)
#: So many may wait for one receiver; the others wait in the feed, and cost nothing there.
WAITING_MOST: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What one receiver has asked for: each empty choice is everything."""

    name: str
    areas: tuple[str, ...] = ()  #: paths; all below them as well
    priorities: frozenset[Priority] = frozenset()  #: as they stand when it is told
    events: frozenset[CaseEvent] = frozenset()

    def wants(self, event: CaseEvent, priority: Priority, area: str | None, class_: str) -> bool:
        """Whether this concerns it; the canary's own case concerns nobody outside."""
        return (
            class_ != Class.CANARY
            and (not self.events or event in self.events)
            and (not self.priorities or priority in self.priorities)
            and (not self.areas or any(_is_in(area, path) for path in self.areas))
        )


def _is_in(area: str | None, path: str) -> bool:
    return area is not None and (area == path or area.startswith(f"{path}."))
