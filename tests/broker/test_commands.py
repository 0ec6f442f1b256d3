"""Talking back over a real broker: a command reaches its device, the answer reaches the record, a kill loses none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiomqtt
import pytest

from devices.commands import Command, CommandName, read_command
from devices.topics import down_topic, reply_topic
from gateway.commands import CommandWorker
from gateway.mqtt.connection import BrokerAddress
from rules.clock import Clock, SharedClock
from rules.domain.commands import Asked, Order, read_wire_id
from rules.domain.vocabulary import Step
from store import commands, handing
from store.database import connect
from tests.broker.field import HOST, Broker, MovableClock, event, field_on, gateway_on, gateway_process, lane_name
from tests.town import CENTRE, Home, Town, town_in
from tests.waiting import ended, until

FILTERS = ("sw/v1/+/alarm", "sw/v1/+/telemetry", "sw/v1/+/reply")


@dataclass(kw_only=True)
class Listener:
    """A device that hears its `down`, obeys each id once, and answers each copy if it is told to."""

    id: str
    client: aiomqtt.Client
    answers: bool = True
    heard: list[Command] = field(default_factory=list)
    obeyed: list[str] = field(default_factory=list)

    async def listen(self) -> None:
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            command = read_command(message.payload)
            self.heard.append(command)
            assert not message.retain
            if command.id not in self.obeyed:
                self.obeyed.append(command.id)
            if self.answers:
                await self.reply({"id": command.id, "ok": True, "detail": "done"})

    async def reply(self, said: Any, *, of: str = "") -> None:
        payload = said if isinstance(said, bytes) else json.dumps(said).encode()
        await self.client.publish(reply_topic(of or self.id), payload, qos=1)


@asynccontextmanager
async def listening(broker: Broker, device: str, *, answers: bool = True, version: int = 5) -> AsyncIterator[Listener]:
    protocol = aiomqtt.ProtocolVersion.V5 if version == 5 else aiomqtt.ProtocolVersion.V311
    port = broker.port if version == 5 or broker.is_mosquitto else broker.port - 1
    async with (
        aiomqtt.Client(HOST, port, protocol=protocol, identifier=device) as client,
        asyncio.TaskGroup() as group,
    ):
        await client.subscribe(down_topic(device), qos=1)
        listener = Listener(id=device, client=client, answers=answers)
        hearing = group.create_task(listener.listen())
        try:
            yield listener
        finally:
            await ended(hearing, "the device's listening")


async def asks(
    town: Town, device: str, command: CommandName = CommandName.LOCATE, *, clock: Clock | None = None,
    expires_in_s: float = 300, **args: Any,
) -> int:  # fmt: skip
    now = (clock or SharedClock()).now()
    expires_at = now + timedelta(seconds=expires_in_s)
    order = Order(command=command, args=args, asked=Asked.BY_HAND, expires_at=expires_at)
    mei = await town.user()
    device_id = await town.db.pool.fetchval("SELECT id FROM device WHERE device = $1", device)
    return await commands.ask_by_hand(
        town.db, device_id, order, incident_id=None, by=mei.user_id, centre=CENTRE, now=now
    )  # fmt: skip


def number(id_: str) -> int:
    """Which command an id on the wire is of."""
    named = read_wire_id(id_)
    assert named is not None
    return named[0]


async def state_of(town: Town, made: int) -> str:
    state: str = await town.db.pool.fetchval("SELECT state FROM command WHERE id = $1", made)
    return state


async def is_in(town: Town, made: int, state: str) -> bool:
    return await state_of(town, made) == state


@asynccontextmanager
async def worker_on(broker: Broker, dsn: str, clock: Clock, *, may_expire: bool = True) -> AsyncIterator[CommandWorker]:
    """The worker alone, without lanes."""
    database = await connect(dsn, application_name="shouwang tests commands", max_size=4)
    worker = CommandWorker(
        database=database, clock=clock, centre=CENTRE, broker=BrokerAddress.parse(broker.url), may_expire=may_expire
    )
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(worker.run())
            try:
                yield worker
            finally:
                running.cancel()
    finally:
        await database.close()


async def test_a_command_reaches_its_device_and_its_answer_the_record(broker: Broker, fresh_dsn: str) -> None:
    async with (
        town_in(fresh_dsn) as town,
        gateway_on(broker.url, fresh_dsn, name=lane_name(), filters=FILTERS),
    ):
        home, other = await town.home(), await town.home()
        async with listening(broker, home.button) as device, listening(broker, other.button) as neighbour:
            made = await asks(town, home.button, CommandName.SILENCE, seconds=60)
            await until(lambda: is_in(town, made, "answered"), "the answer is in the record")
            (command,) = device.heard
            assert (number(command.id), command.command, command.args) == (made, CommandName.SILENCE, {"seconds": 60})
            assert neighbour.heard == []
        row = await town.db.pool.fetchrow("SELECT * FROM command WHERE id = $1", made)
        assert row is not None
        assert row["made_at"] <= row["sent_at"] <= row["ended_at"]
        assert (row["ok"], row["detail"], row["delivered_at"]) == (True, "done", row["answered_at"])


async def test_a_device_of_mqtt_3_1_1_hears_commands_and_the_broker_lives_on(broker: Broker, fresh_dsn: str) -> None:
    async with town_in(fresh_dsn) as town:
        home = await town.home()
        async with (
            listening(broker, home.button, version=4) as device,
            worker_on(broker, fresh_dsn, SharedClock(), may_expire=broker.is_mosquitto),
        ):
            first = await asks(town, home.button)
            await until(lambda: is_in(town, first, "sent"), "the first is sent")
            second = await asks(town, home.button)
            await until(lambda: is_in(town, second, "sent"), "the second is sent")
            await until(lambda: len(device.heard) == 2, "both are heard")


async def test_a_claim_is_announced_to_the_device_that_pressed(broker: Broker, fresh_dsn: str) -> None:
    async with (
        town_in(fresh_dsn) as town,
        gateway_on(broker.url, fresh_dsn, name=lane_name(), filters=FILTERS),
        field_on(broker) as field,
    ):
        home, mei = await town.home(), await town.user()
        async with listening(broker, home.button) as device:
            await field.alarm(home.button, event("press"))
            stored = await field.acked(home.button, "press")
            assert device.heard == [], "stored is said by the ack alone"
            await town.step(int(stored.incident or 0), Step.CLAIM, mei, now=SharedClock().now())
            await until(lambda: len(device.heard) == 1, "it is announced")
            assert device.heard[0].args["announcement"] == "taken"
            await until(lambda: _ended(town, int(stored.incident or 0)), "the answer is in the timeline")


async def _ended(town: Town, incident_id: int) -> bool:
    return "command_ended" in await town.actions(incident_id)


async def test_what_died_between_publishing_and_marking_goes_out_again_and_is_obeyed_once(
    broker: Broker, fresh_dsn: str
) -> None:
    clock = MovableClock()
    async with town_in(fresh_dsn) as town:
        home = await town.home()
        async with listening(broker, home.button, answers=False) as device:
            made = await asks(town, home.button, clock=clock)
            async with _no_marking(fresh_dsn), worker_on(broker, fresh_dsn, clock):
                await until(lambda: len(device.heard) == 1, "it is published")
            assert await state_of(town, made) == "waiting", "killed before the mark"
            clock.ahead_s += 31
            async with worker_on(broker, fresh_dsn, clock):
                await until(lambda: is_in(town, made, "sent"), "the next worker sends it")
                await until(lambda: len(device.heard) == 2, "with its old id")
            assert [number(one) for one in device.obeyed] == [made]


@asynccontextmanager
async def _no_marking(dsn: str) -> AsyncIterator[None]:
    """The mark's own statement fails: what a kill at this statement leaves behind."""
    refusing = (
        "CREATE FUNCTION refuse_mark() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'killed here' ; END $$;"
        "CREATE TRIGGER refuse_mark BEFORE UPDATE OF sent_at ON command FOR EACH ROW EXECUTE FUNCTION refuse_mark()"
    )
    database = await connect(dsn, application_name="shouwang tests", max_size=1)
    try:
        await database.pool.execute(refusing)
        yield
        await database.pool.execute("DROP TRIGGER refuse_mark ON command; DROP FUNCTION refuse_mark()")
    finally:
        await database.close()


