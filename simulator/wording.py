"""What a vendor's device puts on the wire for one thing it has to say, and by what that can be found again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from msgspec import Struct

from devices.event import EventType
from simulator.life import Moment
from simulator.words import Said

ONLINE: Final = b'{"state":"online"}'
OFFLINE: Final = b'{"state":"offline"}'


class Compared(StrEnum):
    """How `--verify` finds in the database what a vendor's format said without an id of ours."""

    TIME = "time"  #: device, type and the device's time
    EDGE = "edge"  #: device and type: as many changes of a state as there were
    REPORTS = "reports"  #: device and type: each press heard, each message about it counted
    WORD = "word"  #: device and type: heard at least once; a word that has no end is not told apart from the last
    PERHAPS = "perhaps"  #: said at the start, and news only to a platform that knew otherwise


class Meant(Struct, frozen=True, kw_only=True, gc=False):
    """One event that a message means. Seconds: `unit_s` is how finely it tells its time, `within_s` how near another
    of its kind is the same to the format. `reports` is how many messages say it."""

    type: EventType
    by: Compared
    unit_s: float = 0.0
    within_s: float = 0.0
    reports: int = 1


class Dispatch(NamedTuple):
    """One message; `after_s` behind the first. `cached` is what its bridge keeps of it and says again at a restart."""

    topic: str
    payload: bytes
    after_s: float = 0.0
    retain: bool = False
    cached: bytes | None = None


class Wording(Struct, frozen=True, kw_only=True, gc=False):
    """Messages in order, and what the ledger notes of them; nothing for what is no event of its own."""

    dispatches: tuple[Dispatch, ...]
    meant: tuple[Meant, ...] = ()


class Dialect(Protocol):
    """One device's way of saying things in its vendor's format; remembers what a state report must repeat."""

    def opening(self, at: datetime) -> Wording | None:
        """What is said of the device when the run begins."""
        ...

    def moments(self, life: Iterator[Moment]) -> Iterator[Moment]:
        """The device's life as this format tells it."""
        ...

    def say(self, said: Said, at: datetime) -> Wording | None:
        """Say it at this time of the device's clock; None where the format has no word for it."""
        ...
