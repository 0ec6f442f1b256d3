"""What an alarm asks of the database, statement by statement: each is a round trip, and none is added unseen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Final

import pytest

from devices.event import Event, EventType
from rules.domain.vocabulary import Channel
from store import lanes
from store.alarms import Alarm, accept
from store.database import Database
from store.lanes import LaneLease
from tests.statements import Statements
from tests.town import CENTRE, NOW, Town, town_in

#: What every alarm begins with: the lane's lease, the device and its people, the event once, the device's state.
HEARD: Final = ("BEGIN", "lanes.confirm", "context.of_device", "alarms.insert", "device_words.move_state")
#: The incident it belongs to; whatever a decision needs beside it was read with the device.
RELATED: Final = ("cases.lock_open", "opening.last_resolved")
STANDING: Final = ("cases.lock_open", "cases.deadlines", "opening.last_resolved")
OPENED: Final = ("cases.insert", "cases.write_first")
TOLD: Final = ("SAVEPOINT", "outbox.tell_contacts", "RELEASE")
#: The change counter is held from here to the commit, and the connection goes back without another word.
ENDED: Final = ("changes.record", "COMMIT")

_PRESS: Final = (*HEARD, "cases.lock_resident", *RELATED, *OPENED, *ENDED)
_JOINED: Final = (*HEARD, "cases.lock_resident", *STANDING, "cases.update", *ENDED)
_COPY: Final = ("BEGIN", "lanes.confirm", "context.of_device", "alarms.insert", "alarms.lock_copy", "alarms.count_copy",
                "COMMIT")  # fmt: skip
_SMOKE: Final = (*HEARD, "cases.lock_premises", "alarms.last_word", *RELATED, *OPENED, *TOLD, *ENDED)
_CONFIRMED: Final = (*HEARD, "cases.lock_premises", "alarms.last_word", *STANDING, *TOLD, "hand_overs.services",
                     "cases.update", *ENDED)  # fmt: skip
_BATTERY: Final = (*HEARD, "cases.lock_device", "alarms.last_word", "holding.standing", "holding.write_trace", *RELATED,
                   *OPENED, *ENDED)  # fmt: skip


class Desk:
    """One connection of the program's own pool, and all that goes over it."""

    def __init__(self, town: Town, lease: LaneLease, statements: Statements) -> None:
        self.town, self._lease, self._statements = town, lease, statements

    async def hears(self, device: str, type_: EventType, id_: str, *, after_s: int = 0) -> Sequence[str]:
        """Store one alarm and return what that took, by name."""
        now = NOW + timedelta(seconds=after_s)
        alarm = Alarm(
            device=device, event=Event(id=id_, at=now, type=type_), channel=Channel.ALARM, received_at=now
        )  # fmt: skip
        self._statements.taken()
        async with self.town.db.transaction() as connection:
            await accept(connection, self._lease, alarm, centre=CENTRE)
        return self._statements.taken()


@pytest.fixture
async def desk(fresh_dsn: str) -> AsyncIterator[Desk]:
    async with town_in(fresh_dsn, max_size=1) as town:
        await town.user()
        statements = Statements()
        ready = Desk(town, await _lease(town.db, statements), statements)
        await _warm_up(ready)
        yield ready


async def _warm_up(desk: Desk) -> None:
    """What the driver asks once a connection, about types it meets for the first time, is nobody's in particular."""
    home = await desk.town.home()
    detector = await desk.town.device("smoke_alarm", premises_id=home.premises_id)
    for device, type_ in (
        (home.button, EventType.SOS),
        (home.button, EventType.BATTERY_LOW),
        (detector, EventType.SMOKE),
    ):
        for id_ in ("one", "two"):
            await desk.hears(device, type_, id_)


async def _lease(db: Database, statements: Statements) -> LaneLease:
    async with db.pool.acquire() as connection:
        await lanes.declare(connection, "alarms")
        lease = await lanes.take(connection, "alarms", "tests")
        statements.listen(connection)
    assert lease is not None
    return lease


async def test_a_press_costs_its_own_statements_and_no_other(desk: Desk) -> None:
    home = await desk.town.home()
    assert await desk.hears(home.button, EventType.SOS, "one") == _PRESS
    assert len(_PRESS) == 12


async def test_a_further_press_costs_no_more_than_the_first(desk: Desk) -> None:
    home = await desk.town.home()
    await desk.hears(home.button, EventType.SOS, "one")
    assert await desk.hears(home.button, EventType.SOS, "two", after_s=30) == _JOINED
    assert len(_JOINED) == len(_PRESS)


async def test_the_same_press_again_is_looked_at_and_counted(desk: Desk) -> None:
    home = await desk.town.home()
    await desk.hears(home.button, EventType.SOS, "one")
    assert await desk.hears(home.button, EventType.SOS, "one") == _COPY


async def test_smoke_asks_what_its_detector_said_before_and_tells_the_contacts_in_a_savepoint(desk: Desk) -> None:
    home = await desk.town.home()
    detectors = [await desk.town.device("smoke_alarm", premises_id=home.premises_id) for _ in range(2)]
    assert await desk.hears(detectors[0], EventType.SMOKE, "one") == _SMOKE
    assert await desk.hears(detectors[1], EventType.SMOKE, "two", after_s=20) == _CONFIRMED


async def test_only_what_may_be_held_asks_whether_something_holds_it(desk: Desk) -> None:
    home = await desk.town.home()
    assert await desk.hears(home.button, EventType.BATTERY_LOW, "one") == _BATTERY


async def test_every_home_costs_the_same_and_no_statement_is_prepared_twice(desk: Desk) -> None:
    homes = [await desk.town.home() for _ in range(3)]
    prepared = [await _prepared(desk.town.db) for home in homes if await desk.hears(home.button, EventType.SOS, "one")]
    assert await desk.hears((await desk.town.home()).button, EventType.SOS, "one") == _PRESS
    assert len(set(prepared[1:])) == 1


async def _prepared(db: Database) -> int:
    return int(await db.pool.fetchval("SELECT count(*) FROM pg_prepared_statements"))
