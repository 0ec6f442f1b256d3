"""Contacts and consents: who is told of a person, and what they and the person agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from rules.domain.consents import contact_of, switched_off_by
from rules.domain.masking import mask_name, mask_phone
from rules.domain.telling import ContactRole
from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown, ReferenceUnknown
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("contacts")

_COLUMNS: Final = (
    *("name", "relation", "role", "rank", "phone", "phone_typed", "email", "languages", "time_zone", "channels"),
    "quiet_hours",
)
_EMPTY: Final[Mapping[str, Any]] = {
    "relation": "", "rank": 1, "languages": [], "time_zone": "Asia/Shanghai", "channels": [], "quiet_hours": [],
}  # fmt: skip


class ContactListed(msgspec.Struct, frozen=True, kw_only=True):
    """A contact in a list: masked; somebody barred is shown as barred."""

    id: str
    resident_id: str
    masked_name: str
    masked_phone: str | None
    relation: str
    role: ContactRole
    rank: int
    consented: bool
    version: int


class ContactRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record of a contact. `consented`: told by the machine of this person's cases."""

    id: str
    resident_id: str
    name: str
    relation: str
    role: ContactRole
    rank: int
    phone: str | None
    phone_typed: str | None
    email: str | None
    languages: Sequence[str]
    time_zone: str
    channels: Sequence[str]
    quiet_hours: Sequence[Mapping[str, str]]
    consented: bool
    area: str | None
    version: int


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One agreement of one person for one purpose; `switches_off` is what its withdrawal ends."""

    id: str
    resident_id: str | None
    contact_id: str | None
    purpose: str
    basis: str
    given_by: str
    how: str
    text_version: str
    given_at: datetime
    withdrawn_at: datetime | None
    area: str | None
    switches_off: Sequence[str]


async def list_contacts(
    db: Database, *, resident_id: int | None, sight: Sequence[str], after: int, limit: int
) -> tuple[list[ContactListed], int]:
    """Contacts in the order they were made, masked, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(f"{Q.contact} {Q.contacts_listed}", after, resident_id, list(sight), limit)
    return [_listed(row) for row in rows], seq


async def read_contact(db: Database, contact_id: int) -> ContactRecord:
    """One whole record; RecordUnknown otherwise. The caller has put the look on record first."""
    row = await db.pool.fetchrow(f"{Q.contact} {Q.contact_one}", contact_id)
    if row is None:
        raise RecordUnknown(f"no contact {contact_id}")
    fields = {**dict(row), "id": str(row["id"]), "resident_id": str(row["resident_id"])}
    return ContactRecord(**{**fields, "role": ContactRole(row["role"])})


async def add_contact(
    db: Database, resident_id: int, fields: Mapping[str, Any], consent: Mapping[str, Any] | None, *, by: int,
    now: datetime,
) -> int:  # fmt: skip
    """Make a contact of a resident, with what the resident agreed to about them. On record."""
    wanted = {**_EMPTY, **{name: value for name, value in fields.items() if value is not None}}
    try:
        async with db.transaction() as connection:
            contact_id: int = await connection.fetchval(
                Q.add_contact, resident_id, *(wanted.get(name) for name in _COLUMNS)
            )
            if consent is not None:
                given = {**consent, "resident_id": resident_id, "purpose": f"family_sharing:{contact_id}"}
                await _insert_consent(connection, given, now=now)
            await _on_record(connection, resident_id, "contact_added", f"contact:{contact_id}", by=by, now=now)
    except asyncpg.ForeignKeyViolationError as error:
        raise ReferenceUnknown("no such resident") from error
    return contact_id


