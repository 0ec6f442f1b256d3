"""What goes wrong in one lane, or at the start, is said and tried again; the others work on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiomqtt
import asyncpg
import pytest

from gateway import run
from gateway.lane import Lane
from gateway.run import Gateway
from gateway.sources import LaneSettings
from rules.clock import SharedClock
from store.database import connect
from tests.broker.field import ALL_FILTERS, HOST, Broker, event, field_on, gateway_on, lane_name
from tests.servers import Mosquitto
from tests.town import CENTRE, Town, town_in
from tests.waiting import until, while_passing


@asynccontextmanager
async def lanes_on(broker: Broker, dsn: str, *settings: LaneSettings) -> AsyncIterator[list[Lane]]:
    """A gateway with several lanes, at work; whether they are connected is the test's to ask."""
    database = await connect(dsn, application_name="shouwang tests gateway", max_size=20)
    gateway = Gateway(
        settings, database=database, clock=SharedClock(), centre=CENTRE, mqtt_url=broker.url, version="0.0-test"
    )
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(gateway.run())
            try:
                yield gateway.lanes
            finally:
                running.cancel()
    finally:
        await database.close()


async def test_a_lane_that_fails_is_begun_anew_and_the_others_do_not_notice(broker: Broker, fresh_dsn: str) -> None:
    bad = LaneSettings(name=lane_name(), filters=("sw/v1/+/telemetry",), source="canonical")
    good = LaneSettings(name=lane_name(), filters=("sw/v1/+/alarm",), source="canonical")
    async with town_in(fresh_dsn) as town, field_on(broker) as field, lanes_on(broker, fresh_dsn, bad, good) as lanes:
        await until(lambda: all(lane.is_listening for lane in lanes), "both lanes are there")
        first, second = lanes
        connection = second._connection

        def breaks() -> Any:
            raise KeyError("a bug of ours")

        first._observe = breaks  # type: ignore[method-assign]  # a bug of ours in one lane
        await until(lambda: not first.is_connected, "the lane ended")
        home = await town.home()
        await field.alarm(home.button, event("p1"))
        await field.acked(home.button, "p1")
        assert second._connection is connection
        del first._observe  # type: ignore[method-assign]  # mended
        await until(lambda: first.is_listening, "the lane is back")


async def test_a_lock_at_the_start_keeps_no_lane_from_taking_alarms(
    broker: Broker, fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PREPARE_AGAIN_S", 0.5)
    lane = LaneSettings(name=lane_name(), filters=("sw/v1/+/alarm",), source="canonical")
    async with town_in(fresh_dsn) as town, field_on(broker) as field:
        (last,) = [row["name"] for row in await _last_day(town)]
        await town.db.pool.execute(f"DROP TABLE {last}")
        blocker = await asyncpg.connect(fresh_dsn)
        try:
            async with blocker.transaction():
                await blocker.execute("LOCK TABLE reading IN SHARE UPDATE EXCLUSIVE MODE")
                async with lanes_on(broker, fresh_dsn, lane) as lanes:
                    await until(lambda: lanes[0].is_listening, "the lane is there all the same")
                    await blocker.execute("COMMIT; BEGIN")
                    home = await town.home()
                    await field.alarm(home.button, event("p1"))
                    await field.acked(home.button, "p1")

                    async def made() -> bool:
                        return [row["name"] for row in await _last_day(town)] == [last]

                    await until(made, "the day is made once it can be")
        finally:
            await blocker.close()


async def _last_day(town: Town) -> list[Any]:
    return await town.db.pool.fetch(
        "SELECT relid::regclass::text AS name FROM pg_partition_tree('reading') WHERE isleaf AND level = 1"
        " ORDER BY 1 DESC LIMIT 1"
    )


async def test_a_lost_session_is_told_once_it_can_be_and_stops_no_lane_before(broker: Broker, fresh_dsn: str) -> None:
    name = lane_name()
    query = "SELECT * FROM incident WHERE class = 'messages_lost'"
    async with town_in(fresh_dsn) as town, field_on(broker) as field:
        async with gateway_on(broker.url, fresh_dsn, name=name, filters=ALL_FILTERS) as lane:
            client_id = lane._settings.client_id
        async with aiomqtt.Client(
            HOST, broker.port, protocol=aiomqtt.ProtocolVersion.V5, identifier=client_id, clean_start=True
        ):
            pass  # somebody ends our session
        await town.db.pool.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'not now' USING ERRCODE = 'XX001'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON incident FOR EACH ROW WHEN (NEW.class = 'messages_lost')"
            " EXECUTE FUNCTION refuse()"
        )
        async with gateway_on(broker.url, fresh_dsn, name=name) as lane:
            home = await town.home()
            await field.alarm(home.button, event("p1"))
            await field.acked(home.button, "p1")
            connection = lane._connection
            await while_passing(2.5, lambda: lane._connection is not connection, "it ended the lane")
            assert await town.db.pool.fetch(query) == []
            await town.db.pool.execute("DROP TRIGGER refuse ON incident")
            await until(lambda: town.db.pool.fetch(query), "it is told at last")
            await until(lambda: lane._lost is None, "the lane knows that it is told")

            async def again() -> bool:
                return [row["alert_count"] for row in await town.db.pool.fetch(query)] != [1]

            await while_passing(1.5, again, "it was told again")


async def test_a_lane_that_ended_keeps_no_line_to_the_database(mosquitto: Mosquitto, fresh_dsn: str) -> None:
    name = lane_name()
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
    async with town_in(fresh_dsn) as town:
        async with gateway_on(mosquitto.url, fresh_dsn, name=name) as lane:
            assert await town.db.pool.fetchval(query, f"shouwang lane {name}") == 1

        async def none_left() -> bool:
            return await town.db.pool.fetchval(query, f"shouwang lane {name}") == 0

        await until(none_left, "its line is closed")
        assert not lane.is_connected
