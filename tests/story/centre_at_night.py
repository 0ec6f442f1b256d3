"""A town, its engine and a clock of its own: what the stories about time are told with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devices.event import EventType
from rules.clock import FakeClock
from rules.domain.vocabulary import Step
from rules.engine.dispatch import DispatchPass
from rules.engine.due import DuePass
from rules.engine.leases import LeasePass
from store.alarms import Accepted
from store.engine import EngineStore
from store.field_due import FieldDueStore
from store.steps import Hand
from tests.town import CENTRE, Home, Town, town_in


@dataclass(kw_only=True)
class Night:
    """The centre through one story: time passes only when told to, the engine looks once a second."""

    town: Town
    clock: FakeClock
    engine: EngineStore
    due: DuePass
    leases: LeasePass
    field: DispatchPass

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def pass_seconds(self, seconds: int) -> None:
        """Let time pass with the engine awake: it looks every second."""
        for _ in range(seconds):
            self.clock.advance(1)
            await self.engine_looks()

    async def engine_looks(self) -> int:
        fired = await self.due.run_once(self.now)
        await self.leases.run_once(self.now)
        await self.field.run_once(self.now)
        return fired

    async def outage(self, seconds: int) -> None:
        """Let time pass with nobody awake, then let the engine look."""
        self.clock.advance(seconds)
        await self.engine_looks()

    async def press(self, home: Home, type_: EventType = EventType.SOS, *, device: str = "") -> Accepted:
        return await self.town.says(device or home.button, type_, now=self.now)

    async def step(self, incident_id: int | None, step: Step, by: Hand, **more: Any) -> None:
        await self.town.step(incident_id, step, by, now=self.now, **more)

    async def holds_on(self, incident_id: int | None) -> None:
        """What the stream of a page that answers does for its owner's claim."""
        await self.town.db.pool.execute(
            "UPDATE incident SET lease_until = $2::timestamptz + interval '1 hour'"
            " WHERE id = $1 AND lease_until IS NOT NULL",
            incident_id,
            self.now,
        )

    async def case(self, incident_id: int | None) -> Any:
        return await self.town.incident(incident_id)

    async def actions(self, incident_id: int | None) -> list[str]:
        return await self.town.actions(incident_id)


@asynccontextmanager
async def night_in(dsn: str) -> AsyncIterator[Night]:
    async with town_in(dsn) as town:
        engine = EngineStore(town.db, CENTRE)
        yield Night(
            town=town,
            clock=FakeClock(),
            engine=engine,
            due=DuePass(engine),
            leases=LeasePass(engine),
            field=DispatchPass(FieldDueStore(town.db, CENTRE)),
        )
        assert await town.faults() == [], "the record after the story"
