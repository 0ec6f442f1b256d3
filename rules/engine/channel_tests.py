"""The pass that tests every channel once a day, and looks whether the canary still comes the whole way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from rules.engine import metrics

#: A test is judged within half a minute of its answer.
EVERY_S: Final = 30.0


class TestAge(Protocol):
    """A channel, and how long ago it last passed; None where it never did."""

    @property
    def channel(self) -> str: ...

    @property
    def age_s(self) -> float | None: ...


class TestStore(Protocol):
    """The store's side of the pass."""

    async def run(self, now: datetime) -> int:
        """Begin the tests that are due, end those that nobody answered; return how many were touched."""
        ...

    async def ages(self, now: datetime) -> Sequence[TestAge]: ...


class ChannelTestPass:
    """Idempotent; of several engines one begins a test, since what is begun is not due."""

    name: Final = "channel_tests"
    every_s: Final = EVERY_S
    batch_size: Final = 0

    def __init__(self, store: TestStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once, and show how old each channel's last good test is."""
        touched = await self._store.run(now)
        for one in await self._store.ages(now):
            metrics.channel_test_age_seconds.labels(channel=one.channel).set(
                math.nan if one.age_s is None else one.age_s
            )
        return touched
