"""Complaints: a number, two dates to keep, what was found, and a legal hold on every case they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rules.domain.complaints import ACKNOWLEDGE_DAYS, ANSWER_DAYS, ComplaintState, due_after, state_of
from store.audit import note_look
from store.database import Connection, Database
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown, ReferenceUnknown, RegisterError
from store.sealing import Keyring, open_text, owner_cipher, seal_text
from store.sql import queries

_Q: Final = queries("complaints")


class ComplaintAnswered(RegisterError):
    """It was answered, and an answer is not taken back: who complains again makes another complaint."""


class Complainant(msgspec.Struct, frozen=True, kw_only=True):
    """Who complains; any of it may be unknown."""

    name: str = ""
    phone: str = ""
    relation: str = ""


class _Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of a complaint."""

    complainant: Complainant
    text: str
    answer: str = ""


class ComplaintListed(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint as a list shows it: nobody's name, nobody's words."""

    id: str
    number: str
    state: ComplaintState
    channel: str
    subject: str
    area: str | None
    resident: str | None
    incidents: Sequence[str]
    received_at: datetime
    acknowledge_by: datetime
    answer_by: datetime
    acknowledged_at: datetime | None
    answered_at: datetime | None
    finding: str | None
    overdue: bool
    version: int


class Complaint(ComplaintListed, frozen=True, kw_only=True):
    """The whole of it."""

    complainant: Complainant
    text: str
    answer: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class NewComplaint:
    """A complaint to be written down."""

    channel: str
    subject: str
    complainant: Complainant
    text: str
    received_at: datetime
    area: str | None = None
    resident_id: int | None = None
    incidents: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Who writes, when, where: what every change of a complaint needs."""

    keyring: Keyring
    timezone: ZoneInfo
    by: int
    now: datetime


async def list_complaints(
    db: Database, *, sight: Sequence[str], running: bool | None, incident_id: int | None, after: int, limit: int,
    now: datetime,
) -> tuple[list[ComplaintListed], int]:  # fmt: skip
    """In the order they were written down, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{_Q.complaint} {_Q.listed}", after, list(sight), running, incident_id, limit
        )  # fmt: skip
    return [ComplaintListed(**_listed(row, now)) for row in rows], seq


async def read_complaint(db: Database, complaint_id: int, *, keyring: Keyring, now: datetime) -> Complaint:
    """One complaint with its words; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{_Q.complaint} {_Q.one}", complaint_id)
    if row is None:
        raise RecordUnknown(f"no complaint {complaint_id}")
    words = _words(row, keyring)
    return Complaint(
        **_listed(row, now), complainant=words.complainant, text=words.text, answer=words.answer,
        made_by=str(row["made_by"]), made_at=row["made_at"],
    )  # fmt: skip


async def add_complaint(db: Database, new: NewComplaint, desk: Desk) -> int:
    """Write it down and hold the cases it names at once; ReferenceUnknown where one is not there. On record."""
    async with db.transaction() as connection:
        complaint_id: int = await connection.fetchval(_Q.next_id)
        day = desk.now.astimezone(desk.timezone).date()
        number = f"C{day:%Y%m%d}-{await connection.fetchval(_Q.number_of_day, day):03}"
        owner = f"c{complaint_id}"
        sealed = await _seal(connection, owner, _Words(complainant=new.complainant, text=new.text), desk.keyring)
        await connection.execute(
            _Q.add, complaint_id, number, new.channel, new.subject, new.area, new.resident_id, owner, sealed,
            new.received_at, due_after(new.received_at, ACKNOWLEDGE_DAYS, desk.timezone),
            due_after(new.received_at, ANSWER_DAYS, desk.timezone), desk.by, desk.now,
        )  # fmt: skip
        await _link(connection, complaint_id, number, new.incidents, desk)
        await note_look(connection, desk.by, "complaint_made", f"complaint:{complaint_id}", now=desk.now)
    return complaint_id


async def change_complaint(
    db: Database, complaint_id: int, fields: Mapping[str, Any], *, version: int | None, desk: Desk
) -> None:
    """Acknowledge, answer, name further cases: `acknowledged`, `answer` with `finding`, `incidents`, `subject`.

    RecordUnknown, RecordChanged, ReferenceUnknown; ComplaintAnswered once it is. On record.
    """
    async with db.transaction() as connection:
        locked = await connection.fetchval(_Q.lock, complaint_id)
        if locked is None:
            raise RecordUnknown(f"no complaint {complaint_id}")
        if version is not None and version != locked:
            raise RecordChanged(locked)
        row = await connection.fetchrow(f"{_Q.complaint} {_Q.one}", complaint_id)
        people = await connection.fetchrow(_Q.people, complaint_id)
        assert row is not None, "it is locked"
        assert people is not None, "it is locked"
        if row["answered_at"] is not None and set(fields) - {"incidents"}:
            raise ComplaintAnswered("it was answered; a further complaint is another one")
        await _link(connection, complaint_id, row["number"], fields.get("incidents") or (), desk)
        answers = fields.get("answer") is not None
        # Whoever answers at once has acknowledged it, too.
        acknowledges = row["acknowledged_at"] is None and (bool(fields.get("acknowledged")) or answers)
        sealed = row["sealed"]
        if answers:
            words = msgspec.structs.replace(_words(row, desk.keyring), answer=fields["answer"])
            sealed = await _seal(connection, row["key_owner"], words, desk.keyring)
        now = (desk.now, desk.by)
        acknowledged = now if acknowledges else (row["acknowledged_at"], people["acknowledged_by"])
        answered = now if answers else (row["answered_at"], people["answered_by"])
        await connection.execute(
            _Q.change, complaint_id, fields.get("subject") or row["subject"], sealed, *acknowledged, *answered,
            fields.get("finding") if answers else row["finding"],
        )  # fmt: skip
        await note_look(connection, desk.by, "complaint_changed", f"complaint:{complaint_id}", now=desk.now)


async def areas_of_cases(db: Database, incidents: Sequence[int]) -> Mapping[int, str | None]:
    """Where the named cases are; one that is not there is left out."""
    return {row["id"]: row["area"] for row in await db.pool.fetch(_Q.area_of_cases, list(incidents))}


async def _link(connection: Connection, complaint_id: int, number: str, incidents: Sequence[int], desk: Desk) -> None:
    known = {row["id"] for row in await connection.fetch(_Q.area_of_cases, list(incidents))}
    for incident_id in sorted(set(incidents)):
        if incident_id not in known:
            raise ReferenceUnknown(f"no incident {incident_id}", field="incidents")
        hold = await connection.fetchval(_Q.link, complaint_id, incident_id, desk.by, f"complaint {number}", desk.now)
        if hold is not None:
            await note_look(connection, desk.by, "legal_hold_made", f"legal_hold:{hold}", now=desk.now)


async def _seal(connection: Connection, owner: str, words: _Words, keyring: Keyring) -> bytes:
    cipher = await owner_cipher(connection, keyring, owner)
    return seal_text(cipher, msgspec.json.encode(words).decode(), context=owner)


def _words(row: Any, keyring: Keyring) -> _Words:
    """What was said; nothing once it was erased."""
    if row["wrapped"] is None:
        return _Words(complainant=Complainant(), text="")
    cipher = AESGCM(keyring.unwrap(row["wrapped"], owner=row["key_owner"]))
    return msgspec.json.decode(open_text(cipher, row["sealed"], context=row["key_owner"]), type=_Words)


def _listed(row: Any, now: datetime) -> dict[str, Any]:
    as_they_are = (
        *("number", "channel", "subject", "area", "received_at", "acknowledge_by", "answer_by", "acknowledged_at"),
        *("answered_at", "finding", "version"),
    )
    acknowledged, answered = row["acknowledged_at"] is not None, row["answered_at"] is not None
    overdue = (not acknowledged and now > row["acknowledge_by"]) or (not answered and now > row["answer_by"])
    return {
        "id": str(row["id"]),
        "state": state_of(acknowledged=acknowledged, answered=answered),
        "resident": str(row["resident_id"]) if row["resident_id"] is not None else None,
        "incidents": [str(one) for one in row["incidents"]],
        "overdue": overdue,
        **{name: row[name] for name in as_they_are},
    }
