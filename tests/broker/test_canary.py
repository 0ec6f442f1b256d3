"""The canary on a real broker and a real database: full only where everything between press and screen is awake."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from console.context import ConsoleContext
from console.stream.hub import Hub
from devices.decoding import Decoded
from devices.event import Event, EventType
from gateway.canary import presses_on
from gateway.run import Gateway
from gateway.sources import LaneSettings, Source, canonical_source, matches
from rules.domain.vocabulary import Channel, Step
from rules.engine.due import DuePass
from rules.engine.loop import Engine
from store import canary
from store.alarms import Alarm, accept
from store.canary import device_of, last_round
from store.database import Database, connect
from store.engine import EngineStore
from store.feed import read_health
from store.steps import Hand, StepRequest, take_step
from tests.hurry import HurriedClock
from tests.servers import Mosquitto
from tests.town import CENTRE, record_faults
from tests.waiting import until

_numbers: Final = itertools.count(1)
#: Minutes pass in seconds, but a busy machine may take many of them.
patiently: Final = partial(until, within_s=45.0)
ALARM_FILTERS: Final = ("sw/v1/+/alarm",)


@dataclass(kw_only=True)
class Centre:
    """Parts of the program side by side, each started by whoever needs it."""

    db: Database
    broker_url: str
    lane: str
    clock: HurriedClock
    full_rounds: list[datetime] = field(default_factory=list)

    @property
    def device(self) -> str:
        return device_of(self.lane)

    def gateway(self) -> Any:
        lanes = [LaneSettings(name=self.lane, filters=ALARM_FILTERS, source="canonical")]
        return Gateway(
            lanes, database=self.db, clock=self.clock, centre=CENTRE, mqtt_url=self.broker_url, version="0.0-test",
            on_full_round=lambda: self.full_rounds.append(self.clock.now()),
        ).run()  # fmt: skip

    def engine(self) -> Any:
        return Engine([DuePass(EngineStore(self.db, CENTRE))], self.clock).run()

    def console(self) -> Any:
        context = ConsoleContext(
            db=self.db, keyring=CENTRE.keyring, clock=self.clock, web_dir=None, version="0.0-test",
            site_timezone=ZoneInfo("Asia/Shanghai"), dsn=self.db.dsn,
        )  # fmt: skip
        return Hub(context).run()

    async def incidents(self) -> list[Any]:
        return await self.db.pool.fetch(
            "SELECT i.* FROM incident AS i JOIN device AS d ON d.id = i.device_id WHERE d.device = $1 ORDER BY i.id",
            self.device,
        )

    async def ended(self, how: str) -> list[Any]:
        """The entries by which the canary's incidents were closed in this way."""
        return await self.db.pool.fetch(
            "SELECT e.* FROM entry AS e JOIN incident AS i ON i.id = e.incident_id"
            " JOIN device AS d ON d.id = i.device_id WHERE d.device = $1 AND e.action = 'closed'"
            " AND e.fixed::jsonb->'facts'->>'canary' = $2 ORDER BY e.incident_id",
            self.device, how,
        )  # fmt: skip

    async def part(self, name: str) -> Any:
        return await self.db.pool.fetchrow("SELECT * FROM part WHERE name = $1", name)


@asynccontextmanager
async def running(*work: Any) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


@pytest.fixture
async def centre(mosquitto: Mosquitto, fresh_dsn: str) -> AsyncIterator[Centre]:
    async with AsyncExitStack() as stack:
        db = await connect(fresh_dsn, application_name="shouwang tests canary", max_size=20)
        stack.push_async_callback(db.close)
        yield Centre(db=db, broker_url=mosquitto.url, lane=f"canary-{next(_numbers)}", clock=HurriedClock())


