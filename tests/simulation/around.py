"""Who and what else there is around the homes: telephones, a rota, families, those who go, fences, rules of care."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from rules.domain.on_call import ShiftRole
from store.database import Database
from store.partitions import make_days_ahead
from store.visits import plan_visit
from tests.simulation.town import VILLAGES, Home, Population

#: Shares of homes with family who agreed to be told; of people with a band, with bounds of their own.
HAS_FAMILY: Final = 0.6
HAS_BOUNDS: Final = 0.3
CARED_FOR: Final = 20
VISITED: Final = 20
FENCE_M: Final = 300.0
#: Nobody in a home for so long within the hours of the day, where a sensor lives.
STILL_AFTER_S: Final = 6 * 3600
DAY: Final = {"from_min": 8 * 60, "to_min": 20 * 60, "days": [1, 2, 3, 4, 5, 6, 7]}
#: What goes to whom in a village: what kind, how far from it in degrees, by what, whether also by night.
GOERS: Final = (
    ("community_worker", 0.004, "e_bike", True),
    ("volunteer", 0.002, "foot", False),
    ("property_guard", 0.003, "bicycle", True),
)
COUNTYS_GOERS: Final = (
    ("rescue_team", 0.02, "car", True),
    ("mini_fire_station", 0.03, "fire_engine", True),
    ("family_doctor", 0.05, "car", False),
)


async def settle_around(db: Database, rng: Random, population: Population, start: datetime, *, days: int) -> None:
    """Everything that the year leans on beside homes, devices and desks."""
    async with db.pool.acquire() as connection:
        await make_days_ahead(connection, start)
    await db.pool.execute("UPDATE area SET police = '0513-6110', fire = '0513-6119', ambulance = '0513-6120'")
    await _rota(db, population, start, start + timedelta(days=days + 1))
    await _goers(db, start)
    for home in population.homes:
        if rng.random() < HAS_FAMILY:
            await _family(db, home, start)
        if home.having("location_band") is not None:
            await _band(db, home, start, has_bounds=rng.random() < HAS_BOUNDS)
    population.cared_for = [home for home in population.homes if home.having("motion_sensor")][:CARED_FOR]
    await _care(db, population.cared_for, start)
    population.visited = [home for home in population.homes if home.having("bed_sensor")][:VISITED]
    await _visits(db, population, start, days=days)


async def _rota(db: Database, population: Population, start: datetime, until: datetime) -> None:
    """A number for everybody, and who is rung at night: the supervisor, two on call in turn, the county's own duty."""
    hands = [*(hand.user_id for hand in population.dispatchers), population.supervisor.user_id]
    await db.pool.execute("UPDATE app_user SET phone = '1380000' || lpad(id::text, 4, '0') WHERE id = ANY ($1)", hands)
    await _shift(db, ShiftRole.SUPERVISOR, population.supervisor.user_id, 1, start, until)
    for number, role in enumerate((ShiftRole.ON_CALL, ShiftRole.ON_CALL, ShiftRole.COUNTY_DUTY), start=1):
        user_id: int = await db.pool.fetchval(
            "INSERT INTO app_user (name, display_name, role, phone, created_at)"
            " VALUES ($1, $1, 'supervisor', $2, $3) RETURNING id", f"telephone{number}", f"1380001{number:04}", start,
        )  # fmt: skip
        await _shift(db, role, user_id, number, start, until)


async def _shift(db: Database, role: ShiftRole, user_id: int, rank: int, from_at: datetime, to_at: datetime) -> None:
    await db.pool.execute(
        "INSERT INTO shift (role, user_id, from_at, to_at, rank) VALUES ($1, $2, $3, $4, $5)",
        str(role), user_id, from_at, to_at, rank,
    )  # fmt: skip


async def _goers(db: Database, start: datetime) -> None:
    rows: list[Sequence[Any]] = []
    for village in range(VILLAGES):
        for kind, off, means, nights in GOERS:
            rows.append((kind, 31.8 + village * 0.02 + off, 121.11, means, nights, f"320000.v{village}"))
    rows += [(kind, 31.9 + off, 121.11, means, nights, "320000") for kind, off, means, nights in COUNTYS_GOERS]
    for number, (kind, lat, lon, means, nights, area) in enumerate(rows):
        await db.pool.execute(
            "INSERT INTO responder (name, kind, phone, base_lat, base_lon, means, agreed_to_nights, areas, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, ARRAY[$8::text::ltree], $9)",
            f"李模{number}", kind, f"1370000{number:04}", lat, lon, means, nights, area, start,
        )  # fmt: skip


async def _family(db: Database, home: Home, start: datetime) -> None:
    contact_id: int = await db.pool.fetchval(
        "INSERT INTO contact (resident_id, name, role, phone) VALUES ($1, $2, 'attends', $3) RETURNING id",
        home.resident_id, f"王亲{home.resident_id}", f"1390000{home.resident_id:04}",
    )  # fmt: skip
    await db.pool.execute(
        "INSERT INTO consent (resident_id, contact_id, purpose, basis, given_by, how, given_at)"
        " VALUES ($1, $2::bigint, 'family_sharing:' || $2::bigint, 'consent', 'self', 'paper', $3)",
        home.resident_id, contact_id, start,
    )  # fmt: skip


async def _band(db: Database, home: Home, start: datetime, *, has_bounds: bool) -> None:
    if "dementia" in home.tags:
        shape = {"points": [{"lat": home.lat, "lon": home.lon}], "radius_m": FENCE_M}
        await db.pool.execute(
            "INSERT INTO fence (name, kind, resident_id, shape, confirm_fixes, dwell_s, created_at)"
            " VALUES ('家', 'keep_in', $1, $2, 2, 180, $3)", home.resident_id, shape, start,
        )  # fmt: skip
    if has_bounds:
        await db.pool.execute("INSERT INTO vital_bounds (resident_id, set_at) VALUES ($1, $2)", home.resident_id, start)


async def _care(db: Database, homes: Sequence[Home], start: datetime) -> None:
    for home in homes:
        rule_id: int = await db.pool.fetchval(
            "INSERT INTO care_rule (resident_id, kind, hours, after_s, created_at)"
            " VALUES ($1, 'inactivity', $2, $3, $4) RETURNING id", home.resident_id, [DAY], STILL_AFTER_S, start,
        )  # fmt: skip
        await db.pool.execute(
            "INSERT INTO detector_state (detector, owner_id, part_id, next_look_at) VALUES ('care', $1, $2, $3)",
            home.resident_id, rule_id, start,
        )  # fmt: skip


async def _visits(db: Database, population: Population, start: datetime, *, days: int) -> None:
    """One a week at each of these homes, for the whole time."""
    by = population.supervisor.user_id
    for home in population.visited:
        for week in range(days // 7):
            begins = start + timedelta(days=7 * week + home.resident_id % 7, hours=2)
            fields = {
                "resident_id": home.resident_id, "critical": home.resident_id % 3 == 0, "from_at": begins,
                "until_at": begins + timedelta(hours=1), "carer": "", "purpose": "",
            }  # fmt: skip
            visit_id = await plan_visit(db, fields, by=by, now=start)
            population.visits.append((begins, visit_id, home))
