"""A device that says how things stand, again and again, is an incident once; and nothing it says vanishes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from devices.event import Event, EventType, Location
from devices.report import report
from rules.domain.vocabulary import Channel
from store.alarms import Accepted, Alarm, accept
from tests.story.centre_at_night import Night, night_in


async def hears(
    night: Night, device: str, event: Event, *, retained: bool = False, resent: bool = False,
    received_at: datetime | None = None,
) -> Accepted:  # fmt: skip
    """What ingest does with an event of a vendor's device, now."""
    alarm = Alarm(
        device=device, event=event, channel=Channel.TELEMETRY, received_at=received_at or night.now, retained=retained,
        resent=resent, at_known=event.at_given,
    )  # fmt: skip
    async with night.town.db.transaction() as connection:
        return await accept(connection, None, alarm, centre=night.town.centre)


async def detector(night: Night, kind: str = "smoke_alarm") -> str:
    home = await night.town.home()
    return await night.town.device(kind, premises_id=home.premises_id)


async def state_of(night: Night, device: str) -> Any:
    return await night.town.db.pool.fetchrow(
        "SELECT s.* FROM device_state AS s JOIN device AS d ON d.id = s.device_id WHERE d.device = $1", device
    )


SMOKE = report(EventType.SMOKE, is_state=True)
NO_SMOKE = report(EventType.SMOKE_CLEAR, is_state=True)
_AT_HOME = Location(lat=31.9, lon=121.2, accuracy_m=8.0)
PRESS = report(EventType.SOS, detail={"action": "emergency"})