async def change_contact(
    db: Database, contact_id: int, fields: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Change what is named; RecordUnknown or RecordChanged otherwise. On record."""
    async with db.transaction() as connection:
        current = await connection.fetchval(Q.lock_contact, contact_id)
        if current is None:
            raise RecordUnknown(f"no contact {contact_id}")
        if version is not None and version != current:
            raise RecordChanged(current)
        before = await connection.fetchrow(f"{Q.contact} {Q.contact_one}", contact_id)
        assert before is not None, "the row is locked"
        wanted = [fields.get(name, before[name]) for name in _COLUMNS]
        await connection.execute(Q.change_contact, contact_id, *wanted)
        what = f"contact:{contact_id}"
        await _on_record(connection, before["resident_id"], "contact_changed", what, by=by, now=now)


async def list_consents(
    db: Database, *, resident_id: int | None, sight: Sequence[str], after: int, limit: int
) -> tuple[list[Consent], int]:
    """Consents in the order they were given in, withdrawn ones too, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(f"{Q.consent} {Q.consents_listed}", after, resident_id, list(sight), limit)
    return [_consent(row) for row in rows], seq


async def read_consent(db: Database, consent_id: int) -> Consent:
    """One consent; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{Q.consent} {Q.consent_one}", consent_id)
    if row is None:
        raise RecordUnknown(f"no consent {consent_id}")
    return _consent(row)


async def add_consent(db: Database, fields: Mapping[str, Any], *, by: int, now: datetime) -> int:
    """Write down what somebody agreed to; ReferenceUnknown where the contact is not one of this resident. On record."""
    async with db.transaction() as connection:
        try:
            consent_id = await _insert_consent(connection, fields, now=now)
        except asyncpg.ForeignKeyViolationError as error:
            raise ReferenceUnknown("no such resident") from error
        what = f"consent:{consent_id}"
        await _on_record(connection, fields["resident_id"], "consent_given", what, by=by, now=now)
    return consent_id


async def withdraw_consent(db: Database, consent_id: int, at: datetime, *, by: int, now: datetime) -> None:
    """Take it back from that moment on; saying it twice keeps the first. On record."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(Q.lock_consent, consent_id)
        if row is None:
            raise RecordUnknown(f"no consent {consent_id}")
        if row["withdrawn_at"] is None:
            await connection.execute(Q.withdraw, consent_id, at)
        what = f"consent:{consent_id}"
        await _on_record(connection, row["resident_id"], "consent_withdrawn", what, by=by, now=now)


async def _insert_consent(connection: Connection, fields: Mapping[str, Any], *, now: datetime) -> int:
    contact_id = contact_of(fields["purpose"])
    if contact_id is not None:
        of = await connection.fetchval(Q.resident_of_contact, contact_id)
        if of is None or of != fields["resident_id"]:
            raise ReferenceUnknown("no such contact of this resident", "purpose")
    consent_id: int = await connection.fetchval(
        Q.add_consent, fields["resident_id"], contact_id, fields["purpose"], str(fields["basis"]), fields["given_by"],
        fields["how"], fields.get("text_version") or "", fields.get("given_at") or now,
    )  # fmt: skip
    return consent_id


async def _on_record(
    connection: Connection, resident_id: int, action: str, what: str, *, by: int, now: datetime
) -> None:
    await note_look(connection, by, action, what, now=now)
    area = await connection.fetchval(Q.area_of_resident, resident_id)
    await record(connection, [Change(kind="resident", object_id=resident_id, area=area)], now=now)


def _listed(row: asyncpg.Record) -> ContactListed:
    return ContactListed(
        id=str(row["id"]),
        resident_id=str(row["resident_id"]),
        masked_name=mask_name(row["name"]),
        masked_phone=mask_phone(row["phone"]) if row["phone"] else None,
        relation=row["relation"],
        role=ContactRole(row["role"]),
        rank=row["rank"],
        consented=row["consented"],
        version=row["version"],
    )


def _consent(row: asyncpg.Record) -> Consent:
    fields = {
        **dict(row),
        **{name: None if row[name] is None else str(row[name]) for name in ("id", "resident_id", "contact_id")},
    }
    return Consent(**fields, switches_off=switched_off_by(row["purpose"]))
