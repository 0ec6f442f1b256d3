"""The queue between who stores telemetry and the detectors that read it: durable, bounded, of watched devices only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store.database import Connection
from store.sql import queries
from store.telemetry import Batch, in_array, in_lines, in_micros

_Q: Final = queries("detectors")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stands:
    """The number of the set of watched devices, and about how much waits."""

    version: int
    waiting: int


async def stands(connection: Connection) -> Stands:
    """Read both; two index look-ups."""
    row = await connection.fetchrow(_Q.watched_version)
    assert row is not None, "the migration made its one row"
    return Stands(version=row["version"], waiting=row["waiting"])


async def watched(connection: Connection) -> frozenset[int]:
    """The ids of all watched devices."""
    return frozenset(row["device_id"] for row in await connection.fetch(_Q.watched))


async def put(connection: Connection, rows: Batch, positions: Sequence[int]) -> None:
    """Queue these rows of a batch, inside the transaction that stores them."""
    await connection.execute(
        _Q.queue,
        in_micros([rows.received_at[one] for one in positions]),
        in_micros([rows.at[one] for one in positions]),
        in_array([rows.device_id[one] for one in positions]),
        in_array([rows.late[one] for one in positions]),
        in_lines([rows.data[one] for one in positions]),
    )
