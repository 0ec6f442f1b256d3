"""The mistakes: an alarm that comes and goes opens and closes a case each time; a runaway device fills the queue; and
the damping that was meant for them reaches a person who calls often.
"""

from __future__ import annotations

from devices.event import EventType
from rules.domain.vocabulary import Class
from store import callers, technical
from tests.story.holding_town import Holding, holding_in
from tests.town import CENTRE


async def test_a_cause_that_comes_and_goes_keeps_one_case_open_until_it_is_calm(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        device = await town.device("other")
        for _ in range(8):
            await town.says(device, EventType.FAULT)
            town.night.clock.advance(20)
            await town.says(device, EventType.FAULT_CLEAR)
            town.night.clock.advance(20)
        cases = await town.night.town.incidents_of(device)
        assert len(cases) <= 4
        (case,) = await town.open_cases("fault")
        assert "flapping" in case["marks"]
        damping = await _damping(town, device)
        assert damping is not None and damping.flaps >= 12
        before = len(await town.night.actions(case["id"]))
        await town.later(1700)
        assert len(await town.open_cases("fault")) == 1
        assert len(await town.night.actions(case["id"])) == before
        await town.later(200)
        assert await town.open_cases("fault") == []
        assert (await town.night.actions(case["id"]))[-2:] == ["released", "restored"]
        assert await _damping(town, device) is None


async def test_a_device_that_says_too_much_is_one_case_with_samples_and_a_count(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        device = await town.device("other")
        for _ in range(60):
            await town.says(device, EventType.BATTERY_LOW)
            town.night.clock.advance(10)
        (case,) = await town.open_cases("runaway_device")
        shown = [event for event in await town.night.town.events_of(device) if event["incident_id"] == case["id"]]
        assert 15 <= len(shown) <= 21
        assert len(await town.night.town.events_of(device)) == 60, "counted, and every one is kept"
        assert (await town.says(device, EventType.SOS)).incident_id is not None
        await town.later(3601)
        await town.later(1)
        assert (await town.night.case(case["id"]))["state"] == "resolved"
        assert len(await town.open_cases("battery_low")) == 1


async def test_ids_fought_over_end_by_themselves_after_a_calm_hour(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        device = await town.device("other")
        async with town.db.transaction() as connection:
            case = await technical.report_device(
                connection, Class.CLONED_DEVICE, device, facts=(), centre=CENTRE, now=town.night.now
            )
        await town.later(3599)
        assert (await town.night.case(case))["state"] == "open"
        await town.later(2)
        assert (await town.night.case(case))["state"] == "resolved"


async def test_who_presses_ten_times_a_day_is_heard_ten_times_and_looked_after(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        desk, home = await town.night.town.user(), await town.night.town.home()
        for _ in range(10):
            call = (await town.says(home.button, EventType.SOS)).incident_id
            assert call is not None
            assert (await town.night.case(call))["sound_to"] == "desks"
            await town.night.town.resolve(call, desk, now=town.night.now)
            town.night.clock.advance(3600)
        await town.passes.callers(town.night.now)
        await town.passes.callers(town.night.now)
        tasks = await town.db.pool.fetch("SELECT * FROM task WHERE kind = 'frequent_caller'")
        assert [(task["resident_id"], task["for_role"]) for task in tasks] == [(home.resident_id, "community_worker")]
        async with town.db.pool.acquire() as connection:
            seen = await callers.history_of(
                connection, home.resident_id, 0, opened_at=town.night.now, zone=CENTRE.timezone, now=town.night.now
            )
        assert (seen.calls_24h, seen.calls_30d) == (10, 10)
        assert [(one.outcome, one.calls) for one in seen.usual] == [("accidental", 10)]


async def test_a_device_with_three_false_alarms_in_a_week_gets_a_work_order_and_rings_as_ever(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        device = await town.device()
        for _ in range(3):
            case = (await town.says(device, EventType.SMOKE)).incident_id
            await town.db.pool.execute(
                "UPDATE incident SET outcome = 'false_alarm', state = 'resolved', resolved_at = $2 WHERE id = $1",
                case, town.night.now,
            )  # fmt: skip
            town.night.clock.advance(3600)
        await town.passes.callers(town.night.now)
        await town.passes.callers(town.night.now)
        orders = await town.db.pool.fetch("SELECT device_id FROM task WHERE kind = 'false_alarms'")
        assert [order["device_id"] for order in orders] == [await town.device_id(device)]
        assert (await town.night.case((await town.says(device, EventType.SMOKE)).incident_id))["sound_to"] == "desks"


async def test_a_usual_caller_who_falls_silent_is_asked_after(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        desk, home = await town.night.town.user(), await town.night.town.home()
        for _ in range(18):
            call = (await town.says(home.button, EventType.SOS)).incident_id
            await town.night.town.resolve(call, desk, now=town.night.now)
            town.night.clock.advance(86_400)
        await town.passes.callers(town.night.now)
        assert await town.open_cases("calls_changed") == []
        town.night.clock.advance(3 * 86_400)
        await town.passes.callers(town.night.now)
        (case,) = await town.open_cases("calls_changed")
        assert (case["priority"], case["resident_id"]) == (3, home.resident_id)


async def _damping(town: Holding, device: str) -> callers.Damping | None:
    async with town.db.pool.acquire() as connection:
        return await callers.damping_of(connection, await town.device_id(device), "fault")
