"""Whether somebody is really at a desk: a person is asked, a machine answers pings (centre.md, 9 and 10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: Without a key for so long a desk is asked "are you there?" (settable, 15 to 60 minutes).
ASK_AFTER: Final = timedelta(minutes=30)
#: Asked, and no key within this: nobody is there.
ANSWER_WITHIN: Final = timedelta(seconds=60)
#: A stream that answered no ping for so long is lost; pings go out every five seconds.
STREAM_LOST_AFTER: Final = timedelta(seconds=15)


class Presence(StrEnum):
    """What a look at a desk on duty finds."""

    PRESENT = "present"
    ASKED = "asked"  #: still counts: it was asked, and its minute runs
    AWAY = "away"
    SILENT = "silent"  #: its machine is not heard: it cannot ring there


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """A desk on duty as the record has it. `stream_at` is None where it never had a stream: a desk without pages."""

    user_id: int
    acted_at: datetime
    since: datetime
    stream_at: datetime | None = None
    asked_at: datetime | None = None

    @property
    def last_act(self) -> datetime:
        """Going on duty is an act."""
        return max(self.acted_at, self.since)


def judge(desk: Desk, *, now: datetime, ask_after: timedelta = ASK_AFTER) -> Presence:
    """Say whether an alarm would be heard at this desk.

    A lost stream is found before a missing person: nothing can ring there, whoever sits at it.
    """
    if desk.stream_at is not None and now - max(desk.stream_at, desk.since) > STREAM_LOST_AFTER:
        return Presence.SILENT
    if now - desk.last_act <= ask_after:
        return Presence.PRESENT
    if desk.asked_at is None or desk.asked_at < desk.last_act or now - desk.asked_at <= ANSWER_WITHIN:
        return Presence.ASKED
    return Presence.AWAY


def uncovered(areas: Iterable[str], sights: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The areas (`""` is all of them) that nobody present sees, the widest only.

    `sights` are the areas of each user at a desk that hears; an empty sight is everywhere.
    """
    bare = sorted({area for area in areas if not any(_sees(sight, area) for sight in sights)}, key=len)
    return tuple(area for area in bare if not any(_covers(wider, area) for wider in bare if wider != area))


def _sees(sight: Sequence[str], area: str) -> bool:
    """Whether a desk with this sight is there for an area: for all of it, or, of the whole centre, for any part."""
    return not sight or area == "" or any(_covers(own, area) for own in sight)


def _covers(wider: str, area: str) -> bool:
    return wider in ("", area) or area.startswith(f"{wider}.")
