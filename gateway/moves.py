"""What a batch of telemetry says about its devices' states: the newest word each, and how it is written."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct, structs

from devices.datums import to_wgs84
from devices.event import Event, EventType, Location
from store import telemetry
from store.database import Connection
from store.telemetry import StateMoves

#: Asked for each event: a name of the module's costs a tenth of a member of an enumeration.
_ONLINE: Final = EventType.ONLINE
_OFFLINE: Final = EventType.OFFLINE


class Move(Struct, gc=False):
    """The newest word about one device within a batch. A Struct: a batch makes two thousand."""

    seen_at: datetime | None  #: None where only the broker spoke of it: that never proves that a device is alive
    battery_pct: float | None = None
    location: Location | None = None
    clock_ok: bool = False
    online: bool | None = None

    def after(self, older: Move) -> Move:
        """This word and, where it says nothing, an older one's."""
        return Move(
            seen_at=max((at for at in (self.seen_at, older.seen_at) if at is not None), default=None),
            battery_pct=older.battery_pct if self.battery_pct is None else self.battery_pct,
            location=self.location or older.location,
            clock_ok=self.clock_ok or older.clock_ok,
            online=older.online if self.online is None else self.online,
        )


Moves = dict[int, Move]


def note(
    moves: Moves, device_id: int, event: Event, received_at: datetime, *, late: bool, retained: bool = False
) -> None:
    """Late is not new: an old reading proves that the device is alive now, and nothing else about now.

    What a broker kept proves not even that: it shows it also when the device is long dead.
    """
    is_presence = event.type is _OFFLINE or event.type is _ONLINE
    if retained and not is_presence:
        return
    move = moves.get(device_id)
    if move is None:
        move = moves[device_id] = Move(None)
    if is_presence:
        _note_presence(move, event, received_at, late=late, retained=retained)
        return
    move.seen_at = received_at
    if late:
        return
    if event.at_given:
        move.clock_ok = True
    if event.battery_pct is not None:
        move.battery_pct = event.battery_pct
    if event.location is not None:
        move.location = to_wgs84(event.location)


def _note_presence(move: Move, event: Event, received_at: datetime, *, late: bool, retained: bool) -> None:
    """Who is said to be away did not say it; nor, as a state, who is said to be there (invariant 13)."""
    online = event.type is _ONLINE
    if online and not event.is_state and not retained:
        move.seen_at = received_at
    if not late:
        move.online = online


def merged(newer: Moves, older: Moves) -> Moves:
    """Both words about each device, the newer first."""
    both = dict(newer)
    for device_id, move in older.items():
        both[device_id] = both[device_id].after(move) if device_id in both else move
    return both


async def write(connection: Connection, moves: Moves, *, careful: bool) -> int:
    """Write them inside the caller's transaction; return how many could not be written and were dropped.

    With `careful`, words that are bad data themselves are found by halving under savepoints; of such a one it is still
    written that the device was heard. Without, it raises what the database says.
    """
    if not careful:
        await telemetry.move_states(connection, _columns(moves))
        return 0
    try:
        async with connection.transaction():
            await telemetry.move_states(connection, _columns(moves))
        return 0
    except Exception as error:
        # Any type: what is not the word's own fault is raised again right here.
        if not telemetry.is_bad_data(error):
            raise
    if len(moves) == 1:
        return await _write_heard(connection, moves)
    ids = sorted(moves)
    halves = ids[: len(ids) // 2], ids[len(ids) // 2 :]
    return sum([await write(connection, {one: moves[one] for one in half}, careful=True) for half in halves])


async def _write_heard(connection: Connection, moves: Moves) -> int:
    ((device_id, move),) = moves.items()
    heard = structs.replace(move, battery_pct=None, location=None)
    if heard != move:
        await write(connection, {device_id: heard}, careful=True)
    return 1


def _columns(moves: Moves) -> StateMoves:
    """In order of device id, so that two lanes lock in one order."""
    ids = sorted(moves)
    those = [moves[device_id] for device_id in ids]
    places = [move.location for move in those]
    return StateMoves(
        ids,
        [move.seen_at for move in those],
        [move.battery_pct for move in those],
        [None if place is None else place.lat for place in places],
        [None if place is None else place.lon for place in places],
        [None if place is None else place.accuracy_m for place in places],
        [move.clock_ok for move in those],
        [move.online for move in those],
    )
