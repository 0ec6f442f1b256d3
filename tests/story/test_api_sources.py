"""The sources in service: whose they are, who is rung at any hour, and how long their strangers are one case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from devices.event import Event, EventType
from rules.domain.vocabulary import Channel
from store.alarms import Alarm, accept
from store.source_records import name_sources
from tests.town import CENTRE


async def _named(console: Any, *names: str) -> None:
    async with console.db.transaction() as connection:
        await name_sources(connection, names)


async def test_a_source_of_the_settings_has_a_record_once(console: Any) -> None:
    await _named(console, "zigbee", "bands")
    await _named(console, "bands")
    desk = await console.person("mei", "supervisor")
    answer = await desk.gets("/sources")
    assert [item["name"] for item in answer.body["items"]] == ["bands", "zigbee"]


async def test_a_strangers_case_shows_whom_to_ring_about_it(console: Any) -> None:
    await _named(console, "bands")
    desk = await console.person("mei", "supervisor")
    (record,) = (await desk.gets("/sources")).body["items"]
    changed = await desk.patches(
        f"/sources/{record['id']}", {"vendor": "Invented Bands", "vendor_phone": "0513 8550 0000"}
    )
    assert (changed.status, changed.body["vendor_phone"]) == (200, "051385500000")
    event = Event(id="e-1", at=console.clock.now(), type=EventType.SOS)
    alarm = Alarm(
        device="stranger", event=event, channel=Channel.ALARM, received_at=console.clock.now(), source="bands"
    )
    async with console.db.transaction() as connection:
        accepted = await accept(connection, None, alarm, centre=CENTRE)
    case = (await desk.gets(f"/incidents/{accepted.incident_id}")).body
    assert case["vendors"] == [{"source": "bands", "vendor": "Invented Bands", "vendor_phone": "051385500000"}]


async def test_commissioning_is_an_administrators_and_ends_within_fourteen_days(console: Any) -> None:
    await _named(console, "bands")
    supervisor = await console.person("mei", "supervisor")
    administrator = await console.person("gu", "system_administrator")
    (record,) = (await supervisor.gets("/sources")).body["items"]
    path, now = f"/sources/{record['id']}", console.clock.now()
    soon, late = (now + timedelta(days=days) for days in (13, 15))
    assert (await supervisor.patches(path, {"commissioning_until": soon.isoformat()})).status == 403
    assert (await administrator.patches(path, {"commissioning_until": late.isoformat()})).status == 422
    assert (await administrator.patches(path, {"commissioning_until": soon.isoformat()})).status == 200


async def test_a_dispatcher_reads_and_does_not_change_them(console: Any) -> None:
    await _named(console, "bands")
    desk = await console.person("an", "dispatcher")
    (record,) = (await desk.gets("/sources")).body["items"]
    assert (await desk.patches(f"/sources/{record['id']}", {"vendor": "x"})).status == 403
    assert (await desk.gets("/sources/999")).status in (404, 405)


async def test_a_letter_is_asked_for_again_by_whoever_may(console: Any) -> None:
    await console.db.pool.execute(
        "INSERT INTO dead_letter (device, topic, source, lane, reason, detail, payload, payload_hash, decoder,"
        " first_at, last_at) VALUES ('d', 't', 'canonical', 'telemetry', 'not_json', '', 'x', 'x', '0', $1, $1)",
        console.clock.now(),
    )
    desk, supervisor = await console.person("an", "dispatcher"), await console.person("mei", "supervisor")
    (letter,) = (await desk.gets("/dead-letters?device=d")).body["items"]
    path = f"/dead-letters/{letter['id']}/replay"
    assert (await desk.posts(path)).status == 403
    assert (await supervisor.posts("/dead-letters/999999/replay")).status == 404
    assert (await supervisor.posts(path)).status == 202
    (letter,) = (await desk.gets("/dead-letters?device=d")).body["items"]
    assert letter["is_replay_asked"] is True
    assert (await desk.gets("/dead-letters?device=other")).body["items"] == []
