"""Telemetry that cannot be written: set apart word by word, held where it is too much, and never in a press's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from devices.event import Event, EventType
from gateway.retrying import Retrying
from gateway.sorting import TelemetryArrival
from gateway.telemetry import TelemetryWriter
from gateway.window import Message
from rules.clock import SharedClock
from store import lanes
from store.database import connect
from store.partitions import make_days_ahead
from tests.broker.field import lane_name
from tests.town import CENTRE, Town, town_in
from tests.waiting import until, while_passing


@dataclass(kw_only=True)
class Writer:
    """A lane's telemetry at work on a real database, without a broker."""

    lane: str
    writer: TelemetryWriter
    clock: SharedClock
    settled: list[str] = field(default_factory=list)

    def say(self, device: str, id_: str = "r1", **more: Any) -> Message:
        now = self.clock.now()
        message = Message(f"sw/v1/{device}/telemetry", 1, 10, 1, 1, device)
        event = Event(id=id_, at=now, type=EventType.READING, **more)
        self.writer.take(TelemetryArrival(message, device, event, now, b"{}", True))
        return message

    def settle(self, messages: Iterable[Message]) -> None:
        self.settled += [message.device for message in messages]


@asynccontextmanager
async def writer_on(dsn: str) -> AsyncIterator[Writer]:
    database = await connect(dsn, application_name="shouwang tests writer", max_size=3)
    clock, name = SharedClock(), lane_name()
    async with database.pool.acquire() as connection:
        await make_days_ahead(connection, clock.now())
        await lanes.declare(connection, name)
        lease = await lanes.take(connection, name, "tests")
    assert lease is not None
    work = TelemetryWriter(database, clock, Retrying(database, clock, lane=name), CENTRE, lane=name, decoder="0")
    writer = Writer(lane=name, writer=work, clock=clock)
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(work.run(lease, writer.settle))
            try:
                yield writer
            finally:
                running.cancel()
    finally:
        await database.close()


async def refusing(town: Town, table: str, when: str) -> None:
    """The database refuses such rows, as it does data that it cannot hold."""
    await town.db.pool.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'cannot hold it' USING ERRCODE = '22003'; END $$;"
        f"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW WHEN ({when})"
        " EXECUTE FUNCTION refuse()"
    )


async def state_of(town: Town, device: str) -> Any:
    return await town.db.pool.fetchrow(
        "SELECT s.* FROM device_state AS s JOIN device AS d ON d.id = s.device_id WHERE d.device = $1", device
    )


async def test_a_word_that_no_state_can_hold_is_dropped_and_the_others_are_written(fresh_dsn: str) -> None:
    async with town_in(fresh_dsn) as town, writer_on(fresh_dsn) as writer:
        await refusing(town, "device_state", "NEW.battery_pct = 66")
        homes = [await town.home() for _ in range(5)]
        for number, home in enumerate(homes):
            writer.say(home.button, battery_pct=66.0 if number == 2 else 40.0)
        await until(lambda: len(writer.settled) == 5, "all of it is settled")
        states = [await state_of(town, home.button) for home in homes]
        assert [state["battery_pct"] for state in states] == [40, 40, None, 40, 40]
        assert all(state["last_seen"] is not None for state in states), "it was heard all the same"
        assert await town.db.pool.fetchval("SELECT count(*) FROM reading") == 5


async def test_too_much_bad_data_is_held_told_of_once_and_counted_once(fresh_dsn: str) -> None:
    query = "SELECT * FROM incident WHERE class = 'dead_letter_rate'"
    async with town_in(fresh_dsn) as town, writer_on(fresh_dsn) as writer:
        await refusing(town, "reading", "NEW.event_id LIKE 'bad%'")
        home = await town.home()
        for number in range(30):
            writer.say(home.button, f"bad{number}")
        (incident,) = await until(lambda: town.db.pool.fetch(query), "the technical incident")
        assert (incident["priority"], incident["subject"]) == (2, f"s:lane:{writer.lane}:dead_letter_rate")
        await while_passing(1.0, lambda: writer.settled, "buried all the same")
        assert writer.writer._bad_data._bad <= 30, "each try counted them again"
        assert await town.db.pool.fetchval("SELECT count(*) FROM dead_letter") == 0
        await town.db.pool.execute("DROP TRIGGER refuse ON reading")
        await until(lambda: len(writer.settled) == 30, "the batch goes through once it can be stored")
        (incident,) = await until(lambda: town.db.pool.fetch(f"{query} AND state = 'resolved'"), "its end")
        assert incident["alert_count"] == 1, "told of once"
        assert await town.faults() == []


async def test_a_few_bad_rows_are_dead_letters_and_their_device_is_told(fresh_dsn: str) -> None:
    async with town_in(fresh_dsn) as town, writer_on(fresh_dsn) as writer:
        await refusing(town, "reading", "NEW.event_id LIKE 'bad%'")
        home = await town.home()
        good, bad = writer.say(home.button, "good"), writer.say(home.button, "bad")
        stranger = writer.say("stranger", "s1")
        await until(lambda: len(writer.settled) == 3, "all of it is settled")
        assert b'"stored_at"' in good.acks[0]
        assert b'"error":"unstorable"' in bad.acks[0]
        assert b'"error":"unknown_device"' in stranger.acks[0]
