"""What this process's feed reader has drawn of the canary's changes: proof that a press reaches a stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from console.stream.frames import Drawn
from store.canary import note_shown

if TYPE_CHECKING:
    from store.database import Connection

#: A canary's changes come a few a minute; one that would not stop must not make the database busy.
NOTE_EVERY_S: Final = 1.0
#: Frames are drawn for a user; this one, which nobody is, sees what any program sees.
NOBODY: Final = 0


class Sight:
    """Notes the number of the newest canary change that was drawn here, at most once a second."""

    def __init__(self) -> None:
        self._seen: tuple[int, datetime] | None = None
        self._noted_s = float("-inf")

    def look(self, drawn: Sequence[Drawn], now: datetime) -> None:
        """Draw what is the canary's to its last byte, as it is for a program."""
        shown = [one for one in drawn if one.canary_only]
        for one in shown:
            one.frame_for(NOBODY)
        if shown:
            # The latest time for all that waits to be noted: never sooner than it was.
            self._seen = (shown[-1].change.seq, now)

    async def note(self, connection: Connection, now_s: float) -> None:
        """Write what was seen since the last time; once a second at most, and nothing where nothing was."""
        if self._seen is None or now_s - self._noted_s < NOTE_EVERY_S:
            return
        seq, at = self._seen
        await note_shown(connection, seq, at=at)
        self._seen, self._noted_s = None, now_s
