"""The pass that looks whether anybody is at the desks."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol


class DutyStore(Protocol):
    """The store's side of the pass."""

    async def look(self, now: datetime) -> int:
        """Look at every desk on duty once, ask, count as away, raise and end what follows; say how many changed."""
        ...


class DutyPass:
    """Asks desks without a sign of life, and raises that nobody is on duty; any number may run at once."""

    name: Final = "duty"
    every_s: Final = 2.0
    batch_size: Final = 0

    def __init__(self, store: DutyStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once; return how many desks or areas changed."""
        return await self._store.look(now)
