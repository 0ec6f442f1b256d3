"""The pass that puts what happened to cases into the outbox, for the programs that asked for it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol


class WebhookStore(Protocol):
    """The store's side of the pass."""

    async def tell(self, now: datetime) -> int:
        """Put what is new into the outbox; return how many events were. Says each once, with any number of engines."""
        ...


class WebhookPass:
    """Looks once a second at what has happened since."""

    name: Final = "webhooks"
    every_s: Final = 1.0
    batch_size: Final = 0

    def __init__(self, store: WebhookStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once, for every receiver."""
        return await self._store.tell(now)
