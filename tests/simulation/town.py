"""Five hundred homes of 澄湾县 in a database: who lives there, what hangs on the wall, who sits at the desks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final

from store.database import Database
from store.steps import Hand

VILLAGES: Final = 10
#: Of a hundred homes, so many have such a device; the first of a kind that is worn belongs to the resident.
DEVICES_PCT: Final = {
    "call_button": 100, "smoke_alarm": 100, "location_band": 30, "door_sensor": 40, "motion_sensor": 40,
    "gas_alarm": 20, "bed_sensor": 10,
}  # fmt: skip
WORN: Final = frozenset({"call_button", "location_band"})
#: All speak by themselves so often; thinned to what the watch has to know.
INTERVAL_S: Final = 24 * 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A device at a home."""

    id: int
    name: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A home and its one resident."""

    premises_id: int
    resident_id: int
    village: int
    lat: float
    lon: float
    tags: tuple[str, ...]
    devices: tuple[Device, ...]

    def having(self, kind: str) -> Device | None:
        return next((device for device in self.devices if device.kind == kind), None)


@dataclass(kw_only=True)
class Population:
    """Everybody and everything the year happens to."""

    homes: list[Home] = field(default_factory=list)
    dispatchers: list[Hand] = field(default_factory=list)
    supervisor: Hand = field(default_factory=lambda: Hand(user_id=0, supervisor=True))
    cared_for: list[Home] = field(default_factory=list)  #: whose stillness is watched
    visited: list[Home] = field(default_factory=list)
    visits: list[tuple[datetime, int, Home]] = field(default_factory=list)  #: begins, which, where

    @property
    def devices(self) -> list[Device]:
        return [device for home in self.homes for device in home.devices]


async def settle(db: Database, rng: Random, *, homes: int, now: datetime) -> Population:
    """Register the county: areas, homes, residents, devices, people at the desks; the same for the same chance."""
    population = Population()
    await db.pool.execute(
        "INSERT INTO area (path) SELECT '320000'::ltree"
        " UNION ALL SELECT ('320000.v' || n)::ltree FROM generate_series(0, $1::int - 1) AS n",
        VILLAGES,
    )
    for number in range(homes):
        population.homes.append(await _home(db, rng, number, now))
    for role in ("dispatcher", "dispatcher", "dispatcher", "supervisor"):
        hand = await _user(db, role, len(population.dispatchers), now)
        if hand.supervisor:
            population.supervisor = hand
        else:
            population.dispatchers.append(hand)
    await db.pool.execute(
        "UPDATE device_state SET last_seen = $1, version = version + 1"
        " WHERE device_id IN (SELECT id FROM device WHERE life = 'live')",
        now,
    )
    return population


async def _home(db: Database, rng: Random, number: int, now: datetime) -> Home:
    village = number % VILLAGES
    lat, lon = 31.8 + village * 0.02 + rng.uniform(0, 0.01), 121.1 + rng.uniform(0, 0.02)
    premises_id = await _one(
        db, "INSERT INTO premises (address, lat, lon, area, created_at) VALUES ($1, $2, $3, $4::text::ltree, $5)"
        " RETURNING id", f"澄湾县{village}村{number}号", lat, lon, f"320000.v{village}", now,
    )  # fmt: skip
    has = [kind for kind, pct in DEVICES_PCT.items() if rng.randrange(100) < pct]
    tags: tuple[str, ...] = ("dementia",) if "location_band" in has and rng.random() < 0.4 else ()
    tags += ("deaf",) if rng.random() < 0.03 else ()
    resident_id = await _one(
        db, "INSERT INTO resident (name, premises_id, tags, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
        f"王模{number}", premises_id, list(tags), now,
    )  # fmt: skip
    devices = [await _device(db, kind, number, premises_id, resident_id, now) for kind in has]
    return Home(
        premises_id=premises_id, resident_id=resident_id, village=village, lat=lat, lon=lon, tags=tags,
        devices=tuple(devices),
    )  # fmt: skip


async def _device(
    db: Database, kind: str, number: int, premises_id: int, resident_id: int, now: datetime
) -> Device:  # fmt: skip
    name, worn = f"{kind}-{number}", kind in WORN
    device_id = await _one(
        db, "INSERT INTO device (device, kind, wearer, life, interval_s, created_at)"
        " VALUES ($1, $2, $3, 'live', $4, $5) RETURNING id",
        name, kind, "personal" if worn else "shared", INTERVAL_S, now,
    )  # fmt: skip
    await db.pool.execute(
        "INSERT INTO device_holder (device_id, from_at, resident_id, premises_id) VALUES ($1, $2, $3, $4)",
        device_id, now, resident_id if worn else None, None if worn else premises_id,
    )  # fmt: skip
    return Device(id=device_id, name=name, kind=kind)


async def _user(db: Database, role: str, number: int, now: datetime) -> Hand:
    user_id = await _one(
        db, "INSERT INTO app_user (name, display_name, role, created_at) VALUES ($1, $1, $2, $3) RETURNING id",
        f"{role}{number}", role, now,
    )  # fmt: skip
    await db.pool.execute("INSERT INTO duty (user_id, state, since, acted_at) VALUES ($1, 'on', $2, $2)", user_id, now)
    return Hand(user_id=user_id, supervisor=role == "supervisor")


async def _one(db: Database, query: str, *arguments: Any) -> int:
    value: int = await db.pool.fetchval(query, *arguments)
    return value
