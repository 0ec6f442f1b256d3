"""Responders of an invented town, and the telephone they answer: what the stories about dispatch are told with."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain.assignments import Word
from store.assignments import Said
from store.field_words import Heard, say
from tests.story.centre_at_night import Night, night_in
from tests.town import CENTRE, NOW

#: One degree of latitude, in metres.
_DEGREE_M: Final = 111_195.0
_numbers: Final = itertools.count(1)


@dataclass(kw_only=True)
class Field:
    """The night and the people who go."""

    night: Night

    async def responder(self, kind: str = "community_worker", *, metres: float = 500.0, **columns: Any) -> int:
        """Somebody whose base lies so far north of every home of the town."""
        fields = {
            "name": f"李试{next(_numbers)}", "kind": kind, "phone": f"138{next(_numbers):08}",
            "base_lat": 31.9 + metres / _DEGREE_M, "base_lon": 121.2, "created_at": NOW, **columns,
        }  # fmt: skip
        places = ", ".join(f"${n}" for n in range(1, len(fields) + 1))
        made: int = await self.night.town.db.pool.fetchval(
            f"INSERT INTO responder ({', '.join(fields)}) VALUES ({places}) RETURNING id",  # noqa: S608 - names of ours
            *fields.values(),
        )
        return made

    async def shift(self, responder: int, from_at: datetime, to_at: datetime) -> None:
        await self.night.town.db.pool.execute(
            "INSERT INTO shift (role, responder_id, from_at, to_at) VALUES ('responder', $1, $2, $3)",
            responder, from_at, to_at,
        )  # fmt: skip

    async def away(self, responder: int, *, since: datetime) -> None:
        await self.night.town.db.pool.execute(
            "INSERT INTO responder_absence (responder_id, from_at, reason) VALUES ($1, $2, 'ill')", responder, since
        )

    async def assignments(self, incident_id: int | None) -> list[Any]:
        return await self.night.town.db.pool.fetch(
            "SELECT * FROM assignment WHERE incident_id = $1 ORDER BY id", incident_id
        )

    async def standing(self, incident_id: int | None) -> dict[int, str]:
        """The last standing of each responder asked."""
        return {row["responder_id"]: row["state"] for row in await self.assignments(incident_id)}

    async def notices(self, incident_id: int | None, purpose: str) -> list[str]:
        """Who was told with this purpose, in order."""
        rows = await self.night.town.db.pool.fetch(
            "SELECT recipient FROM outbox WHERE incident_id = $1 AND purpose = $2 ORDER BY id", incident_id, purpose
        )
        return [row["recipient"] for row in rows]

    async def sent_out(self) -> None:
        """The notices have left: what is taken back from now on was heard."""
        await self.night.town.db.pool.execute("UPDATE outbox SET state = 'sent' WHERE state = 'waiting'")

    async def says(self, incident_id: int | None, responder: int, word: Word, **more: Any) -> Heard:
        """The responder's word about their last assignment in this case."""
        row = [a for a in await self.assignments(incident_id) if a["responder_id"] == responder][-1]
        said = Said(word=word, actor=f"responder:{responder}", **more)
        return await say(self.night.town.db, row["id"], said, centre=CENTRE, now=self.night.now)

    async def is_at(self, responder: int, *, metres: float) -> None:
        """A fresh position so far from every home."""
        await self.night.town.db.pool.execute(
            "INSERT INTO responder_position (responder_id, lat, lon, accuracy_m, at) VALUES ($1, $2, 121.2, 10, $3)"
            " ON CONFLICT (responder_id) DO UPDATE SET lat = excluded.lat, at = excluded.at",
            responder, 31.9 + metres / _DEGREE_M, self.night.now,
        )  # fmt: skip

    async def pass_to(self, hour: int) -> None:
        """Let it become this hour of the town's next day or night, with nothing open."""
        local = self.night.now.astimezone(CENTRE.timezone)
        later = local.replace(hour=hour, minute=0, second=0)
        if later <= local:
            later += timedelta(days=1)
        self.night.clock.advance((later - local).total_seconds())


@asynccontextmanager
async def field_in(dsn: str) -> AsyncIterator[Field]:
    async with night_in(dsn) as night:
        yield Field(night=night)
