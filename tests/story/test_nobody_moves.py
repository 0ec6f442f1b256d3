"""A sensor whose battery was empty called the neighbours each evening; one that lived said nothing of who lay there."""

from __future__ import annotations

from datetime import timedelta

from devices.event import EventType
from tests.story.detected_town import Detected, detected_in
from tests.town import Home

DAY = [{"from_min": 360, "to_min": 1320, "days": [1, 2, 3, 4, 5, 6, 7]}]
FOUR_HOURS = 4 * 3600


async def _alone(town: Detected) -> tuple[Home, str]:
    home = await town.town.home(tags=("living_alone",))
    sensor = await town.sensor(home)
    await town.heard(sensor)
    await town.word(sensor, EventType.ACTIVITY)
    await town.care(home, "inactivity", DAY, FOUR_HOURS)
    await town.look()
    return home, sensor


async def test_a_living_sensor_that_sees_nobody_asks_first_and_then_calls(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, sensor = await _alone(town)
        await town.pass_time(timedelta(hours=3, minutes=45), sensor)
        assert (await town.asked(), await town.cases(home)) == ([], [])
        await town.pass_time(timedelta(minutes=6), sensor, step=timedelta(minutes=1))
        assert (sorted(await town.asked()), await town.cases(home)) == (sorted([home.button, sensor]), [])
        await town.pass_time(timedelta(minutes=11), sensor, step=timedelta(minutes=1))
        (case,) = await town.cases(home)
        assert (case["class"], case["priority"], case["source"]) == ("inactivity", 2, "system")
        await town.pass_time(timedelta(minutes=30), sensor)
        assert ((await town.cases(home))[0]["alert_count"], len(await town.asked())) == (1, 2)


async def test_the_question_is_taken_back_by_a_movement(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, sensor = await _alone(town)
        await town.pass_time(timedelta(hours=3, minutes=52), sensor, step=timedelta(minutes=2))
        assert await town.asked() != []
        await town.word(sensor, EventType.ACTIVITY)
        await town.pass_time(timedelta(minutes=30), sensor)
        assert await town.cases(home) == []
        state = await town.town.db.pool.fetchval("SELECT state FROM detector_state WHERE detector = 'care'")
        assert state["status"] == "watching"


async def test_the_question_is_taken_back_by_a_button_too(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, sensor = await _alone(town)
        await town.pass_time(timedelta(hours=3, minutes=52), sensor, step=timedelta(minutes=2))
        await town.town.says(home.button, EventType.BUTTON, now=town.now)
        await town.pass_time(timedelta(minutes=30), sensor)
        assert [case["class"] for case in await town.cases(home) if case["family"] == "person"] == []


async def test_a_dead_sensor_is_unknown_and_never_inactive(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, _ = await _alone(town)
        # Its last word was a movement; from then on nothing, not even a heartbeat. The button lives.
        await town.town.db.pool.execute("UPDATE supervision SET allowed = '2 hours'")
        await town.pass_time(timedelta(hours=11, minutes=45), home.button, step=timedelta(minutes=15))
        assert await town.cases(home) == []
        await town.pass_time(timedelta(minutes=30), home.button, step=timedelta(minutes=15))
        (case,) = await town.cases(home)
        assert (case["class"], case["priority"]) == ("inactivity_unknown", 3)
        assert await town.asked() == []


async def test_movement_after_the_call_is_a_note_and_resolves_nothing(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, sensor = await _alone(town)
        await town.pass_time(timedelta(hours=4, minutes=10), sensor, step=timedelta(minutes=2))
        (case,) = await town.cases(home)
        town.clock.advance(60)
        await town.word(sensor, EventType.ACTIVITY)
        await town.pass_time(timedelta(minutes=15), sensor)
        (case,) = await town.cases(home)
        assert (case["state"], await town.town.actions(case["id"])) == ("open", ["opened", "noted"])


async def _goes_away(town: Detected, home: Home, hours: int) -> None:
    author = await town.town.user("supervisor")
    await town.town.db.pool.execute(
        "INSERT INTO absence (resident_id, from_at, until_at, author, reason, created_at)"
        " VALUES ($1, $2, $3, $4, '', $2)",
        home.resident_id, town.now, town.now + timedelta(hours=hours), author.user_id,
    )  # fmt: skip


async def test_an_absence_holds_inactivity_until_it_ends(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, sensor = await _alone(town)
        await _goes_away(town, home, 3)
        await town.pass_time(timedelta(hours=5), sensor)
        assert (await town.cases(home), await town.asked()) == ([], [])
        # It ended three hours in: four more without a sign from there.
        await town.pass_time(timedelta(hours=2, minutes=15), sensor)
        assert [case["class"] for case in await town.cases(home)] == ["inactivity"]


async def test_an_absence_holds_no_call_for_help(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, _ = await _alone(town)
        await _goes_away(town, home, 8)
        pressed = await town.town.says(home.button, now=town.now)
        assert pressed.rang
        band = await town.town.device("location_band", resident_id=home.resident_id)
        await town.town.db.pool.execute("UPDATE resident SET tags = '{dementia}' WHERE id = $1", home.resident_id)
        await town.fence(resident_id=home.resident_id)
        await town.look()
        for _ in range(2):
            town.clock.advance(60)
            await town.fix(band, 900)
        assert await town.found(band) == ["fence_exit"]
