"""What the pages are told of silence: how each device stands, and who is behind an outage, by risk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from store.opening import Centre
from store.supervision import SupervisionStore


async def _outage(console: Any) -> int:
    """A hub with four children in two homes, silent; the incident's id."""
    pool, now = console.db.pool, console.clock.now()
    for number, tags in enumerate((["living_alone"], ["dementia"], [])):
        await pool.execute("INSERT INTO premises (address, created_at) VALUES ($1, $2)", f"澄湾县河口镇{number}号", now)
        await pool.execute(
            "INSERT INTO resident (name, premises_id, tags, ability, created_at)"
            " SELECT $1, max(id), $2, $3, $4 FROM premises", f"李试{number}", tags, number, now,
        )  # fmt: skip
    await pool.execute(
        "INSERT INTO device (device, kind, life, interval_s, created_at) VALUES ('hub-1', 'hub', 'live', 60, $1)", now
    )
    await pool.execute(
        "INSERT INTO device (device, kind, life, interval_s, hub_id, created_at)"
        " SELECT 's-' || n, 'smoke_alarm', 'live', 60, (SELECT id FROM device WHERE device = 'hub-1'), $1"
        " FROM generate_series(1, 3) AS n", now,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO device_holder (device_id, from_at, premises_id)"
        " SELECT d.id, $1, p.id FROM device AS d JOIN premises AS p ON d.device = 's-' || p.id", now,
    )  # fmt: skip
    centre = Centre(keyring=console.context.keyring, timezone=console.context.site_timezone)
    watch = SupervisionStore(console.db, centre)
    await watch.watch(now, 100)
    await pool.execute("UPDATE device_state SET last_seen = $1", now)
    await watch.watch(now + timedelta(seconds=125), 100)
    incident_id: int = await pool.fetchval("SELECT incident_id FROM outage")
    return incident_id


async def test_the_people_behind_an_outage_are_listed_by_risk(console: Any) -> None:
    incident_id = await _outage(console)
    desk = await console.person("li", "dispatcher")
    answer = await desk.gets(f"/incidents/{incident_id}/outage")
    assert answer.status == 200
    assert (answer.body["kind"], answer.body["devices"]) == ("hub", 3)
    assert [(one["name"], one["risks"]) for one in answer.body["people"]] == [
        ("李试0", ["no_other_path", "alone"]),
        ("李试1", ["no_other_path"]),
        ("李试2", ["no_other_path"]),
    ]
    looks = await console.db.pool.fetchval(
        "SELECT count(*) FROM audit WHERE action = 'look' AND object = $1", f"incident:{incident_id}"
    )
    assert looks == 1


async def test_a_case_that_is_no_outage_has_nobody_behind_it(console: Any) -> None:
    desk = await console.person("li", "dispatcher")
    case = await console.case(desk)
    assert (await desk.gets(f"/incidents/{case}/outage")).status == 404


async def test_who_may_not_read_cases_does_not_see_who_is_unprotected(console: Any) -> None:
    incident_id = await _outage(console)
    admin = await console.person("wu", "system_administrator")
    assert (await admin.gets(f"/incidents/{incident_id}/outage")).status == 403


async def test_a_list_of_devices_says_how_each_stands_with_the_watch(console: Any) -> None:
    await _outage(console)
    desk = await console.person("li", "dispatcher")
    devices = (await desk.gets("/devices")).body["items"]
    assert {one["device"]: one["status"] for one in devices} == {
        "hub-1": "late", "s-1": "held", "s-2": "held", "s-3": "held",
    }  # fmt: skip
