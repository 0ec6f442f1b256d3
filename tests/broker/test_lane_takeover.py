"""Gateways die and take over: one holder at a time, nothing lost, nothing doubled, nobody writes who lost the lane."""

from __future__ import annotations

from typing import Any

import aiomqtt
import asyncpg
import pytest

from devices.event import Event, EventType
from rules.domain.vocabulary import Channel
from store import lanes
from store.alarms import Alarm, accept
from tests.broker.field import HOST, Broker, event, field_on, gateway_on, gateway_process, lane_name
from tests.town import CENTRE, NOW, Town, town_in
from tests.waiting import until, while_passing


async def holder_of(town: Town, lane: str) -> tuple[str, int]:
    """Who holds the lane now, and the epoch; nobody is an empty name."""
    row = await town.db.pool.fetchrow(
        "SELECT CASE WHEN valid_until > clock_timestamp() AND had_session THEN holder ELSE '' END AS holder, epoch"
        " FROM lane WHERE name = $1", lane,
    )  # fmt: skip
    return ("", 0) if row is None else (row["holder"], row["epoch"])


async def is_held_by(town: Town, lane: str, pid: int) -> bool:
    return f":{pid}:" in (await holder_of(town, lane))[0]


async def test_a_gateway_killed_between_receipt_and_commit_loses_nothing(broker: Broker, fresh_dsn: str) -> None:
    name = lane_name()
    async with town_in(fresh_dsn) as town, field_on(broker) as field:
        homes = [await town.home() for _ in range(5)]
        blocker = await asyncpg.connect(fresh_dsn)
        with gateway_process(broker.url, fresh_dsn, name=name) as first:
            await until(lambda: is_held_by(town, name, first.pid), "the first gateway holds the lane")
            async with blocker.transaction():
                await blocker.execute("LOCK TABLE event IN EXCLUSIVE MODE")
                for home in homes:
                    await field.alarm(home.button, event("p1"))

                async def waits_for_us() -> bool:
                    waiting: int = await town.db.pool.fetchval(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO event%'"
                    )
                    return waiting > 0

                await until(waits_for_us, "the gateway has received it and is about to store it")
                first.kill()
                first.wait(10)
        await blocker.close()
        assert not any(field.acks.values()), "acknowledged before it was stored"
        with gateway_process(broker.url, fresh_dsn, name=name) as second:
            for home in homes:
                await field.acked(home.button, "p1")
            assert await is_held_by(town, name, second.pid)
        for home in homes:
            assert len(await town.events_of(home.button)) == 1
            assert len(await town.incidents_of(home.button)) == 1
        assert await town.faults() == []


async def test_of_two_gateways_one_holds_the_lane_and_the_other_takes_over_within_seconds(
    broker: Broker, fresh_dsn: str
) -> None:
    name = lane_name()
    async with town_in(fresh_dsn) as town, field_on(broker) as field:
        homes = [await town.home() for _ in range(20)]
        with (
            gateway_process(broker.url, fresh_dsn, name=name) as one,
            gateway_process(broker.url, fresh_dsn, name=name) as other,
        ):
            await until(lambda: _held(town, name), "one of them holds the lane")
            holder, epoch = await holder_of(town, name)
            for home in homes[:10]:
                await field.alarm(home.button, event("before"))
            for home in homes[:10]:
                await field.acked(home.button, "before")
            assert await holder_of(town, name) == (holder, epoch), "the lane went to and fro"
            killed, left = (one, other) if f":{one.pid}:" in holder else (other, one)
            killed.kill()
            for home in homes:
                await field.alarm(home.button, event("after"))
            for home in homes:
                await field.acked(home.button, "after")
            assert await is_held_by(town, name, left.pid)
            assert (await holder_of(town, name))[1] == epoch + 1
        for number, home in enumerate(homes):
            assert len(await town.events_of(home.button)) == (2 if number < 10 else 1)
            (incident,) = await town.incidents_of(home.button)
            assert incident["alert_count"] == (2 if number < 10 else 1)
        assert await town.faults() == []


async def _held(town: Town, name: str) -> bool:
    return bool((await holder_of(town, name))[0])


async def test_who_lost_the_lease_cannot_write(postgres_dsn: str) -> None:
    async with town_in(postgres_dsn) as town:
        home, name = await town.home(), lane_name()
        async with town.db.pool.acquire() as connection:
            await lanes.declare(connection, name)
            mine = await lanes.take(connection, name, "a former holder")
            assert mine is not None
            assert await lanes.take(connection, name, "somebody else") is None, "it is held"
            await lanes.release(connection, mine)
            theirs = await lanes.take(connection, name, "somebody else")
            assert theirs is not None
            assert theirs.epoch == mine.epoch + 1
            with pytest.raises(lanes.LeaseLost):
                await lanes.renew(connection, mine, heard_at=None)
            alarm = Alarm(
                device=home.button, event=Event(id="x", at=NOW, type=EventType.SOS), channel=Channel.ALARM,
                received_at=NOW,
            )  # fmt: skip
            with pytest.raises(lanes.LeaseLost):
                async with connection.transaction():
                    await accept(connection, mine, alarm, centre=CENTRE)
        assert await town.events_of(home.button) == []


