"""The register in numbers: a live device is heard, silent, or was never heard."""

from __future__ import annotations

from datetime import datetime, timedelta

from store.database import Database
from store.estate import count_devices

DEVICES = """INSERT INTO device (device, kind, life, registered, interval_s, created_at) VALUES
    ('a', 'call_button', 'live', true, 60, $1), ('b', 'call_button', 'live', true, 60, $1),
    ('c', 'call_button', 'live', true, NULL, $1), ('d', 'smoke_alarm', 'in_stock', true, NULL, $1),
    ('e', 'other', 'in_stock', false, NULL, $1), ('canary:alarms', 'other', 'live', true, NULL, $1)"""


async def test_devices_are_counted_by_kind_and_by_how_they_are(db: Database, now: datetime) -> None:
    await db.pool.execute(DEVICES, now)
    await db.pool.execute(
        "UPDATE device_state SET last_seen = CASE WHEN device_id = 1 THEN $1::timestamptz ELSE $2 END"
        " WHERE device_id IN (1, 2)",
        now - timedelta(seconds=90),
        now - timedelta(seconds=200),
    )
    counts = {(count.kind, count.status): count.devices for count in await count_devices(db, now)}
    assert counts == {
        ("call_button", "heard"): 1,
        ("call_button", "silent"): 1,
        ("call_button", "never_heard"): 1,
        ("smoke_alarm", "in_stock"): 1,
        ("other", "unregistered"): 1,
    }
