"""Around one row of a pass: what it raises is said, counted and put off for it alone; the rows after it go on."""

from __future__ import annotations

import traceback
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final

import structlog

from rules.domain.firing import RETRY_AFTER_S
from rules.engine import metrics
from store.database import AWAY

_log: Final = structlog.get_logger(__name__)
#: Rows whose waits one pass remembers; beyond that the oldest is forgotten, and only tried again sooner.
REMEMBERED_MOST: Final = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wait:
    failures: int
    until: datetime


class RowGuard:
    """What one pass of one process has put off; another engine may try a row sooner, which does no harm.

    A row that fails is tried again after 5, 15 and 60 s (`firing.RETRY_AFTER_S`), and then every minute. It keeps
    nothing that has to outlive the process: what is not done is still there to be found.
    """

    def __init__(self, pass_name: str) -> None:
        self._pass_name = pass_name
        self._waits: dict[Hashable, _Wait] = {}

    def room(self, limit: int) -> int:
        """How many rows to read so that `limit` are worked off: those put off are read again, and passed over."""
        return limit + len(self._waits)

    def waits(self, key: Hashable, now: datetime) -> bool:
        """Whether this row failed a moment ago and is not tried yet."""
        wait = self._waits.get(key)
        return wait is not None and now < wait.until

    def row(self, key: Hashable, now: datetime) -> _Row:
        """The row's outermost line. A database that is away concerns them all and leaves as it came."""
        return _Row(guard=self, key=key, now=now)

    def went_well(self, key: Hashable) -> None:
        """Forget that it ever failed."""
        self._waits.pop(key, None)

    def failed(self, key: Hashable, error: Exception, now: datetime) -> None:
        """Say it, count it, and put it off."""
        # Not the message: a database's error may quote a row, and rows hold names.
        _log.error(
            "row_failed", pass_name=self._pass_name, row=str(key), error=type(error).__name__, where=_where(error)
        )
        metrics.pass_rows_failed_total.labels(name=self._pass_name).inc()
        failures = self._waits[key].failures if key in self._waits else 0
        wait_s = RETRY_AFTER_S[min(failures, len(RETRY_AFTER_S) - 1)]
        self._waits.pop(key, None)
        self._waits[key] = _Wait(failures=failures + 1, until=now + timedelta(seconds=wait_s))
        if len(self._waits) > REMEMBERED_MOST:
            del self._waits[next(iter(self._waits))]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    guard: RowGuard
    key: Hashable
    now: datetime

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            self.guard.went_well(self.key)
        elif isinstance(error, Exception) and not isinstance(error, AWAY):
            self.guard.failed(self.key, error, self.now)
            return True
        return False


def _where(error: Exception) -> str:
    """The innermost line that raised, as "file:line"."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
