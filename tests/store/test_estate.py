"""The register in numbers: a watched device counts as the watch found it, every other by its life."""

from __future__ import annotations

from datetime import datetime, timedelta

from store.database import Database
from store.estate import count_devices
from store.supervision import SupervisionStore
from tests.town import CENTRE

DEVICES = """INSERT INTO device (device, kind, life, registered, interval_s, created_at) VALUES
    ('a', 'call_button', 'live', true, 60, $1), ('b', 'call_button', 'live', true, 60, $1),
    ('c', 'call_button', 'live', true, NULL, $1), ('d', 'smoke_alarm', 'in_stock', true, NULL, $1),
    ('e', 'other', 'in_stock', false, NULL, $1), ('canary:alarms', 'other', 'live', true, NULL, $1)"""


async def test_devices_are_counted_by_kind_and_by_how_they_are(db: Database, now: datetime) -> None:
    watch = SupervisionStore(db, CENTRE)
    await db.pool.execute(DEVICES, now)
    await watch.watch(now, 100)
    heard = "UPDATE device_state SET last_seen = $2 WHERE device_id IN (SELECT id FROM device WHERE device = $1)"
    await db.pool.execute(heard, "a", now + timedelta(seconds=90))
    await db.pool.execute(heard, "b", now)
    await watch.watch(now + timedelta(seconds=200), 100)
    counts = {(count.kind, count.status): count.devices for count in await count_devices(db)}
    assert counts == {
        ("call_button", "live"): 1,
        ("call_button", "late"): 1,
        ("call_button", "awaited"): 1,
        ("smoke_alarm", "in_stock"): 1,
        ("other", "unregistered"): 1,
    }
