"""The passes around what is held: counted, ended in time, released; and what is graver together than alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from rules.engine import metrics

#: Held rows released in one pass: each is a transaction of a few milliseconds.
BATCH_SIZE: Final = 200


class HoldingStore(Protocol):
    """The store's side."""

    async def combine(self, now: datetime) -> int:
        """Find cases that are graver together; return how many combinations."""
        ...

    async def keep(self, now: datetime) -> int:
        """Count what storms and outages hold, end what is over or calm; return how many moved."""
        ...

    async def release(self, now: datetime, limit: int) -> int:
        """Release held rows whose holder has ended; return how many were looked at."""
        ...

    async def held_now(self) -> Mapping[str, int]:
        """How many devices' causes are held now, by what; a plain read."""
        ...

    async def watch(self, now: datetime) -> int:
        """Look for storms to suggest and for somebody in an empty home; return how many were found."""
        ...

    async def callers(self, now: datetime) -> int:
        """Look for people who call often, or whose habit changed; return how many were found."""
        ...


class CombinationPass:
    """Raises what is graver together; a pair is found within a second."""

    name: Final = "combinations"
    every_s: Final = 1.0
    batch_size: Final = 0

    def __init__(self, store: HoldingStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once."""
        found = await self._store.combine(now)
        metrics.combinations_total.inc(found)
        return found


class HoldingPass:
    """Keeps what is held in order: counts, ends, and lets go on what is still bad when its holder has ended."""

    name: Final = "holding"
    every_s: Final = 2.0
    batch_size: Final = BATCH_SIZE

    def __init__(self, store: HoldingStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once; return the rows released, or a full batch where more wait."""
        try:
            await self._store.keep(now)
        finally:
            # Whatever keeps it from counting keeps nobody from being heard.
            released = await self._store.release(now, BATCH_SIZE)
        metrics.held.clear()
        for by, number in (await self._store.held_now()).items():
            metrics.held.labels(by=by).set(number)
        metrics.released_total.inc(released)
        return released


class StormWatchPass:
    """Suggests storm mode, and notices who is in an empty home."""

    name: Final = "storm_watch"
    every_s: Final = 15.0
    batch_size: Final = 0

    def __init__(self, store: HoldingStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once."""
        return await self._store.watch(now)


class CallersPass:
    """Looks for people who call often; days matter here, not seconds."""

    name: Final = "callers"
    every_s: Final = 600.0
    batch_size: Final = 0

    def __init__(self, store: HoldingStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once."""
        return await self._store.callers(now)
