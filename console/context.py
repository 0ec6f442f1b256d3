"""What every handler works with: made once at start, handed to the application, never global."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web

from console.measure import Measure
from rules.clock import Clock
from store.database import Database
from store.passwords import Passwords
from store.sealing import Keyring


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
    passwords: Passwords = field(default_factory=Passwords)


CONTEXT: web.AppKey[ConsoleContext] = web.AppKey("context", ConsoleContext)
