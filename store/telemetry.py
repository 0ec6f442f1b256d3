"""Readings and routine states: stored in batches, each once, with a bad row set apart from the good ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

import asyncpg
from msgspec.json import Encoder

from devices.event import EPOCH
from store.database import Connection
from store.partitions import day_of, partition_name
from store.sql import queries

_Q: Final = queries("telemetry")

#: The CHECKs of ours that a device's data could break; any other constraint failing is our own fault.
_OUR_CHECKS: Final = frozenset({"device_device_check", "dead_letter_count_check"})
#: A row is bad data only with one of these (architecture.md, invariant 3): its own content is at fault.
_BAD_DATA_STATES: Final = frozenset({"23502", "54000", "54001"})


def is_bad_data(error: BaseException) -> bool:
    """Whether an error can be the row's own; everything else is our fault and is tried again."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        named = getattr(error, "constraint_name", None) in _OUR_CHECKS
        return state.startswith("22") or state in _BAD_DATA_STATES or (state == "23514" and named)
    # The client could not even encode it: asyncpg's DataError is a ValueError too.
    return isinstance(error, UnicodeError | OverflowError | asyncpg.DataError | ColumnsBroken)


class ColumnsBroken(ValueError):
    """A text holds the character that keeps texts apart; nothing that decoding lets through does."""


_json: Final = Encoder().encode

# asyncpg asks two abstract classes about every single element of an array (a third of what storing a reading cost).
# One text for each column costs the client a quarter of that, and PostgreSQL next to nothing.


def in_array(values: Sequence[float | None]) -> str:
    """Numbers, truth values and gaps as PostgreSQL reads an array: what JSON calls them, in braces."""
    return f"{{{_json(values)[1:-1].decode()}}}"


def in_micros(times: Sequence[datetime | None]) -> str:
    """Times as an array of microseconds since 1970."""
    micros: list[int | None] = []
    last: datetime | None = None
    its: int | None = None
    for time in times:
        # What came in one read bears one time, the same object.
        if time is not last:
            last, its = time, None if time is None else (time - EPOCH) // _MICROSECOND
        micros.append(its)
    return in_array(micros)


def in_real(value: float | None) -> float | None:
    """A device's number as a column of type `real` takes it: two decimals, and no more than the type can hold."""
    if value is None:
        return None
    rounded = round(value, 2)
    return rounded if -_REAL_MAX <= rounded <= _REAL_MAX else max(-_REAL_MAX, min(rounded, _REAL_MAX))


#: More than any metre or per cent on Earth; `real` itself ends at 3.4e38 and refuses what is below 1e-38.
_REAL_MAX: Final = 1e9


def in_lines(texts: Sequence[str]) -> str:
    """Texts in one, a line each; ColumnsBroken where one holds a newline."""
    joined = "\n".join(texts)
    if joined.count("\n") != len(texts) - 1:
        raise ColumnsBroken("an event's id, type or data holds a newline")
    return joined


_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows to store, as columns: position i of each list is one event. Bounded by whoever fills it."""

    received_at: list[datetime] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    digest: list[int] = field(default_factory=list)
    device_id: list[int] = field(default_factory=list)
    late: list[bool] = field(default_factory=list)
    type: list[str] = field(default_factory=list)
    event_id: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)

    def add(
        self, received_at: datetime, at: datetime, digest: int, device_id: int, late: bool, type_: str, event_id: str,
        data: str,
    ) -> None:  # fmt: skip
        self.received_at.append(received_at)
        self.at.append(at)
        self.digest.append(digest)
        self.device_id.append(device_id)
        self.late.append(late)
        self.type.append(type_)
        self.event_id.append(event_id)
        self.data.append(data)

    def columns(self) -> tuple[str, ...]:
        """Each column as one text, in the order of the fields; raises ColumnsBroken where a text holds a newline."""
        return (
            in_micros(self.received_at), in_micros(self.at), in_array(self.digest), in_array(self.device_id),
            in_array(self.late), in_lines(self.type), in_lines(self.event_id), in_lines(self.data),
        )  # fmt: skip

    def part(self, start: int, end: int) -> Batch:
        return Batch(
            self.received_at[start:end], self.at[start:end], self.digest[start:end], self.device_id[start:end],
            self.late[start:end], self.type[start:end], self.event_id[start:end], self.data[start:end],
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.event_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class BadRow:
    """A row that cannot be stored though a control row can: its position in the batch and the reason."""

    position: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What became of a batch: how many rows were new, the positions of copies, the rows that cannot be stored."""

    new: int
    copies: frozenset[int]
    bad: tuple[BadRow, ...] = ()