async def test_a_full_round_goes_from_the_press_to_the_screen_and_is_closed_by_the_canary(centre: Centre) -> None:
    async with running(centre.gateway(), centre.engine(), centre.console()):
        await patiently(lambda: centre.full_rounds, "a round is full")
    # On a machine with other work one before it may have been given up, and the next is begun a moment later.
    *_, closed = await centre.ended("full")
    (incident,) = [row for row in await centre.incidents() if row["id"] == closed["incident_id"]]
    actions = [row["action"] for row in await _entries(centre, incident["id"])]
    assert actions == ["opened", "escalated", "restored", "closed"]
    assert (incident["class"], incident["state"], incident["priority"]) == ("canary", "closed", 5)
    assert (incident["outcome"], incident["safety"], incident["marks"]) == (
        "technical", {"kind": "no_person_involved"}, [],
    )  # fmt: skip
    # The desks' numbers go on without it.
    assert await centre.db.pool.fetchval("SELECT count(*) FROM incident_day") == 0
    # Nobody took it while the engine was waited for.
    assert incident["last_owner"] is None
    part = await centre.part("canary")
    assert part["detail"]["lane"] == centre.lane
    assert 0 <= part["detail"]["seconds"] < (incident["closed_at"] - incident["opened_at"]).total_seconds()
    assert part["seen_at"] == incident["closed_at"]
    async with centre.db.pool.acquire() as connection:
        assert await record_faults(connection) == []


async def test_the_next_round_is_another_incident(centre: Centre) -> None:
    async with running(centre.gateway(), centre.engine(), centre.console()):
        await patiently(lambda: len(centre.full_rounds) >= 2, "two rounds are full")
    first, second, *_ = await centre.incidents()
    assert (first["state"], second["state"]) == ("closed", "closed")
    assert first["closed_at"] < second["opened_at"]


async def test_without_the_engine_no_round_is_full_and_each_is_given_up_and_begun_anew(centre: Centre) -> None:
    long_ago = centre.clock.now() - timedelta(hours=1)
    await centre.db.pool.execute("INSERT INTO part (name, seen_at) VALUES ('canary', $1)", long_ago)
    async with running(centre.gateway(), centre.console()):
        await patiently(lambda: centre.ended("abandoned"), "a round was given up")
        await patiently(lambda: _count(centre, 2), "another was begun")
        async with centre.db.pool.acquire() as connection:
            earlier = await read_health(connection, centre.clock.now())
            later = await read_health(connection, centre.clock.now())
    assert not centre.full_rounds
    assert await last_round(centre.db) == long_ago
    assert earlier.canary_age_s is not None
    assert later.canary_age_s is not None
    assert 3600 < earlier.canary_age_s < later.canary_age_s


async def test_without_a_console_no_round_is_full(centre: Centre) -> None:
    async with running(centre.gateway(), centre.engine()):
        await patiently(lambda: centre.ended("abandoned"), "a round was given up")
    (entry, *_) = await centre.ended("abandoned")
    assert "escalated" in {row["action"] for row in await _entries(centre, entry["incident_id"])}
    assert not centre.full_rounds
    assert await last_round(centre.db) is None


async def test_what_an_earlier_gateway_left_open_is_closed_before_the_next_press(centre: Centre) -> None:
    now = centre.clock.now()
    await centre.db.pool.execute(
        "INSERT INTO device (device, registered, created_at) VALUES ($1, true, $2)", centre.device, now
    )
    left = await _press_by_hand(centre, now)
    async with running(centre.gateway(), centre.engine(), centre.console()):
        await patiently(lambda: centre.full_rounds, "a round is full")
    (closed, *_) = await centre.ended("abandoned")
    assert closed["incident_id"] == left


async def test_a_canary_that_somebody_claimed_is_closed_all_the_same(centre: Centre) -> None:
    async with running(centre.gateway(), centre.console()):
        await patiently(lambda: _count(centre, 1), "it has pressed")
        (incident,) = await centre.incidents()
        claim = StepRequest(step=Step.CLAIM)
        now = centre.clock.now()
        await take_step(centre.db, incident["id"], claim, by=Hand(user_id=7), centre=CENTRE, now=now)
        await patiently(lambda: centre.ended("abandoned"), "a round was given up")
    async with centre.db.pool.acquire() as connection:
        assert await record_faults(connection) == []


