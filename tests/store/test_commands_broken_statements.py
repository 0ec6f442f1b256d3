"""Whatever statement is the last one that runs: each command is asked, handed out, answered and told of once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import pytest

from devices.event import EventType
from rules.domain.commands import wire_id
from store import handing
from store.database import Database
from store.fixes import see_to_fixes
from store.handing import Answer, Fate
from tests.breaking import Fuse, Manner, breaking_database
from tests.town import CENTRE, NOW, Town, town_in

#: More statements than any run has.
STATEMENTS_LIMIT = 80
AGAIN_AFTER = timedelta(seconds=30)
#: After a batch that died is handed out again.
LATER = NOW + AGAIN_AFTER


class Band:
    """One person's band and what is asked of it."""

    def __init__(self, town: Town, device: str, incident_id: int) -> None:
        self.town, self.device, self.incident_id = town, device, incident_id
        self.published: list[str] = []

    async def ask(self, db: Database) -> None:
        await see_to_fixes(db, centre=CENTRE, now=NOW)

    async def hand(self, db: Database) -> None:
        """What the worker does; what an earlier try left is handed out again later."""
        for now in (NOW, LATER):
            for one in await handing.take(db, limit=100, again_after=AGAIN_AFTER, now=now):
                if one.device == self.device:
                    self.published.append(one.command.id)
                await handing.mark_sent(db, one.id, now=now)

    async def answer(self, db: Database) -> None:
        row = await self._row()
        said = Answer(device=self.device, id=wire_id(row["id"], row["made_at"]), ok=True, detail="done")
        async with db.transaction() as connection:
            (fate,) = await handing.note_answers(connection, [said], now=NOW)
        assert fate is not Fate.NOBODYS

    async def tell(self, db: Database) -> None:
        for command_id, incident_id in await handing.untold(db):
            await handing.tell(db, command_id, incident_id, centre=CENTRE, now=NOW)

    async def _row(self) -> asyncpg.Record:
        (row,) = await self.town.db.pool.fetch(
            "SELECT c.* FROM command AS c JOIN device AS d ON d.id = c.device_id WHERE d.device = $1", self.device
        )
        return row


async def band_in(town: Town) -> Band:
    home = await town.home(tags=("dementia",))
    device = await town.device("location_band", resident_id=home.resident_id)
    call = await town.says(device, EventType.WANDERING, now=NOW)
    assert call.incident_id is not None
    return Band(town, device, call.incident_id)


async def asked_once(band: Band) -> None:
    row = await band._row()
    assert (row["state"], row["tries"]) == ("waiting", 0)
    assert await band.town.actions(band.incident_id) == ["opened", "commanded"]


async def handed_with_one_id(band: Band) -> None:
    row = await band._row()
    assert row["state"] == "sent"
    assert set(band.published) == {wire_id(row["id"], row["made_at"])}


async def answered_once(band: Band) -> None:
    row = await band._row()
    assert (row["state"], row["ok"], row["answered_at"]) == ("answered", True, NOW)


async def told_once(band: Band) -> None:
    assert await band.town.actions(band.incident_id) == ["opened", "commanded", "command_ended"]
    assert (await band._row())["told"] is True


Run = Callable[[Band, Database], Awaitable[None]]
#: What went before it, the transaction itself, what is there afterwards, and at least how many statements it has.
KINDS: dict[str, tuple[tuple[Run, ...], Run, Callable[[Band], Awaitable[None]], int]] = {
    "asked": ((), Band.ask, asked_once, 10),
    "handed out": ((Band.ask,), Band.hand, handed_with_one_id, 2),
    "answered": ((Band.ask, Band.hand), Band.answer, answered_once, 3),
    "told": ((Band.ask, Band.hand, Band.answer), Band.tell, told_once, 8),
}


@pytest.mark.parametrize("manner", Manner)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_failure_at_any_statement_and_another_try_do_it_once(fresh_dsn: str, kind: str, manner: Manner) -> None:
    before, run, check, statements_at_least = KINDS[kind]
    fuse = Fuse(manner=manner)
    async with town_in(fresh_dsn) as town, breaking_database(fresh_dsn, fuse) as breaking:
        for at in range(1, STATEMENTS_LIMIT):
            band = await band_in(town)
            for step in before:
                await step(band, town.db)
            fuse.arm(at)
            try:
                await run(band, breaking)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                assert fuse.burnt, "it failed by itself"
            fuse.disarm()
            assert await town.faults() == [], f"half of it is there after statement {at}"
            await run(band, town.db)
            await check(band)
            assert await town.faults() == [], f"after statement {at} and again"
            if not fuse.burnt:
                break
        assert fuse.seen >= statements_at_least, f"only {fuse.seen} statements were seen"
