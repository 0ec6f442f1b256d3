"""Devices and who has them: a holder is a dated row, never an overwrite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from rules.domain.masking import mask_name
from rules.domain.supervision import Status
from store.adoption import adopt
from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.feed import snapshot
from store.registers.areas import make_area
from store.registers.errors import NotCommissioned, RecordChanged, RecordTaken, RecordUnknown, ReferenceUnknown
from store.registers.search import literal
from store.sealing import Keyring
from store.sql import queries
from store.test_mode import end_running, is_commissioned

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("registers")

_COLUMNS: Final = ("kind", "source", "model", "interval_s", "wearer", "life", "area", "sim_number")
_LIVE: Final = "live"
_IN_STOCK: Final = "in_stock"
#: A device that somebody else gets now.
_AFTER_REISSUE: Final = "installed"
_NEW: Final[Mapping[str, Any]] = {"source": "canonical", "model": "", "wearer": "shared", "life": "in_stock"}


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device, where it is and what it last said."""

    id: str
    device: str
    kind: str
    source: str
    model: str
    interval_s: int | None
    wearer: str
    life: str
    registered: bool
    area: str | None
    sim_number: str | None
    resident_id: str | None
    resident_masked_name: str | None
    premises_id: str | None
    held_since: datetime | None
    last_seen: datetime | None
    online: bool | None
    battery_pct: float | None
    open: Sequence[str]
    status: str  #: how it stands with the watch: live, late, held …; `unwatched` where silence means nothing
    version: int
    created_at: datetime
    seq: int


class DeviceFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of devices asks for; None means "whatever"."""

    sight: Sequence[str] = ()
    area: str | None = None
    kind: str | None = None
    device: str | None = None  #: how the id begins
    registered: bool | None = None
    resident_id: int | None = None
    premises_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who or what home has a device."""

    resident_id: int | None = None
    premises_id: int | None = None

    def __bool__(self) -> bool:
        return self.resident_id is not None or self.premises_id is not None


async def list_devices(db: Database, wanted: DeviceFilter, *, after: int, limit: int) -> tuple[list[Device], int]:
    """Devices in the order they were made, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{Q.device} {Q.devices_listed}",
            after,
            list(wanted.sight),
            wanted.area,
            wanted.kind,
            literal(wanted.device),
            wanted.registered,
            wanted.resident_id,
            wanted.premises_id,
            limit,
        )
    return [_device(row, seq) for row in rows], seq


async def read_device(db: Database, device_id: int) -> Device:
    """One device; RecordUnknown otherwise."""
    async with snapshot(db) as (connection, seq):
        row = await connection.fetchrow(f"{Q.device} {Q.device_one}", device_id)
    if row is None:
        raise RecordUnknown(f"no device {device_id}")
    return _device(row, seq)


async def render_devices(connection: Connection, ids: Sequence[int]) -> dict[int, Device]:
    """These devices by id, for the stream."""
    rows = await connection.fetch(f"{Q.device} {Q.devices_of_ids}", list(ids))
    return {row["id"]: _device(row, 0) for row in rows}


async def devices_around(
    connection: Connection, *, device_id: int | None, premises_id: int | None, resident_ids: Sequence[int], seq: int
) -> list[Device]:
    """The device of a case, and what else stands in that home or is held by these people."""
    rows = await connection.fetch(f"{Q.device} {Q.devices_around}", device_id, premises_id, list(resident_ids))
    return [_device(row, seq) for row in rows]


async def add_device(
    db: Database, keyring: Keyring, device: str, fields: Mapping[str, Any], holder: Holder, *, by: int, now: datetime
) -> int:
    """Register a device; RecordTaken where the id is registered already. One known only by its alarms is adopted:
    what waited of its messages is used, and its open cases get its person."""
    async with db.transaction() as connection:
        known = await connection.fetchrow(Q.lock_device_named, device)
        if known is not None and known["registered"]:
            raise RecordTaken(f"the device {device} is registered already")
        _refuse_unpressed(fields, is_commissioned=False)
        device_id = await put_device(connection, device, fields, known_id=known["id"] if known else None, now=now)
        await set_holder(connection, device_id, holder, now=now)
        adopted = await adopt(connection, device_id, device, keyring=keyring, by=by, now=now)
        await _on_record(connection, device_id, "device_added", by=by, now=now, besides=adopted)
    return device_id


async def change_device(
    db: Database,
    keyring: Keyring,
    device_id: int,
    fields: Mapping[str, Any],
    holder: Holder | None,
    *,
    version: int | None,
    by: int,
    now: datetime,
) -> None:
    """Change what is named; `holder` None leaves who has it. RecordUnknown or RecordChanged otherwise. On record."""
    async with db.transaction() as connection:
        locked = await connection.fetchrow(Q.lock_device, device_id)
        if locked is None:
            raise RecordUnknown(f"no device {device_id}")
        if version is not None and version != locked["version"]:
            raise RecordChanged(locked["version"])
        stays_live = locked["life"] == _LIVE
        # What was pressed in the store room is nobody's.
        is_placed = locked["life"] != _IN_STOCK and bool(holder)
        gets_first_holder = is_placed and await connection.fetchval(Q.had_no_holder, device_id)
        if holder is not None and await reissue(connection, device_id, holder, now=now):
            fields = {"life": _AFTER_REISSUE, **fields} if stays_live else fields
            stays_live = False
        _refuse_unpressed(fields, is_commissioned=stays_live or await is_commissioned(connection, device_id))
        await put_device(connection, "", fields, known_id=device_id, now=now)
        adopted: list[Change] = []
        # Also where somebody gets it only now: what it called for before they were named is theirs.
        if not locked["registered"] or gets_first_holder:
            adopted = await adopt(connection, device_id, locked["device"], keyring=keyring, by=by, now=now)
        await _on_record(connection, device_id, "device_changed", by=by, now=now, besides=adopted)


async def put_device(
    connection: Connection, device: str, fields: Mapping[str, Any], *, known_id: int | None, now: datetime
) -> int:
    """Write the bare row inside the caller's transaction: a new one, or what is named of a known, locked one."""
    if fields.get("area"):
        await make_area(connection, fields["area"])
    if known_id is None:
        wanted = {**_NEW, "kind": "other", **{name: value for name, value in fields.items() if value is not None}}
        made: int | None = await connection.fetchval(
            Q.add_device, device, *(wanted.get(name) for name in _COLUMNS), now
        )
        return made or await _put_over_stranger(connection, device, wanted, now=now)
    before = await connection.fetchrow(f"{Q.device} {Q.device_one}", known_id)
    assert before is not None, "the row is locked"
    kept = {name: before["own_area" if name == "area" else name] for name in _COLUMNS}
    wanted = {**kept, **{name: fields[name] for name in _COLUMNS if name in fields}}
    await connection.execute(Q.change_device, known_id, *(wanted[name] for name in _COLUMNS))
    return known_id


