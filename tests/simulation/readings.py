"""What bands and sensors measure, stored and queued for the detectors as a lane stores it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from devices.event import Event, EventType, Location, Vitals, digest
from gateway.telemetry import data_of
from store import detector_queue, telemetry
from store.database import Database
from store.telemetry import Batch
from tests.simulation.happenings import Read
from tests.simulation.town import Home

_HEARD: Final = "UPDATE device_state SET last_seen = $1, version = version + 1 WHERE device_id = ANY ($2)"


@dataclass(kw_only=True)
class Readings:
    """The telemetry of the year, and how much it was."""

    db: Database
    stored: int = 0
    _watched: frozenset[int] = field(default_factory=frozenset)
    _version: int = -1

    async def of_band(self, read: Read, now: datetime) -> None:
        """One band says where it is, how its wearer is, or both."""
        place, rate = read.place, read.heart_rate_bpm
        event = Event(
            id=f"r{self.stored}", at=now, type=EventType.VITALS if place is None else EventType.LOCATION,
            location=None if place is None else Location(lat=place[0], lon=place[1], accuracy_m=10.0),
            vitals=None if rate is None else Vitals(heart_rate_bpm=rate),
        )  # fmt: skip
        await self._store([(read.device.id, event)], now)

    async def stir(self, homes: Sequence[Home], now: datetime) -> None:
        """Somebody moves in these homes."""
        event = Event(id=f"r{self.stored}", at=now, type=EventType.ACTIVITY)
        sensors = [sensor.id for home in homes if (sensor := home.having("motion_sensor")) is not None]
        await self._store([(device_id, event) for device_id in sensors], now)

    async def _store(self, said: Sequence[tuple[int, Event]], now: datetime) -> None:
        batch = Batch()
        for device_id, event in said:
            batch.add(now, event.at, digest(event), device_id, False, event.type.value, event.id, data_of(event))
        self.stored += len(batch)
        async with self.db.transaction() as connection:
            await telemetry.store_readings(connection, batch)
            stands = await detector_queue.stands(connection)
            if stands.version != self._version:
                self._watched, self._version = frozenset(await detector_queue.watched(connection)), stands.version
            positions = [
                place
                for place, (device_id, event) in enumerate(said)
                if device_id in self._watched and (event.location is not None or event.vitals is not None)
            ]
            if positions:
                await detector_queue.put(connection, batch, positions)
            await connection.execute(_HEARD, now, batch.device_id)
