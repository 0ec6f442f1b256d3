"""The catcher: keeps what would have been sent, in memory and bounded; nothing leaves the machine."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import structlog

from notify.channel import ANSWER_WAIT_S, Kind, Message, Outcome, Sent
from notify.registered import reference_of

log: Final = structlog.get_logger(__name__)

#: Enough for a long demonstration; the oldest go first.
KEPT_MOST: Final = 1_000


def _kept() -> deque[Message]:
    return deque(maxlen=KEPT_MOST)


@dataclass(frozen=True, kw_only=True, slots=True)
class Catcher:
    """Stands for a channel of any kind. Of its own kind it counts as none: nobody is woken by a log."""

    name: str
    kind: Kind = Kind.CATCHER
    per_minute_most: int = 1_000
    reserve_p1: int = 0
    caught: deque[Message] = field(default_factory=_kept, repr=False)

    async def send(self, message: Message) -> Outcome:
        """Keep the message; logs its reference and purpose, never to whom."""
        self.caught.append(message)
        reference = reference_of(message.id)
        log.info("notice_caught", channel=self.name, reference=reference, purpose=str(message.purpose))
        return Sent(reference=reference, waits_for_answer_s=ANSWER_WAIT_S if message.key_press else None)
