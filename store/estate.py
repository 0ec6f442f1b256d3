"""The registered devices in numbers, for the metric `shouwang_devices{kind,status}`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from store.database import Database
from store.sql import queries

_Q: Final = queries("estate")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceCount:
    """How many devices of a kind are in a status: their life, or for live ones `heard`, `silent` or `never_heard`."""

    kind: str
    status: str
    devices: int


async def count_devices(database: Database, now: datetime) -> list[DeviceCount]:
    """Count once over the register; a plain read."""
    rows = await database.pool.fetch(_Q.count_devices, now)
    return [DeviceCount(kind=row["kind"], status=row["status"], devices=row["devices"]) for row in rows]