async def _put_over_stranger(
    connection: Connection, device: str, fields: Mapping[str, Any], *, now: datetime
) -> int:  # fmt: skip
    """It was pressed for the first time, and so met, while it was being registered."""
    met = await connection.fetchrow(Q.lock_device_named, device)
    assert met is not None, "its row was in our way"
    if met["registered"]:
        raise RecordTaken(f"the device {device} is registered already")
    return await put_device(connection, device, fields, known_id=met["id"], now=now)


async def set_holder(connection: Connection, device_id: int, holder: Holder, *, now: datetime) -> bool:
    """Give the device to this holder from now on; whether that changed anything. ReferenceUnknown otherwise."""
    before = await connection.fetchrow(Q.holder_now, device_id)
    if before is not None and Holder(resident_id=before["resident_id"], premises_id=before["premises_id"]) == holder:
        return False
    await connection.execute(Q.end_holder, device_id, now)
    if holder:
        try:
            async with connection.transaction():
                await connection.execute(Q.begin_holder, device_id, now, holder.resident_id, holder.premises_id)
        except asyncpg.ForeignKeyViolationError as error:
            raise ReferenceUnknown("no such resident or premises") from error
    return before is not None or bool(holder)


async def reissue(connection: Connection, device_id: int, holder: Holder, *, now: datetime) -> bool:
    """Whether it left somebody's hands: nothing of theirs goes with it, and it has to prove itself anew (rule 16)."""
    had_holder = await connection.fetchrow(Q.holder_now, device_id) is not None
    left = await set_holder(connection, device_id, holder, now=now) and had_holder
    if left:
        await connection.execute(Q.forget_state, device_id)
        await connection.execute(Q.forget_hub, device_id)
        await end_running(connection, device_id, now=now)
    return left


def _refuse_unpressed(fields: Mapping[str, Any], *, is_commissioned: bool) -> None:
    if fields.get("life") == _LIVE and not is_commissioned:
        raise NotCommissioned("it becomes live by a confirmed press from where it will be used")


async def _on_record(
    connection: Connection, device_id: int, action: str, *, by: int, now: datetime, besides: Sequence[Change] = ()
) -> None:
    row = await connection.fetchrow(f"{Q.device} {Q.device_one}", device_id)
    await note_look(connection, by, action, f"device:{device_id}", now=now)
    change = Change(kind="device", object_id=device_id, area=row["area"] if row else None)
    await record(connection, [change, *besides], now=now)


def _device(row: asyncpg.Record, seq: int) -> Device:
    as_they_are = (
        *("device", "kind", "source", "model", "interval_s", "wearer", "life", "registered", "area", "sim_number"),
        *("held_since", "last_seen", "online", "battery_pct", "version", "created_at"),
    )
    return Device(
        **{name: row[name] for name in as_they_are},
        id=str(row["id"]),
        resident_id=_text(row["resident_id"]),
        resident_masked_name=mask_name(row["resident_name"]) if row["resident_name"] else None,
        premises_id=_text(row["premises_id"]),
        open=row["open"] or [],
        status=row["watch_status"] or Status.NEW,
        seq=seq,
    )


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
