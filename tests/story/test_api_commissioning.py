"""A device that never worked, or works for somebody else: it is live only after a confirmed press from its place."""

from __future__ import annotations

from typing import Any

from devices.event import Event, EventType
from rules.domain.vocabulary import Channel
from store.alarms import Accepted, Alarm, accept
from tests.town import CENTRE


async def _presses(console: Any, device: str, type_: EventType = EventType.SOS) -> Accepted:
    console.clock.advance(1)
    now = console.clock.now()
    event = Event(id=f"e-{now.isoformat()}", at=now, type=type_)
    alarm = Alarm(device=device, event=event, channel=Channel.ALARM, received_at=now)
    async with console.db.transaction() as connection:
        return await accept(connection, None, alarm, centre=CENTRE)


async def _installed(console: Any) -> tuple[Any, str, str]:
    """An installer, a device that is installed, its path."""
    clerk = await console.person("qian", "register_clerk")
    installer = await console.person("lu", "installer")
    person = await clerk.posts("/residents", {"name": "王秀英"})
    made = await clerk.posts(
        "/devices",
        {
            "device": "btn-9", "kind": "call_button", "wearer": "personal", "life": "installed",
            "resident_id": person.body["id"],
        },
    )  # fmt: skip
    assert made.status == 201
    return installer, clerk, f"/devices/{made.body['id']}"


BEDROOM = {"place": "卧室", "person_confirmed": True, "address_confirmed": True, "voice": "ok"}


async def test_a_device_that_was_never_pressed_cannot_be_live(console: Any) -> None:
    installer, clerk, path = await _installed(console)
    refused = await clerk.patches(path, {"life": "live"})
    assert (refused.status, refused.body["code"]) == (409, "not_commissioned")
    made = await clerk.posts("/devices", {"device": "btn-10", "kind": "call_button", "life": "live"})
    assert (made.status, made.body["code"]) == (409, "not_commissioned")
    assert (await installer.gets(f"{path}/maintenance")).body["is_commissioned"] is False


async def test_a_confirmed_press_from_its_place_lets_it_be_live(console: Any) -> None:
    installer, clerk, path = await _installed(console)
    begun = await installer.posts(f"{path}/maintenance", {"minutes": 20, "reason": "安装"})
    assert begun.status == 201
    pressed = await _presses(console, "btn-9")
    confirmed = await installer.posts(f"{path}/maintenance/confirm", BEDROOM)
    assert (confirmed.status, confirmed.body["incident"]) == (200, str(pressed.incident_id))
    case = (await (await console.person("mei", "dispatcher")).gets(f"/incidents/{pressed.incident_id}")).body
    assert (case["state"], case["outcome"], case["unattended"]) == ("resolved", "test", False)
    assert (await installer.gets(f"{path}/maintenance")).body["commissioned_places"] == ["卧室"]
    assert (await clerk.patches(path, {"life": "live"})).body["life"] == "live"


async def test_a_press_without_the_person_named_commissions_nothing(console: Any) -> None:
    installer, clerk, path = await _installed(console)
    await installer.posts(f"{path}/maintenance", {"minutes": 20, "reason": "安装"})
    await _presses(console, "btn-9")
    await installer.posts(f"{path}/maintenance/confirm", {**BEDROOM, "person_confirmed": False})
    assert (await clerk.patches(path, {"life": "live"})).status == 409


async def test_who_is_not_heard_needs_a_reason(console: Any) -> None:
    installer, _, path = await _installed(console)
    silent = {**BEDROOM, "voice": "none"}
    assert (await installer.posts(f"{path}/maintenance/confirm", silent)).status == 422


async def test_a_press_that_nobody_made_cannot_be_confirmed(console: Any) -> None:
    installer, _, path = await _installed(console)
    await installer.posts(f"{path}/maintenance", {"minutes": 20, "reason": "安装"})
    refused = await installer.posts(f"{path}/maintenance/confirm", {})
    assert (refused.status, refused.body["code"]) == (409, "no_press_to_confirm")


async def test_a_press_is_not_a_test_a_minute_later(console: Any) -> None:
    installer, _, path = await _installed(console)
    await installer.posts(f"{path}/maintenance", {"minutes": 20, "reason": "安装"})
    await _presses(console, "btn-9")
    console.clock.advance(61)
    assert (await installer.posts(f"{path}/maintenance/confirm", {})).status == 409


async def test_a_second_press_is_real_and_cannot_be_confirmed_away(console: Any) -> None:
    installer, _, path = await _installed(console)
    await installer.posts(f"{path}/maintenance", {"minutes": 20, "reason": "安装"})
    await _presses(console, "btn-9")
    again = await _presses(console, "btn-9")
    assert (await installer.posts(f"{path}/maintenance/confirm", {})).status == 409
    case = await console.db.pool.fetchrow("SELECT state, marks FROM incident WHERE id = $1", again.incident_id)
    assert case["state"] == "open"
    assert "test" not in case["marks"]


