"""A centre that is watched second by second: the town of the long life, telephones that note the time, small steps."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from rules.domain.sending import VOICE_GAP_S, Kind
from rules.engine.outbox import Failed, Letter, Outcome, Uncertain
from store.database import Connection
from tests.properties.centre.telephones import Given, Telephone
from tests.properties.centre.world import Cast, World, cast_in, world_in
from tests.town import NOW

#: The machine's own times are looked at so often that no lease is given another term for our absence.
STEP_MOST_S: Final = 10

_COUNTY: Final = """
WITH officer AS (
    INSERT INTO app_user (name, display_name, role, phone, created_at)
    VALUES ('county', 'county', 'centre_manager', '13900000099', $1) RETURNING id)
INSERT INTO shift (role, user_id, from_at, to_at, rank)
SELECT 'county_duty', id, $1, $1::timestamptz + interval '10 years', 1 FROM officer
"""


@dataclass(kw_only=True)
class Rung(Given):
    """What every provider was given, and when each telephone rang."""

    now: Callable[[], datetime]
    rang: dict[str, list[datetime]] = field(default_factory=dict)

    def telephones(self) -> Sequence[Telephone]:
        return [
            _Clocked(given=self, name="calls", kind=Kind.VOICE),
            _Clocked(given=self, name="texts", kind=Kind.SMS),
        ]


@dataclass(frozen=True, kw_only=True)
class _Clocked(Telephone):
    """The invented provider, with a watch."""

    async def send(self, letter: Letter) -> Outcome:
        assert isinstance(self.given, Rung), "made by it"
        at = self.given.now()
        outcome: Outcome = Uncertain(reason="raised")
        try:
            outcome = await super().send(letter)
        finally:
            if self.kind is Kind.VOICE and not isinstance(outcome, Failed):
                self.given.rang.setdefault(letter.to, []).append(at)
        return outcome


def nobody_rung_twice_a_minute(rung: Rung) -> None:
    """centre.md, part 3: "each person gets at most one voice call a minute"."""
    for times in rung.rang.values():
        for first, second in itertools.pairwise(times):
            assert (second - first).total_seconds() >= VOICE_GAP_S, f"a telephone rang at {first} and at {second}"


async def cast_at_night(dsn: str) -> Cast:
    """The town of the long life, with an officer of the county on duty."""
    cast = await cast_in(dsn)
    async with world_in(dsn, cast) as world:
        await world.db.pool.execute(_COUNTY, NOW)
    return cast


@asynccontextmanager
async def night_in(dsn: str, cast: Cast) -> AsyncIterator[World]:
    """A copy of the town whose telephones note the time."""
    async with world_in(dsn, cast) as world:
        world.given = Rung(now=lambda: world.now)
        world.engines = [world.engine_over(world.db), world.engine_over(world.db)]
        yield world


async def present(connection: Connection) -> frozenset[int]:
    """The desks at which an alarm is heard now."""
    return frozenset(row["user_id"] for row in await connection.fetch("SELECT user_id FROM desk_present"))


def later(world: World, seconds: int) -> None:
    """Time passes."""
    assert 0 < seconds <= STEP_MOST_S, "a step is small"
    world.now += timedelta(seconds=seconds)