async def test_a_gateway_that_is_killed_loses_no_command(broker: Broker, fresh_dsn: str) -> None:
    async with town_in(fresh_dsn) as town:
        home = await town.home()
        async with listening(broker, home.button) as device:
            with gateway_process(broker.url, fresh_dsn, name=lane_name(), filters=FILTERS) as process:
                first = await asks(town, home.button)
                await until(lambda: is_in(town, first, "answered"), "the process works")
                process.kill()
                process.wait(10)
            second = await asks(town, home.button)
            async with gateway_on(broker.url, fresh_dsn, name=lane_name(), filters=FILTERS):
                await until(lambda: is_in(town, second, "answered"), "the next gateway sends it")
            assert [number(one) for one in device.obeyed] == [first, second]


async def test_many_workers_send_each_command_once(broker: Broker, fresh_dsn: str) -> None:
    async with town_in(fresh_dsn) as town:
        home = await town.home()
        made = [await asks(town, home.button) for _ in range(60)]
        async with (
            listening(broker, home.button, answers=False) as device,
            worker_on(broker, fresh_dsn, SharedClock()),
            worker_on(broker, fresh_dsn, SharedClock()),
            worker_on(broker, fresh_dsn, SharedClock()),
        ):
            await until(lambda: len(device.heard) >= 60, "all are heard")
            await until(lambda: is_in(town, made[-1], "sent"), "and marked")
            assert sorted(number(one.id) for one in device.heard) == made


