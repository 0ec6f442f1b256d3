"""Hubs, areas and our own outages: one incident holds the many, nobody at risk is hidden in it, and it ends."""

from __future__ import annotations

from rules.domain.vocabulary import Step
from rules.engine import metrics
from store.outages import people_behind
from tests.story.watched_town import Watch, watch_in

CHILDREN = [f"s-{number}" for number in range(6)]


async def _hub_with_children(watch: Watch) -> list[str]:
    await watch.device("hub-1", "hub", interval_s=60)
    for name in CHILDREN:
        await watch.device(name, "smoke_alarm", hub="hub-1", interval_s=300)
    await watch.look()
    await watch.jump(5, "hub-1", *CHILDREN)
    return ["hub-1", *CHILDREN]


async def test_a_hubs_loss_is_one_case_and_its_children_open_nothing(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        everybody = await _hub_with_children(watch)
        await watch.pass_seconds(900)
        (case,) = await watch.open_cases()
        assert (case["class"], case["priority"]) == ("hub_lost", 4)
        assert [await watch.status(name) for name in everybody] == ["late"] + ["held"] * 6
        # Its end tests every device again: five speak, one does not.
        await watch.speaks("hub-1", *CHILDREN[:5])
        await watch.look()
        assert await watch.open_cases() == []
        assert await watch.status("s-5") == "grace"
        await watch.pass_seconds(310, "hub-1", *CHILDREN[:5])
        (left,) = await watch.open_cases()
        assert (left["class"], await watch.status("s-5")) == ("device_lost", "late")


async def test_children_that_fell_silent_first_give_their_cases_up_to_the_hub(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        await watch.device("hub-1", "hub", interval_s=300)
        for name in CHILDREN[:2]:
            await watch.device(name, "smoke_alarm", hub="hub-1", interval_s=60)
        await watch.look()
        await watch.jump(5, "hub-1", *CHILDREN[:2])
        await watch.pass_seconds(130)
        assert [case["class"] for case in await watch.open_cases()] == ["device_lost"] * 2
        await watch.pass_seconds(500)
        await watch.upkeep.run_once(watch.now)
        assert [case["class"] for case in await watch.open_cases()] == ["hub_lost"]
        assert [await watch.status(name) for name in CHILDREN[:2]] == ["held"] * 2


async def test_many_silent_behind_a_hub_that_still_speaks_are_one_case(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        await _hub_with_children(watch)
        await watch.pass_seconds(610, "hub-1")
        (case,) = await watch.open_cases()
        assert (case["class"], await watch.status("hub-1")) == ("hub_lost", "live")
        await watch.pass_seconds(5, "hub-1", *CHILDREN, every_s=5)
        assert await watch.open_cases() == []


async def test_a_hubs_loss_hides_nobody_who_depends_on_equipment(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        await watch.device("hub-1", "hub", interval_s=300)
        home = await watch.town.home(tags=("oxygen",))
        await watch.device("s-0", hub="hub-1", interval_s=60, premises_id=home.premises_id)
        await watch.device("s-1", hub="hub-1", interval_s=60)
        await watch.device("s-2", hub="hub-1", interval_s=900, premises_id=home.premises_id)
        await watch.look()
        await watch.jump(5, "hub-1", "s-0", "s-1", "s-2", home.button)
        await watch.pass_seconds(130, home.button)
        await watch.jump(500, home.button)
        await watch.upkeep.run_once(watch.now)
        assert [await watch.status(name) for name in ("s-0", "s-1", "s-2")] == ["late", "held", "live"]
        await watch.jump(1300, home.button)
        assert [case["class"] for case in await watch.cases("s-2")] == ["device_lost_dependent"]
        assert sorted(case["class"] for case in await watch.open_cases()) == [
            "device_lost_dependent", "device_lost_dependent", "hub_lost",
        ]  # fmt: skip


async def _village(watch: Watch, homes: int = 12) -> list[str]:
    names = []
    for number in range(homes):
        tags = {0: ("oxygen",), 1: ("living_alone",)}.get(number, ())
        home = await watch.town.home(tags=tags)
        await watch.town.db.pool.execute("DELETE FROM device_holder WHERE resident_id = $1", home.resident_id)
        names.append(f"v-{number}")
        await watch.device(names[-1], interval_s=60, area="320000.village", resident_id=home.resident_id)
    await watch.device("elsewhere", interval_s=60, area="320000.town")
    await watch.look()
    return names


async def test_an_area_silent_together_is_one_case_that_ages_and_lists_its_people(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        names = await _village(watch)
        await watch.jump(5, "elsewhere", *names)
        await watch.pass_seconds(150, "elsewhere")
        outage = next(case for case in await watch.open_cases() if case["class"] == "area_outage")
        assert (outage["priority"], outage["area"]) == (4, "320000.village")
        # People with equipment at home are never held: theirs is a case of its own.
        assert [case["class"] for case in await watch.cases("v-0")] == ["unprotected"]
        assert {await watch.status(name) for name in names[1:]} == {"held"}
        await watch.upkeep.run_once(watch.now)
        assert metrics.residents_unprotected._value.get() == 12
        people = await people_behind_of(watch, outage["id"])
        assert len(people) == 11
        assert people[0].risks == ["no_other_path", "alone"]
        await watch.ageing.run_once(watch.now)
        assert (await watch.town.incident(outage["id"]))["priority"] == 4
        desk = await watch.town.user()
        await watch.town.step(outage["id"], Step.CLAIM, desk, now=watch.now)
        await watch.jump(3600, "elsewhere")
        await watch.ageing.run_once(watch.now)
        assert (await watch.town.incident(outage["id"]))["priority"] == 3, "also while somebody works on it"
        await watch.jump(3 * 3600, "elsewhere")
        await watch.ageing.run_once(watch.now)
        assert (await watch.town.incident(outage["id"]))["priority"] == 2


async def test_an_outage_that_leaves_nobody_unprotected_does_not_rise(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        home = await watch.town.home()
        await watch.device("hub-1", "hub", interval_s=60)
        for name in CHILDREN[:3]:
            await watch.device(name, "door_sensor", hub="hub-1", interval_s=60, premises_id=home.premises_id)
        await watch.look()
        await watch.jump(5, "hub-1", *CHILDREN[:3])
        await watch.jump(125)
        await watch.jump(5 * 3600)
        await watch.ageing.run_once(watch.now)
        assert [(case["class"], case["priority"]) for case in await watch.cases("hub-1")] == [("hub_lost", 4)]


async def test_the_end_of_an_areas_outage_tests_every_device_again(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        names = await _village(watch)
        await watch.jump(5, "elsewhere", *names)
        await watch.pass_seconds(150, "elsewhere")
        await watch.pass_seconds(65, "elsewhere", *names[:9])
        outage = [case for case in await watch.open_cases() if case["class"] == "area_outage"]
        assert outage == []
        await watch.pass_seconds(65, "elsewhere", *names[:9])
        assert [await watch.status(name) for name in names[9:]] == ["late"] * 3
        assert sorted(case["class"] for case in await watch.open_cases()) == ["unprotected"] * 3


async def test_a_few_silent_devices_of_an_area_are_cases_of_their_own(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        names = await _village(watch)
        await watch.jump(5, "elsewhere", *names)
        await watch.pass_seconds(200, "elsewhere", *names[4:])
        assert len(await watch.open_cases()) == 4
        assert "area_outage" not in {case["class"] for case in await watch.open_cases()}


async def test_our_own_restart_calls_nobody_late_but_only_for_a_while(fresh_dsn: str) -> None:
    # C1: a restart of the server fired "disconnect" for all devices.
    async with watch_in(fresh_dsn) as watch:
        await watch.lane("telemetry", ["sw/v1/+/telemetry"], held_for_s=60)
        await watch.device("smoke-1", interval_s=60)
        await watch.look()
        await watch.speaks("smoke-1")
        await watch.pass_seconds(60)
        # Nobody holds the lane for five minutes; the deadline falls into it.
        await watch.pass_seconds(90)
        assert await watch.status("smoke-1") == "grace"
        assert await watch.open_cases() == []
        # At most two of its intervals after its deadline, however long we are out.
        await watch.pass_seconds(120)
        assert await watch.status("smoke-1") == "late"


async def test_a_lane_of_alarms_alone_gives_no_grace(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        await watch.lane("alarms", ["sw/v1/+/alarm"], held_for_s=-100)
        await watch.device("smoke-1", interval_s=60)
        await watch.look()
        await watch.speaks("smoke-1")
        await watch.pass_seconds(130)
        assert await watch.status("smoke-1") == "late"


async def test_an_engine_that_was_away_gives_devices_time_to_be_heard(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        await watch.lane("telemetry", ["sw/v1/+/telemetry"], held_for_s=100_000)
        await watch.device("smoke-1", interval_s=300)
        await watch.look()
        await watch.jump(5, "smoke-1")
        await watch.jump(900)
        assert (await watch.status("smoke-1"), await watch.open_cases()) == ("grace", [])
        await watch.pass_seconds(5, "smoke-1", every_s=5)
        await watch.pass_seconds(400, "smoke-1")
        assert await watch.status("smoke-1") == "live"


async def people_behind_of(watch: Watch, incident_id: int):  # type: ignore[no-untyped-def]  # a list of the store's
    async with watch.town.db.pool.acquire() as connection:
        return await people_behind(connection, incident_id)
