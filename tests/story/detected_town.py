"""A town whose detectors are awake: what devices say goes in as the lane stores it, and time passes when told to."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from devices.event import Event, EventType, Location, Vitals
from gateway.retrying import Retrying
from gateway.sorting import TelemetryArrival
from gateway.telemetry import TelemetryWriter
from gateway.window import Message
from rules.clock import FakeClock
from rules.engine.detectors import DetectorDuePass, DetectorInputPass
from store import lanes
from store.detectors import DetectorStore
from store.lanes import LaneLease
from store.partitions import make_days_ahead
from tests.town import CENTRE, Home, Town, town_in

#: The homes of the town stand here.
HOME_LAT: Final = 31.9
HOME_LON: Final = 121.2
#: A thousandth of a degree northwards.
METRES_A_MILLIDEGREE: Final = 111.2
_numbers: Final = itertools.count(1)


@dataclass(kw_only=True)
class Detected:
    """The centre through one story about detectors."""

    town: Town
    clock: FakeClock
    store: DetectorStore
    inputs: DetectorInputPass
    due: DetectorDuePass
    writer: TelemetryWriter
    lease: LaneLease

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def band(self, *, tags: tuple[str, ...] = ("dementia",)) -> tuple[Home, str]:
        """Somebody with a band."""
        home = await self.town.home(tags=tags)
        return home, await self.town.device("location_band", resident_id=home.resident_id)

    async def sensor(self, home: Home, kind: str = "motion_sensor") -> str:
        """A sensor on the wall of a home."""
        return await self.town.device(kind, premises_id=home.premises_id)

    async def fence(
        self, *, resident_id: int | None = None, kind: str = "keep_in", radius_m: float | None = 300.0,
        north_m: float = 0.0, hours: list[dict[str, Any]] | None = None, points: list[dict[str, float]] | None = None,
    ) -> int:  # fmt: skip
        """Draw a circle around the home, or so many metres north of it; a polygon where points are given."""
        centre = [{"lat": HOME_LAT + north_m / METRES_A_MILLIDEGREE / 1000, "lon": HOME_LON}]
        shape = {"points": points or centre, "radius_m": None if points else radius_m}
        fence_id: int = await self.town.db.pool.fetchval(
            "INSERT INTO fence (name, kind, resident_id, shape, hours, confirm_fixes, dwell_s, created_at)"
            " VALUES ('a fence', $1, $2, $3, $4, 2, 180, $5) RETURNING id",
            kind, resident_id, shape, hours or [], self.now,
        )  # fmt: skip
        return fence_id

    async def care(self, home: Home, kind: str, hours: list[dict[str, Any]], after_s: int | None = None) -> int:
        """A care rule of somebody, looked at from now on."""
        rule_id: int = await self.town.db.pool.fetchval(
            "INSERT INTO care_rule (resident_id, kind, hours, after_s, created_at) VALUES ($1, $2, $3, $4, $5)"
            " RETURNING id", home.resident_id, kind, hours, after_s, self.now,
        )  # fmt: skip
        await self.town.db.pool.execute(
            "INSERT INTO detector_state (detector, owner_id, part_id, next_look_at) VALUES ('care', $1, $2, $3)",
            home.resident_id, rule_id, self.now,
        )  # fmt: skip
        return rule_id

    # -- what devices say -------------------------------------------------------------------------------------------

    async def says(self, device: str, *events: Event) -> None:
        """Events that came in one message just now."""
        message = Message(f"sw/v1/{device}/telemetry", 1, 100, 1, open_parts=len(events), device=device)
        arrivals = [TelemetryArrival(message, device, event, self.now, b"{}") for event in events]
        async with self.town.db.transaction() as connection:
            await lanes.renew(connection, self.lease, heard_at=None)
        await self.writer._write(self.lease, list(arrivals))

    async def fix(
        self, device: str, north_m: float, *, accuracy_m: float | None = 10.0, at: datetime | None = None,
    ) -> None:  # fmt: skip
        """A fix so many metres north of home, then a look of the engine."""
        await self.says(device, self.a_fix(north_m, accuracy_m=accuracy_m, at=at))
        await self.look()

    def a_fix(self, north_m: float, *, accuracy_m: float | None = 10.0, at: datetime | None = None) -> Event:
        lat = HOME_LAT + north_m / METRES_A_MILLIDEGREE / 1000
        place = Location(lat=lat, lon=HOME_LON, accuracy_m=accuracy_m)
        return Event(id=f"f{next(_numbers)}", at=at or self.now, type=EventType.LOCATION, location=place)

    async def vitals(self, device: str, **values: float) -> None:
        event = Event(id=f"v{next(_numbers)}", at=self.now, type=EventType.VITALS, vitals=Vitals(**values))
        await self.says(device, event)
        await self.look()

    async def word(self, device: str, type_: EventType, *, at: datetime | None = None) -> None:
        await self.says(device, Event(id=f"w{next(_numbers)}", at=at or self.now, type=type_))

    async def heard(self, *devices: str) -> None:
        """A heartbeat of each."""
        await self.town.db.pool.execute(
            "UPDATE device_state SET last_seen = $2 WHERE device_id IN (SELECT id FROM device WHERE device = ANY ($1))",
            list(devices), self.now,
        )  # fmt: skip

    # -- time ---------------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        while await self.inputs.run_once(self.now) >= self.inputs.batch_size:
            pass
        while await self.due.run_once(self.now) >= self.due.batch_size:
            pass

    async def pass_time(self, length: timedelta, *alive: str, step: timedelta = timedelta(minutes=5)) -> None:
        """Let time pass with the engine awake; these sensors send their heartbeats."""
        until = self.now + length
        while self.now < until:
            self.clock.advance(min(step, until - self.now).total_seconds())
            await self.heard(*alive)
            await self.look()

    # -- what became of it --------------------------------------------------------------------------------------------

    async def cases(self, home: Home) -> list[Any]:
        return await self.town.db.pool.fetch(
            "SELECT * FROM incident WHERE resident_id = $1 ORDER BY id", home.resident_id
        )

    async def found(self, device: str) -> list[str]:
        """The types of what was found about a device, in order."""
        return [row["type"] for row in await self.town.events_of(device) if row["event_id"].startswith("found:")]

    async def asked(self) -> list[str]:
        rows = await self.town.db.pool.fetch("SELECT d.device FROM command c JOIN device d ON d.id = c.device_id"
                                             " WHERE c.asked = 'still_there' ORDER BY c.id")  # fmt: skip
        return [row["device"] for row in rows]


@asynccontextmanager
async def detected_in(dsn: str) -> AsyncIterator[Detected]:
    async with town_in(dsn) as town:
        clock = FakeClock()
        async with town.db.transaction() as connection:
            await make_days_ahead(connection, clock.now())
            await lanes.declare(connection, "t")
            lease = await lanes.take(connection, "t", "us")
        assert lease is not None
        store = DetectorStore(town.db, CENTRE)
        writer = TelemetryWriter(town.db, clock, Retrying(town.db, clock, lane="t"), CENTRE, lane="t", decoder="0")
        yield Detected(
            town=town, clock=clock, store=store, inputs=DetectorInputPass(store), due=DetectorDuePass(store),
            writer=writer, lease=lease,
        )  # fmt: skip
        assert await town.faults() == [], "the record after the story"
