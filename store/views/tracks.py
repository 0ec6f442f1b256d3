"""What happened to whom, where they were and what their bodies said: for whoever may look, on record before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from store.database import Database
from store.sql import queries

_Q: Final = queries("tracks")


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where a device was, WGS-84; `late`: buffered, or its clock is wrong."""

    received_at: datetime
    at: datetime
    device: str
    lat: float
    lon: float
    accuracy_m: float | None
    late: bool


class VitalsReading(msgspec.Struct, frozen=True, kw_only=True):
    """What a device measured."""

    received_at: datetime
    at: datetime
    device: str
    vitals: Mapping[str, Any]
    late: bool


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something in somebody's line of time."""

    at: datetime
    kind: str
    id: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyWhere:
    """What allows a look at where somebody is: consent for always, and an open case with its beginning."""

    always: bool
    case: str | None
    case_opened_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A part of time, and behind which row a page begins."""

    from_at: datetime
    to_at: datetime
    before: tuple[datetime, int, str] | None = None


#: Of the last row of a page: what comes after it is older.
Key = tuple[datetime, int, str]


async def why_where(db: Database, resident_id: int, now: datetime) -> WhyWhere:
    """Read both."""
    row = await db.pool.fetchrow(_Q.why_where, resident_id, now)
    assert row is not None
    return WhyWhere(always=row["always"], case=row["number"], case_opened_at=row["opened_at"])


async def positions(
    db: Database, resident_id: int, span: Span, *, limit: int
) -> tuple[Sequence[Position], Key | None]:  # fmt: skip
    """A page of positions, the newest first, and the key behind its last."""
    rows = await db.pool.fetch(_Q.positions, resident_id, *_arguments(span), limit)
    return [_position(row) for row in rows], _last(rows, limit)


async def vitals(
    db: Database, resident_id: int, span: Span, *, limit: int
) -> tuple[Sequence[VitalsReading], Key | None]:  # fmt: skip
    """A page of body readings, the newest first, and the key behind its last."""
    rows = await db.pool.fetch(_Q.vitals, resident_id, *_arguments(span), limit)
    found = [
        VitalsReading(
            received_at=row["received_at"], at=row["at"], device=row["device"], vitals=row["vitals"], late=row["late"]
        )
        for row in rows
    ]
    return found, _last(rows, limit)


async def timeline(
    db: Database, resident_id: int, span: Span, *, limit: int
) -> tuple[Sequence[Happening], Key | None]:  # fmt: skip
    """A page of everything that happened, the newest first, and the key behind its last."""
    before = span.before
    key = (None, None, None) if before is None else (before[0], before[2], before[1])
    rows = await db.pool.fetch(_Q.timeline, resident_id, span.from_at, span.to_at, *key, limit)
    found = [Happening(at=row["at"], kind=row["kind"], id=str(row["id"]), detail=row["detail"]) for row in rows]
    last = rows[-1] if len(rows) == limit else None
    return found, None if last is None else (last["at"], last["id"], last["kind"])


def _arguments(span: Span) -> tuple[Any, ...]:
    return (span.from_at, span.to_at, *(span.before or (None, None, None)))


def _last(rows: Sequence[Any], limit: int) -> Key | None:
    if len(rows) < limit:
        return None
    return rows[-1]["received_at"], rows[-1]["device_id"], rows[-1]["event_id"]


def _position(row: Any) -> Position:
    place = row["location"]
    return Position(
        received_at=row["received_at"], at=row["at"], device=row["device"], lat=place["lat"], lon=place["lon"],
        accuracy_m=place.get("accuracy_m"), late=row["late"],
    )  # fmt: skip
