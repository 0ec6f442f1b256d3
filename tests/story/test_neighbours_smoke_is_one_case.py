"""The mistake: smoke in two flats within two minutes is made one case; one is put out, the case is resolved, and the
other is forgotten.

Also what else is graver together than alone: a fall nobody got up from, a call from a device that is about to die.
"""

from __future__ import annotations

from datetime import timedelta

from devices.event import EventType
from rules.domain.vocabulary import Step
from tests.story.holding_town import Holding, holding_in


async def links(town: Holding) -> list[tuple[int, int, str]]:
    rows = await town.db.pool.fetch("SELECT incident_id, other_id, reason FROM incident_link ORDER BY 1, 2")
    return [(row["incident_id"], row["other_id"], row["reason"]) for row in rows]


async def detector_at(town: Holding, address: str, *, lat: float) -> str:
    device = await town.device("smoke_alarm")
    await town.db.pool.execute(
        "UPDATE premises SET address = $2, lat = $3 WHERE id = (SELECT h.premises_id FROM device_holder AS h"
        " JOIN device AS d ON d.id = h.device_id WHERE d.device = $1)", device, address, lat,
    )  # fmt: skip
    return device


async def test_fires_of_neighbours_are_linked_and_each_home_is_its_own_case(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        desk = await town.night.town.user()
        below = await detector_at(town, "幸福小区3栋502", lat=31.9)
        above = await detector_at(town, "幸福小区3栋602", lat=31.9)
        far = await detector_at(town, "幸福小区9栋101", lat=31.95)
        first = (await town.says(below, EventType.SMOKE)).incident_id
        town.night.clock.advance(90)
        second = (await town.says(above, EventType.GAS)).incident_id
        third = (await town.says(far, EventType.SMOKE)).incident_id
        assert first is not None and second is not None
        await town.later(1)
        assert await links(town) == [(first, second, "neighbouring_fire")]
        for case in (first, second):
            assert "combined" in await town.night.actions(case)
            assert "neighbouring_fire" in (await town.night.case(case))["marks"]
        assert "combined" not in await town.night.actions(third)
        await town.later(1)
        assert (await town.night.actions(second)).count("combined") == 1
        await town.night.town.resolve(first, desk, now=town.night.now)
        assert (await town.night.case(second))["state"] == "open"


async def test_a_street_on_fire_is_linked_without_a_line_between_every_two(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        for number in range(6):
            await town.says(await detector_at(town, f"新桥村{number}号", lat=31.9), EventType.FIRE)
        await town.later(1)
        assert len(await links(town)) == 5


async def test_a_second_detector_makes_the_smoke_a_fire(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        one, other = [await town.night.town.device("smoke_alarm", premises_id=home.premises_id) for _ in range(2)]
        case = (await town.says(one, EventType.SMOKE)).incident_id
        assert (await town.night.case(case))["class"] == "smoke"
        assert (await town.says(other, EventType.SMOKE)).incident_id == case
        assert (await town.night.case(case))["class"] == "fire"
        assert (await town.night.case(case))["first_escalation_s"] == 30


async def test_a_call_from_a_device_that_may_die_is_answered_sooner_and_its_battery_stays_apart(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        await town.night.town.user()
        home = await town.night.town.home()
        call = (await town.says(home.button, EventType.SOS)).incident_id
        battery = (await town.says(home.button, EventType.BATTERY_LOW)).incident_id
        assert call is not None and battery is not None and call != battery
        await town.later(1)
        assert await links(town) == [(call, battery, "call_and_battery_low")]
        case = await town.night.case(call)
        assert "device_may_die" in case["marks"]
        assert case["next_due_at"] <= town.night.now + timedelta(seconds=10)
        assert "device_may_die" not in (await town.night.case(battery))["marks"]
        assert "combined" in await town.night.actions(battery)


async def test_power_lost_at_a_home_that_calls_is_linked_and_never_joined(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        hub = await town.night.town.device("hub", premises_id=home.premises_id)
        call = (await town.says(home.button, EventType.SOS)).incident_id
        power = (await town.says(hub, EventType.POWER_LOST)).incident_id
        await town.later(1)
        assert await links(town) == [(call, power, "trouble_at_the_same_home")]
        assert (await town.night.case(call))["alert_count"] == 1


async def test_a_fall_nobody_gets_up_from_sends_help_sooner(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home, mover = await town.night.town.home(), await town.night.town.home()
        desk = await town.night.town.user()
        fall = (await town.says(home.button, EventType.FALL)).incident_id
        moved = (await town.says(mover.button, EventType.FALL)).incident_id
        await town.night.step(fall, Step.CLAIM, desk)
        await town.db.pool.execute(
            "INSERT INTO deadline (incident_id, kind, stage, round, due_at, failures)"
            " VALUES ($1, 'dispatch', 0, 0, $2, 0) ON CONFLICT (incident_id, kind) DO UPDATE SET due_at = $2",
            fall, town.night.now + timedelta(seconds=300),
        )  # fmt: skip
        town.night.clock.advance(60)
        await town.reads(mover.button, "activity")
        town.night.clock.advance(59)
        await town.passes.combine(town.night.now)
        assert "combined" not in await town.night.actions(fall)
        town.night.clock.advance(1)
        await town.passes.combine(town.night.now)
        assert "combined" in await town.night.actions(fall)
        assert "no_movement" in (await town.night.case(fall))["marks"]
        due = await town.db.pool.fetchval(
            "SELECT due_at FROM deadline WHERE incident_id = $1 AND kind = 'dispatch'", fall
        )
        assert due == town.night.now
        assert "combined" not in await town.night.actions(moved)


async def test_inactivity_that_joins_a_fall_sends_help_at_once(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        band = await town.night.town.device("location_band", resident_id=home.resident_id)
        fall = (await town.says(home.button, EventType.FALL)).incident_id
        assert (await town.says(band, EventType.INACTIVITY)).incident_id == fall
        await town.passes.combine(town.night.now)
        assert "no_movement" in (await town.night.case(fall))["marks"]
