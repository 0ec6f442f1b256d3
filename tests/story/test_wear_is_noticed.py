"""What wears out in silence: batteries, receivers that stand still, presses nobody tests."""

from __future__ import annotations

import json
from datetime import timedelta

from devices.event import EventType
from tests.story.watched_town import Watch, watch_in


async def _battery(watch: Watch, name: str, pct: float) -> None:
    await watch.town.db.pool.execute(
        "UPDATE device_state SET battery_pct = $2 WHERE device_id = (SELECT id FROM device WHERE device = $1)",
        name,
        pct,
    )
    await watch.upkeep.run_once(watch.now)


async def _classes(watch: Watch) -> list[tuple[str, int]]:
    return [(case["class"], case["priority"]) for case in await watch.open_cases()]


async def test_a_battery_that_never_says_it_is_low_is_low(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        await watch.device("smoke-1", interval_s=86_400)
        await watch.jump(5, "smoke-1")
        await _battery(watch, "smoke-1", 21)
        assert await _classes(watch) == []
        await _battery(watch, "smoke-1", 20)
        assert await _classes(watch) == [("battery_low", 4)]
        await _battery(watch, "smoke-1", 25)
        assert await _classes(watch) == [("battery_low", 4)], "no flapping around the threshold"
        await _battery(watch, "smoke-1", 9)
        assert await _classes(watch) == [("battery_critical", 3)]
        await _battery(watch, "smoke-1", 100)
        assert await _classes(watch) == []


async def test_a_battery_is_said_low_before_it_is_by_its_trend(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        await watch.device("band-1", "location_band", interval_s=86_400)
        await watch.jump(5, "band-1")
        for pct in (70, 63, 56, 49, 42):
            await _battery(watch, "band-1", pct)
            await watch.jump(86_400, "band-1")
        await _battery(watch, "band-1", 35)
        assert await _classes(watch) == [("battery_low", 4)]


async def test_a_receiver_that_repeats_one_fix_is_noticed_though_it_looks_alive(fresh_dsn: str) -> None:
    # C20: a stuck GPS looks alive.
    async with watch_in(fresh_dsn) as watch:
        await watch.device("band-1", "location_band", interval_s=600)
        await watch.device("band-2", "location_band", interval_s=600)
        await watch.jump(5, "band-1", "band-2")
        await _readings(watch, "band-1", moves_time=False)
        await _readings(watch, "band-2", moves_time=True)
        await watch.upkeep.run_once(watch.now)
        assert [case["class"] for case in await watch.cases("band-1")] == ["sensor_stuck"]
        assert await watch.cases("band-2") == []


async def _readings(watch: Watch, name: str, *, moves_time: bool) -> None:
    """Eight fixes, ten minutes apart; the stuck receiver stamps each with the same fix time."""
    pool = watch.town.db.pool
    await pool.execute("CREATE TABLE IF NOT EXISTS reading_story PARTITION OF reading DEFAULT")
    device_id = await pool.fetchval("SELECT id FROM device WHERE device = $1", name)
    for number in range(8):
        received_at = watch.now - timedelta(minutes=10 * number)
        at = received_at if moves_time else watch.now - timedelta(days=2)
        fix = {"location": {"lat": 31.9 + (number / 1e4 if moves_time else 0), "lon": 121.2}}
        await pool.execute(
            "INSERT INTO reading (received_at, at, digest, device_id, late, type, event_id, data)"
            " VALUES ($1, $2, $3, $4, false, 'location', $5, $6::text::jsonb)",
            received_at, at, number, device_id, f"e{number}", json.dumps(fix),
        )  # fmt: skip


async def test_a_monthly_press_overdue_is_a_call_and_a_press_marked_test_ends_it(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        await watch.device("button-1", "call_button", interval_s=86_400 * 365)
        await watch.jump(5, "button-1")
        await watch.jump(35 * 86_400 - 60, "button-1")
        await watch.upkeep.run_once(watch.now)
        assert await _classes(watch) == []
        await watch.jump(120, "button-1")
        await watch.upkeep.run_once(watch.now)
        assert await _classes(watch) == [("test_overdue", 5)]
        await watch.town.says("button-1", EventType.TEST, now=watch.now)
        await watch.upkeep.run_once(watch.now)
        assert await _classes(watch) == []


async def test_a_press_made_in_test_mode_counts_as_the_monthly_test(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        device_id = await watch.device("button-1", "call_button", interval_s=86_400 * 365)
        await watch.jump(30 * 86_400, "button-1")
        await watch.town.db.pool.execute(
            "INSERT INTO test_mode (device_id, from_at, until_at, reason) VALUES ($1, $2, $3, 'monthly test')",
            device_id, watch.now, watch.now + timedelta(minutes=10),
        )  # fmt: skip
        await watch.town.says("button-1", EventType.SOS, now=watch.now)
        await watch.jump(30 * 86_400, "button-1")
        await watch.upkeep.run_once(watch.now)
        assert "test_overdue" not in [one for one, _ in await _classes(watch)]


async def test_a_device_that_says_test_for_more_than_a_day_is_a_fault(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        await watch.device("panel-1", "smoke_alarm", interval_s=86_400)
        await watch.look()
        for _ in range(9):
            await watch.town.says("panel-1", EventType.TEST, now=watch.now)
            await watch.jump(3 * 3600)
        await watch.upkeep.run_once(watch.now)
        assert await _classes(watch) == [("test_stuck", 4)]
        await watch.jump(7 * 3600, "panel-1")
        await watch.upkeep.run_once(watch.now)
        assert await _classes(watch) == []
