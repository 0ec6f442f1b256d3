"""Faster fixes while somebody wanders: asked of their band when the case opens, renewed, and restored at its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import structlog

from rules.domain.commands import (
    FASTER_FIXES_FOR,
    WANDERING,
    WANDERING_FROM,
    Asked,
    CommandState,
    FixesAsked,
    fixes_due,
    fixes_order,
)
from rules.domain.supervision import habit_of
from rules.domain.vocabulary import DeviceKind
from store import changes
from store.cases import SYSTEM, changes_of, load, save
from store.changes import Change
from store.commands import make, note_made
from store.database import AWAY, Database
from store.opening import Centre
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("commands")
_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Due:
    """What is to be asked of one band, for which case."""

    device_id: int
    incident_id: int
    asked: Asked


async def see_to_fixes(db: Database, *, centre: Centre, now: datetime) -> int:
    """Ask of bands what open and ended wandering cases call for; return how many were asked.

    Looked at again and again instead of once with each alarm: no alarm waits for what we have to say to a device, and
    whatever ended a case (a person, the system, a merge) is seen alike. Safe to run in any number of processes.
    """
    async with db.pool.acquire() as connection:
        wanted = await _due(connection, None, now)
    asked = 0
    for due in wanted:
        try:
            asked += await _ask(db, due, centre, now)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001  # around one band: said, and looked at again in a second
            # Any type: whatever is wrong with this case must not cost another band its fixes.
            _log.error("fixes_not_asked", incident=due.incident_id, error=type(error).__name__)
    return asked


async def _ask(db: Database, due: _Due, centre: Centre, now: datetime) -> bool:
    async with db.transaction() as connection:
        case = await load(connection, due.incident_id)
        if due not in await _due(connection, due.device_id, now):
            return False  # another process was quicker, or the case has moved on
        first = case.last_seq + 1
        band = await connection.fetchrow(_Q.band, due.device_id)
        assert band is not None, "devices are never deleted"
        order = fixes_order(due.asked, usual_s=_usual_s(band), now=now)
        made = await make(
            connection, due.device_id, band["source"], order, incident_id=case.id, by=None, now=now
        )  # fmt: skip
        assert made is not None, "only announcements are made once"
        note_made(case, band["device"], band["source"], made, order, actor=SYSTEM, now=now)
        await save(connection, case, keyring=centre.keyring)
        device = Change(kind="device", object_id=due.device_id)
        await changes.record(connection, [*changes_of(case, first), device], now=now)
    return True


async def _due(connection: Connection, device_id: int | None, now: datetime) -> list[_Due]:
    classes = [str(class_) for class_ in WANDERING]
    rows = await connection.fetch(_Q.fixes, classes, int(WANDERING_FROM), now - FASTER_FIXES_FOR, device_id)
    found = []
    for row in rows:
        last = _last(row)
        asked = fixes_due(last, row["incident_id"], now=now)
        if asked is not None:
            incident_id = row["incident_id"] or row["last_incident_id"]
            found.append(_Due(device_id=row["device_id"], incident_id=incident_id, asked=asked))
    return found


def _last(row: Any) -> FixesAsked | None:
    if row["asked"] is None:
        return None
    return FixesAsked(
        asked=Asked(row["asked"]), state=CommandState(row["state"]), incident_id=row["last_incident_id"],
        made_at=row["made_at"],
    )  # fmt: skip


def _usual_s(band: Any) -> int:
    """How often it speaks as the register says, or its model, or its kind."""
    kind = DeviceKind(band["kind"])
    return habit_of(kind=kind, source=band["source"], model=band["model"], interval_s=band["interval_s"]).interval_s