async def test_smoke_said_every_three_seconds_is_one_event_one_sound_and_one_entry(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device = await detector(night)
        first = await hears(night, device, SMOKE)
        case = await night.case(first.incident_id)
        for _ in range(20):
            night.clock.advance(3)
            again = await hears(night, device, SMOKE)
            assert (again.incident_id, again.is_copy, again.rang) == (first.incident_id, True, False)
        (event,) = await night.town.events_of(device)
        assert (event["copies"], event["last_copy_at"]) == (21, night.now)
        after = await night.case(first.incident_id)
        assert (after["sounded_at"], after["last_seq"], after["version"]) == (
            case["sounded_at"], case["last_seq"], case["version"],
        )  # fmt: skip
        assert (await state_of(night, device))["last_seen"] == night.now


async def test_a_cached_smoke_said_every_hour_for_a_day_is_counted_while_its_case_is_open(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device = await detector(night)
        first = await hears(night, device, SMOKE)
        for _ in range(30):
            night.clock.advance(3600)
            assert (await hears(night, device, SMOKE)).incident_id == first.incident_id
        assert len(await night.town.events_of(device)) == 1
        assert len(await night.town.incidents_of(device)) == 1


async def test_a_cached_smoke_after_resolved_is_raised_again_by_the_recheck_if_it_is_still_said(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device, desk = await detector(night), await night.town.user()
        first = (await hears(night, device, SMOKE)).incident_id
        await night.town.resolve(first, desk, now=night.now)
        night.clock.advance(60)
        again = await hears(night, device, SMOKE)
        assert (again.incident_id, again.is_copy, again.reason) == (first, True, "recheck_is_due")
        await night.pass_seconds(560)
        assert "still_reported" in await night.actions(first)
        rows = await night.town.db.pool.fetch("SELECT * FROM incident WHERE follows = $1", first)
        assert [row["state"] for row in rows] == ["open"]


async def test_a_cached_smoke_long_after_resolved_opens_a_case_that_follows(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device, desk = await detector(night), await night.town.user()
        first = (await hears(night, device, SMOKE)).incident_id
        await night.town.resolve(first, desk, now=night.now)
        await night.pass_seconds(700)
        assert len(await night.town.events_of(device)) == 1, "nothing was said meanwhile"
        night.clock.advance(2000)
        again = await hears(night, device, SMOKE)
        assert again.incident_id != first
        assert not again.is_copy
        (_, event) = await night.town.events_of(device)
        assert event["decision"] == "still_reported"
        assert (await night.case(again.incident_id))["follows"] == first
        night.clock.advance(3600)
        assert (await hears(night, device, SMOKE)).is_copy, "and that one is the new case's"


async def test_smoke_after_its_end_is_new_smoke(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device = await detector(night)
        first = await hears(night, device, SMOKE)
        night.clock.advance(30)
        await hears(night, device, NO_SMOKE)
        assert (await state_of(night, device))["open"] == []
        night.clock.advance(30)
        again = await hears(night, device, SMOKE)
        assert (again.incident_id, again.is_copy, again.rang) == (first.incident_id, False, True), "it joins and sounds"
        assert [event["type"] for event in await night.town.events_of(device)] == ["smoke", "smoke_clear", "smoke"]


async def test_an_end_of_what_does_not_stand_writes_nothing_but_that_it_was_heard(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device = await detector(night)
        for _ in range(3):
            night.clock.advance(3600)
            said = await hears(night, device, report(EventType.SMOKE_CLEAR, is_state=True, battery_pct=80))
            assert (said.is_copy, said.incident_id) == (True, None)
        assert await night.town.events_of(device) == []
        state = await state_of(night, device)
        assert (state["last_seen"], state["battery_pct"]) == (night.now, 80)


async def test_an_old_end_does_not_end_newer_smoke(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device = await detector(night)
        began = night.now
        night.clock.advance(60)
        await hears(night, device, report(EventType.SMOKE, is_state=True, at=night.now))
        night.clock.advance(5)
        await hears(night, device, report(EventType.SMOKE_CLEAR, is_state=True, at=began))
        assert (await state_of(night, device))["open"] == ["smoke"]


async def test_a_device_with_a_low_battery_becomes_a_case_once_somebody_lives_with_it(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        device = await night.town.device("smoke_alarm", premises_id=home.premises_id, life="in_stock")
        low = report(EventType.BATTERY_LOW, is_state=True)
        for _ in range(3):
            assert (await hears(night, device, low)).incident_id is None
        assert len(await night.town.events_of(device)) == 1
        await night.town.db.pool.execute("UPDATE device SET life = 'live' WHERE device = $1", device)
        night.clock.advance(3600)
        assert (await hears(night, device, low)).incident_id is not None


# -- presses, which nothing ends --------------------------------------------------------------------------------------


async def test_a_second_press_is_a_second_press(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        first = await hears(night, home.button, PRESS)
        night.clock.advance(40)
        second = await hears(night, home.button, PRESS)
        assert (second.incident_id, second.is_copy, second.rang) == (first.incident_id, False, True)
        events = await night.town.events_of(home.button)
        assert len(events) == 2
        assert not any("id_reused" in event["marks"] for event in events), "the id is ours, not the device's"
        assert all(event["at"] == event["received_at"] for event in events)


async def test_a_press_after_an_episode_is_never_swallowed(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        press = report(EventType.SOS, repeat_s=5.0)
        first = (await hears(night, home.button, press)).incident_id
        night.clock.advance(1)
        await night.town.resolve(first, desk, now=night.now)
        night.clock.advance(1)
        again = await hears(night, home.button, press, resent=True)
        assert again.incident_id not in (None, first)
        assert again.rang


async def test_one_press_told_three_times_in_three_seconds_is_one(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        press = report(EventType.SOS, repeat_s=5.0)
        first = await hears(night, home.button, press)
        for _ in range(2):
            night.clock.advance(3)
            again = await hears(night, home.button, press)
            assert (again.incident_id, again.is_copy, again.reason) == (first.incident_id, True, "told_twice")
        night.clock.advance(6)
        assert (await hears(night, home.button, press)).rang
        assert [event["copies"] for event in await night.town.events_of(home.button)] == [3, 1]


async def test_a_press_told_as_position_and_as_event_is_one_and_two_kept_presses_are_two(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        pressed = night.now - timedelta(minutes=5)
        told = [
            report(EventType.SOS, id_=f"{kind}{number}", at=pressed + timedelta(seconds=60 * number), repeat_s=5.0)
            for number in range(2)
            for kind in "pe"
        ]
        outcomes = [(await hears(night, home.button, event)).is_copy for event in told]
        assert outcomes == [False, True, False, True]


async def test_a_press_that_the_broker_sends_again_is_no_second_one(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        first = await hears(night, home.button, PRESS)
        night.clock.advance(20)
        again = await hears(night, home.button, PRESS, resent=True)
        assert (again.incident_id, again.is_copy) == (first.incident_id, True)
        other = report(EventType.SOS, detail={"action": "emergency", "battery": 40})
        assert (await hears(night, home.button, other, resent=True)).rang, "other bytes, another press"


async def test_a_retained_button_message_is_no_phantom_press_after_a_restart(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        first = (await hears(night, home.button, PRESS)).incident_id
        await night.town.resolve(first, desk, now=night.now)
        for _ in range(3):
            night.clock.advance(86_400)
            said = await hears(night, home.button, PRESS, retained=True)
            assert (said.is_copy, said.rang) == (True, False)
        assert len(await night.town.incidents_of(home.button)) == 1
        assert (await state_of(night, home.button))["last_seen"] < night.now, "and no sign of life"


async def test_a_retained_press_that_nobody_heard_opens_a_case_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        first = await hears(night, home.button, PRESS, retained=True)
        case = await night.case(first.incident_id)
        assert (case["class"], case["priority"], "retained" in case["marks"]) == ("retained_call", 2, True)
        night.clock.advance(86_400 * 2)
        assert (await hears(night, home.button, PRESS, retained=True)).is_copy
        assert len(await night.town.events_of(home.button)) == 1


async def test_what_has_an_id_and_no_time_is_known_again_whenever_it_comes(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        press = report(EventType.SOS, id_="frame-7")
        await hears(night, home.button, press)
        night.clock.advance(3600)
        assert (await hears(night, home.button, press)).is_copy
        (event,) = await night.town.events_of(home.button)
        assert (event["event_id"], event["marks"]) == ("frame-7", []), "no time is no wrong clock"


async def test_what_has_a_time_and_no_id_is_known_again_by_it(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        press = report(EventType.SOS, at=night.now)
        await hears(night, home.button, press)
        night.clock.advance(7)
        assert (await hears(night, home.button, press)).is_copy
        assert (await hears(night, home.button, report(EventType.SOS, at=night.now))).rang


# -- what peers got wrong (field.md, C) -----------------------------------------------------------------------------


async def test_an_sos_from_where_the_last_one_came_is_not_filtered_away(fresh_dsn: str) -> None:
    """A tracker's filters of distance and of doubles swallowed SOS because the position had not changed (12)."""
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        for number in range(3):
            night.clock.advance(60)
            event = Event(
                id=f"p{number}", at=night.now, type=EventType.SOS, location=_AT_HOME, repeat_s=5.0, battery_pct=50.0
            )
            assert (await hears(night, home.button, event)).rang
        assert len(await night.town.events_of(home.button)) == 3


async def test_a_frame_with_a_low_battery_and_an_sos_gives_both_and_the_sos_is_critical(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        sos = await hears(night, home.button, report(EventType.SOS))
        low = await hears(night, home.button, report(EventType.BATTERY_LOW, is_state=True, battery_pct=9))
        assert (await night.case(sos.incident_id))["priority"] == 1
        assert (await night.case(low.incident_id))["priority"] == 4
        assert sos.incident_id != low.incident_id
        assert (await state_of(night, home.button))["open"] == ["battery_low"]


async def test_a_flood_of_low_batteries_hides_no_sos(fresh_dsn: str) -> None:
    """Where a flood is made one, a later P1 of the same device was dropped with it (37)."""
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        for _ in range(20):
            night.clock.advance(3)
            await hears(night, home.button, report(EventType.BATTERY_LOW, is_state=True))
        assert (await hears(night, home.button, PRESS)).rang
        assert [event["type"] for event in await night.town.events_of(home.button)] == ["battery_low", "sos"]


async def test_a_muted_detector_is_noted_once_and_ends_nothing(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device = await detector(night)
        first = (await hears(night, device, SMOKE)).incident_id
        muted = report(EventType.MUTED, is_state=True)
        for _ in range(5):
            night.clock.advance(10)
            await hears(night, device, muted)
            await hears(night, device, SMOKE)
        assert (await night.case(first))["state"] == "open"
        assert (await night.actions(first)).count("noted") == 1
        assert (await state_of(night, device))["open"] == ["smoke"]


async def test_a_test_said_all_day_is_one_event_and_a_fire_during_it_is_a_fire(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device = await detector(night)
        test = report(EventType.TEST, is_state=True)
        for _ in range(10):
            night.clock.advance(3600)
            await hears(night, device, test)
        assert len(await night.town.events_of(device)) == 1
        assert (await hears(night, device, SMOKE)).rang


async def test_power_that_came_back_earlier_does_not_end_its_loss_now(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device = await detector(night)
        restored_at = night.now
        night.clock.advance(60)
        lost = await hears(night, device, report(EventType.POWER_LOST, at=night.now))
        night.clock.advance(5)
        await hears(night, device, report(EventType.POWER_RESTORED, at=restored_at))
        assert (await night.case(lost.incident_id))["state"] == "open"
        night.clock.advance(5)
        await hears(night, device, report(EventType.POWER_RESTORED, at=night.now))
        assert (await night.case(lost.incident_id))["state"] == "resolved"


async def test_a_clock_that_lied_once_orders_nothing(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        device = await detector(night)
        in_years = night.now + timedelta(days=4000)
        await hears(night, device, report(EventType.SMOKE, is_state=True, at=in_years))
        night.clock.advance(60)
        await hears(night, device, report(EventType.SMOKE_CLEAR, is_state=True, at=night.now))
        assert (await state_of(night, device))["open"] == []
