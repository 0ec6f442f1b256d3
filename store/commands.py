"""Commands as they are made: by a person, or by the system for a case; and as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from devices.commands import Announcement, CommandName
from rules.domain.commands import (
    ANNOUNCED,
    ANNOUNCEMENT_EXPIRES,
    HEARS_COMMANDS,
    NEVER_ANNOUNCED,
    Asked,
    CommandState,
    Order,
    announcement,
    wire_id,
)
from rules.domain.vocabulary import Action
from store import changes
from store.audit import note_look
from store.cases import SYSTEM, Case, Note, changes_of, load, save
from store.changes import Change
from store.database import Database
from store.feed import snapshot
from store.opening import Centre
from store.registers.errors import RecordUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("commands")

#: The name under which workers LISTEN; a wake-up only.
CHANNEL: Final = "shouwang_command"
#: An id greater than any.
_NEWEST: Final = 2**63 - 1


class DeviceCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command and what became of it; `sent_at` is the broker's word, the later times are the device's."""

    id: str
    wire_id: str  #: as it stands on `down` and `reply`
    device: str
    command: CommandName
    args: Mapping[str, Any]
    state: CommandState
    asked: Asked
    made_by: str | None
    made_by_name: str | None
    incident: str | None
    made_at: datetime
    expires_at: datetime
    tries: int
    sent_at: datetime | None
    delivered_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    ok: bool | None
    detail: str  #: the device's own words, or why it did not go out


async def ask_by_hand(
    db: Database, device_id: int, order: Order, *, incident_id: int | None, by: int, centre: Centre, now: datetime
) -> int:
    """Make the command that a person asks for; return its id. It stands in the audit, and in the case if there is one.

    RecordUnknown where the device is not registered, IncidentUnknown where the case is none.
    """
    async with db.transaction() as connection:
        case = None if incident_id is None else await load(connection, incident_id)
        first = 0 if case is None else case.last_seq + 1
        row = await connection.fetchrow(_Q.lock_device, device_id)
        if row is None:
            raise RecordUnknown(f"no device {device_id}")
        made = await make(connection, device_id, row["source"], order, incident_id=incident_id, by=by, now=now)
        assert made is not None, "only announcements are made once"
        await note_look(connection, by, "device_commanded", f"device:{device_id}", purpose=str(order.command), now=now)
        recorded = [Change(kind="device", object_id=device_id)]
        if case is not None:
            note_made(case, row["device"], row["source"], made, order, actor=f"user:{by}", now=now)
            await save(connection, case, keyring=centre.keyring)
            recorded += changes_of(case, first)
        await changes.record(connection, recorded, now=now)
    return made


async def announce(connection: Connection, case: Case, which: Announcement, *, now: datetime) -> None:
    """Tell those who called in this case how it stands, once a case and device; the caller holds and saves the case.

    A device that can neither show nor speak passes it over, as it does with every command it does not know.
    """
    if case.family in NEVER_ANNOUNCED:
        return
    order = Order(
        command=CommandName.ANNOUNCE, args=announcement(which), asked=ANNOUNCED[which],
        expires_at=now + ANNOUNCEMENT_EXPIRES,
    )  # fmt: skip
    for row in await connection.fetch(_Q.callers, case.id, list(HEARS_COMMANDS)):
        made = await make(connection, row["id"], row["source"], order, incident_id=case.id, by=None, now=now)
        if made is not None:
            note_made(case, row["device"], row["source"], made, order, actor=SYSTEM, now=now)


async def announce_coming(db: Database, incident_id: int, *, centre: Centre, now: datetime) -> None:
    """Somebody who goes has accepted: tell those who called that help is on the way; once a case and device."""
    async with db.transaction() as connection:
        case = await load(connection, incident_id)
        first = case.last_seq + 1
        await announce(connection, case, Announcement.COMING, now=now)
        if case.notes:
            await save(connection, case, keyring=centre.keyring)
            await changes.record(connection, changes_of(case, first), now=now)


async def make(
    connection: Connection, device_id: int, source: str, order: Order, *, incident_id: int | None, by: int | None,
    now: datetime,
) -> int | None:  # fmt: skip
    """Write the command and wake the workers; its id, or None where this was announced before."""
    hears = source in HEARS_COMMANDS
    state = CommandState.WAITING if hears else CommandState.UNDELIVERABLE
    detail = "" if hears else f"the source {source} takes no commands"
    made: int | None = await connection.fetchval(
        _Q.make, device_id, order.command, order.args, order.asked, by, incident_id, state, now, order.expires_at,
        detail,
    )  # fmt: skip
    if made is not None and hears:
        await connection.execute(_Q.wake)
    return made


def note_made(case: Case, device: str, source: str, made: int, order: Order, *, actor: str, now: datetime) -> None:
    """Write into the case that this was asked of a device; the caller saves it."""
    hears = source in HEARS_COMMANDS
    state = CommandState.WAITING if hears else CommandState.UNDELIVERABLE
    facts = (
        ("command", str(order.command)), ("id", made), ("device", device), ("asked", str(order.asked)),
        ("state", str(state)),
    )  # fmt: skip
    case.note(Note(at=now, actor=actor, action=Action.COMMANDED, facts=facts))


async def read_command(db: Database, command_id: int) -> DeviceCommand:
    """One command; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{_Q.command} {_Q.one}", command_id)
    if row is None:
        raise RecordUnknown(f"no command {command_id}")
    return _command(row)


async def list_commands(
    db: Database, device_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[DeviceCommand], int]:
    """What was asked of a device, the newest first, and the feed's number it stands at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(f"{_Q.command} {_Q.of_device}", device_id, before or _NEWEST, limit)
    return [_command(row) for row in rows], seq


def _command(row: Any) -> DeviceCommand:
    fields = dict(row)
    made_by, incident_id = fields.pop("made_by"), fields.pop("incident_id")
    return DeviceCommand(
        **fields | {
            "id": str(row["id"]), "wire_id": wire_id(row["id"], row["made_at"]),
            "command": CommandName(row["command"]), "state": CommandState(row["state"]),
            "asked": Asked(row["asked"]),
        },
        made_by=None if made_by is None else str(made_by),
        incident=None if incident_id is None else str(incident_id),
    )  # fmt: skip
