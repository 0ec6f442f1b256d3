"""A night in which something is held: the engine's passes around it, and words for what the stories do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from devices.event import EventType
from store import partitions
from store.alarms import Accepted
from store.holding_passes import HoldingPasses
from store.silences import NewSilence, add_silence
from store.steps import Hand
from store.storm_records import NewStorm, begin_storm
from tests.story.centre_at_night import Night, night_in
from tests.town import CENTRE

AREA = "320681.320681100.320681100001"


@dataclass(kw_only=True)
class Holding:
    """A night with the passes around what is held; the engine looks only when told to."""

    night: Night
    passes: HoldingPasses

    @property
    def db(self) -> Any:
        return self.night.town.db

    async def device(
        self, kind: str = "smoke_alarm", *, area: str | None = AREA, tags: tuple[str, ...] = (), hub: str | None = None
    ) -> str:
        """A shared device in a home of its own, whose resident has these tags."""
        town = self.night.town
        home = await town.home(tags=tags)
        name = await town.device(kind, premises_id=home.premises_id)
        if area is not None:
            await self._area(area)
            await self.db.pool.execute(
                "UPDATE premises SET area = $2::text::ltree WHERE id = $1", home.premises_id, area
            )  # fmt: skip
        if hub is not None:
            await self.db.pool.execute(
                "UPDATE device SET hub_id = (SELECT id FROM device WHERE device = $2) WHERE device = $1", name, hub
            )
        return name

    async def _area(self, area: str) -> None:
        await self.db.pool.execute(
            "INSERT INTO area (path) SELECT subpath($1::text::ltree, 0, n)"
            " FROM generate_series(1, nlevel($1::text::ltree)) AS n ON CONFLICT DO NOTHING",
            area,
        )

    async def says(self, device: str, type_: EventType) -> Accepted:
        return await self.night.town.says(device, type_, now=self.night.now)

    async def reads(self, device: str, type_: str) -> None:
        """What the telemetry's batch leaves behind."""
        async with self.db.pool.acquire() as connection:
            await partitions.make_days_ahead(connection, self.night.now)
            await connection.execute(
                "INSERT INTO reading (received_at, at, digest, device_id, late, type, event_id, data)"
                " SELECT $2, $2, id, id, false, $3, $4, '{}' FROM device WHERE device = $1",
                device, self.night.now, type_, f"{type_}{self.night.now.timestamp()}",
            )  # fmt: skip

    async def look(self) -> None:
        """Every pass of the engine once, and the held rows until none is left to release."""
        now = self.night.now
        await self.passes.combine(now)
        await self.passes.keep(now)
        while await self.passes.release(now, 200):
            pass
        await self.passes.watch(now)

    async def later(self, seconds: float) -> None:
        self.night.clock.advance(seconds)
        await self.look()
        await self.night.engine_looks()

    async def silence(
        self, by: Hand, *, classes: tuple[str, ...] = (), types: tuple[str, ...] = (), **more: Any
    ) -> int:
        wanted = NewSilence(
            device_id=more.get("device_id"), area=more.get("area"), classes=frozenset(classes), types=frozenset(types),
            from_at=self.night.now, until_at=self.night.now + timedelta(seconds=more.get("seconds", 3600)),
            reason="检修期间",
        )  # fmt: skip
        return await add_silence(self.db, wanted, by=by.user_id, now=self.night.now)

    async def storm(self, by: Hand, *, area: str | None = AREA, seconds: int = 3600) -> int:
        wanted = NewStorm(
            area=area, profile="default", classes=frozenset(),
            until_at=self.night.now + timedelta(seconds=seconds), reason="台风",
        )  # fmt: skip
        return await begin_storm(self.db, wanted, by=by.user_id, centre=CENTRE, now=self.night.now)

    async def open_cases(self, *classes: str) -> list[Any]:
        return await self.db.pool.fetch(
            "SELECT * FROM incident WHERE state NOT IN ('resolved', 'closed') AND (cardinality($1::text[]) = 0"
            " OR class = ANY ($1)) ORDER BY id",
            list(classes),
        )

    async def decision_of(self, device: str) -> str:
        """Why the device's last event became what it became."""
        events = await self.night.town.events_of(device)
        return str(events[-1]["decision"])

    async def device_id(self, device: str) -> int:
        found: int = await self.db.pool.fetchval("SELECT id FROM device WHERE device = $1", device)
        return found


@asynccontextmanager
async def holding_in(dsn: str) -> AsyncIterator[Holding]:
    async with night_in(dsn) as night:
        yield Holding(night=night, passes=HoldingPasses(night.town.db, CENTRE))
