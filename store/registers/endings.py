"""The end of service of people and homes: dated and on record; no row disappears, retention erases it in its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from store.audit import note_look
from store.changes import Change, record
from store.database import Connection, Database
from store.registers.errors import RecordChanged, RecordUnknown, RegisterError
from store.sql import queries

_Q: Final = queries("endings")

_GONE: Final = frozenset({"left_service", "died", "moved"})


class StillServed(RegisterError):
    """Something there still works or somebody still lives there: take that away first. `what` and `names` say it."""

    def __init__(self, what: str, names: Sequence[str]) -> None:
        super().__init__(f"{what}: {', '.join(names)}")
        self.what = what
        self.names = tuple(names)


async def end_resident(db: Database, resident_id: int, *, version: int | None, by: int, now: datetime) -> None:
    """They are served no more, from now on; StillServed while a device is at the home.

    Who has died or moved keeps that status. Visits to come are called off, fences and care rules end.
    """
    async with db.transaction() as connection:
        row = _seen(await connection.fetchrow(_Q.lock_resident, resident_id), version, f"no resident {resident_id}")
        devices = await connection.fetch(_Q.devices_at, resident_id, row["premises_id"])
        if devices:
            raise StillServed("device_at_home", [device["device"] for device in devices])
        if row["status"] not in _GONE:
            await connection.execute(_Q.resident_leaves, resident_id)
            await connection.execute(_Q.note_leaving, resident_id, now, by)
        for ends in (_Q.call_visits_off, _Q.end_fences, _Q.end_care):
            await connection.execute(ends, resident_id, now)
        await note_look(connection, by, "resident_ended", f"resident:{resident_id}", now=now)
        await _tell(connection, "resident", resident_id, row["area"], now)


async def end_premises(db: Database, premises_id: int, *, version: int | None, by: int, now: datetime) -> None:
    """Nobody is served there any more; StillServed while a device is there or somebody lives there."""
    async with db.transaction() as connection:
        row = _seen(await connection.fetchrow(_Q.lock_premises, premises_id), version, f"no premises {premises_id}")
        devices = await connection.fetch(_Q.devices_at, None, premises_id)
        if devices:
            raise StillServed("device_at_home", [device["device"] for device in devices])
        residents = await connection.fetch(_Q.residents_at, premises_id)
        if residents:
            raise StillServed("somebody_lives_there", [f"resident {resident['id']}" for resident in residents])
        if row["ended_at"] is None:
            await connection.execute(_Q.premises_end, premises_id, now)
        await note_look(connection, by, "premises_ended", f"premises:{premises_id}", now=now)
        await _tell(connection, "premises", premises_id, row["area"], now)


def _seen(row: Any, version: int | None, unknown: str) -> Any:
    if row is None:
        raise RecordUnknown(unknown)
    if version is not None and version != row["version"]:
        raise RecordChanged(row["version"])
    return row


async def _tell(connection: Connection, kind: str, object_id: int, area: str | None, now: datetime) -> None:
    await record(connection, [Change(kind=kind, object_id=object_id, area=area)], now=now)
