"""The import of an estate: people are never merged silently, the same file twice changes nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from devices.event import Event, EventType
from rules.domain.vocabulary import Channel
from store.alarms import Accepted, Alarm, accept
from store.database import Database
from store.dead_letters import DeadLetter, bury
from store.registers.imports import ImportReport, import_devices
from store.sealing import Keyring
from tests.town import CENTRE
from tests.waiting import until

HOME = "澄湾县城关镇东风路1号"
HOUR = timedelta(hours=1)


async def _import(db: Database, keyring: Keyring, now: datetime, *lines: str) -> ImportReport:
    header = "device,kind,resident,resident_ref,birth_date,address,area,phone"
    return await import_devices(db, keyring, "\n".join([header, *lines]), by=None, now=now)


async def _count(db: Database, table: str) -> int:
    number: int = await db.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - the tables named below
    return number


async def _holder(db: Database, device: str) -> Any:
    return await db.pool.fetchval(
        "SELECT resident_id FROM device_holder h JOIN device d ON d.id = device_id WHERE device = $1 AND to_at IS NULL",
        device,
    )


async def test_good_rows_are_kept_and_bad_ones_named(db: Database, keyring: Keyring, now: datetime) -> None:
    report = await _import(
        db, keyring, now, f"b-1,call_button,王小英,,1940-05-03,{HOME},321999.1,", "b-2,toaster,,,,,,"
    )
    assert report.imported == 1
    assert [(error.line, error.error.split(":")[0]) for error in report.errors] == [(3, "kind")]
    assert await _count(db, "area") == 2


async def test_name_birth_date_and_address_are_one_resident(db: Database, keyring: Keyring, now: datetime) -> None:
    report = await _import(
        db,
        keyring,
        now,
        f"b-1,call_button,王小英,,1940-05-03,{HOME},,13800001234",
        f"s-1,smoke_alarm,王小英,,1940-05-03,{HOME},,",
    )
    assert (report.imported, list(report.proposals)) == (2, [])
    assert await _count(db, "resident") == 1


async def test_name_and_address_alone_are_a_proposal_and_two_people(
    db: Database, keyring: Keyring, now: datetime
) -> None:
    report = await _import(db, keyring, now, f"b-1,location_band,王强,,,{HOME},,", f"b-2,location_band,王强,,,{HOME},,")
    (proposal,) = report.proposals
    assert (proposal.line, proposal.device) == (3, "b-2")
    assert await _count(db, "resident") == 2
    assert await _holder(db, "b-1") != await _holder(db, "b-2")
    assert list(proposal.like_resident_ids) == [str(await _holder(db, "b-1"))]


async def test_a_number_of_the_buyers_names_a_person_for_certain(db: Database, keyring: Keyring, now: datetime) -> None:
    report = await _import(
        db, keyring, now, f"b-1,location_band,王强,R1,,{HOME},,", f"b-2,location_band,王强,R2,,{HOME},,",
        f"s-1,smoke_alarm,王强,R1,,{HOME},,",
    )  # fmt: skip
    assert list(report.proposals) == []
    assert await _count(db, "resident") == 2
    assert await _holder(db, "b-1") == await _holder(db, "s-1") != await _holder(db, "b-2")


async def test_father_and_son_of_one_name_with_two_birth_dates_stay_two(
    db: Database, keyring: Keyring, now: datetime
) -> None:
    await _import(db, keyring, now, f"b-1,location_band,王强,,1940,{HOME},,", f"b-2,location_band,王强,,1968,{HOME},,")
    assert await _count(db, "resident") == 2


async def test_the_same_file_twice_makes_nothing_new(db: Database, keyring: Keyring, now: datetime) -> None:
    lines = [f"b-1,location_band,王强,,,{HOME},321999.1,", f"b-2,location_band,王强,,,{HOME},321999.1,"]
    await _import(db, keyring, now, *lines)
    before = [await _count(db, table) for table in ("resident", "premises", "device", "device_holder")]
    again = await _import(db, keyring, now, *lines)
    assert again.imported == 2
    assert [await _count(db, table) for table in ("resident", "premises", "device", "device_holder")] == before


async def test_a_device_that_changes_hands_keeps_its_past(db: Database, keyring: Keyring, now: datetime) -> None:
    await _import(db, keyring, now, f"b-1,location_band,王强,R1,,{HOME},,")
    first = await _holder(db, "b-1")
    later = now.replace(hour=8)
    await _import(db, keyring, later, f"b-1,location_band,李梅,R2,,{HOME},,")
    assert await _holder(db, "b-1") != first
    past = await db.pool.fetchrow("SELECT resident_id, to_at FROM device_holder WHERE to_at IS NOT NULL")
    assert past is not None
    assert (past["resident_id"], past["to_at"]) == (first, later)


async def test_a_device_known_by_its_alarms_only_becomes_registered(
    db: Database, keyring: Keyring, now: datetime
) -> None:
    await db.pool.execute("INSERT INTO device (device, registered, created_at) VALUES ('b-1', false, $1)", now)
    report = await _import(db, keyring, now, f"b-1,call_button,王强,,1940,{HOME},,")
    assert report.imported == 1
    row = await db.pool.fetchrow("SELECT registered, kind, life FROM device")
    assert row is not None
    assert tuple(row) == (True, "call_button", "live")


async def test_a_correction_made_in_the_console_survives_the_next_import(
    db: Database, keyring: Keyring, now: datetime
) -> None:
    line = f"b-1,call_button,王强,R1,1940,{HOME},,13800001234"
    await _import(db, keyring, now, line)
    await db.pool.execute("UPDATE resident SET phone = '13900009999'")
    await _import(db, keyring, now, line)
    assert await db.pool.fetchval("SELECT phone FROM resident") == "13900009999"


async def _press(db: Database, device: str, now: datetime, *, lock_timeout: str = "2s") -> Accepted:
    event = Event(id=f"e-{now.isoformat()}", at=now, type=EventType.SOS)
    async with db.transaction() as connection:
        await connection.execute("SELECT set_config('lock_timeout', $1, true)", lock_timeout)
        return await accept(
            connection, None, Alarm(device=device, event=event, channel=Channel.ALARM, received_at=now), centre=CENTRE
        )


async def test_the_alarm_of_a_device_does_not_wait_for_the_file_that_names_it(
    db: Database, keyring: Keyring, now: datetime
) -> None:
    rows = (f"b-1,call_button,王小英,,1940-05-03,{HOME},,", f"b-2,call_button,李国强,,1941-05-03,{HOME},,")
    await _import(db, keyring, now, *rows)

    async def importing() -> None:
        with suppress(asyncpg.LockNotAvailableError):
            await _import(db, keyring, now, *rows)

    async with asyncio.TaskGroup() as group, db.transaction() as somebody:
        await somebody.execute("SELECT FROM device WHERE device = 'b-2' FOR UPDATE")
        group.create_task(importing())
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        await until(lambda: db.pool.fetchval(waits), "the import holds b-1 and waits for b-2")
        # Without waiting at all: a lock that the import holds would be an error at once.
        pressed = await _press(db, "b-1", now, lock_timeout="1ms")
        assert pressed.incident_id is not None


async def test_who_gets_a_device_by_a_file_gets_nothing_of_who_had_it(
    db: Database, keyring: Keyring, now: datetime
) -> None:
    await _import(db, keyring, now, f"b-1,location_band,王小英,,1940-05-03,{HOME},,", "h-1,hub,,,,,,")
    await db.pool.execute("UPDATE device_state SET open = '{removed}', lat = 31, lon = 121, fix_at = $1", now)
    await db.pool.execute("UPDATE device SET hub_id = (SELECT id FROM device WHERE device = 'h-1')"
                          " WHERE device = 'b-1'")  # fmt: skip
    await _import(db, keyring, now + HOUR, f"b-1,location_band,李国强,,1941-05-03,{HOME}2,,")
    row = await db.pool.fetchrow("SELECT s.lat, s.fix_at, s.open, d.hub_id, d.life FROM device_state AS s"
                                 " JOIN device AS d ON d.id = s.device_id WHERE d.device = 'b-1'")  # fmt: skip
    assert row is not None
    assert (row["lat"], row["fix_at"], row["open"], row["hub_id"]) == (None, None, [], None)
    assert row["life"] == "live", "a file speaks of an estate in use"


async def test_a_press_in_the_store_room_is_not_of_who_gets_the_device(
    db: Database, keyring: Keyring, now: datetime
) -> None:
    await _import(db, keyring, now, "b-1,call_button,,,,,,")
    pressed = (await _press(db, "b-1", now)).incident_id
    await _import(db, keyring, now + HOUR, f"b-1,call_button,王小英,,1940-05-03,{HOME},,")
    case = await db.pool.fetchrow("SELECT subject, resident_id, premises_id FROM incident WHERE id = $1", pressed)
    assert case is not None
    assert (case["subject"][0], case["resident_id"], case["premises_id"]) == ("d", None, None)


async def test_the_same_file_again_uses_no_letter_again(db: Database, keyring: Keyring, now: datetime) -> None:
    letter = DeadLetter(
        device="b-1", topic="sw/v1/b-1/telemetry", source="canonical", lane="telemetry", reason="unknown_device",
        detail="", payload=b"{}", decoder="0",
    )  # fmt: skip
    async with db.transaction() as connection:
        await bury(connection, [letter], now=now)
    asked = "SELECT count(*) FROM dead_letter WHERE replay_asked_at IS NOT NULL"
    await _import(db, keyring, now, "b-1,call_button,,,,,,")
    assert await db.pool.fetchval(asked) == 1
    await db.pool.execute("UPDATE dead_letter SET replay_asked_at = NULL, replay_result = 'ended_the_process'")
    await _import(db, keyring, now + HOUR, "b-1,call_button,,,,,,")
    assert await db.pool.fetchval(asked) == 0, "it would end the process again"
