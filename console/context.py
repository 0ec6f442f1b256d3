"""What every handler works with: made once at start, handed to the application, never global."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from aiohttp import web

from console.measure import Measure
from rules.clock import Clock
from rules.domain.callbacks import Callback, Replied
from store.database import Database
from store.passwords import Passwords
from store.sealing import Keyring

#: A storm's worth of calls reports well under it; more is somebody who guesses at a secret.
CALLBACKS_PER_S: Final = 50.0
CALLBACKS_BURST: Final = 500.0


class HearsBack(Protocol):
    """A channel whose provider reports later. All of it holds for any bytes: nothing here ever raises."""

    @property
    def thanks(self) -> bytes:
        """What the provider wants to hear, so that it does not send again."""
        ...

    def verify(self, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the provider sent this."""
        ...

    def read(self, body: bytes) -> Sequence[Callback | Replied] | None:
        """What it reports; empty where it is nothing of ours, None where it is garbage."""
        ...


def _callback_questions() -> Measure:
    return Measure(CALLBACKS_PER_S, CALLBACKS_BURST)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleContext:
    """The console's surroundings."""

    db: Database
    keyring: Keyring
    clock: Clock
    web_dir: Path | None  #: the built pages; None serves the API alone
    site_timezone: ZoneInfo
    version: str
    dsn: str  #: reached directly, for LISTEN
    broker_questions: Measure = field(default_factory=Measure)
    broker_token: str | None = None  #: what a broker that asks us proves itself with; None: none may
    callbacks: Mapping[str, HearsBack] = field(default_factory=dict)  #: by the name of their channel
    callback_questions: Measure = field(default_factory=_callback_questions)
    passwords: Passwords = field(default_factory=Passwords)
    call_back_number: str = ""  #: the one number that is shown and printed, and read aloud to a control room


CONTEXT: web.AppKey[ConsoleContext] = web.AppKey("context", ConsoleContext)
