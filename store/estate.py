"""The registered devices in numbers, for the metric `shouwang_devices{kind,status}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from store.database import Database
from store.sql import queries

_Q: Final = queries("estate")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceCount:
    """How many devices of a kind are in a status: the watch's (`live`, `late`, `held` …), or the life of the others."""

    kind: str
    status: str
    devices: int


async def count_devices(database: Database) -> list[DeviceCount]:
    """Count once over the register; a plain read."""
    rows = await database.pool.fetch(_Q.count_devices)
    return [DeviceCount(kind=row["kind"], status=row["status"], devices=row["devices"]) for row in rows]
