"""Silence, as peers' users learnt it the hard way (field.md, C): each named after what would have gone wrong."""

from __future__ import annotations

import asyncio

from devices.event import EventType
from rules.domain.firing import decide
from rules.domain.vocabulary import Step
from rules.engine.supervision import SupervisionPass
from store.supervision import SupervisionStore
from tests.story.watched_town import watch_in
from tests.town import CENTRE


async def test_offline_comes_by_the_clock_and_not_with_the_next_message(fresh_dsn: str) -> None:
    # C3: the inactivity event came only when the device returned.
    async with watch_in(fresh_dsn) as watch:
        await watch.device("smoke-1", interval_s=60)
        await watch.look()
        await watch.speaks("smoke-1")
        await watch.pass_seconds(115)
        assert await watch.status("smoke-1") == "live"
        assert await watch.cases("smoke-1") == []
        await watch.pass_seconds(10)
        (case,) = await watch.cases("smoke-1")
        assert (case["class"], case["priority"], case["state"]) == ("device_lost", 4, "open")
        assert await watch.status("smoke-1") == "late"
        await watch.pass_seconds(600)
        await watch.speaks("smoke-1")
        await watch.pass_seconds(5)
        (case,) = await watch.cases("smoke-1")
        assert (case["state"], await watch.status("smoke-1")) == ("resolved", "live")


async def test_six_hundred_seconds_are_six_hundred_seconds(fresh_dsn: str) -> None:
    # C4: a timeout of 600 s alarmed after 19,123 s.
    async with watch_in(fresh_dsn) as watch:
        await watch.device("smoke-1", interval_s=300)
        await watch.look()
        for _ in range(50):
            await watch.jump(270, "smoke-1")
        heard_at = watch.now
        await watch.pass_seconds(700)
        (case,) = await watch.cases("smoke-1")
        assert 600 <= (case["opened_at"] - heard_at).total_seconds() <= 605


async def test_a_device_never_heard_has_its_own_timeout_from_the_first_moment(fresh_dsn: str) -> None:
    # C5: a first-contact device ignored its own timeout.
    async with watch_in(fresh_dsn) as watch:
        await watch.device("quick", "door_sensor", interval_s=120)
        await watch.device("slow", "door_sensor", interval_s=3600)
        await watch.device("at-the-installers", interval_s=120, life="installed")
        await watch.look()
        await watch.pass_seconds(245)
        (case,) = await watch.cases("quick")
        assert (case["class"], await watch.status("quick")) == ("never_heard", "never_heard")
        assert await watch.cases("slow") == []
        await watch.jump(7200)
        assert [case["class"] for case in await watch.cases("slow")] == ["never_heard"]
        assert await watch.cases("at-the-installers") == []
        await watch.jump(24 * 3600)
        assert [case["class"] for case in await watch.cases("at-the-installers")] == ["never_heard"]
        await watch.speaks("quick")
        await watch.jump(5)
        assert (await watch.cases("quick"))[0]["state"] == "resolved"


async def test_a_lost_device_is_said_again_while_it_lasts(fresh_dsn: str) -> None:
    # C6: the offline alarm was told once only.
    async with watch_in(fresh_dsn) as watch:
        await watch.town.user()
        await watch.device("smoke-1")
        await watch.look()
        await watch.jump(10, "smoke-1")
        await watch.jump(125)
        assert len(await watch.cases("smoke-1")) == 1
        reached = []
        for hour in range(1, 24 * 6):
            watch.clock.advance(3600)
            if await watch.engine.fire_due(watch.now, 10, decide):
                case = (await watch.cases("smoke-1"))[0]
                if case["sounded_at"] == watch.now:
                    reached.append((hour, case["priority"], case["sound_to"]))
        assert reached[0] == (24, 3, "community_worker"), "past its repair time it is the community worker's, P3"
        assert reached[1] == (48, 3, "supervisors"), "past twice that it is the supervisor's"
        assert len(reached) >= 4, "and it is said again and again"
        assert await watch.status("smoke-1") == "late"


async def test_a_live_hub_does_not_keep_a_dead_sensor_alive(fresh_dsn: str) -> None:
    # C7: a gateway kept a dead sensor active. C8: a gateway's own report flipped a device to active.
    async with watch_in(fresh_dsn) as watch:
        await watch.device("hub-1", "hub", interval_s=60)
        for name in ("s-1", "s-2", "s-3", "s-4", "s-5", "s-6", "s-7"):
            await watch.device(name, hub="hub-1", interval_s=60)
        await watch.look()
        everybody = ["hub-1", "s-1", "s-2", "s-3", "s-4", "s-5", "s-6", "s-7"]
        await watch.pass_seconds(60, *everybody)
        await watch.town.db.pool.execute("UPDATE device_state SET online = true")
        await watch.pass_seconds(180, *(name for name in everybody if name != "s-1"))
        assert [case["class"] for case in await watch.cases("s-1")] == ["device_lost"]
        assert await watch.status("s-1") == "late"
        await watch.town.says("hub-1", EventType.FAULT, now=watch.now)
        await watch.pass_seconds(5, "hub-1")
        assert await watch.status("s-1") == "late", "the hub's own report proves nothing of a child"