async def registered_devices(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """The ids of those of the named devices that are registered."""
    rows = await connection.fetch(_Q.registered_devices, list(names))
    return {row["device"]: row["id"] for row in rows}


async def store_readings(connection: Connection, batch: Batch) -> Stored:
    """Store a batch whose rows are all of one UTC day of receipt; raises if any row is bad data."""
    assert len(batch) and day_of(batch.received_at[0]) == day_of(batch.received_at[-1])
    status = await connection.execute(_insert_reading(day_of(batch.received_at[0])), *batch.columns())
    return await _count(connection, batch, status, _Q.readings_before)


async def store_states(connection: Connection, batch: Batch) -> Stored:
    """Store routine states (a door, a bed) beside the alarms, where no missing partition can stop them."""
    status = await connection.execute(_Q.insert_states, *batch.columns())
    return await _count(connection, batch, status, _Q.states_before)


async def _count(connection: Connection, batch: Batch, status: str, before: str) -> Stored:
    new = int(status.rpartition(" ")[2])
    if new == len(batch):
        return Stored(new=new, copies=frozenset())
    # Some were there already. Which ones matters, for a copy must not move a device's state back.
    rows = await connection.fetch(before, batch.device_id, batch.event_id, batch.digest, batch.received_at)
    return Stored(new=new, copies=frozenset(row["position"] - 1 for row in rows))


async def store_isolating(
    connection: Connection, batch: Batch, *, readings: bool, offset: int = 0
) -> tuple[int, frozenset[int], tuple[BadRow, ...]]:
    """Store what can be stored, halving under savepoints until each bad row stands alone.

    Returns (new, positions of copies, bad rows). A single row that fails counts as bad data only if a control row
    goes through in the same transaction; otherwise the error is ours and is raised.
    """
    try:
        async with connection.transaction():
            stored = await (store_readings if readings else store_states)(connection, batch)
        return stored.new, frozenset(offset + copy for copy in stored.copies), ()
    except Exception as error:
        # Any type: what is not the row's own fault is raised again right here.
        if not is_bad_data(error):
            raise
        if len(batch) == 1:
            await _prove_with_control_row(connection, batch.received_at[0])
            return 0, frozenset(), (BadRow(position=offset, reason=f"{type(error).__name__}: {error}"[:500]),)
    half = len(batch) // 2
    left = await store_isolating(connection, batch.part(0, half), readings=readings, offset=offset)
    right = await store_isolating(connection, batch.part(half, len(batch)), readings=readings, offset=offset + half)
    return left[0] + right[0], left[1] | right[1], left[2] + right[2]


async def _prove_with_control_row(connection: Connection, received_at: datetime) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        control = Batch([received_at], [received_at], [0], [0], [False], ["reading"], ["control"], ["{}"])
        await connection.execute(_insert_reading(day_of(received_at)), *control.columns())
    finally:
        await transaction.rollback()


@lru_cache(maxsize=4)
def _insert_reading(day: date) -> str:
    # A table's name cannot be a parameter; this one is made from a date by `partition_name` and from nothing else.
    tables = [partition_name(day - timedelta(days=back)) for back in range(3)]
    return str(_Q.insert_readings).format(today=tables[0], yesterday=tables[1], day_before=tables[2])


@dataclass(frozen=True, slots=True)
class StateMoves:
    """What a batch says about its devices' states, the newest word each; columns sorted by device id."""

    device_id: list[int] = field(default_factory=list)
    seen_at: list[datetime | None] = field(default_factory=list)
    battery_pct: list[float | None] = field(default_factory=list)
    lat: list[float | None] = field(default_factory=list)
    lon: list[float | None] = field(default_factory=list)
    accuracy_m: list[float | None] = field(default_factory=list)
    clock_ok: list[bool] = field(default_factory=list)
    online: list[bool | None] = field(default_factory=list)


async def move_states(connection: Connection, moves: StateMoves) -> None:
    """Write the moves, in order of device id; what was received before the state's own last word changes nothing."""
    await connection.execute(
        _Q.move_states,
        in_array(moves.device_id), in_micros(moves.seen_at), in_array([in_real(value) for value in moves.battery_pct]),
        in_array(moves.lat), in_array(moves.lon), in_array([in_real(value) for value in moves.accuracy_m]),
        in_array(moves.clock_ok), in_array(moves.online),
    )  # fmt: skip
