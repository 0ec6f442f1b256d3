"""A town whose silence is watched: time passes when told to, and the engine looks every five seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rules.clock import FakeClock
from rules.engine.supervision import AgeingPass, SupervisionPass, UpkeepPass
from store.engine import EngineStore
from store.supervision import SupervisionStore
from store.upkeep import UpkeepStore
from tests.town import CENTRE, Town, town_in

LOOK_S = 5


@dataclass(kw_only=True)
class Watch:
    """The centre through one story about silence."""

    town: Town
    clock: FakeClock
    store: SupervisionStore
    supervision: SupervisionPass
    upkeep: UpkeepPass
    ageing: AgeingPass
    engine: EngineStore
    talkers: dict[str, int] = field(default_factory=dict)  #: devices that speak by themselves, and how often

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def device(
        self, name: str, kind: str = "smoke_alarm", *, interval_s: int | None = 60, hub: str | None = None,
        area: str | None = None, life: str = "live", source: str = "canonical", model: str = "",
        resident_id: int | None = None, premises_id: int | None = None,
    ) -> int:  # fmt: skip
        pool = self.town.db.pool
        if area is not None:
            await pool.execute(
                "INSERT INTO area (path) SELECT subpath($1::text::ltree, 0, n)"
                " FROM generate_series(1, nlevel($1::text::ltree)) AS n ON CONFLICT DO NOTHING", area,
            )  # fmt: skip
        device_id: int = await pool.fetchval(
            "INSERT INTO device (device, kind, interval_s, hub_id, area, life, source, model, created_at)"
            " VALUES ($1, $2, $3, (SELECT id FROM device WHERE device = $4), $5::text::ltree, $6, $7, $8, $9)"
            " RETURNING id",
            name, kind, interval_s, hub, area, life, source, model, self.now,
        )  # fmt: skip
        if resident_id is not None or premises_id is not None:
            await pool.execute(
                "INSERT INTO device_holder (device_id, from_at, resident_id, premises_id) VALUES ($1, $2, $3, $4)",
                device_id, self.now, resident_id, premises_id,
            )  # fmt: skip
        return device_id

    async def speaks(self, *names: str) -> None:
        """What a heartbeat leaves behind, whoever carried it."""
        await self.town.db.pool.execute(
            "UPDATE device_state SET last_seen = greatest(last_seen, $2), version = version + 1"
            " WHERE device_id IN (SELECT id FROM device WHERE device = ANY ($1))", list(names), self.now,
        )  # fmt: skip

    async def look(self) -> None:
        while await self.supervision.run_once(self.now) >= self.supervision.batch_size:
            pass

    async def pass_seconds(self, seconds: int, *talking: str, every_s: int = 30) -> None:
        """Let time pass with the engine awake; `talking` go on speaking."""
        for second in range(LOOK_S, seconds + 1, LOOK_S):
            self.clock.advance(LOOK_S)
            if talking and second % every_s < LOOK_S:
                await self.speaks(*talking)
            await self.look()

    async def jump(self, seconds: float, *talking: str) -> None:
        """Let a long time pass in one step; `talking` have just spoken."""
        self.clock.advance(seconds)
        if talking:
            await self.speaks(*talking)
        await self.look()

    async def status(self, name: str) -> str:
        status: str = await self.town.db.pool.fetchval(
            "SELECT v.status FROM supervision AS v JOIN device AS d ON d.id = v.device_id WHERE d.device = $1", name
        )
        return status

    async def cases(self, name: str) -> list[Any]:
        """The device's own technical incidents, the oldest first."""
        return await self.town.db.pool.fetch(
            "SELECT i.* FROM incident AS i JOIN device AS d ON d.id = i.device_id"
            " WHERE d.device = $1 AND i.source = 'system' ORDER BY i.id", name,
        )  # fmt: skip

    async def open_cases(self) -> list[Any]:
        return await self.town.db.pool.fetch(
            "SELECT * FROM incident WHERE state NOT IN ('resolved', 'closed') ORDER BY id"
        )

    async def lane(self, name: str, filters: list[str], *, held_for_s: float) -> None:
        """A lane whose lease runs for so long from now; a negative number: it ran out."""
        await self.town.db.pool.execute(
            "INSERT INTO lane (name, filters, valid_until) VALUES ($1, $2, $3)"
            " ON CONFLICT (name) DO UPDATE SET valid_until = excluded.valid_until",
            name, filters, self.now + timedelta(seconds=held_for_s),
        )  # fmt: skip


@asynccontextmanager
async def watch_in(dsn: str) -> AsyncIterator[Watch]:
    async with town_in(dsn) as town:
        store = SupervisionStore(town.db, CENTRE)
        upkeep = UpkeepStore(town.db, CENTRE, store)
        yield Watch(
            town=town, clock=FakeClock(), store=store, supervision=SupervisionPass(store), upkeep=UpkeepPass(upkeep),
            ageing=AgeingPass(upkeep), engine=EngineStore(town.db, CENTRE),
        )  # fmt: skip
        assert await town.faults() == [], "the record after the story"