async def test_a_clock_in_the_future_does_not_freeze_a_device(fresh_dsn: str) -> None:
    # C18: one future timestamp froze the device for years. Receipt counts, never the device's own time.
    async with watch_in(fresh_dsn) as watch:
        await watch.device("band", "location_band", interval_s=60)
        await watch.look()
        await watch.town.says("band", EventType.BATTERY_LOW, now=watch.now)
        await watch.town.db.pool.execute("UPDATE event SET at = at + interval '19 years'")
        await watch.pass_seconds(130)
        assert "device_lost" in [case["class"] for case in await watch.cases("band")]


async def test_data_of_the_same_second_does_not_leave_a_verdict_stuck(fresh_dsn: str) -> None:
    # C2: data arriving in the same second as the offline alarm left it stuck for ever.
    async with watch_in(fresh_dsn) as watch:
        await watch.device("smoke-1", interval_s=60)
        await watch.look()
        await watch.jump(1, "smoke-1")
        await watch.jump(121)
        assert await watch.status("smoke-1") == "late"
        await watch.speaks("smoke-1")
        await watch.look()
        assert (await watch.status("smoke-1"), await watch.open_cases()) == ("live", [])


async def test_a_slow_device_is_not_called_lost_by_a_quick_ones_timeout(fresh_dsn: str) -> None:
    # C17: a device with a ten-minute interval was shown offline after two minutes.
    async with watch_in(fresh_dsn) as watch:
        await watch.device("smoke", "smoke_alarm", interval_s=None, source="shelly", model="Plus Smoke")
        await watch.device("button", "call_button", interval_s=None, source="zigbee2mqtt", model="ZNXX-1")
        await watch.device("band", "location_band", interval_s=600)
        await watch.look()
        await watch.jump(5, "smoke", "button", "band")
        await watch.jump(1190)
        assert await watch.open_cases() == []
        await watch.jump(15)
        assert [case["class"] for case in await watch.open_cases()] == ["device_lost"]
        await watch.jump(24 * 3600 - 1210)
        assert len(await watch.open_cases()) == 1, "a sleeper that wakes once a day has its margin"
        await watch.jump(3600 + 10)
        assert [case["class"] for case in await watch.cases("button")] == ["device_lost"], "25 h of a battery device"
        await watch.jump(3600)
        assert [case["class"] for case in await watch.cases("smoke")] == ["device_lost"]


async def test_what_nobody_relies_on_is_nobodys_fault(fresh_dsn: str) -> None:
    # C33: a log-only class. Devices in stock, canaries and strangers open nothing; a suspended one loses its incident.
    async with watch_in(fresh_dsn) as watch:
        for name, life in (("stock", "in_stock"), ("gone", "returned"), ("canary:alarms", "live"), ("used", "live")):
            await watch.device(name, interval_s=60, life=life)
        await watch.look()
        await watch.jump(125)
        assert [case["class"] for case in await watch.open_cases()] == ["never_heard"]
        await watch.town.db.pool.execute("UPDATE device SET life = 'suspended' WHERE device = 'used'")
        await watch.jump(5)
        assert (await watch.status("used"), await watch.open_cases()) == ("unwatched", [])
        await watch.town.db.pool.execute("UPDATE device SET life = 'live' WHERE device = 'used'")
        await watch.jump(100)
        assert await watch.open_cases() == [], "it begins anew"


async def test_a_claimed_case_of_a_lost_device_keeps_its_owner_and_learns_of_the_end(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        desk = await watch.town.user()
        await watch.device("smoke-1")
        await watch.look()
        await watch.jump(125)
        (case,) = await watch.cases("smoke-1")
        await watch.town.step(case["id"], Step.CLAIM, desk, now=watch.now)
        await watch.jump(5, "smoke-1")
        (case,) = await watch.cases("smoke-1")
        assert (case["state"], await watch.status("smoke-1")) == ("claimed", "live")
        assert (await watch.town.actions(case["id"]))[-1] == "noted"


async def test_two_engines_speak_each_verdict_once(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        other = SupervisionPass(SupervisionStore(watch.town.db, CENTRE))
        for number in range(8):
            await watch.device(f"d-{number}", "other", interval_s=60)
        await watch.look()
        watch.clock.advance(125)
        await asyncio.gather(watch.supervision.run_once(watch.now), other.run_once(watch.now))
        await watch.look()
        assert [case["class"] for case in await watch.open_cases()] == ["never_heard"] * 8
