"""Whatever statement is the last one that runs: after a redelivery there is exactly one of everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import asyncpg
import pytest

from devices.event import Event, EventType, digest
from rules.domain.firing import decide
from rules.domain.vocabulary import Channel, Step
from store.alarms import Alarm, Unreadable, accept, accept_unreadable
from store.database import Database
from store.dead_letters import DeadLetter, bury
from store.engine import EngineStore
from store.steps import StaleVersion, StepRefused, StepRequest, take_step
from store.telemetry import Batch, StateMoves, move_states, store_readings
from tests.breaking import Fuse, Manner, breaking_database
from tests.town import CENTRE, NOW, Home, Town, letter, town_in
from tests.waiting import until

#: The oldest server we support, and the one that comes with the program.
pytestmark = pytest.mark.parametrize("embedded_postgres", ["18", "17"], indirect=True)

#: More statements than any run has: reached only where a run never ends.
STATEMENTS_LIMIT = 80
#: A second after a press's first stage.
LATER = NOW + timedelta(seconds=61)


@dataclass(kw_only=True)
class Story:
    """What one run is about: a home of its own, and what was prepared there."""

    town: Town
    home: Home
    incident_id: int | None = None
    hand: Any = None


class Kind(Protocol):
    """One kind of transaction: prepared, run (again and again), and looked at."""

    async def __call__(self, db: Database, story: Story) -> None: ...


async def press(db: Database, story: Story) -> None:
    event = Event(id="press", at=NOW, type=EventType.SOS)
    alarm = Alarm(device=story.home.button, event=event, channel=Channel.ALARM, received_at=NOW)
    async with db.transaction() as connection:
        await accept(connection, None, alarm, centre=CENTRE)


async def one_press(story: Story) -> None:
    (event,) = await story.town.events_of(story.home.button)
    (incident,) = await story.town.incidents_of(story.home.button)
    assert event["incident_id"] == incident["id"]
    assert (incident["class"], incident["priority"], incident["alert_count"]) == ("sos", 1, 1)
    assert await story.town.actions(incident["id"]) == ["opened"]


async def pressed_before(story: Story) -> None:
    story.incident_id = (await story.town.says(story.home.button, id_="before", now=NOW)).incident_id


async def joined_once(story: Story) -> None:
    assert len(await story.town.events_of(story.home.button)) == 2
    (incident,) = await story.town.incidents_of(story.home.button)
    assert (incident["id"], incident["alert_count"]) == (story.incident_id, 2)
    assert await story.town.actions(incident["id"]) == ["opened", "joined"]


async def unreadable(db: Database, story: Story) -> None:
    call = Unreadable(letter=letter(story.home.button, b"\xff not an event"), received_at=NOW)
    async with db.transaction() as connection:
        await accept_unreadable(connection, None, call, centre=CENTRE)


async def one_unknown_call(story: Story) -> None:
    (incident,) = await story.town.incidents_of(story.home.button)
    assert (incident["class"], incident["priority"]) == ("unknown", 2)
    kept = await story.town.db.pool.fetch("SELECT * FROM dead_letter WHERE device = $1", story.home.button)
    assert [row["incident_id"] for row in kept] == [incident["id"]]


READINGS = 40


async def batch(db: Database, story: Story) -> None:
    device_id = await story.town.db.pool.fetchval("SELECT id FROM device WHERE device = $1", story.home.button)
    now = await story.town.db.pool.fetchval("SELECT clock_timestamp()")
    rows, moves = Batch(), StateMoves()
    for number in range(READINGS):
        event = Event(id=f"r{number}", at=NOW, type=EventType.READING)
        rows.add(now, NOW, digest(event), device_id, False, "reading", event.id, '{"value":1}')
    for column, value in zip(
        (moves.device_id, moves.seen_at, moves.battery_pct, moves.lat, moves.lon, moves.accuracy_m, moves.clock_ok,
         moves.online),
        (device_id, now, 50.0, None, None, None, True, None),
        strict=True,
    ):  # fmt: skip
        column.append(value)  # type: ignore[attr-defined]  # the columns' common type is object
    async with db.transaction() as connection:
        await store_readings(connection, rows)
        await move_states(connection, moves)
        await bury(connection, [DeadLetter(
            device=story.home.button, topic="t", source="canonical", lane="telemetry", reason="not_json", detail="",
            payload=b"}", decoder="0",
        )], now=NOW)  # fmt: skip


async def each_reading_once(story: Story) -> None:
    stored = await story.town.db.pool.fetchval(
        "SELECT count(*) FROM reading AS r JOIN device AS d ON d.id = r.device_id WHERE d.device = $1",
        story.home.button,
    )
    assert stored == READINGS
    assert await story.town.db.pool.fetchval("SELECT count(*) FROM dead_letter WHERE device = $1", story.home.button)


async def desk_ready(story: Story) -> None:
    story.hand = await story.town.user()
    await pressed_before(story)


async def claim(db: Database, story: Story) -> None:
    assert story.incident_id is not None
    request = StepRequest(step=Step.CLAIM, if_match=1, text="已拨打家中电话")
    try:
        await take_step(db, story.incident_id, request, by=story.hand, centre=CENTRE, now=NOW)
    except (StaleVersion, StepRefused):
        # Where the answer was lost, the page is told so when it asks again: it was done.
        incident = await story.town.incident(story.incident_id)
        assert incident["claimed_by"] == story.hand.user_id


async def claimed_once(story: Story) -> None:
    incident = await story.town.incident(story.incident_id)
    assert (incident["state"], incident["claimed_by"], incident["version"]) == ("claimed", story.hand.user_id, 2)
    # The claim is announced to the device that called, in the same transaction.
    assert await story.town.actions(story.incident_id) == ["opened", "claim", "commanded"]
    assert (
        await story.town.db.pool.fetchval("SELECT count(*) FROM command WHERE incident_id = $1", story.incident_id) == 1
    )
    texts = await story.town.db.pool.fetchval(
        "SELECT count(*) FROM entry_text WHERE incident_id = $1", story.incident_id
    )
    assert texts == 1


async def fire(db: Database, story: Story) -> None:
    report = await EngineStore(db, CENTRE).fire_due(LATER, 1000, decide)
    if report.failed:
        # Put off by five seconds: the next pass after them does it.
        await EngineStore(db, CENTRE).fire_due(LATER + timedelta(seconds=5), 1000, decide)


async def escalated_once(story: Story) -> None:
    assert await story.town.actions(story.incident_id) == ["opened", "escalated"]
    incident = await story.town.incident(story.incident_id)
    assert incident["sound_to"] == "supervisors"
    assert incident["next_due_at"] > LATER


async def nothing_before(story: Story) -> None:
    """The home is all it needs."""


Prepare = Callable[[Story], Awaitable[None]]
KINDS: dict[str, tuple[Prepare, Kind, Prepare, int]] = {
    "press": (nothing_before, press, one_press, 12),
    "join": (pressed_before, press, joined_once, 12),
    "unreadable call": (nothing_before, unreadable, one_unknown_call, 12),
    "telemetry batch": (nothing_before, batch, each_reading_once, 5),
    "desk step": (desk_ready, claim, claimed_once, 10),
    "engine firing": (desk_ready, fire, escalated_once, 10),
}


async def _let_go(town: Town) -> bool:
    """Whether no cut connection still holds its rows: the engine would pass over what is locked."""
    held: bool = await town.db.pool.fetchval(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'shouwang breaking' AND xact_start IS NOT NULL)"
    )
    return not held


@pytest.mark.parametrize("manner", Manner)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_failure_at_any_statement_then_redelivery_leaves_exactly_one(
    fresh_dsn: str, kind: str, manner: Manner
) -> None:
    prepare, run, check, statements_at_least = KINDS[kind]
    fuse = Fuse(manner=manner)
    async with town_in(fresh_dsn) as town, breaking_database(fresh_dsn, fuse) as breaking:
        for at in range(1, STATEMENTS_LIMIT):
            story = Story(town=town, home=await town.home())
            await prepare(story)
            fuse.arm(at)
            try:
                await run(breaking, story)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                assert fuse.burnt, "it failed by itself"
            fuse.disarm()
            await until(lambda: _let_go(town), "the server notices that the connection is gone, and rolls back")
            assert await town.faults() == [], f"half of it is there after statement {at}"
            await run(town.db, story)
            await check(story)
            assert await town.faults() == [], f"after statement {at} and again"
            if not fuse.burnt:
                break
        assert fuse.seen >= statements_at_least, f"only {fuse.seen} statements were seen: the wrapper is not in the way"
