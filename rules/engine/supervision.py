"""The passes that watch for silence: who is late and who spoke again, what wears out, what has lasted too long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from rules.domain.supervision import LOOK_EVERY_S
from rules.engine import metrics

#: Verdicts of one pass: each is a transaction of a few milliseconds, and the loop goes round again at once when full.
BATCH_SIZE: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What one look did. `lags_s` are the seconds from each verdict's deadline to its commit."""

    planned: int = 0
    put_forward: int = 0
    graced: int = 0
    held: int = 0
    outages_opened: int = 0
    outages_ended: int = 0
    restored: int = 0
    lags_s: Sequence[float] = ()
    failed: int = 0
    is_full: bool = False  #: more was due than one look takes: look again at once
    lane_hold_s: Mapping[str, float] = field(default_factory=dict)


class WatchStore(Protocol):
    """The store's side of the watch."""

    async def watch(self, now: datetime, limit: int) -> Watched:
        """Look once at everything that is due: plan what is new, restore, end outages, speak verdicts.

        Every verdict and its incident are one transaction, taken with SKIP LOCKED and decided again under the lock;
        what fails stays with its device, is counted and comes again.
        """
        ...

    async def silent_counts(self) -> Mapping[str, int]:
        """How many devices are silent or held, by status; a plain read."""
        ...


class SupervisionPass:
    """Finds late and restored devices; idempotent, any number may run at once."""

    name: Final = "supervision"
    every_s: Final = LOOK_EVERY_S
    batch_size: Final = BATCH_SIZE

    def __init__(self, store: WatchStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Look once; return the verdicts spoken, or a full batch where more is due."""
        seen = await self._store.watch(now, BATCH_SIZE)
        for lag_s in seen.lags_s:
            metrics.supervision_lag_seconds.observe(lag_s)
        done = {
            "late": len(seen.lags_s), "restored": seen.restored, "held": seen.held, "grace": seen.graced,
            "failed": seen.failed, "outage": seen.outages_opened, "outage_ended": seen.outages_ended,
        }  # fmt: skip
        for verdict, number in done.items():
            metrics.supervision_verdicts_total.labels(verdict=verdict).inc(number)
        metrics.lane_hold_seconds.clear()
        for lane, seconds in seen.lane_hold_s.items():
            metrics.lane_hold_seconds.labels(lane=lane).set(seconds)
        for status, number in (await self._store.silent_counts()).items():
            metrics.devices_silent.labels(status=status).set(number)
        return BATCH_SIZE if seen.is_full else min(BATCH_SIZE - 1, len(seen.lags_s) + seen.restored)


class UpkeepStore(Protocol):
    """The store's side of what is looked at slowly."""

    async def keep_up(self, now: datetime) -> int:
        """Look at a part of the devices: batteries, sensors that stand still, tests; return how many findings moved."""
        ...

    async def unprotected(self) -> int:
        """How many residents have life-safety devices of which none is heard; a plain read."""
        ...

    async def age(self, now: datetime, limit: int) -> int:
        """Raise what has lasted too long, whoever works on it; return how many incidents were raised."""
        ...


class UpkeepPass:
    """Looks at what wears out over days, a part of the devices a minute."""

    name: Final = "upkeep"
    every_s: Final = 60.0
    batch_size: Final = 0

    def __init__(self, store: UpkeepStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """One part of the round over all devices."""
        moved = await self._store.keep_up(now)
        metrics.residents_unprotected.set(await self._store.unprotected())
        return moved


class AgeingPass:
    """Raises outages that go on; a fault of one device ages by its own deadlines."""

    name: Final = "ageing"
    every_s: Final = 15.0
    batch_size: Final = BATCH_SIZE

    def __init__(self, store: UpkeepStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> int:
        """Raise one batch."""
        return await self._store.age(now, BATCH_SIZE)
