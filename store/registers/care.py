"""What is watched over for a resident: hours of movement, medicine, the night's bed, wellbeing calls, body bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.findings import WELLBEING, note_of_resident
from store.opening import Centre
from store.registers.errors import RecordChanged, RecordUnknown, ReferenceUnknown
from store.registers.residents import area_of_resident
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("care")


class CareRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule; `status` is how it stands with its detector (watching, asked, held, unknown, …)."""

    id: str
    resident_id: str
    kind: str
    hours: Sequence[Mapping[str, Any]]
    after_s: int | None
    status: str | None
    area: str | None
    version: int
    created_at: datetime
    ended_at: datetime | None


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """A resident's own bounds by quantity; what is not named has the county's. None of it: nothing is watched."""

    resident_id: str
    bounds: Mapping[str, Mapping[str, float | None]]
    version: int
    set_at: datetime


class CheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody answered for a wellbeing call."""

    id: str
    at: datetime


async def list_rules(db: Database, resident_id: int) -> list[CareRule]:
    """The rules that stand for a resident; there are few."""
    return [_rule(row) for row in await db.pool.fetch(f"{_Q.rule} {_Q.rules_of}", resident_id)]


async def read_rule(db: Database, rule_id: int) -> CareRule:
    """One rule, also where it has ended; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{_Q.rule} {_Q.rule_one}", rule_id)
    if row is None:
        raise RecordUnknown(f"no care rule {rule_id}")
    return _rule(row)


async def add_rule(db: Database, resident_id: int, fields: Mapping[str, Any], *, by: int, now: datetime) -> int:
    """Make a rule; its detector looks at once. On record."""
    area = await area_of_resident(db, resident_id)
    async with db.transaction() as connection:
        rule_id: int = await connection.fetchval(
            _Q.add_rule, resident_id, fields["kind"], fields["hours"], fields.get("after_s"), now
        )  # fmt: skip
        await connection.execute(_Q.look_at, "care", resident_id, rule_id, now)
        await _on_record(connection, resident_id, area, f"care_rule:{rule_id}", "care_rule_added", by=by, now=now)
    return rule_id


async def change_rule(
    db: Database, rule_id: int, fields: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Change hours or length; it begins anew. RecordUnknown or RecordChanged otherwise. On record."""
    area = (await read_rule(db, rule_id)).area
    async with db.transaction() as connection:
        locked = await _lock(connection, rule_id, version)
        wanted = {name: fields.get(name, locked[name]) for name in ("hours", "after_s")}
        await connection.execute(_Q.change_rule, rule_id, *wanted.values())
        await connection.execute(_Q.look_at, "care", locked["resident_id"], rule_id, now)
        what = f"care_rule:{rule_id}"
        await _on_record(connection, locked["resident_id"], area, what, "care_rule_changed", by=by, now=now)


async def end_rule(db: Database, rule_id: int, *, by: int, now: datetime) -> None:
    """End a rule; RecordUnknown otherwise. On record."""
    area = (await read_rule(db, rule_id)).area
    async with db.transaction() as connection:
        locked = await _lock(connection, rule_id, None)
        await connection.execute(_Q.end_rule, rule_id, now)
        await connection.execute(_Q.forget_rule, rule_id)
        what = f"care_rule:{rule_id}"
        await _on_record(connection, locked["resident_id"], area, what, "care_rule_ended", by=by, now=now)


async def read_bounds(db: Database, resident_id: int) -> Bounds:
    """A resident's own bounds; RecordUnknown where nothing of theirs is watched."""
    row = await db.pool.fetchrow(_Q.bounds, resident_id)
    if row is None:
        raise RecordUnknown(f"no bounds of resident {resident_id}")
    return Bounds(resident_id=str(resident_id), **dict(row))


async def set_bounds(
    db: Database, resident_id: int, bounds: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Set them all; the detector begins anew by them. RecordChanged otherwise. On record."""
    area = await area_of_resident(db, resident_id)
    async with db.transaction() as connection:
        current = await connection.fetchval(_Q.lock_bounds, resident_id)
        if version is not None and version != current:
            raise RecordChanged(current or 0)
        await connection.execute(_Q.set_bounds, resident_id, bounds, now)
        await connection.execute(_Q.forget_vitals, resident_id)
        await _on_record(connection, resident_id, area, f"resident:{resident_id}", "bounds_set", by=by, now=now)


async def end_bounds(db: Database, resident_id: int, *, by: int, now: datetime) -> None:
    """Watch their readings no more. On record."""
    area = await area_of_resident(db, resident_id)
    async with db.transaction() as connection:
        await connection.execute(_Q.end_bounds, resident_id)
        await connection.execute(_Q.forget_vitals, resident_id)
        await _on_record(connection, resident_id, area, f"resident:{resident_id}", "bounds_ended", by=by, now=now)


async def check_in(
    db: Database, resident_id: int, *, contact_id: int | None, note: str, by: int, centre: Centre, now: datetime
) -> CheckIn:
    """Note that the resident is well, by their own word or a contact's: it ends wellbeing calls and nothing else.

    Where nobody had answered in time, it stands in that case, for whoever works on it to resolve.

    ReferenceUnknown where the contact is not theirs, or is barred.
    """
    area = await area_of_resident(db, resident_id)
    async with db.transaction() as connection:
        if contact_id is not None:
            role = await connection.fetchval(_Q.contact_role, contact_id, resident_id)
            if role is None or role == "barred":
                raise ReferenceUnknown("no such contact of this resident", "contact")
        made: int = await connection.fetchval(_Q.check_in, resident_id, now, contact_id, by, note)
        await connection.execute(_Q.look_soon, resident_id, now)
        facts = (("checked_in", made), ("contact", contact_id))
        await note_of_resident(
            connection, resident_id, facts=facts, centre=centre, now=now, of=WELLBEING, actor=f"user:{by}"
        )
        await _on_record(connection, resident_id, area, f"resident:{resident_id}", "checked_in", by=by, now=now)
    return CheckIn(id=str(made), at=now)


async def _lock(connection: Connection, rule_id: int, version: int | None) -> Any:
    locked = await connection.fetchrow(_Q.lock_rule, rule_id)
    if locked is None or locked["ended_at"] is not None:
        raise RecordUnknown(f"no care rule {rule_id}")
    if version is not None and version != locked["version"]:
        raise RecordChanged(locked["version"])
    return locked


async def _on_record(
    connection: Connection, resident_id: int, area: str | None, what: str, action: str, *, by: int, now: datetime
) -> None:
    await note_look(connection, by, action, what, now=now)
    await record(connection, [Change(kind="resident", object_id=resident_id, area=area)], now=now)


def _rule(row: Any) -> CareRule:
    fields = dict(row)
    state = fields.pop("state") or {}
    fields |= {"id": str(row["id"]), "resident_id": str(row["resident_id"])}
    return CareRule(**fields, status=state.get("status") or state.get("state", {}).get("outcome"))