async def test_a_confirmation_that_comes_twice_takes_no_later_press_along(console: Any) -> None:
    installer, _, path = await _installed(console)
    await installer.posts(f"{path}/maintenance", {"minutes": 20, "reason": "安装"})
    pressed = await _presses(console, "btn-9")
    waiting = (await installer.gets(f"{path}/maintenance")).body["waiting_incident"]
    assert waiting == str(pressed.incident_id)
    assert (await installer.posts(f"{path}/maintenance/confirm", {"incident": waiting})).status == 200
    real = await _presses(console, "btn-9")
    assert (await installer.posts(f"{path}/maintenance/confirm", {"incident": waiting})).status == 409
    state = await console.db.pool.fetchval("SELECT state FROM incident WHERE id = $1", real.incident_id)
    assert (state, real.incident_id != pressed.incident_id) == ("open", True)


async def test_a_press_after_the_tester_left_is_real(console: Any) -> None:
    installer, _, path = await _installed(console)
    await installer.posts(f"{path}/maintenance", {"minutes": 20, "reason": "安装"})
    console.clock.advance(10)
    assert (await installer.asks("DELETE", f"/api/v1{path}/maintenance")).status == 204
    pressed = await _presses(console, "btn-9")
    marks = await console.db.pool.fetchval("SELECT marks FROM incident WHERE id = $1", pressed.incident_id)
    assert "test" not in marks


async def test_test_mode_is_never_longer_than_thirty_minutes_and_ends_by_itself(console: Any) -> None:
    installer, _, path = await _installed(console)
    assert (await installer.posts(f"{path}/maintenance", {"minutes": 31, "reason": "x"})).status == 422
    assert (await installer.posts(f"{path}/maintenance", {"minutes": 30})).status == 422, "a reason is asked for"
    await installer.posts(f"{path}/maintenance", {"minutes": 30, "reason": "x"})
    console.clock.advance(30 * 60)
    assert (await installer.gets(f"{path}/maintenance")).body["until_at"] is None


async def test_who_gets_a_device_now_gets_nothing_of_who_had_it(console: Any) -> None:
    installer, clerk, path = await _installed(console)
    await installer.posts(f"{path}/maintenance", {"minutes": 20, "reason": "安装"})
    await _presses(console, "btn-9")
    await installer.posts(f"{path}/maintenance/confirm", BEDROOM)
    await clerk.patches(path, {"life": "live"})
    await console.db.pool.execute(
        "UPDATE device_state SET open = '{battery_low}', lat = 31, lon = 121, battery_pct = 3"
    )
    other = await clerk.posts("/residents", {"name": "李国强"})
    given = await clerk.patches(path, {"resident_id": other.body["id"]})
    assert (given.body["life"], given.body["battery_pct"], given.body["open"]) == ("installed", None, [])
    assert (await clerk.patches(path, {"life": "live"})).status == 409
    both = await console.db.pool.fetchval("SELECT count(*) FROM device_holder")
    assert both == 2, "who had it is a dated row"


async def test_a_device_that_came_back_is_not_live_by_a_press_in_its_last_home(console: Any) -> None:
    installer, clerk, path = await _installed(console)
    await installer.posts(f"{path}/maintenance", {"minutes": 20, "reason": "安装"})
    await _presses(console, "btn-9")
    await installer.posts(f"{path}/maintenance/confirm", BEDROOM)
    await clerk.patches(path, {"life": "live"})
    console.clock.advance(60)
    await clerk.patches(path, {"resident_id": None})
    assert (await clerk.patches(path, {"life": "live"})).status == 409
    assert (await installer.gets(f"{path}/maintenance")).body["until_at"] is None, "and the test ended with it"


async def test_an_installer_of_the_last_homes_area_does_not_see_it_any_more(console: Any) -> None:
    _, clerk, path = await _installed(console)
    await clerk.patches(path, {"area": "321999.1"})
    old = await console.person("tan", "installer", ["321999.1"])
    new = await console.person("bai", "installer", ["321999.2"])
    assert (await old.gets(f"{path}/maintenance")).status == 200
    home = await clerk.posts("/premises", {"address": "澄湾县河口镇新桥村9号", "area": "321999.2"})
    console.clock.advance(60)
    await clerk.patches(path, {"resident_id": None, "premises_id": home.body["id"]})
    begin = {"minutes": 20, "reason": "安装"}
    assert (await old.posts(f"{path}/maintenance", begin)).status == 404
    assert (await new.posts(f"{path}/maintenance", begin)).status == 201
