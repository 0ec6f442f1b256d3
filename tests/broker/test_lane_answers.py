"""Devices are answered as soon as their own message is committed, and for everything that came on `alarm`."""

from __future__ import annotations

import asyncpg
import pytest

from tests.broker.field import Broker, event, field_on, gateway_on, lane_name
from tests.town import town_in
from tests.waiting import until


async def test_a_press_behind_a_reading_that_cannot_be_written_is_answered(broker: Broker, fresh_dsn: str) -> None:
    async with (
        town_in(fresh_dsn) as town,
        gateway_on(broker.url, fresh_dsn, name=lane_name()) as lane,
        field_on(broker) as field,
    ):
        home = await town.home()
        blocker = await asyncpg.connect(fresh_dsn)
        try:
            async with blocker.transaction():
                await blocker.execute("LOCK TABLE reading IN EXCLUSIVE MODE")
                await field.telemetry(home.button, event("r1", "reading", value=1))
                await until(lambda: len(lane._window) == 1, "the reading has come")
                await field.alarm(home.button, event("p1"))
                assert (await field.acked(home.button, "p1")).incident is not None
                assert len(lane._window) == 2, "PUBACKs leave in order"
        finally:
            await blocker.close()
        await until(lambda: len(lane._window) == 0, "both are acknowledged in the end")


@pytest.mark.parametrize("type_", ["heartbeat", "location", "door_open", "reading"])
async def test_telemetry_on_an_alarm_topic_is_answered_too(broker: Broker, postgres_dsn: str, type_: str) -> None:
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(broker.url, postgres_dsn, name=lane_name()),
        field_on(broker) as field,
    ):
        home = await town.home()
        for id_ in ("t1", "t2"):
            await field.alarm(home.button, event(id_, type_))
            assert (await field.acked(home.button, id_)).error is None
        await field.alarm("stranger", event("t3", type_))
        assert (await field.acked("stranger", "t3")).error == "unknown_device"


async def test_an_alarm_without_an_id_rings_as_what_it_is_once_for_each_press(
    broker: Broker, postgres_dsn: str
) -> None:
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(broker.url, postgres_dsn, name=lane_name()),
        field_on(broker) as field,
    ):
        home = await town.home()
        press = {"at": event("")["at"], "type": "smoke"}
        await field.alarm(home.button, press)
        await field.alarm(home.button, press)
        await until(lambda: len(field.acks[home.button]) == 2, "both are answered")
        (stored,) = await town.events_of(home.button)
        assert (stored["event_id"], stored["type"], stored["copies"]) == (field.acks[home.button][0].id, "smoke", 2)
        (incident,) = await town.incidents_of(home.button)
        assert (incident["class"], "damaged" in incident["marks"]) == ("smoke", True)
        letters = await town.db.pool.fetch("SELECT * FROM dead_letter WHERE device = $1", home.button)
        assert [letter["incident_id"] for letter in letters] == [incident["id"]], "its exact bytes are kept"
        assert await town.faults() == []