async def test_a_lane_that_never_had_a_full_round_does_not_hide_behind_another(centre: Centre) -> None:
    await centre.db.pool.execute("INSERT INTO lane (name) VALUES ('silent')")
    await centre.db.pool.execute(
        "INSERT INTO device (device, life, created_at) VALUES ('canary:silent', 'live', $1)", centre.clock.now()
    )
    async with running(centre.gateway(), centre.engine(), centre.console()):
        await patiently(lambda: centre.part(f"canary:{centre.lane}"), "this lane's round is full")
        await patiently(lambda: centre.ended("full"), "and closed")
    assert await centre.part("canary") is None
    assert not centre.full_rounds


async def test_a_lane_on_which_no_canary_presses_any_more_is_not_waited_for(centre: Centre) -> None:
    await centre.db.pool.execute("INSERT INTO lane (name) VALUES ('telemetry')")
    await centre.db.pool.execute(
        "INSERT INTO device (device, life, created_at) VALUES ('canary:telemetry', 'live', $1)", centre.clock.now()
    )
    async with centre.db.pool.acquire() as connection:
        await canary.dismiss(connection, ["telemetry"])
    async with running(centre.gateway(), centre.engine(), centre.console()):
        await patiently(lambda: centre.full_rounds, "a round is full")
    assert await centre.part("canary") is not None


async def test_a_stranger_named_like_a_canary_is_a_call_like_any_other(centre: Centre) -> None:
    incident_id = await _press_by_hand(centre, centre.clock.now())
    incident = await centre.db.pool.fetchrow("SELECT class, marks FROM incident WHERE id = $1", incident_id)
    assert incident is not None
    assert (incident["class"], incident["marks"]) == ("sos", ["unregistered"])


async def test_several_consoles_note_the_first_sight_of_a_change(centre: Centre) -> None:
    first = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
    async with centre.db.pool.acquire() as connection:
        await canary.note_shown(connection, 7, at=first)
        await canary.note_shown(connection, 7, at=first + timedelta(seconds=3))
        await canary.note_shown(connection, 5, at=first + timedelta(seconds=4))
    part = await centre.part("stream")
    assert (part["detail"], part["seen_at"]) == ({"seq": 7}, first)


@pytest.mark.parametrize(
    ("filter_", "topic", "taken"),
    [
        ("sw/v1/+/alarm", "sw/v1/canary:alarms/alarm", True),
        ("sw/v1/#", "sw/v1/canary:alarms/alarm", True),
        ("#", "sw/v1/canary:alarms/alarm", True),
        ("sw/v1/canary:alarms/alarm", "sw/v1/canary:alarms/alarm", True),
        ("sw/v1/+/telemetry", "sw/v1/canary:alarms/alarm", False),
        ("sw/v1/+", "sw/v1/canary:alarms/alarm", False),
        ("sw/v1/canary:alarms/alarm/#", "sw/v1/canary:alarms/alarm", True),
        ("zigbee2mqtt/+", "sw/v1/canary:alarms/alarm", False),
    ],
)
def test_a_filter_takes_what_the_protocol_says(filter_: str, topic: str, taken: bool) -> None:
    assert matches(filter_, topic) is taken


def test_a_lane_of_telemetry_or_of_another_form_has_no_canary() -> None:
    assert presses_on(canonical_source(ALARM_FILTERS), "alarms")
    assert not presses_on(canonical_source(("sw/v1/+/telemetry",)), "telemetry")
    assert not presses_on(
        Source(name="zigbee2mqtt", filters=("#",), decode=lambda _topic, _payload: Decoded(device=None, channel=None)),
        "homes",
    )


async def _entries(centre: Centre, incident_id: int) -> list[Any]:
    return await centre.db.pool.fetch("SELECT action FROM entry WHERE incident_id = $1 ORDER BY seq", incident_id)


async def _count(centre: Centre, least: int) -> bool:
    return len(await centre.incidents()) >= least


async def _press_by_hand(centre: Centre, now: datetime) -> int:
    event = Event(id="by-hand", at=now, type=EventType.SOS)
    alarm = Alarm(device=centre.device, event=event, channel=Channel.ALARM, received_at=now)
    async with centre.db.transaction() as connection:
        accepted = await accept(connection, None, alarm, centre=CENTRE)
    assert accepted.incident_id is not None
    return accepted.incident_id
