"""Where responders are: a position that shows movement is as good as a word."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Final

from rules.domain.assignments import MOVED_M, Word, WordRefused
from rules.domain.place import Point, distance_m
from store.assignments import AssignmentUnknown, Said
from store.database import Database
from store.field_words import say
from store.opening import Centre
from store.sql import queries

_Q: Final = queries("assignments")


async def note_position(
    database: Database, responder_id: int, point: Point, accuracy_m: float | None, *, centre: Centre, now: datetime
) -> int:
    """Keep where somebody is; whoever said yes and is elsewhere by now has set out. Returns in how many cases."""
    await database.pool.execute(_Q.save_position, responder_id, point.lat, point.lon, accuracy_m, now)
    moved = 0
    for row in await database.pool.fetch(_Q.waiting_to_move, responder_id):
        began = Point(lat=row["from_lat"], lon=row["from_lon"])
        if distance_m(began, point) <= MOVED_M + (accuracy_m or 0.0):
            continue
        said = Said(word=Word.EN_ROUTE, actor=f"responder:{responder_id}", reason="position")
        with suppress(WordRefused, AssignmentUnknown):  # stood down, or arrived, in this very moment
            await say(database, row["id"], said, centre=centre, now=now)
            moved += 1
    return moved
