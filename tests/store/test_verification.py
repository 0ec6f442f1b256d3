"""What a device told since a moment is read back, also what was only counted on an older event."""

from __future__ import annotations

from datetime import timedelta

from devices.event import EventType
from store.database import Database
from store.partitions import make_days_ahead
from store.verification import StoredEvents
from tests.town import NOW, Town


async def test_events_and_readings_of_the_asked_types_since_then(db: Database) -> None:
    town = Town(db=db)
    home = await town.home()
    before, later = NOW - timedelta(hours=1), NOW + timedelta(minutes=1)
    await town.says(home.button, EventType.SOS, now=before, id_="old")
    await town.says(home.button, EventType.FALL, now=NOW, id_="other type")
    accepted = await town.says(home.button, EventType.SOS, now=later, id_="new")
    await town.says(home.button, EventType.SOS, now=later, id_="new")
    async with town.db.pool.acquire() as connection:
        await make_days_ahead(connection, NOW)
        await connection.execute(
            "INSERT INTO reading (received_at, at, digest, device_id, late, type, event_id, data)"
            " SELECT $2, $2, 1, id, false, 'location', 'p1', '{}' FROM device WHERE device = $1",
            home.button, later,
        )  # fmt: skip
    told = await StoredEvents(town.db).told(home.button, ["sos", "location"], NOW)
    assert sorted((each.type, each.received_at, each.copies, each.incident) for each in told) == [
        ("location", later, 1, None),
        ("sos", later, 2, str(accepted.incident_id)),
    ]


async def test_a_repetition_brings_its_older_event_along(db: Database) -> None:
    town = Town(db=db)
    home = await town.home()
    before = NOW - timedelta(hours=1)
    await town.says(home.button, EventType.SOS, now=before, id_="p1")
    assert not await StoredEvents(town.db).told(home.button, ["sos"], NOW)
    async with town.db.pool.acquire() as connection:
        await connection.execute("UPDATE event SET copies = 2, last_copy_at = $1", NOW)
    (told,) = await StoredEvents(town.db).told(home.button, ["sos"], NOW)
    assert (told.received_at, told.copies) == (before, 2)