async def test_a_command_whose_time_is_over_does_not_go_out(broker: Broker, fresh_dsn: str) -> None:
    clock = MovableClock()
    async with town_in(fresh_dsn) as town:
        home = await town.home()
        made = await asks(town, home.button, clock=clock, expires_in_s=60)
        clock.ahead_s += 61
        async with listening(broker, home.button) as device, worker_on(broker, fresh_dsn, clock):
            await until(lambda: is_in(town, made, "expired"), "it expires")
            later = await asks(town, home.button, clock=clock)
            await until(lambda: is_in(town, later, "sent"), "another goes out")
            await until(lambda: device.heard, "and is heard")
            assert [number(one.id) for one in device.heard] == [later]


async def test_where_nobody_listens_it_waits_for_the_device_and_says_so(broker: Broker, fresh_dsn: str) -> None:
    if not broker.is_mosquitto:
        pytest.skip("the embedded broker says nothing of who listens")
    clock = MovableClock()
    async with town_in(fresh_dsn) as town, worker_on(broker, fresh_dsn, clock):
        home = await town.home()
        made = await asks(town, home.button, clock=clock)
        await until(lambda: _says(town, made, "nobody listens"), "the reason stands with it")
        assert await state_of(town, made) == "waiting"
        async with listening(broker, home.button) as device:
            clock.ahead_s += 6
            await until(lambda: device.heard, "it is heard once the device is there")
            await until(lambda: is_in(town, made, "sent"), "and sent")


async def _says(town: Town, made: int, words: str) -> bool:
    return words in await town.db.pool.fetchval("SELECT detail FROM command WHERE id = $1", made)


async def _sent(town: Town, home: Home) -> tuple[int, str]:
    """A command that went out, by whatever way."""
    made = await asks(town, home.button)
    now = SharedClock().now()
    (going,) = await handing.take(town.db, limit=50, again_after=timedelta(hours=1), now=now)
    await handing.mark_sent(town.db, made, now=now)
    return made, going.command.id


async def test_an_answer_that_belongs_to_no_command_is_a_dead_letter(broker: Broker, fresh_dsn: str) -> None:
    async with town_in(fresh_dsn) as town:
        home, other = await town.home(), await town.home()
        made, id_ = await _sent(town, home)
        async with (
            listening(broker, home.button) as device,
            gateway_on(broker.url, fresh_dsn, name=lane_name(), filters=FILTERS),
        ):
            await device.reply({"id": id_, "ok": True}, of=other.button)
            await device.reply({"id": "no-such", "ok": True})
            await device.reply({"id": id_, "ok": True}, of="nobody-registered")
            await until(lambda: _letters(town, "unknown_command", 3), "three dead letters")
            assert await state_of(town, made) == "sent", "nobody else's answer moves it"
            await device.reply({"id": id_, "ok": False, "detail": {"why": "flat\u0000"}})
            await until(lambda: is_in(town, made, "refused"), "its own answer does")


async def _letters(town: Town, reason: str, count: int) -> bool:
    found = await town.db.pool.fetchval("SELECT count(*) FROM dead_letter WHERE reason = $1", reason)
    return bool(found == count)


async def test_what_is_no_answer_is_kept(broker: Broker, fresh_dsn: str) -> None:
    async with (
        town_in(fresh_dsn) as town,
        gateway_on(broker.url, fresh_dsn, name=lane_name(), filters=FILTERS),
    ):
        home = await town.home()
        async with listening(broker, home.button) as device:
            for nonsense in (b"", b"yes", b"[" * 5000, b'{"id": 1, "ok": true}', b'{"id":"1","ok":"true"}', b"\xff"):
                await device.reply(nonsense)
            count = "SELECT count(*) FROM dead_letter WHERE topic = $1"
            await until(lambda: _count(town, count, reply_topic(home.button), 6), "each is kept")
        assert await town.incidents_of(home.button) == []


async def _count(town: Town, query: str, topic: str, wanted: int) -> bool:
    return bool(await town.db.pool.fetchval(query, topic) == wanted)
