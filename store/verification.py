"""What is stored of a list of events: how often each is there, and which incident each alarm belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, NamedTuple

from store.database import Database, connect
from store.sql import queries

_Q: Final = queries("verification")


class Told(NamedTuple):
    """One stored event: when it was by the device's clock, when it came first, and how often it was told."""

    type: str
    at: datetime
    received_at: datetime
    copies: int
    incident: str | None


class StoredEvents:
    """Answers for one device at a time. Errors of the database leave here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lookup(self, device: str, ids: Sequence[str]) -> Mapping[str, int]:
        """Return how often each of these event ids of the device is stored; one that is not is left out."""
        rows = await self._database.pool.fetch(_Q.count_stored, device, list(ids))
        return {row["event_id"]: row["copies"] for row in rows}

    async def incidents(self, device: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Return the incident that each of these alarms opened or joined; one without is left out."""
        rows = await self._database.pool.fetch(_Q.incidents_of, device, list(ids))
        return {row["event_id"]: str(row["incident_id"]) for row in rows}

    async def told(self, device: str, types: Sequence[str], since: datetime) -> Sequence[Told]:
        """Return what the device told of these types since then, also what was only counted on older events."""
        rows = await self._database.pool.fetch(_Q.told_since, device, list(types), since)
        return [
            Told(
                type=row["type"], at=row["at"], received_at=row["received_at"], copies=row["copies"],
                incident=None if row["incident_id"] is None else str(row["incident_id"]),
            )
            for row in rows
        ]  # fmt: skip


@asynccontextmanager
async def stored_events(dsn: str) -> AsyncIterator[StoredEvents]:
    """Look into the database at `dsn` for as long as the block runs; raises what asyncpg raises when it is away."""
    database = await connect(dsn, application_name="shouwang verify", max_size=2)
    try:
        yield StoredEvents(database)
    finally:
        await database.close()
