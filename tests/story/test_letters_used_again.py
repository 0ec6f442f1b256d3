"""What could not be used when it came is used once it can be: in order, never twice, never as something new."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import structs

from devices.decoding import Decoded
from devices.event import Event, EventType
from devices.report import report
from devices.sources import canonical
from gateway.replay import Replayer
from rules.clock import FakeClock
from store import replay
from store.dead_letters import DeadLetter, bury
from store.partitions import make_days_ahead
from store.registers.devices import Holder, add_device, change_device
from tests.town import CENTRE, Home, Town, town_in

CLERK = 1


@pytest.fixture
async def town(fresh_dsn: str, clock: FakeClock) -> AsyncIterator[Town]:
    async with town_in(fresh_dsn) as town:
        async with town.db.pool.acquire() as connection:
            await make_days_ahead(connection, clock.now())
        yield town
        assert await town.faults() == [], "the record after the story"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def replayer(town: Town, clock: FakeClock) -> Replayer:
    return Replayer({"canonical": canonical.decode}, database=town.db, clock=clock, centre=CENTRE)


async def _buried(town: Town, clock: FakeClock, payload: bytes, **more: Any) -> int:
    letter = {
        "device": "stranger-1", "topic": "sw/v1/stranger-1/telemetry", "source": "canonical", "lane": "telemetry",
        "reason": "unknown_device", "detail": "", "payload": payload, "decoder": "0", **more,
    }  # fmt: skip
    async with town.db.transaction() as connection:
        await bury(connection, [DeadLetter(**letter)], now=clock.now())
        number: int = await connection.fetchval("SELECT max(id) FROM dead_letter")
    return number


async def _registers(town: Town, clock: FakeClock, device: str, home: Home | None = None) -> None:
    holder = Holder() if home is None else Holder(resident_id=home.resident_id, premises_id=home.premises_id)
    fields = {"kind": "call_button", "wearer": "personal", "life": "installed"}
    await add_device(town.db, CENTRE.keyring, device, fields, holder, by=CLERK, now=clock.now())


def _said(id_: str, clock: FakeClock, **more: Any) -> bytes:
    return json.dumps({"id": id_, "at": clock.now().isoformat(), "type": "vitals", **more}).encode()


async def _results(town: Town) -> list[str | None]:
    rows = await town.db.pool.fetch("SELECT replay_result FROM dead_letter ORDER BY id")
    return [row["replay_result"] for row in rows]


async def _drain(replayer: Replayer) -> None:
    while await replayer.run_once():
        pass


async def test_what_a_stranger_said_is_its_own_once_it_is_registered(
    town: Town, clock: FakeClock, replayer: Replayer
) -> None:
    for number in range(3):
        await _buried(town, clock, _said(f"v-{number}", clock, vitals={"heart_rate_bpm": 70 + number}))
        clock.advance(60)
    await _registers(town, clock, "stranger-1")
    await _drain(replayer)
    rows = await town.db.pool.fetch("SELECT event_id, data FROM reading ORDER BY at")
    assert [row["event_id"] for row in rows] == ["v-0", "v-1", "v-2"]
    assert await _results(town) == ["used"] * 3


async def test_old_words_do_not_become_the_devices_state_now(town: Town, clock: FakeClock, replayer: Replayer) -> None:
    await _buried(town, clock, _said("v-1", clock, battery_pct=5))
    clock.advance(3600)
    await _registers(town, clock, "stranger-1")
    await _drain(replayer)
    assert await town.db.pool.fetchval("SELECT count(*) FROM reading WHERE late") == 1
    assert await town.db.pool.fetchval("SELECT battery_pct FROM device_state s JOIN device d ON d.id = s.device_id"
                                       " WHERE d.device = 'stranger-1'") is None  # fmt: skip


async def test_a_letter_of_a_device_nobody_registered_stays_and_says_so(
    town: Town, clock: FakeClock, replayer: Replayer
) -> None:
    letter = await _buried(town, clock, _said("v-1", clock))
    await replay.ask(town.db, letter, by=CLERK, now=clock.now())
    await _drain(replayer)
    assert await _results(town) == ["device_unknown"]
    assert await town.db.pool.fetchval("SELECT replayed_at FROM dead_letter") is None


async def test_an_alarm_that_can_be_read_today_is_a_case_today(
    town: Town, clock: FakeClock, replayer: Replayer
) -> None:
    await _registers(town, clock, "stranger-1")
    body = json.dumps({"id": "a-1", "at": clock.now().isoformat(), "type": "sos"}).encode()
    letter = await _buried(town, clock, body, topic="sw/v1/stranger-1/alarm", reason="unknown_type")
    clock.advance(120)
    await replay.ask(town.db, letter, by=CLERK, now=clock.now())
    await _drain(replayer)
    assert await town.db.pool.fetchval("SELECT count(*) FROM incident WHERE class = 'sos'") == 1
    await replay.ask(town.db, letter, by=CLERK, now=clock.now())
    await _drain(replayer)
    assert await town.db.pool.fetchval("SELECT alert_count FROM incident WHERE class = 'sos'") == 1


async def test_a_letter_that_ended_the_process_twice_is_not_decoded_again(
    town: Town, clock: FakeClock, replayer: Replayer
) -> None:
    letter = await _buried(town, clock, _said("v-1", clock))
    await replay.ask(town.db, letter, by=CLERK, now=clock.now())
    for _ in range(replay.TRIES_MAX):
        assert await replay.note_try(town.db) is not None  # and the process dies here
    await _drain(replayer)
    assert await _results(town) == ["ended_the_process"]


async def test_one_letter_that_fails_does_not_stop_the_next(town: Town, clock: FakeClock, replayer: Replayer) -> None:
    await _registers(town, clock, "stranger-1")
    for payload, reason in ((b"{", "not_json"), (_said("v-2", clock), "bad_id")):
        letter = await _buried(town, clock, payload, reason=reason)
        await replay.ask(town.db, letter, by=CLERK, now=clock.now())
        clock.advance(1)
    await _drain(replayer)
    assert await _results(town) == ["still_unreadable", "used"]


async def test_two_gateways_do_not_use_one_letter_twice(town: Town, clock: FakeClock, replayer: Replayer) -> None:
    await _registers(town, clock, "stranger-1")
    letter = await _buried(town, clock, _said("v-1", clock))
    await replay.ask(town.db, letter, by=CLERK, now=clock.now())
    async with town.db.transaction() as connection:
        assert await connection.fetchval("SELECT pg_try_advisory_xact_lock(7340228)")
        assert await replayer.run_once() is False
    assert await replayer.run_once() is True
    assert await replayer.run_once() is False


async def test_an_open_case_of_a_stranger_gets_its_person(town: Town, clock: FakeClock) -> None:
    pressed = await town.says("stranger-2", EventType.SOS, now=clock.now())
    clock.advance(60)
    home = await town.home()
    await _registers(town, clock, "stranger-2", home)
    case = await town.incident(pressed.incident_id)
    assert (case["resident_id"], case["subject"]) == (home.resident_id, f"r{home.resident_id}")
    assert "unregistered" not in case["marks"]
    assert (await town.actions(pressed.incident_id))[-1] == "adopted"
    again = await town.says("stranger-2", EventType.SOS, now=clock.now())
    assert again.incident_id == pressed.incident_id


async def test_a_person_with_an_open_case_keeps_it_and_the_strangers_is_linked(town: Town, clock: FakeClock) -> None:
    home = await town.home()
    first = await town.says(home.button, EventType.SOS, now=clock.now())
    stranger = await town.says("stranger-3", EventType.FALL, now=clock.now())
    await _registers(town, clock, "stranger-3", home)
    row = await town.db.pool.fetchrow("SELECT incident_id, other_id FROM incident_link")
    assert row is not None
    assert {row["incident_id"], row["other_id"]} == {first.incident_id, stranger.incident_id}


async def _state_of(town: Town, device: str) -> Any:
    return await town.db.pool.fetchrow(
        "SELECT s.* FROM device_state AS s JOIN device AS d ON d.id = s.device_id WHERE d.device = $1", device
    )


def _replayer_of(town: Town, clock: FakeClock, *said: Event) -> Replayer:
    """A source of a vendor whose messages tell neither id nor time."""
    return Replayer(
        {"acme": lambda *_: Decoded(device="stranger-1", channel=None, events=said)},
        database=town.db, clock=clock, centre=CENTRE,
    )  # fmt: skip


async def test_a_press_without_id_or_time_is_late_and_once_however_often_it_is_used(
    town: Town, clock: FakeClock
) -> None:
    await _registers(town, clock, "stranger-1")
    letter = await _buried(town, clock, b"{}", source="acme", reason="no_event")
    came_at = clock.now()
    clock.advance(3600)
    using = _replayer_of(town, clock, report(EventType.SOS, battery_pct=3))
    for _ in range(2):
        await replay.ask(town.db, letter, by=CLERK, now=clock.now())
        await _drain(using)
        clock.advance(2 * 24 * 3600)
    (event,) = await town.events_of("stranger-1")
    assert (event["at"], event["marks"]) == (came_at, ["late", "not_live"])
    assert len(await town.incidents_of("stranger-1")) == 1
    state = await _state_of(town, "stranger-1")
    assert (state["last_seen"], state["battery_pct"]) == (None, None), "nothing was heard of it today"


async def test_smoke_used_again_does_not_stand_where_its_end_came_since(town: Town, clock: FakeClock) -> None:
    await _registers(town, clock, "stranger-1")
    letter = await _buried(town, clock, b"{}", source="acme", reason="no_event")
    clock.advance(60)
    await town.says("stranger-1", EventType.SMOKE_CLEAR, now=clock.now())
    clock.advance(60)
    await replay.ask(town.db, letter, by=CLERK, now=clock.now())
    await _drain(_replayer_of(town, clock, report(EventType.SMOKE, is_state=True)))
    assert (await _state_of(town, "stranger-1"))["open"] == []


async def test_a_call_beside_what_nobody_can_place_is_heard(town: Town, clock: FakeClock) -> None:
    letter = await _buried(town, clock, b"{}", source="acme", reason="no_event")
    await replay.ask(town.db, letter, by=CLERK, now=clock.now())
    await _drain(_replayer_of(town, clock, report(EventType.SOS), report(EventType.VITALS)))
    assert await _results(town) == ["device_unknown"]
    assert len(await town.incidents_of("stranger-1")) == 1


async def test_a_letter_that_the_database_cannot_hold_says_so_and_stops_nobody(town: Town, clock: FakeClock) -> None:
    await _registers(town, clock, "stranger-1")
    letter = await _buried(town, clock, b"{}", source="acme", reason="unstorable")
    await replay.ask(town.db, letter, by=CLERK, now=clock.now())
    nul = structs.replace(report(EventType.VITALS), detail=b'{"a": "\\u0000"}')
    await _drain(_replayer_of(town, clock, nul))
    assert await _results(town) == ["unstorable"]


async def test_whoever_registers_a_device_does_not_wait_for_all_it_ever_said(
    town: Town, clock: FakeClock, replayer: Replayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "ASKED_AT_ONCE", 2)
    for number in range(5):
        await _buried(town, clock, _said(f"v-{number}", clock, value=number))
    await _registers(town, clock, "stranger-1")
    assert await town.db.pool.fetchval("SELECT count(*) FROM dead_letter WHERE replay_asked_at IS NOT NULL") == 2
    await _drain(replayer)
    assert await _results(town) == ["used"] * 5


async def test_a_letter_buried_while_its_device_was_being_registered_is_used(
    town: Town, clock: FakeClock, replayer: Replayer
) -> None:
    await _registers(town, clock, "stranger-1")  # after the gateway had looked for it, and before it buried this:
    await _buried(town, clock, _said("v-1", clock, value=1))
    await _drain(replayer)
    assert await _results(town) == ["used"]


async def test_a_device_registered_before_its_person_is_known_names_its_case_with_the_person(
    town: Town, clock: FakeClock
) -> None:
    pressed = await town.says("stranger-4", EventType.SOS, now=clock.now())
    clock.advance(60)
    await _registers(town, clock, "stranger-4")
    assert (await town.incident(pressed.incident_id))["resident_id"] is None
    home = await town.home()
    clock.advance(60)
    device_id = await town.db.pool.fetchval("SELECT id FROM device WHERE device = 'stranger-4'")
    holder = Holder(resident_id=home.resident_id, premises_id=home.premises_id)
    await change_device(
        town.db, CENTRE.keyring, device_id, {}, holder, version=None, by=CLERK, now=clock.now()
    )  # fmt: skip
    assert (await town.incident(pressed.incident_id))["resident_id"] == home.resident_id


async def test_who_is_done_lets_another_replay_on_any_connection(town: Town) -> None:
    """The mistake: the lock stayed with the connection it was taken on, and no other process ever replayed."""
    async with replay.alone(town.db) as first, replay.alone(town.db) as beside:
        assert (first, beside) == (True, False)
    # Whoever comes next gets another connection than the one that was just given back.
    async with town.db.pool.acquire(), town.db.pool.acquire(), replay.alone(town.db) as later:
        assert later
