"""The pass that takes in what providers reported: a key press moves the ladder within half a second."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol


class CallbackStore(Protocol):
    """The store's side of the pass."""

    async def take_in(self, now: datetime) -> int:
        """Take in what waits; return how many were."""
        ...


class CallbackPass:
    """Reads what waits, twice a second."""

    name: Final = "callbacks"
    every_s: Final = 0.5
    batch_size: Final = 200

    def __init__(self, store: CallbackStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Take in one batch."""
        return await self._store.take_in(now)
