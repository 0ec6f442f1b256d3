"""One reading of a loose sensor sent the ambulance; the next person's second one was never counted with the first."""

from __future__ import annotations

from typing import Any

from devices.event import Event, EventType, Vitals
from rules.domain.vocabulary import Channel
from store.alarms import Accepted, Alarm, accept
from tests.story.detected_town import Detected, detected_in
from tests.town import CENTRE, Home


async def _watched(town: Detected, bounds: dict[str, Any] | None = None) -> tuple[Home, str]:
    home, band = await town.band(tags=())
    await town.town.db.pool.execute(
        "INSERT INTO vital_bounds (resident_id, bounds, set_at) VALUES ($1, $2, $3)",
        home.resident_id, bounds or {}, town.now,
    )  # fmt: skip
    await town.look()
    return home, band


async def test_two_readings_beyond_the_danger_bound_call_and_one_does_not(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await _watched(town)
        for spo2, classes in ((97, []), (84, []), (97, []), (85, []), (84, ["medical_critical"])):
            town.clock.advance(60)
            await town.vitals(band, spo2_pct=spo2)
            assert [case["class"] for case in await town.cases(home)] == classes
        await town.vitals(band, spo2_pct=80)
        (case,) = await town.cases(home)
        assert (case["priority"], case["alert_count"]) == (1, 1)


async def test_a_persons_own_bounds_come_before_the_countys(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await _watched(town, {"spo2_pct": {"danger_low": 80, "attention_low": 84}})
        for _ in range(4):
            town.clock.advance(60)
            await town.vitals(band, spo2_pct=87)
        assert await town.cases(home) == []


async def test_beyond_the_attention_bound_three_times_is_looked_at(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await _watched(town)
        for _ in range(3):
            town.clock.advance(60)
            await town.vitals(band, heart_rate_bpm=118)
        (case,) = await town.cases(home)
        assert (case["class"], case["priority"]) == ("medical_attention", 3)


async def test_what_nobody_wears_and_no_body_can_have_counts_for_nothing(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await _watched(town)
        for value in (0, 0, 3, 0):
            town.clock.advance(60)
            await town.vitals(band, heart_rate_bpm=value)
        await town.town.db.pool.execute("UPDATE device_state SET open = '{removed}'")
        for _ in range(3):
            town.clock.advance(60)
            await town.vitals(band, heart_rate_bpm=30)
        assert await town.cases(home) == []


async def _says_medical(town: Detected, band: str, spo2: float) -> Accepted:
    event = Event(id=f"m{town.now}", at=town.now, type=EventType.MEDICAL, vitals=Vitals(spo2_pct=spo2))
    alarm = Alarm(device=band, event=event, channel=Channel.ALARM, received_at=town.now)
    async with town.town.db.transaction() as connection:
        return await accept(connection, None, alarm, centre=CENTRE)


async def test_a_devices_own_word_is_weighed_by_the_bounds(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await _watched(town)
        first = await _says_medical(town, band, 84)
        assert (await town.town.incident(first.incident_id))["class"] == "medical", "one reading is no proof yet"
        town.clock.advance(60)
        await _says_medical(town, band, 83)
        (case,) = await town.cases(home)
        assert (case["class"], case["priority"]) == ("medical_critical", 1)


async def test_a_devices_word_of_somebody_without_bounds_stays_what_it_says(fresh_dsn: str) -> None:
    async with detected_in(fresh_dsn) as town:
        home, band = await town.band(tags=())
        for _ in range(2):
            town.clock.advance(60)
            await _says_medical(town, band, 70)
        assert [case["class"] for case in await town.cases(home)] == ["medical"]
