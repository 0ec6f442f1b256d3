"""When our own lanes heard nothing: kept by the engine's looks, so that silence of ours is nobody's fault."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain.grace import LOOK_GAP_S, Holding, LaneOutage, holdings
from store.database import Connection
from store.sql import queries

_Q: Final = queries("outages")


async def look(connection: Connection, now: datetime) -> list[Holding]:
    """Note how the lanes stand, and return what their outages hold; one look of one engine, idempotent."""
    last_look: datetime | None = await connection.fetchval(_Q.last_look)
    lanes = await connection.fetch(_Q.lanes)
    lasting = {row["lane"] for row in await connection.fetch(_Q.lane_outages, now) if row["to_at"] is None}
    unheld = {row["name"] for row in lanes if row["valid_until"] < now}
    if last_look is not None and now - last_look > timedelta(seconds=LOOK_GAP_S):
        # Nobody looked: what was not out already counts as out from the last look to this one.
        for row in lanes:
            if row["name"] not in lasting:
                await _begin(connection, row, last_look, now)
    for row in lanes:
        if row["name"] in unheld - lasting:
            await _begin(connection, row, max(row["valid_until"], last_look or now), None)
    ended = sorted(lasting - unheld)
    if ended:
        await connection.execute(_Q.end_lane_outages, ended, now)
    await connection.execute(_Q.note_look, now)
    return holdings([_outage(row) for row in await connection.fetch(_Q.lane_outages, now)], now=now)


async def forget(connection: Connection, now: datetime) -> None:
    """Leave out what is long over."""
    await connection.execute(_Q.forget_lane_outages, now)


async def _begin(connection: Connection, lane: Any, from_at: datetime, to_at: datetime | None) -> None:
    await connection.execute(_Q.begin_lane_outage, lane["name"], from_at, to_at, lane["filters"])


def _outage(row: Any) -> LaneOutage:
    return LaneOutage(
        lane=row["lane"],
        from_at=row["from_at"],
        to_at=row["to_at"],
        filters=tuple(row["filters"]),
        unseen=row["unseen"],
    )
