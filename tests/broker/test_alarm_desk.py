"""Whatever holds one person's alarm up holds up nobody else's, and it rings all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest

from devices import ack
from devices.event import Event, EventType
from gateway import alarms
from gateway.alarms import SIDE_BY_SIDE, AlarmDesk
from gateway.retrying import Retrying
from gateway.run import connections_needed
from gateway.sorting import AlarmArrival, TelemetryArrival
from gateway.window import Message
from rules.clock import SharedClock
from store import lanes
from store.database import connect
from tests.broker.field import lane_name
from tests.town import CENTRE, Home, Town, town_in
from tests.waiting import until


@dataclass(kw_only=True)
class Desk:
    """A lane's alarms at work on a real database, without a broker."""

    desk: AlarmDesk
    passed: list[TelemetryArrival]  #: to telemetry
    answers: dict[str, ack.Ack] = field(default_factory=dict)

    def say(self, device: str, type_: EventType = EventType.SOS) -> None:
        now = SharedClock().now()
        message = Message(f"sw/v1/{device}/alarm", 1, 10, 1, 1, device)
        event = Event(id="e1", at=now, type=type_)
        self.desk.take(AlarmArrival(message, device, True, now, b"{}", False, False, event=event))

    def settle(self, messages: Iterable[Message]) -> None:
        for message in messages:
            (self.answers[message.device],) = ack.read(message.acks[0])

    async def answer(self, device: str, *, within_s: float = 20.0) -> ack.Ack:
        return await until(lambda: self.answers.get(device), f"an answer to {device}", within_s=within_s)  # type: ignore[return-value]  # found


@asynccontextmanager
async def desk_on(dsn: str) -> AsyncIterator[Desk]:
    database = await connect(dsn, application_name="shouwang tests desk", max_size=connections_needed(1))
    clock, name = SharedClock(), lane_name()
    async with database.pool.acquire() as connection:
        await lanes.declare(connection, name)
        lease = await lanes.take(connection, name, "tests")
    assert lease is not None
    passed: list[TelemetryArrival] = []
    work = AlarmDesk(
        database, clock, Retrying(database, clock, lane=name), CENTRE, asyncio.Semaphore(SIDE_BY_SIDE), lane=name,
        decoder="0", pass_on=passed.append,
    )  # fmt: skip
    desk = Desk(desk=work, passed=passed)
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(work.run(lease, desk.settle))
            try:
                yield desk
            finally:
                running.cancel()
    finally:
        await database.close()


@asynccontextmanager
async def locked(dsn: str, homes: list[Home]) -> AsyncIterator[None]:
    """Somebody sits on these people's rows."""
    blocker = await asyncpg.connect(dsn)
    try:
        async with blocker.transaction():
            await blocker.execute(
                "SELECT FROM resident WHERE id = ANY ($1) FOR UPDATE", [home.resident_id for home in homes]
            )
            yield
    finally:
        await blocker.close()


async def test_more_blocked_people_than_workers_do_not_keep_another_s_press_from_ringing(postgres_dsn: str) -> None:
    async with town_in(postgres_dsn) as town, desk_on(postgres_dsn) as desk:
        blocked = [await town.home() for _ in range(SIDE_BY_SIDE + 8)]
        free = await town.home()
        async with locked(postgres_dsn, blocked):
            for home in blocked:
                desk.say(home.button)
            desk.say(free.button)
            told = await desk.answer(free.button)
            assert told.incident is not None
            assert list(desk.answers) == [free.button]
        for home in blocked:
            await desk.answer(home.button)
            (incident,) = await town.incidents_of(home.button)
            assert incident["class"] == "sos"


async def test_a_person_whose_row_stays_blocked_rings_for_the_device_all_the_same(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "STUCK_TRIES", 2)
    monkeypatch.setattr(alarms, "STUCK_S", 0.0)
    async with town_in(postgres_dsn) as town, desk_on(postgres_dsn) as desk:
        home = await town.home()
        async with locked(postgres_dsn, [home]):
            desk.say(home.button)
            told = await desk.answer(home.button)
        (incident,) = await town.incidents_of(home.button)
        assert (incident["class"], told.incident) == ("unknown", str(incident["id"]))
        assert await town.events_of(home.button) == [], "kept as a dead letter"
        assert await town.faults() == []


async def failing_for(town: Town, device: str, table: str) -> None:
    """The database itself fails at this device's rows of a table, again and again, in a way that is no data's fault."""
    await town.db.pool.execute(
        f"CREATE FUNCTION fail_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"  # noqa: S608  # names of our own
        f" IF NEW.device_id = (SELECT id FROM device WHERE device = '{device}') THEN"
        "   RAISE EXCEPTION 'broken' USING ERRCODE = 'XX001'; END IF; RETURN NEW; END $$;"
        f"CREATE TRIGGER fail_{table} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail_{table}()"
    )


async def test_what_not_even_the_last_resort_takes_is_tried_on_and_holds_up_nobody(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "STUCK_TRIES", 2)
    monkeypatch.setattr(alarms, "STUCK_S", 0.0)
    async with town_in(fresh_dsn) as town, desk_on(fresh_dsn) as desk:
        home, other = await town.home(), await town.home()
        await failing_for(town, home.button, "event")
        await failing_for(town, home.button, "incident")
        desk.say(home.button)
        await until(lambda: _tries(desk, home.button) > 4, "it is tried on")
        desk.say(other.button)
        assert (await desk.answer(other.button)).incident is not None
        await town.db.pool.execute("DROP TRIGGER fail_event ON event; DROP TRIGGER fail_incident ON incident")
        await desk.answer(home.button)
        (incident,) = await town.incidents_of(home.button)
        assert incident["class"] == "sos", "the ordinary way is tried first each time"


def _tries(desk: Desk, device: str) -> int:
    return desk.desk._waiting._lines[device].tries
