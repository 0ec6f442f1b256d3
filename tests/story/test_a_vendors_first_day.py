"""Three thousand buttons are pressed before the list is imported: one case with a line for each, and nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from devices.event import Event, EventType
from rules.clock import FakeClock
from rules.domain.vocabulary import Channel
from store.alarms import Accepted, Alarm, accept
from store.registers.devices import Holder, add_device
from tests.town import CENTRE, Town, town_in
from tests.waiting import until


@pytest.fixture
async def town(fresh_dsn: str) -> AsyncIterator[Town]:
    async with town_in(fresh_dsn) as town:
        yield town
        assert await town.faults() == [], "the record after the story"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def _press(
    town: Town, clock: FakeClock, device: str, *, source: str = "acme", type_: EventType = EventType.SOS
) -> Accepted:
    clock.advance(1)
    now = clock.now()
    event = Event(id=f"{device}-{now.isoformat()}", at=now, type=type_)
    alarm = Alarm(device=device, event=event, channel=Channel.ALARM, received_at=now, source=source)
    async with town.db.transaction() as connection:
        return await accept(connection, None, alarm, centre=CENTRE)


async def _first_ten(town: Town, clock: FakeClock) -> list[Accepted]:
    return [await _press(town, clock, f"new-{number}") for number in range(10)]


async def test_ten_strangers_are_ten_cases_and_the_eleventh_opens_the_one_for_all(town: Town, clock: FakeClock) -> None:
    first = await _first_ten(town, clock)
    assert len({pressed.incident_id for pressed in first}) == 10
    eleventh = await _press(town, clock, "new-10")
    twelfth = await _press(town, clock, "new-11")
    case = await town.incident(eleventh.incident_id)
    assert (case["class"], case["priority"], case["family"]) == ("unregistered_flood", 1, "person")
    assert twelfth.incident_id == eleventh.incident_id
    assert "unregistered" in case["marks"]


async def test_each_new_device_sounds_once_in_it(town: Town, clock: FakeClock) -> None:
    await _first_ten(town, clock)
    flood = (await _press(town, clock, "new-10")).incident_id
    await _press(town, clock, "new-11")
    sounded_at = (await town.incident(flood))["sounded_at"]
    assert sounded_at == clock.now()
    await _press(town, clock, "new-11")
    case = await town.incident(flood)
    assert case["sounded_at"] == sounded_at, "its second press is counted"
    assert case["alert_count"] == 3
    assert await town.actions(flood) == ["opened", "joined", "counted"]
    assert len(await town.events_of("new-11")) == 2, "and stored"


async def test_a_stranger_of_another_source_is_a_case_of_its_own(town: Town, clock: FakeClock) -> None:
    await _first_ten(town, clock)
    flood = (await _press(town, clock, "new-10")).incident_id
    other = await _press(town, clock, "other-1", source="another")
    assert other.incident_id != flood
    assert (await town.incident(other.incident_id))["class"] == "sos"


async def test_a_registered_persons_press_is_never_in_it(town: Town, clock: FakeClock) -> None:
    home = await town.home()
    await _first_ten(town, clock)
    await _press(town, clock, "new-10")
    pressed = await _press(town, clock, home.button)
    assert (await town.incident(pressed.incident_id))["class"] == "sos"


async def test_after_five_quiet_minutes_a_stranger_is_a_case_again(town: Town, clock: FakeClock) -> None:
    await _first_ten(town, clock)
    flood = (await _press(town, clock, "new-10")).incident_id
    clock.advance(301)
    pressed = await _press(town, clock, "new-99")
    assert pressed.incident_id != flood


async def test_a_source_in_commissioning_starts_so_until_its_date(town: Town, clock: FakeClock) -> None:
    until = clock.now() + timedelta(hours=1)
    await town.db.pool.execute("INSERT INTO source (name, commissioning_until) VALUES ('acme', $1)", until)
    first = await _press(town, clock, "new-0")
    assert (await town.incident(first.incident_id))["class"] == "unregistered_flood"
    clock.advance(3600)
    later = await _press(town, clock, "new-1")
    assert (await town.incident(later.incident_id))["class"] == "sos"


async def test_what_is_no_call_for_help_is_not_counted_as_one(town: Town, clock: FakeClock) -> None:
    for number in range(11):
        await _press(town, clock, f"new-{number}", type_=EventType.BATTERY_LOW)
    assert await town.db.pool.fetchval("SELECT count(*) FROM incident") == 0


async def test_a_stranger_with_an_open_case_is_heard_by_who_works_on_it(town: Town, clock: FakeClock) -> None:
    first = await _first_ten(town, clock)
    await _press(town, clock, "new-10")
    again = await _press(town, clock, "new-3")
    assert again.incident_id == first[3].incident_id
    assert (await town.incident(again.incident_id))["sounded_at"] == clock.now()
    assert await town.actions(again.incident_id) == ["opened", "joined"]


async def test_a_press_while_its_device_is_being_registered_is_its_persons(town: Town, clock: FakeClock) -> None:
    await town.says("new-0", EventType.BATTERY_LOW, now=clock.now())
    home = await town.home()
    async with asyncio.TaskGroup() as group, town.db.transaction() as registering:
        number = await registering.fetchval(
            "UPDATE device SET registered = true, wearer = 'personal', life = 'live' WHERE device = 'new-0'"
            " RETURNING id"
        )
        await registering.execute(
            "INSERT INTO device_holder (device_id, from_at, resident_id) VALUES ($1, $2, $3)",
            number, clock.now(), home.resident_id,
        )  # fmt: skip
        pressing = group.create_task(_press(town, clock, "new-0"))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        await until(lambda: town.db.pool.fetchval(waits), "the press waits for the registration")
    case = await town.incident(pressing.result().incident_id)
    assert (case["resident_id"], case["subject"]) == (home.resident_id, f"r{home.resident_id}")
    assert "unregistered" not in case["marks"]


async def test_a_first_press_while_its_device_is_being_registered_refuses_nobody(town: Town, clock: FakeClock) -> None:
    home = await town.home()
    fields = {"kind": "call_button", "wearer": "personal", "life": "installed"}
    now = clock.now()
    alarm = Alarm(
        device="new-0", event=Event(id="e-1", at=now, type=EventType.SOS), channel=Channel.ALARM, received_at=now
    )  # fmt: skip
    async with asyncio.TaskGroup() as group, town.db.transaction() as pressing:
        pressed = await accept(pressing, None, alarm, centre=CENTRE)
        holder = Holder(resident_id=home.resident_id)
        group.create_task(add_device(town.db, CENTRE.keyring, "new-0", fields, holder, by=1, now=now))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        await until(lambda: town.db.pool.fetchval(waits), "the clerk waits for the press")
    case = await town.incident(pressed.incident_id)
    assert case["resident_id"] == home.resident_id
    assert await town.db.pool.fetchval("SELECT wearer FROM device WHERE device = 'new-0'") == "personal"