async def test_a_lane_cannot_be_taken_while_its_holder_is_in_a_transaction(postgres_dsn: str) -> None:
    async with town_in(postgres_dsn) as town, town_in(postgres_dsn) as elsewhere:
        name = lane_name()
        async with town.db.pool.acquire() as connection:
            await lanes.declare(connection, name)
            mine = await lanes.take(connection, name, "holder")
            assert mine is not None
            async with town.db.transaction() as writing:
                await lanes.confirm(writing, mine)
                await connection.execute("SET lock_timeout = 0")
                async with elsewhere.db.pool.acquire() as other:
                    with pytest.raises(asyncpg.LockNotAvailableError):
                        await other.execute("SET lock_timeout = '200ms'")
                        await lanes.release(other, mine)
                        await lanes.take(other, name, "somebody else")


async def test_a_lost_session_is_a_technical_incident_with_its_time(broker: Broker, fresh_dsn: str) -> None:
    name = lane_name()
    async with town_in(fresh_dsn) as town, field_on(broker) as field:
        async with gateway_on(broker.url, fresh_dsn, name=name) as lane:
            home = await town.home()
            await field.alarm(home.button, event("p1"))
            await field.acked(home.button, "p1")
            client_id = lane._settings.client_id
            heard = "SELECT last_seen FROM lane WHERE name = $1"
            await until(lambda: town.db.pool.fetchval(heard, name), "the lane's row says when it was last heard")
        async with aiomqtt.Client(
            HOST, broker.port, protocol=aiomqtt.ProtocolVersion.V5, identifier=client_id, clean_start=True
        ):
            pass  # somebody ends our session
        async with gateway_on(broker.url, fresh_dsn, name=name):
            query = "SELECT * FROM incident WHERE class = 'messages_lost'"
            (incident,) = await until(lambda: town.db.pool.fetch(query), "the technical incident")
            assert (incident["priority"], incident["family"], incident["source"]) == (2, "technical", "system")
            fixed = await town.db.pool.fetchval("SELECT fixed FROM entry WHERE incident_id = $1", incident["id"])
            assert '"from":"20' in fixed
            assert '"to":"20' in fixed
            await field.alarm(home.button, event("p2"))
            await field.acked(home.button, "p2")
        assert await town.faults() == []


async def test_a_session_that_is_kept_is_no_incident(broker: Broker, fresh_dsn: str) -> None:
    name = lane_name()
    async with town_in(fresh_dsn) as town, field_on(broker) as field:
        home = await town.home()
        async with gateway_on(broker.url, fresh_dsn, name=name):
            pass
        await field.alarm(home.button, event("while away"))
        async with gateway_on(broker.url, fresh_dsn, name=name):
            await field.acked(home.button, "while away")
        assert await town.db.pool.fetchval("SELECT count(*) FROM incident WHERE class = 'messages_lost'") == 0


async def retained_alarm(broker: Broker, device: str, payload: dict[str, Any]) -> None:
    """Leave a retained alarm at the broker."""
    async with field_on(broker) as field:
        await field.alarm(device, payload, retain=True)


async def test_a_retained_alarm_never_seen_opens_an_incident_and_a_known_one_changes_nothing(
    broker: Broker, fresh_dsn: str
) -> None:
    async with town_in(fresh_dsn) as town, field_on(broker) as field:
        home = await town.home()
        await retained_alarm(broker, home.button, event("old", at="2026-01-01T00:00:00Z"))
        filters = (f"sw/v1/{home.button}/alarm",)
        try:
            async with gateway_on(broker.url, fresh_dsn, name=lane_name(), filters=filters):
                await field.acked(home.button, "old")
            (incident,) = await town.incidents_of(home.button)
            assert (incident["class"], incident["priority"]) == ("retained_call", 2)
            assert "retained" in incident["marks"]
            async with gateway_on(broker.url, fresh_dsn, name=lane_name(), filters=filters):
                await until(lambda: len(field.acks[home.button]) == 2, "it is acknowledged again")
            assert (await town.incident(incident["id"]))["version"] == incident["version"]
            assert [row["copies"] for row in await town.events_of(home.button)] == [2]
            assert await town.faults() == []
        finally:
            await field.client.publish(f"sw/v1/{home.button}/alarm", b"", qos=1, retain=True)


async def test_a_lane_stops_reading_at_its_bound_and_reads_on(broker: Broker, postgres_dsn: str) -> None:
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(broker.url, postgres_dsn, name=lane_name()) as lane,
        field_on(broker) as field,
    ):
        home = await town.home()
        # Under the embedded broker's own limit of messages under way.
        lane._window._messages_limit = 40
        blocker = await asyncpg.connect(postgres_dsn)
        try:
            async with blocker.transaction():
                await blocker.execute("LOCK TABLE device_state IN EXCLUSIVE MODE")
                for number in range(300):
                    await field.telemetry(home.button, event(f"r{number}", "reading", value=number))
                await until(lambda: lane._connection is not None and lane._connection.is_paused, "it stops reading")
                await while_passing(1.0, lambda: len(lane._window) >= 300, "it read on past its bound")
        finally:
            await blocker.close()

        async def all_there() -> bool:
            count: int = await town.db.pool.fetchval(
                "SELECT count(*) FROM reading AS r JOIN device AS d ON d.id = r.device_id WHERE d.device = $1",
                home.button,
            )
            return count == 300

        await until(all_there, "all of it is stored once it can be")
        assert lane._connection is not None
        assert not lane._connection.is_paused
