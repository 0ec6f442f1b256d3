"""A press as the desk meets it: who, where and what, whole in one answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from devices.datums import converted
from devices.event import Datum, Event, EventType, Location
from rules.domain.vocabulary import Channel
from store.alarms import Alarm, accept
from store.opening import Centre

HOME = "澄湾县城关镇东风路3栋502"
ESTATE = f"""device,kind,wearer,resident,birth_date,tags,address,area,lat,lon,phone
wall-1,call_button,shared,王小英,1940-05-03,oxygen,{HOME},321999.321999100,32.1,120.1,13800001234
band-1,location_band,personal,王小英,1940-05-03,oxygen,{HOME},321999.321999100,32.1,120.1,13800001234
band-2,location_band,personal,李大山,1938,,{HOME},321999.321999100,32.1,120.1,
"""


async def _estate(console: Any) -> Any:
    desk = await console.person("mei", "dispatcher")
    admin = await console.person("root", "administrator")
    report = await admin.asks("POST", "/api/v1/devices/import", ESTATE, Content_Type="text/csv")
    assert (report.status, report.body["imported"]) == (200, 3), report.body
    return desk


async def _press(console: Any, device: str, **more: Any) -> int:
    now = console.clock.now()
    event = Event(id="e-1", at=now - timedelta(seconds=2), type=EventType.SOS, **more)
    alarm = Alarm(device=device, event=event, channel=Channel.ALARM, received_at=now)
    centre = Centre(keyring=console.context.keyring, timezone=console.context.site_timezone)
    async with console.db.transaction() as connection:
        accepted = await accept(connection, None, alarm, centre=centre)
    assert accepted.incident_id is not None
    return int(accepted.incident_id)


async def test_a_band_says_who_and_the_fix_says_where(console: Any) -> None:
    desk = await _estate(console)
    case = await _press(console, "band-1", location=Location(lat=32.12, lon=120.1, accuracy_m=20))
    whole = (await desk.gets(f"/incidents/{case}")).body
    assert whole["resident"]["name"] == "王小英"
    assert {person["name"] for person in whole["people"]} == {"王小英", "李大山"}
    assert whole["premises"]["address"] == HOME
    assert whole["place"]["kind"] == "reported"
    assert whole["place"]["distance_from_home_m"] > 2_000
    links = whole["place"]["map_links"]
    assert set(links) == {"amap", "baidu", "tencent", "tianditu"}
    assert not any(quote("王小英") in link or quote(HOME) in link for link in links.values()), "nothing personal leaves"
    (alert,) = whole["alerts"]
    assert (alert["device"], alert["id"], alert["type"]) == ("band-1", "e-1", "sos")
    assert {device["device"] for device in whole["devices"]} == {"wall-1", "band-1", "band-2"}
    assert whole["timeline"][0]["action"] == "opened"
    assert (whole["assignments"], whole["hand_overs"]) == ([], [])
    assert all(step["class"] == "sos" and step["answer"] is None for step in whole["plan"])


async def test_a_fix_in_the_maps_own_datum_does_not_send_help_half_a_kilometre_off(console: Any) -> None:
    desk = await _estate(console)
    lat, lon = converted(32.1, 120.1, Datum.WGS84, Datum.GCJ02)
    case = await _press(console, "band-1", location=Location(lat=lat, lon=lon, accuracy_m=20, datum=Datum.GCJ02))
    place = (await desk.gets(f"/incidents/{case}")).body["place"]
    assert (place["kind"], place["distance_from_home_m"]) == ("reported", 0)
    assert (round(place["lat"], 6), round(place["lon"], 6)) == (32.1, 120.1)


async def test_a_shared_button_says_where_and_leaves_open_who(console: Any) -> None:
    desk = await _estate(console)
    whole = (await desk.gets(f"/incidents/{await _press(console, 'wall-1')}")).body
    assert whole["resident"] is None
    assert {person["name"] for person in whole["people"]} == {"王小英", "李大山"}
    risks = {person["name"]: person["risks"] for person in whole["people"]}
    assert risks["王小英"] == ["oxygen"]
    assert whole["place"]["kind"] == "premises"


async def test_the_queue_shows_the_press_without_a_whole_name(console: Any) -> None:
    desk = await _estate(console)
    stream = await desk.streams()
    case = await _press(console, "band-1")
    (item,) = (await desk.gets("/incidents")).body["items"]
    assert item["id"] == str(case)
    assert (item["priority"], item["class"], item["state"]) == ("P1", "sos", "open")
    assert item["person"] == {"masked_name": "王*英"}
    assert item["device"]["device"] == "band-1"
    assert "resident" not in item
    frame = await stream.next("incident")
    assert {**frame["data"], "seq": item["seq"]} == item


async def test_an_unknown_device_opens_a_case_that_says_so(console: Any) -> None:
    desk = await console.person("mei", "dispatcher", ["321999"])
    case = await _press(console, "stranger-1")
    (item,) = (await desk.gets("/incidents")).body["items"]
    assert (item["id"], item["unregistered"], item["person"]) == (str(case), True, None)
