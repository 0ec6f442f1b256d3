"""The pass that makes a case of every call that nobody answered."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol


class RingingStore(Protocol):
    """The store's side of the pass."""

    async def make_cases(self, now: datetime) -> int:
        """Make a case of each call that has rung long enough; return how many were."""
        ...


class RingingPass:
    """Looks once a second; any number may run at once."""

    name: Final = "ringing"
    every_s: Final = 1.0
    batch_size: Final = 50

    def __init__(self, store: RingingStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once."""
        return await self._store.make_cases(now)
