"""A lane acknowledges what is committed, and nothing else, in the order received."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from shouwang.embedded.postgres import EmbeddedPostgres
from tests.broker.field import Broker, MovableClock, event, field_on, gateway_on, lane_name
from tests.broker.tap import tap_before
from tests.town import Town, town_in
from tests.waiting import until, while_passing


@asynccontextmanager
async def table_held(dsn: str, table: str) -> AsyncIterator[None]:
    """Hold a table so that nobody can write into it."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def readings_of(town: Town, device: str) -> int:
    count: int = await town.db.pool.fetchval(
        "SELECT count(*) FROM reading AS r JOIN device AS d ON d.id = r.device_id WHERE d.device = $1", device
    )
    return count


async def test_a_press_is_stored_then_acknowledged_to_the_broker_and_to_the_device(
    broker: Broker, postgres_dsn: str
) -> None:
    async with (
        town_in(postgres_dsn) as town,
        tap_before(broker.port) as tap,
        gateway_on(tap.url, postgres_dsn, name=lane_name()),
        field_on(broker) as field,
    ):
        home = await town.home()
        await field.alarm(home.button, event("p1"))
        told = await field.acked(home.button, "p1")
        (incident,) = await town.incidents_of(home.button)
        assert told.incident == str(incident["id"])
        assert told.error is None
        await until(lambda: len(tap.sent) == len(tap.acknowledged) == 1, "one PUBACK for one message")
        assert await town.faults() == []


async def test_nothing_is_acknowledged_before_the_commit(broker: Broker, postgres_dsn: str) -> None:
    async with (
        town_in(postgres_dsn) as town,
        tap_before(broker.port) as tap,
        gateway_on(tap.url, postgres_dsn, name=lane_name()),
        field_on(broker) as field,
    ):
        home = await town.home()
        async with table_held(postgres_dsn, "event"):
            await field.alarm(home.button, event("held"))
            await until(lambda: tap.sent, "the broker has sent it")
            # Longer than a lock's time limit: the lane has tried and failed at least once by then.
            await while_passing(
                2.5, lambda: tap.acknowledged or field.acks[home.button], "acknowledged before it was committed"
            )
        await field.acked(home.button, "held")
        await until(lambda: tap.acknowledged == tap.sent, "the PUBACK after the commit")
        assert len(await town.events_of(home.button)) == 1
        assert await town.faults() == []


async def test_a_database_that_goes_away_and_comes_back_loses_nothing(
    broker: Broker, fresh_dsn: str, embedded_postgres: EmbeddedPostgres
) -> None:
    async with tap_before(broker.port) as tap, field_on(broker) as field:
        async with town_in(fresh_dsn) as town:
            homes = [await town.home() for _ in range(3)]
        async with gateway_on(tap.url, fresh_dsn, name=lane_name()):
            await embedded_postgres.stop()
            for home in homes:
                await field.alarm(home.button, event("away"))
            await until(lambda: len(tap.sent) == 3, "the broker has sent them")
            await while_passing(
                1.5, lambda: tap.acknowledged or any(field.acks.values()), "acknowledged without a database"
            )
            await embedded_postgres.start()
            for home in homes:
                await field.acked(home.button, "away")
        async with town_in(fresh_dsn) as town:
            for home in homes:
                assert len(await town.events_of(home.button)) == 1
            assert await town.faults() == []


async def test_pubacks_leave_in_the_order_received(broker: Broker, postgres_dsn: str) -> None:
    async with (
        town_in(postgres_dsn) as town,
        tap_before(broker.port) as tap,
        gateway_on(tap.url, postgres_dsn, name=lane_name()),
        field_on(broker) as field,
    ):
        home = await town.home()
        for number in range(60):
            if number % 3:
                await field.telemetry(home.button, event(f"r{number}", "reading", value=number))
            else:
                await field.alarm(home.button, event(f"a{number}", "fall"))
        await until(lambda: len(tap.acknowledged) == 60, "every message is acknowledged")
        assert tap.acknowledged == tap.sent
        assert await readings_of(town, home.button) == 40
        assert len(await town.events_of(home.button)) == 20


async def test_a_backlog_of_heartbeats_is_acknowledged_on_the_connection_it_came_by(
    broker: Broker, postgres_dsn: str
) -> None:
    """Heartbeats of known devices are settled at once: also those that come in one read with the CONNACK."""
    clock = MovableClock()
    async with (
        town_in(postgres_dsn) as town,
        tap_before(broker.port) as tap,
        gateway_on(tap.url, postgres_dsn, name=lane_name(), clock=clock) as lane,
        field_on(broker) as field,
    ):
        home = await town.home()
        await field.telemetry(home.button, event("h0", "heartbeat"))
        await until(lambda: tap.sent and tap.acknowledged == tap.sent, "the device is known")
        clock.ahead_s += 20  # past the first window, in which everything waits for its digest
        tap.forget()
        tap.in_one_read = True
        tap.cut()
        await until(lambda: not lane.is_connected, "the lane has noticed")
        for number in range(1, 51):
            await field.telemetry(home.button, event(f"h{number}", "heartbeat"))
        await until(lambda: lane.is_connected, "the lane is back")
        await until(lambda: len(tap.sent) == 50, "the backlog has come")
        await until(lambda: tap.acknowledged == tap.sent, "each of the backlog is acknowledged, in order")
