"""What a hostile reader found once and must not find again: one sentence a test."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from devices.event import Event, EventType
from rules.domain.firing import decide
from rules.domain.vocabulary import Channel
from store import lanes
from store.alarms import Accepted, Alarm, accept
from store.database import Database, open_connection
from store.engine import EngineStore
from store.opening import Centre
from store.sealing import Keyring

DEVICES = """INSERT INTO device (device, kind, life, created_at)
SELECT 'd-' || n, 'call_button', 'live', $1 FROM generate_series(1, 3) AS n"""


@pytest.fixture
def centre(keyring: Keyring) -> Centre:
    return Centre(keyring=keyring, timezone=ZoneInfo("Asia/Shanghai"))


async def _say(
    db: Database, centre: Centre, device: str, type_: EventType, event_id: str, *, at: datetime, received_at: datetime
) -> Accepted:
    event = Event(id=event_id, at=at, type=type_)
    alarm = Alarm(device=device, event=event, channel=Channel.ALARM, received_at=received_at, in_flush=True)
    async with db.transaction() as connection:
        return await accept(connection, None, alarm, centre=centre)


async def test_a_lease_is_renewed_while_alarms_never_stop_confirming_it(db: Database) -> None:
    link = await open_connection(db.dsn, application_name="shouwang tests")
    stop = asyncio.Event()
    try:
        await lanes.declare(link, "alarms")
        lease = await lanes.take(link, "alarms", "one")
        assert lease is not None

        async def confirm_again_and_again() -> None:
            while not stop.is_set():
                async with db.transaction() as connection:
                    await lanes.confirm(connection, lease)
                    await connection.execute("SELECT pg_sleep(0.02)")

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(confirm_again_and_again())
            async with asyncio.timeout(15):
                for _ in range(10):
                    await lanes.renew(link, lease, heard_at=None)
            stop.set()
    finally:
        await link.close()


async def test_a_lane_is_not_taken_while_a_transaction_of_its_holder_is_open(db: Database) -> None:
    link = await open_connection(db.dsn, application_name="shouwang tests")
    try:
        await lanes.declare(link, "alarms")
        lease = await lanes.take(link, "alarms", "one")
        assert lease is not None
        async with db.transaction() as connection:
            await lanes.confirm(connection, lease)
            await link.execute("UPDATE lane SET valid_until = '-infinity' WHERE name = 'alarms'")
            await link.execute("SET lock_timeout = '300ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await lanes.take(link, "alarms", "two")
        taken = await lanes.take(link, "alarms", "two")
        assert taken is not None and taken.epoch == lease.epoch + 1
        with pytest.raises(lanes.LeaseLost):
            async with db.transaction() as connection:
                await lanes.confirm(connection, lease)
    finally:
        await link.close()


async def test_a_case_that_cannot_be_read_is_sounded_and_stops_no_other(
    db: Database, centre: Centre, now: datetime
) -> None:
    await db.pool.execute(DEVICES, now)
    broken = await _say(db, centre, "d-1", EventType.SOS, "a", at=now, received_at=now)
    whole = await _say(db, centre, "d-2", EventType.SOS, "b", at=now, received_at=now + timedelta(seconds=1))
    await db.pool.execute("UPDATE incident SET marks = '{of_a_newer_release}' WHERE id = $1", broken.incident_id)
    later = now + timedelta(seconds=400)
    report = await EngineStore(db, centre).fire_due(later, 10, decide)
    fired = [(firing.incident_id, str(firing.kind)) for firing in report.firings]
    assert sorted(fired) == [(whole.incident_id, "escalate"), (whole.incident_id, "services")]
    assert report.failed == 1
    row = await db.pool.fetchrow("SELECT * FROM incident WHERE id = $1", broken.incident_id)
    assert row is not None
    assert (row["sounded_at"], row["sound_to"]) == (later, "supervisors")
    assert row["next_due_at"] > later
    assert await db.pool.fetchval("SELECT max(seq) FROM change WHERE object_id = $1", broken.incident_id)


async def test_a_second_press_is_heard_at_the_desks_again(db: Database, centre: Centre, now: datetime) -> None:
    await db.pool.execute(DEVICES, now)
    first = await _say(db, centre, "d-1", EventType.SOS, "a", at=now, received_at=now)
    later = now + timedelta(seconds=120)
    await EngineStore(db, centre).fire_due(later, 10, decide)
    second = await _say(db, centre, "d-1", EventType.SOS, "b", at=later, received_at=later + timedelta(seconds=5))
    assert second.incident_id == first.incident_id
    row = await db.pool.fetchrow("SELECT sound_to, sounded_at FROM incident WHERE id = $1", first.incident_id)
    assert row is not None and tuple(row) == ("desks", later + timedelta(seconds=5))


async def test_a_late_smoke_stands_unless_its_end_was_said_since(db: Database, centre: Centre, now: datetime) -> None:
    await db.pool.execute(DEVICES, now)
    hour = timedelta(hours=1)
    await _say(db, centre, "d-1", EventType.SMOKE, "a", at=now - hour, received_at=now)
    await _say(db, centre, "d-2", EventType.SMOKE_CLEAR, "c", at=now, received_at=now)
    await _say(db, centre, "d-2", EventType.SMOKE, "b", at=now - hour, received_at=now + timedelta(seconds=1))
    rows = await db.pool.fetch("SELECT d.device, s.open FROM device_state s JOIN device d ON d.id = s.device_id")
    assert {row["device"]: row["open"] for row in rows} == {"d-1": ["smoke"], "d-2": [], "d-3": []}
